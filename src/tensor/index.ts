export { bitsOf, type DType, isFloating, parseDType, promote } from './dtype.js';
export { bytesOf, numel, type Shape, type TensorType, tensor } from './tensor.js';
