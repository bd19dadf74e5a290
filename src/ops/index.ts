export { attention, type LinearAttentionExtents, linearAttention } from './attention.js';
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose, type Padding, paddingOf } from './conv.js';
export { BINARY, type Binary, binary, cast, fold, glu, UNARY, type Unary, unary, where } from './elementwise.js';
export { eachText, type Formula, formulas } from './formulas.js';
export { fourier, transformOf } from './fourier.js';
export { expertProduct, rotary } from './language.js';
export * from './layout.js';
export { bilinear, einsum, linear, matmul } from './matmul.js';
export {
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  lpNormalize,
  rmsNorm,
  softmax,
} from './norm.js';
export {
  adaptivePool,
  type PoolKind,
  type PoolOptions,
  pad,
  pool,
  type ResizeMode,
  resize,
} from './pool.js';
export { cumulative, type Reduction, reduce, topk, variance } from './reduce.js';
export { type RnnKind, type RnnOptions, rnn } from './rnn.js';
export { axisOf, broadcast, perAxis, same, shapeError, show, type Window, windowed } from './shapes.js';
export {
  foldBinary,
  foldCast,
  foldConcat,
  foldExpand,
  foldGather,
  foldPermute,
  foldReduce,
  foldSlice,
  foldUnary,
  foldWhere,
  hasValue,
  range,
  withValue,
} from './values.js';
export * from './work.js';
