// Comes in: a dtype and a shape. Goes out: a TensorType: a tensor without data, whose contents are known where they are few.
// Add here: a dtype, in dtype.ts, with its width and what it is promoted to.
export { bitsOf, type DType, isFloating, parseDType, promote, unsigned } from './dtype.js';
export { LazyContents } from './lazy.js';
export { TypePool } from './pool.js';
export {
  bytesOf,
  MAX_KNOWN_ELEMENTS,
  numel,
  type Shape,
  sameShape,
  sameType,
  type TensorType,
  tensor,
} from './tensor.js';
