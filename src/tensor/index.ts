export { bitsOf, type DType, isFloating, parseDType, promote } from './dtype.js';
export { LazyContents } from './lazy.js';
export { bytesOf, MAX_KNOWN_ELEMENTS, numel, type Shape, type TensorType, tensor } from './tensor.js';
