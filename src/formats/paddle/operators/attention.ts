import { type Dim, floordiv } from '../../../dim/index.js';
import { attention, type Effect, linear, together } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { input, optional, type Table } from './table.js';

/** Attention as one operator: batch × positions × heads × depth. */
const flash: Table[string] = (n) => {
  const [q, k, v] = [input(n, 'q', 0), input(n, 'k', 1), input(n, 'v', 2)];
  const turned = (t: TensorType): TensorType => ({
    dtype: t.dtype,
    shape: [t.shape[0], t.shape[2], t.shape[1], t.shape[3]] as Dim[],
  });
  const effect = attention(turned(q), turned(k), turned(v), { causal: n.attrs.flag('causal'), grouped: true });
  return { ...effect, outputs: [{ dtype: q.dtype, shape: [...q.shape.slice(0, -1), v.shape.at(-1) as Dim] }] };
};

/** Queries, keys and values by one matrix of inputs × 3 × width, and attention over heads: what fused encoders hold. */
const multihead: Table[string] = (n) => {
  const [x, w] = [input(n, 'Input', 0), input(n, 'W', 1)];
  const [batch, positions, width] = x.shape as readonly [Dim, Dim, Dim];
  const heads = n.attrs.number('head_number', 1);
  const outputs = w.shape
    .slice(1)
    .map((d) => n.extent(d))
    .reduce((a, b) => a * b, 1);
  const projected: Effect = linear(x, { dtype: w.dtype, shape: [outputs, width] }, optional(n, 'Bias', 2));
  const part: TensorType = {
    dtype: x.dtype,
    shape: [batch, heads, positions, floordiv(floordiv(outputs, 3), heads)],
  };
  const seen = attention(part, part, part, { mask: optional(n, 'BiasQK', 3) });
  return together(
    'attention',
    [{ dtype: x.dtype, shape: [batch, positions, floordiv(outputs, 3)] }],
    [projected, seen],
  );
};

export const attentions: Table = {
  flash_attn: flash,
  memory_efficient_attention: flash,
  scaled_dot_product_attention: flash,
  multihead_matmul: multihead,
};
