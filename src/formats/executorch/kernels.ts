import type { Dim } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import {
  attention,
  cast,
  conv,
  convTranspose,
  copy,
  dequantize,
  type Effect,
  linear,
  perElement,
  permute,
  pool,
  quantize,
  requantized,
  softmax,
} from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { DType, TensorType } from '../../tensor/index.js';

/** Arguments of a kernel by their places. */
export interface KernelArgs {
  tensor(i: number): TensorType;
  optional(i: number): TensorType | null;
  ints(i: number): number[];
  int(i: number): number;
  /** All tensors, in order. */
  readonly tensors: readonly TensorType[];
  /** The result's type as the file states it. */
  readonly out: TensorType | null;
}

export type Kernel = (n: KernelArgs) => Effect;

const outOf = (n: KernelArgs, x: TensorType): TensorType => n.out ?? x;

/** Weights stand as outputs, height, width, inputs; of depthwise ones as 1, height, width, channels. */
function weightOf(weight: TensorType, depthwise: boolean): TensorType {
  const [o = 1, h = 1, w = 1, i = 1] = weight.shape;
  return { dtype: weight.dtype, shape: depthwise ? [i, 1, h, w] : [o, i, h, w] };
}

const quantizedConv =
  (depthwise: boolean): Kernel =>
  (n) => {
    const [x, weight] = [n.tensor(0), weightOf(n.tensor(1), depthwise)];
    const [, channels = 1] = x.shape;
    const groups = depthwise ? Number(channels) : Math.max(1, Math.floor(Number(channels) / Number(weight.shape[1])));
    const options = { stride: n.ints(3), padding: n.ints(4), dilation: n.ints(5), groups };
    return requantized(conv(x, weight, n.optional(2), options), outOf(n, x).dtype);
  };

const quantizedTransposed: Kernel = (n) => {
  const x = n.tensor(0);
  const [o = 1, h = 1, w = 1, i = 1] = n.tensor(1).shape;
  const weight: TensorType = { dtype: n.tensor(1).dtype, shape: [i, o, h, w] };
  const options = { stride: n.ints(3), padding: n.ints(4), outputPadding: n.ints(5), dilation: n.ints(6) };
  return requantized(convTranspose(x, weight, n.optional(2), options), outOf(n, x).dtype);
};

const quantizedLinear: Kernel = (n) =>
  requantized(linear(n.tensor(0), n.tensor(1), n.optional(2)), outOf(n, n.tensor(0)).dtype);

/** Two inputs brought to one scale, put together, and scaled again. */
const quantizedPair =
  (op: 'add' | 'mul'): Kernel =>
  (n) => {
    const x = n.tensors[0] ?? n.tensor(0);
    const out = outOf(n, x);
    const effect = perElement(op, { dtype: 'float32', shape: out.shape });
    return requantized({ ...effect, outputs: [out] }, out.dtype);
  };

const pooled =
  (kind: 'avg' | 'max'): Kernel =>
  (n) =>
    pool(kind, n.tensor(0), 2, { kernel: n.ints(1), stride: n.ints(2), padding: n.ints(3) });

const moved: Kernel = (n) => copy(n.tensor(0), 'copy', outOf(n, n.tensor(0)).shape);

/** A row of a result, written where it belongs. */
const rowInto: Kernel = (n) => {
  const row = n.tensor(0);
  return { ...copy(row), outputs: [outOf(n, row)] };
};

const quantised: Kernel = (n) => quantize(n.tensor(0), outOf(n, n.tensor(0)).dtype, true);
const dequantised: Kernel = (n) => dequantize(n.tensor(0), outOf(n, n.tensor(0)).dtype, true);

/** q, k, v and the caches that keys and values go into: batch, sequence, heads, width. */
const cachedAttention: Kernel = (n) => {
  const [q, cache] = [n.tensor(0), n.tensor(3)];
  const heads = (t: TensorType): TensorType => ({
    dtype: t.dtype,
    shape: [t.shape[0], t.shape[2], t.shape[1], t.shape[3]] as Dim[],
  });
  if (q.shape.length !== 4 || cache.shape.length !== 4) throw new Unsupported('its shapes are not of four axes');
  const effect = attention(heads(q), heads(cache), heads(cache), { causal: true, grouped: true });
  return { ...effect, outputs: [{ dtype: q.dtype, shape: q.shape }] };
};

/** Rows by a weight of few bits with a scale for each group: activations are quantised as they come. */
const groupedLinear =
  (dtype: DType): Kernel =>
  (n) => {
    const [x, weight] = [n.tensor(0), n.tensor(1)];
    const [rows = 1, columns = 1] = weight.shape;
    const features = x.shape.at(-1) ?? columns;
    return linear(x, { dtype, shape: [rows, features] }, null);
  };

/** Operators of libraries of their own, by the name before the overload. */
export const KERNELS: Readonly<Record<string, Kernel>> = byName({
  'cortex_m::quantize_per_tensor': quantised,
  'cortex_m::dequantize_per_tensor': dequantised,
  'cortex_m::quantized_conv2d': quantizedConv(false),
  'cortex_m::quantized_depthwise_conv2d': quantizedConv(true),
  'cortex_m::quantized_transpose_conv2d': quantizedTransposed,
  'cortex_m::quantized_linear': quantizedLinear,
  'cortex_m::quantized_add': quantizedPair('add'),
  'cortex_m::quantized_mul': quantizedPair('mul'),
  'cortex_m::quantized_avg_pool2d': pooled('avg'),
  'cortex_m::quantized_max_pool2d': pooled('max'),
  'cortex_m::minimum': (n) => perElement('minimum', outOf(n, n.tensor(0))),
  'cortex_m::maximum': (n) => perElement('maximum', outOf(n, n.tensor(0))),
  'cortex_m::softmax': (n) => softmax(n.tensor(0), n.int(1)),
  'cortex_m::transpose': (n) => permute(n.tensor(0), n.ints(1)),
  'cortex_m::pad': moved,
  'executorch_prim::et_copy_index': rowInto,
  'dim_order_ops::_clone_dim_order': moved,
  'dim_order_ops::_to_dim_order_copy': (n) => {
    const [x, out] = [n.tensor(0), outOf(n, n.tensor(0))];
    return x.dtype === out.dtype ? copy(x) : cast(x, out.dtype);
  },
  'llama::sdpa_with_kv_cache': cachedAttention,
  'torchao::linear_8bit_act_4bit_weight': groupedLinear('int4'),
});
