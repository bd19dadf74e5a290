import { type Dim, isDim, mul, product, sum } from '../../../dim/index.js';
import { bitsOf, numel, type Shape, type TensorType } from '../../../tensor/index.js';
import type { Work } from '../../primitives.js';
import { recurrent } from './recurrent.js';
import { all, each, input, made, out, output, summedTo, unknown } from './rules.js';
import type { Gradient, GradientStatement, GradientView, Kept } from './types.js';

/** Multiply-accumulates of forward work, those of loops as often as they happen. */
function productsOf(work: readonly Work[]): { products: Dim; unpadded: Dim | null } {
  let products: Dim = 0;
  let unpadded: Dim | null = 0;
  for (const w of work) {
    if (w.kind === 'loop') {
      const inner = productsOf(w.body);
      products = sum([products, mul(w.times, inner.products)]);
      unpadded = unpadded === null || inner.unpadded === null ? null : sum([unpadded, mul(w.times, inner.unpadded)]);
    } else if (w.kind === 'contraction') {
      products = sum([products, w.products]);
      unpadded = unpadded === null || w.unpadded === null ? null : sum([unpadded, w.unpadded]);
    }
  }
  return { products, unpadded };
}

/** A product of matrices for the gradient of each operand that needs one: as many products as forward. */
function product2(op: GradientView, at: readonly number[], bias?: number): Work[] {
  const forward = productsOf(op.work);
  return [
    ...at.flatMap((i): Work[] => {
      const type = op.inputs[i];
      if (!op.needs[i] || type == null) return [];
      return [{ kind: 'contraction', ...forward, outputs: numel(type.shape), bias: false }];
    }),
    ...(bias !== undefined && op.needs[bias] ? summedTo(op.inputs[bias], out(op)) : []),
  ];
}

/** Each of two operands is kept where the other one needs a gradient. */
function others(op: GradientView, a: Kept & { at: number }, b: Kept & { at: number }): Kept[] {
  return [...(op.needs[b.at] ? [a] : []), ...(op.needs[a.at] ? [b] : [])];
}

const folded = (at: number, shape: Shape, repeated?: Shape): Kept & { at: number } => ({
  kind: 'input',
  at,
  folded: shape,
  ...(repeated === undefined ? {} : { repeated }),
});
const whole = (at: number): Kept & { at: number } => ({ kind: 'input', at });

/** One function gives all its gradients, and so keeps input and weight whichever is wanted. */
const convolution: Gradient = {
  backward: (op) => product2(op, [0, 1], 2),
  saves: () => [whole(0), whole(1)],
  autocast: 'lower',
};

/** Rows of the input are taken together: x as rows × in. */
const linear: Gradient = {
  backward: (op) => product2(op, [0, 1], 2),
  saves: (op) => {
    const x = op.inputs[0]?.shape ?? [];
    const rows = x.length <= 2 ? whole(0) : folded(0, [product(x.slice(0, -1)), x.at(-1) ?? 1]);
    return others(op, rows, whole(1));
  },
  autocast: 'lower',
};

/** Two matrices as they are; batches repeated to the common one and taken together; rows of a batch against one matrix. */
const matmul: Gradient = {
  backward: (op) => [...product2(op, [0, 1]), ...[0, 1].flatMap((i) => (op.needs[i] ? repeatedBatch(op, i) : []))],
  saves: (op) => {
    const [a, b] = [op.inputs[0]?.shape ?? [], op.inputs[1]?.shape ?? []];
    if (op.attrs.experts !== undefined || (a.length <= 2 && b.length <= 2)) return others(op, whole(0), whole(1));
    if (a.length >= 3 && b.length <= 2)
      return others(op, folded(0, [product(a.slice(0, -1)), a.at(-1) ?? 1]), whole(1));
    if (b.length >= 3 && a.length <= 2) {
      // The other way round: bᵀ·aᵀ, with the rows of bᵀ taken together.
      const turned = [...b.keys()].slice(0, -2).concat(b.length - 1, b.length - 2);
      const rows: Kept & { at: number } = {
        kind: 'input',
        at: 1,
        order: turned,
        folded: [mul(product(b.slice(0, -2)), b.at(-1) ?? 1), b.at(-2) ?? 1],
      };
      return others(op, whole(0), rows);
    }
    const batch = op.outputs[0]?.shape.slice(0, -2) ?? [];
    const one = (at: number, shape: Shape): Kept & { at: number } =>
      folded(at, [product(batch), ...shape.slice(-2)], [...batch, ...shape.slice(-2)]);
    return others(op, one(0, a), one(1, b));
  },
  autocast: 'lower',
};

/** The gradient of an operand that was repeated over the batch is summed over it. */
function repeatedBatch(op: GradientView, at: number): Work[] {
  const shape = op.inputs[at]?.shape ?? [];
  const batch = op.outputs[0]?.shape.slice(0, -2) ?? [];
  if (shape.length < 3 || op.attrs.experts !== undefined) return [];
  return summedTo(op.inputs[at], product([...batch, ...shape.slice(-2)]));
}

/** x + a·b: x is only added. */
const added: Gradient = {
  backward: (op) => [...product2(op, [1, 2]), ...(op.needs[0] ? summedTo(op.inputs[0], out(op)) : [])],
  saves: (op) => others(op, whole(1), whole(2)),
  autocast: 'lower',
};

/** A pair becomes a batch of products: labels of both in front, those summed last on the left and in the middle on the right. */
const einsum: Gradient = {
  backward: (op) => product2(op, [...op.inputs.keys()]),
  saves: (op) => {
    const needed = op.needs.filter(Boolean).length;
    const kept = op.inputs.map((_, i) => whole(i)).filter((k) => needed > 1 || !op.needs[k.at]);
    const equation = String(op.attrs.equation ?? '').replaceAll(' ', '');
    const [left = '', result] = equation.split('->');
    const [a, b, ...more] = left.split(',');
    if (needed === 0 || a === undefined || b === undefined || more.length > 0 || left.includes('.')) return kept;
    const own =
      result ??
      [...new Set(a + b)]
        .filter((l) => (a + b).split(l).length === 2)
        .sort()
        .join('');
    const common = [...a].filter((l) => b.includes(l));
    const summed = common.filter((l) => !own.includes(l));
    const alone = [...(a + b)].some((l) => !own.includes(l) && !common.includes(l));
    if (summed.length === 0 || alone || new Set(a).size < a.length || new Set(b).size < b.length) return kept;
    const batch = common.filter((l) => own.includes(l));
    const extent = (labels: readonly string[], from: string, at: number) =>
      product(labels.map((l) => op.inputs[at]?.shape[from.indexOf(l)] ?? 1));
    const place = (at: number, from: string, groups: readonly (readonly string[])[]): Kept & { at: number } => ({
      kind: 'input',
      at,
      order: groups.flat().map((l) => from.indexOf(l)),
      folded: groups.map((labels) => extent(labels, from, at)),
    });
    const rest = (from: string): string[] => [...from].filter((l) => !common.includes(l));
    return others(op, place(0, a, [batch, rest(a), summed]), place(1, b, [batch, summed, rest(b)]));
  },
  autocast: 'lower',
};

/** Softmax backward: the product with the result, its sum a row, a subtraction and a product. */
function softmaxBack(scores: Dim, rows: Dim): Work[] {
  return [
    ...each(scores, { mul: 1 }),
    { kind: 'reduction', elements: scores, outputs: rows, by: 'add' },
    ...each(scores, { add: 1, mul: 1 }),
  ];
}

/**
 * Taken apart as PyTorch's math path does: q and k each times √scale, the softmax, its dropped form where there is dropout,
 * and v, all in single precision where they come in 16 bits. Fused (FlashAttention): q, k, v, the result, and a logarithm of
 * the sum of exponentials a row; the scores are worked out again.
 */
const attention: Gradient = {
  backward: (op) => {
    const { batch, lq, lk, d, dv } = extentsOf(op);
    const scores = product([...batch, lq, lk]);
    // As forward has them: halved where a mask is taken into account.
    const [first = mul(scores, d), second = mul(scores, dv)] = op.work.flatMap((w) =>
      w.kind === 'contraction' ? [w.products] : [],
    );
    const [q, k, v] = op.needs;
    const pair = (products: Dim, outputs: Dim): Work => ({
      kind: 'contraction',
      products,
      unpadded: products,
      outputs,
      bias: false,
    });
    const scored = q || k;
    return [
      ...(op.attention === 'fused' ? [pair(first, scores), ...each(scores, { mul: 1, add: 1, exp: 1 })] : []),
      ...(v ? [pair(second, product([...batch, lk, dv]))] : []),
      ...(scored
        ? [pair(second, scores), ...softmaxBack(scores, product([...batch, lq])), ...each(scores, { mul: 1 })]
        : []),
      ...(q ? [pair(first, product([...batch, lq, d]))] : []),
      ...(k ? [pair(first, product([...batch, lk, d]))] : []),
    ];
  },
  saves: (op) => {
    const [q, k, v] = op.inputs;
    const { batch, lq, lk, d, dv } = extentsOf(op);
    if (q == null || k == null || v == null || !op.needs.some(Boolean)) return [];
    if (op.attention === 'fused') {
      const rows: TensorType = { dtype: 'float32', shape: [...batch, lq] };
      return [input(0), input(1), input(2), output(), made('log-sum-exp', rows)];
    }
    const half = bitsOf(q.dtype) < 32;
    const dtype = half ? 'float32' : q.dtype;
    const wide = (what: string, ...tail: Dim[]): Kept => made(what, { dtype, shape: [...batch, ...tail] });
    const dropped = typeof op.attrs.dropout_p === 'number' && op.attrs.dropout_p > 0;
    const scored = Boolean(op.needs[0] || op.needs[1]);
    const values: Kept =
      half || op.attrs.grouped === true
        ? wide('values', lk, dv)
        : folded(2, [product(batch), lk, dv], [...batch, lk, dv]);
    return [
      ...(op.needs[1] ? [wide('scaled queries', lq, d)] : []),
      ...(op.needs[0] ? [wide('scaled keys', lk, d)] : []),
      ...(scored || op.needs[2] ? [wide('softmax', lq, lk)] : []),
      ...(dropped ? [wide('dropout mask', lq, lk), wide('dropped softmax', lq, lk)] : []),
      ...(scored ? [values] : []),
    ];
  },
  autocast: 'lower',
};

function extentsOf(op: GradientView): { batch: readonly Dim[]; lq: Dim; lk: Dim; d: Dim; dv: Dim } {
  const { batch, lq, lk, d, dv } = op.attrs;
  const dim = (value: unknown): Dim => (isDim(value) ? value : 0);
  return {
    batch: Array.isArray(batch) ? batch.filter(isDim) : [],
    lq: dim(lq),
    lk: dim(lk),
    d: dim(d),
    dv: dim(dv),
  };
}

/**
 * Scans and linear attention as their own kernels go (mamba-ssm, flash-linear-attention): what goes in is kept, states and
 * scores are worked out once more, and each product and each step has a gradient for both of its operands.
 */
const scan = (more: readonly Kept[] = []): Gradient => ({
  backward: (op) => (op.needs.some(Boolean) ? [...op.work, ...op.work, ...op.work] : []),
  saves: (op) => [...op.inputs.flatMap((type, i) => (type === null ? [] : [input(i)])), ...more],
});
const FUSED = 'one kernel of a runtime for inference: it has no gradient there';

/** Gradients of the operators with multiply-accumulates. */
export const CONTRACTION_GRADIENTS = {
  conv: convolution,
  conv_transpose: convolution,
  deform_conv: {
    backward: (op) => [...product2(op, [0, 1]), ...(op.needs[2] ? each(out(op), { mul: 4, add: 3 }) : [])],
    saves: (op) => op.inputs.map((_, i) => input(i)),
    autocast: 'lower',
  },
  linear,
  matmul,
  addmm: added,
  addmv: added,
  baddbmm: added,
  addbmm: added,
  einsum,
  bilinear: { backward: (op) => product2(op, [0, 1, 2], 3), saves: () => [input(0), input(1), input(2)] },
  attention,
  rnn_tanh: recurrent('rnn'),
  rnn_relu: recurrent('rnn'),
  gru: recurrent('gru'),
  lstm: recurrent('lstm'),
  rnn_tanh_cell: recurrent('rnn'),
  rnn_relu_cell: recurrent('rnn'),
  gru_cell: recurrent('gru'),
  lstm_cell: recurrent('lstm'),
  ...all(unknown(FUSED), 'multi_head_attention', 'native_multi_head_attention', 'transformer_encoder_layer'),
  ...all(unknown(FUSED), 'qkv_projection', 'gated_mlp', 'moe', 'gru_unit', 'embed_layer_norm'),
  ...all(unknown(FUSED), 'relative_position_bias', 'gated_relative_position_bias', 'linear_attention_gate'),
  ...all(scan(), 'linear_attention', 'selective_scan', 'gated_delta_rule', 'lightning_attention'),
  linear_recurrence: scan([output()]),
  ...all(
    unknown('not trained by gradients'),
    'linear_classifier',
    'linear_regressor',
    'svm_classifier',
    'svm_regressor',
  ),
} as const satisfies Record<string, GradientStatement>;
