// Comes in: what a layer of PyTorch is constructed with, and tensors without data. Goes out: layers and functions under
// PyTorch's names that record what they do when they are called. This is `opcount/nn`, a public entry.
// Add here: a layer of PyTorch, in the file of its kind; its arithmetic is a function of ops/.
export * from './activation.js';
export { type AtenArg, type AtenOptions, aten } from './aten.js';
export { type AttentionCall, MultiheadAttention, NonDynamicallyQuantizableLinear } from './attention.js';
export * from './basic.js';
export { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers.js';
export {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type PaddingMode,
  type Size,
} from './conv.js';
export * as dims from './dims.js';
export { Experts, type ExpertsOptions } from './experts.js';
export * as functional from './functional-all.js';
export { GatedMLP, type GatedMLPOptions } from './gated-mlp.js';
export { GroupedAttention, type GroupedAttentionOptions } from './grouped-attention.js';
export { LatentAttention, type LatentAttentionOptions } from './latent-attention.js';
export { Bilinear, CosineSimilarity, Linear, PairwiseDistance } from './linear.js';
export * from './losses.js';
export { type AnyModule, isModule, Module } from './module.js';
export * from './norm.js';
export { Buffer, Parameter, tensor } from './parameter.js';
export { type Kept, Pass } from './pass.js';
export * from './pooling.js';
export { type InputSpec, readModule } from './read.js';
export { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from './rnn.js';
export * from './spatial.js';
export { causal_conv1d, Mamba, Mamba2, type Mamba2Options, type MambaOptions, selective_scan } from './state-space.js';
export { Tensor } from './tensor.js';
export { int } from './tensor-shapes.js';
export {
  type DecoderMasks,
  type Masks,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerMasks,
} from './transformer.js';
