import type { Dim } from '../../dim/index.js';
import type { Attr } from '../primitives.js';

/** Windows of a convolution or pooling, one number an axis. */
interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** In front and behind. */
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
}

interface ConvAttrs extends Windows {
  readonly groups: number;
  readonly transposed: boolean;
  /** Whether there is a batch axis. */
  readonly batched: boolean;
  readonly bias: boolean;
  /** A padding that was given by its name (`same`). */
  readonly padding_name?: string;
}

interface LinearAttrs {
  readonly in_features: Dim;
  readonly out_features: Dim;
  readonly bias: boolean;
}

interface AttentionAttrs {
  /** Extents in front of length and depth: batch, and heads where they are an axis. */
  readonly batch: readonly Dim[];
  /** Lengths of queries and keys, depth of keys and of values. */
  readonly lq: Dim;
  readonly lk: Dim;
  readonly d: Dim;
  readonly dv: Dim;
  readonly grouped: boolean;
  readonly masked: boolean;
  readonly causal: boolean;
  /** Whether the last query stands at the last key: keys of earlier passes come first. */
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

type Each<Names extends string, Attrs> = { readonly [N in Names]: Attrs };

/** Operators whose attributes are asked for, and their types. */
type OpAttrs = Each<'conv' | 'conv_transpose', ConvAttrs> &
  Each<'linear', LinearAttrs> &
  Each<'bilinear', BilinearAttrs> &
  Each<'einsum', { readonly equation: string }> &
  Each<'attention' | 'multi_head_attention', AttentionAttrs> &
  Each<'rnn_tanh' | 'rnn_relu' | 'gru' | 'lstm', RecurrentAttrs> &
  Each<'rnn_tanh_cell' | 'rnn_relu_cell' | 'gru_cell' | 'lstm_cell', RecurrentAttrs> &
  Each<'max_pool' | 'avg_pool' | 'lp_pool', PoolAttrs> &
  Each<'adaptive_avg_pool' | 'adaptive_max_pool', AdaptivePoolAttrs> &
  Each<'batch_norm', BatchNormAttrs> &
  Each<'layer_norm' | 'group_norm' | 'instance_norm' | 'rms_norm', NormAttrs> &
  Each<'softmax' | 'log_softmax', SoftmaxAttrs> &
  Each<'resize', ResizeAttrs> &
  Each<'sum' | 'mean' | 'prod' | 'max' | 'min' | 'l1' | 'l2' | 'argmax' | 'argmin', ReductionAttrs> &
  Each<'cumsum' | 'cumprod' | 'concat' | 'stack' | 'split' | 'select' | 'gather' | 'sort' | 'glu', AxisAttrs> &
  Each<'squeeze' | 'unsqueeze', AxesAttrs> &
  Each<'permute', { readonly order: readonly number[] }> &
  Each<'slice', { readonly steps: readonly number[] }> &
  Each<'moe', MixtureAttrs>;

/** Arguments of an operator in PyTorch's words; those that the catalogue types, and any others where it does not. */
export type AttrsOf<N extends string> = N extends keyof OpAttrs ? OpAttrs[N] : Readonly<Record<string, Attr>>;

/** The attributes of an operator where it is the one that is asked for, else null. */
export function attrsIf<N extends string>(
  name: N,
  of: { readonly op: string; readonly attrs: Readonly<Record<string, Attr>> },
): AttrsOf<N> | null {
  // Operators are only made by the functions of this module, which give these attributes.
  return of.op === name ? (of.attrs as unknown as AttrsOf<N>) : null;
}

/**
 * The attributes of what is known to be this operator: a rule was looked up by its name, or by that of its layer. A layer that
 * was spelled in other operators has none of them.
 */
export function attrsAs<N extends keyof OpAttrs>(
  _name: N,
  of: { readonly attrs: Readonly<Record<string, unknown>> },
): Partial<OpAttrs[N]> {
  return of.attrs as Partial<OpAttrs[N]>;
}
