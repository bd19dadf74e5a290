// Comes in: the types of an operator's inputs and its arguments. Goes out: what it does to them (an Effect): shapes and work
// from the same extents, so that they cannot disagree. catalog/ holds what is known of every operator as such.
// Add here: mathematics that no operator has yet: a function, and an entry in catalog/. How a format spells it is the format's.

export {
  attention,
  gatedPositionBias,
  type LinearAttentionExtents,
  linearAttention,
  linearAttentionGate,
  pairedAttention,
} from './attention.js';
export { type AnyAttrs, type AttrsOf, attrsAs, attrsIf } from './catalog/attributes.js';
export { BINARY, type Binary, PER_ELEMENT, type PerElement, UNARY, type Unary } from './catalog/elementwise.js';
export { gradientOfOp } from './catalog/gradients/index.js';
export { MOVES_BACK } from './catalog/gradients/rules.js';
export type { Autocast, Gradient, GradientStatement, GradientView, Kept } from './catalog/gradients/types.js';
export {
  eachText,
  factorsOfOp,
  formulas,
  moduleOfOp,
  type OpName,
  opNamed,
  termOfOp,
  widensIntegers,
} from './catalog/index.js';
export type { DimFactor, Formula, ReportTerm } from './catalog/types.js';
export {
  linearScores,
  normalizer,
  type ScoreTransform,
  type SvmKernel,
  supportVectors,
  treeEnsemble,
} from './classical.js';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convTranspose,
  type Padding,
  packedCausalConv,
  paddingOf,
} from './conv.js';
export { type DeltaExtents, gatedDeltaRule, lightningAttention } from './delta-rule.js';
export { cdist, cosineSimilarity, dist, pairwiseDistance, pdist, renorm, weightNorm } from './distance.js';
export {
  fold2d,
  followedBy,
  moved,
  nothing,
  perElement,
  precededBy,
  renamed,
  together,
  typedAs,
  unpriced,
  views,
} from './each.js';
export { affinePower, binary, cast, clamp, dropout, fold, glu, meanOf, power, unary, where } from './elementwise.js';
export { embedding, embeddingBag } from './embedding.js';
export { type MixtureExtents, mixtureOfExperts } from './experts.js';
export { concat, equalParts, split, stack, tile } from './join.js';
export { expertProduct, rotary, rotated } from './language.js';
export * from './layout.js';
export { classLoss, type LossReduction, pairLoss } from './loss.js';
export { lowRankWork } from './low-rank.js';
export { addedProduct, bilinear, einsum, factor, linear, matmul, projection } from './matmul.js';
export { determinant, inverse } from './matrices.js';
export {
  batchNorm,
  groupNorm,
  hardmax,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  lpNormalize,
  meanVarianceNorm,
  rmsNorm,
  softmax,
} from './norm.js';
export { keptBy, type Optimizer, optimizerStep, UPDATE_FLOPS } from './optimizer.js';
export { bucketize, diff, nonzero, orderStatistic, put, quantile, sort, trace, unique } from './order.js';
export {
  adaptivePool,
  type PoolKind,
  type PoolOptions,
  pad,
  pool,
  type ResizeMode,
  resize,
} from './pool.js';
export {
  dequantize,
  dynamicQuantize,
  type FakeQuantization,
  fakeQuantize,
  integersOf,
  multiThreshold,
  onFloats,
  operands,
  quantize,
  requantized,
  shiftedAverage,
} from './quantize.js';
export { cumulative, logCumSumExp, type Reduction, reduce, topk, variance, vectorNorm } from './reduce.js';
export { type RnnKind, type RnnOptions, rnn } from './rnn.js';
export { axisOf, broadcast, perAxis, same, shapeError, show, type Window, windowed } from './shapes.js';
export { fft, fourier, istft, stft, type WindowFunction, windowFunction } from './signal.js';
export { gather, type Range, rangeExtent, select, slice } from './slice.js';
export { linearRecurrence, type ScanExtents, selectiveScan } from './state-space.js';
export * from './tally.js';
export { foldUnary } from './unary-values.js';
export { hasValue, withValue } from './values.js';
export { foldBinary, foldCast, foldReduce, range } from './values-arithmetic.js';
export { foldConcat, foldExpand, foldGather, foldPermute, foldSlice, foldWhere } from './values-moves.js';
export { affineGrid, cropAndResize, deformConv, gridSample, nonMaxSuppression, roiAlign, roiPool } from './vision.js';
export {
  binaryWithValue,
  concatWithValue,
  gatherWithValue,
  powerWithValue,
  splitWithValue,
  unaryWithValue,
} from './with-value.js';
export * from './work.js';
