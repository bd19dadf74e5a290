import type { Dim } from '../../dim/index.js';
import type { DType } from '../../tensor/index.js';

/** Windows of a convolution or pooling, one number an axis. */
interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Before and after. */
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
}

interface ConvAttrs extends Windows {
  readonly groups: number;
  readonly transposed: boolean;
  /** Whether there is a batch axis. */
  readonly batched: boolean;
  readonly bias: boolean;
  /** Weights and inputs of one bit each. */
  readonly xnor?: boolean;
  /** Steps of earlier passes that a state holds in front, an axis. */
  readonly history?: readonly number[];
  /** A padding that was given by its name (`same`). */
  readonly padding_name?: string;
}

interface LinearAttrs {
  readonly in_features: Dim;
  readonly out_features: Dim;
  readonly bias: boolean;
}

interface AttentionAttrs {
  /** Extents before length and depth: batch, and heads where they are an axis. */
  readonly batch: readonly Dim[];
  /** Lengths of queries and keys, depth of keys and of values. */
  readonly lq: Dim;
  readonly lk: Dim;
  readonly d: Dim;
  readonly dv: Dim;
  readonly grouped: boolean;
  readonly masked: boolean;
  readonly causal: boolean;
  /** Whether the last query is at the last key: keys of earlier passes come first. */
  readonly atEnd?: boolean;
  /** Keys that a query sees at most, its own among them. */
  readonly window?: Dim;
}

interface BilinearAttrs {
  readonly in1_features: Dim;
  readonly in2_features: Dim;
  readonly bias: boolean;
}

interface RecurrentAttrs {
  readonly hidden_size: number;
  readonly input_size: Dim;
  readonly num_layers: number;
  readonly bidirectional: boolean;
  readonly batch_first: boolean;
  readonly bias: boolean;
  /** 0 without a projection. */
  readonly proj_size: number;
  readonly batch: Dim;
  readonly steps: Dim;
  readonly unbatched: boolean;
  /** Of the results between layers, in training. */
  readonly dropout_p?: number;
}

interface PoolAttrs extends Omit<Windows, 'dilation'> {
  /** How many axes are pooled. */
  readonly axes: number;
  readonly ceil: boolean;
  readonly count_include_pad: boolean;
  readonly adaptive: false;
}

interface AdaptivePoolAttrs {
  readonly axes: number;
  readonly adaptive: true;
  /** Extents of the pooled axes. */
  readonly in: readonly Dim[];
  readonly out: readonly Dim[];
}

interface NormAttrs {
  /** Whether it has a scale. */
  readonly affine: boolean;
  /** Sets that have statistics of their own, and elements of each; absent where statistics are given. */
  readonly sets?: Dim;
  readonly set_size?: Dim;
  readonly groups?: Dim;
}

interface BatchNormAttrs {
  readonly affine: boolean;
  readonly batch_statistics: boolean;
}

interface SoftmaxAttrs {
  readonly dim: number;
  readonly extent: Dim;
}

interface ResizeAttrs {
  readonly mode: string;
  readonly axes: number;
}

interface ReductionAttrs {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

interface AxisAttrs {
  readonly dim: number;
}

interface AxesAttrs {
  /** Axes that are put in, or go. */
  readonly dims: readonly number[];
}

interface MixtureAttrs {
  readonly experts: Dim;
  readonly k: number;
  readonly hidden: Dim;
  readonly inter: Dim;
  readonly tokens: Dim;
}

/** Arguments of an interpolation as PyTorch's call gives them. */
interface ResizeGiven {
  readonly size?: Dim | readonly Dim[] | null;
  readonly scale?: number | readonly number[] | null;
}

interface ResizeArguments extends ResizeAttrs, ResizeGiven {
  readonly align_corners?: boolean | null;
  /** The axes are those behind batch and channels. */
  readonly spatial?: boolean;
}

interface ScanAttrs {
  readonly steps: Dim;
  readonly heads: Dim;
  /** How many steps are worked out at once; null for one after the other. */
  readonly chunk?: Dim | null;
}

interface DeltaRuleAttrs extends ScanAttrs {
  readonly d: Dim;
  readonly dv?: Dim;
}

interface LinearAttentionAttrs extends ScanAttrs {
  readonly batch: Dim;
  readonly query_heads: Dim;
  readonly d: Dim;
  readonly dv: Dim;
  readonly delta: boolean;
}

interface StateSpaceAttrs extends ScanAttrs {
  readonly depth: Dim;
  readonly state: Dim;
}

/** Attention with the projections around it, as operators of frameworks have it in one. */
interface MultiHeadAttrs extends Partial<AttentionAttrs> {
  readonly embed_dim?: Dim;
  readonly num_heads?: Dim;
  readonly need_weights?: boolean;
  readonly qkv_bias?: boolean;
}

interface EncoderLayerAttrs extends MultiHeadAttrs {
  readonly norm_first?: boolean;
  readonly gelu?: boolean;
}

interface DropoutAttrs {
  readonly p?: number;
  /** Whether whole channels are dropped. */
  readonly channels?: boolean;
}

/** Attributes of any operator: types of two operands of a product, if they are not those of its inputs. */
interface CommonAttrs {
  readonly operands?: readonly [DType | 'unknown', DType | 'unknown'];
  /** Integers that the values stand for, if they are rounded to a grid and stay floats. */
  readonly standsFor?: DType;
  /** In training: the input was given, and no gradient leads further. */
  readonly given?: boolean;
}

type Each<Names extends string, Attrs> = { readonly [N in Names]: Attrs };

/** The attributes of every operator that has any. An operator that is not here has none. */
type OpAttrs = Each<'conv' | 'conv_transpose', ConvAttrs> &
  Each<'deform_conv', Partial<ConvAttrs>> &
  Each<'linear', LinearAttrs> &
  Each<'matmul', { readonly bias: boolean; readonly experts?: Dim }> &
  Each<'bilinear', BilinearAttrs> &
  Each<'einsum', { readonly equation: string }> &
  Each<'attention', AttentionAttrs> &
  Each<'multi_head_attention' | 'native_multi_head_attention', MultiHeadAttrs> &
  Each<'transformer_encoder_layer', EncoderLayerAttrs> &
  Each<'qkv_projection', Partial<LinearAttrs>> &
  Each<'rnn_tanh' | 'rnn_relu' | 'gru' | 'lstm', RecurrentAttrs> &
  Each<'rnn_tanh_cell' | 'rnn_relu_cell' | 'gru_cell' | 'lstm_cell', RecurrentAttrs> &
  Each<'max_pool' | 'avg_pool' | 'lp_pool', PoolAttrs> &
  Each<'adaptive_avg_pool' | 'adaptive_max_pool' | 'adaptive_lp_pool', AdaptivePoolAttrs & ResizeGiven> &
  Each<'batch_norm', BatchNormAttrs> &
  Each<'layer_norm' | 'group_norm' | 'instance_norm' | 'rms_norm', NormAttrs> &
  Each<'local_response_norm', { readonly size: number }> &
  Each<'normalize', { readonly p: number; readonly dim: number }> &
  Each<'softmax' | 'log_softmax', SoftmaxAttrs> &
  Each<'resize', ResizeArguments> &
  Each<'grid_sample' | 'pad', { readonly mode: string }> &
  Each<'sum' | 'mean' | 'prod' | 'max' | 'min' | 'l1' | 'l2' | 'argmax' | 'argmin' | 'any' | 'all', ReductionAttrs> &
  Each<'sum_square' | 'log_sum' | 'logsumexp' | 'norm' | 'var' | 'std', ReductionAttrs> &
  Each<'cumsum' | 'cumprod' | 'cummax' | 'cummin' | 'concat' | 'stack' | 'split' | 'unbind', AxisAttrs> &
  Each<'select' | 'gather' | 'embedding' | 'sort' | 'glu', AxisAttrs> &
  Each<'squeeze' | 'unsqueeze', AxesAttrs> &
  Each<'permute', { readonly order: readonly number[] }> &
  Each<'slice', { readonly steps: readonly number[] }> &
  Each<'pow', { readonly exponent?: number }> &
  Each<'clamp' | 'relu6' | 'hardtanh', { readonly min?: number; readonly max?: number }> &
  Each<'leaky_relu', { readonly negative_slope: number }> &
  Each<'elu' | 'celu', { readonly alpha: number }> &
  Each<'dropout', DropoutAttrs> &
  Each<'rotary_embedding', { readonly dims: Dim }> &
  Each<'gated_delta_rule' | 'lightning_attention', DeltaRuleAttrs> &
  Each<'linear_attention', LinearAttentionAttrs> &
  Each<'selective_scan', StateSpaceAttrs> &
  Each<'moe', MixtureAttrs>;

/** Arguments of an operator in PyTorch's words. */
export type AttrsOf<N extends string> = (N extends keyof OpAttrs ? OpAttrs[N] : unknown) & CommonAttrs;

type Known = OpAttrs[keyof OpAttrs] | CommonAttrs;
type NamesOf<T> = T extends unknown ? keyof T : never;
type TypeOf<T, K extends PropertyKey> = T extends { readonly [N in K]?: infer V } ? V : never;

/** Attributes of whichever operator: every name that there is, with its types. */
export type AnyAttrs = { readonly [K in NamesOf<Known>]?: TypeOf<Known, K> };

/** The attributes of an operator where it is the one that is requested, else null. */
export function attrsIf<N extends string>(
  name: N,
  of: { readonly op: string; readonly attrs: AnyAttrs },
): AttrsOf<N> | null {
  // Operators are only made by the functions of this module, which give these attributes.
  return of.op === name ? (of.attrs as AttrsOf<N>) : null;
}

/**
 * The attributes of what is known to be this operator: a rule was looked up by its name, or by that of its layer. A layer that
 * was spelled in other operators has none of them.
 */
export function attrsAs<N extends keyof OpAttrs>(
  _name: N,
  of: { readonly attrs: Readonly<Record<string, unknown>> },
): Partial<AttrsOf<N>> {
  return of.attrs as Partial<AttrsOf<N>>;
}
