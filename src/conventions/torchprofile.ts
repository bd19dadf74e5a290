import { add, type Dim, equal, floordiv, mul, product, sum } from '../dim/index.js';
import { equationOf, type Ledger, type Note, type OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { type Item, itemsOf, type Parts } from './items.js';
import { elementsOut, exactProducts, inputShape, last, outOf, placeOf } from './operands.js';
import { sizeProducts } from './size-products.js';
import type { TermId } from './terms.js';
import { CELLS, liveEntries, one, type TracedRule, tracedResult } from './traced-operators.js';
import type { Convention } from './types.js';

/** Outputs × what the weight has of the other channels × kernel: too much for transposed and grouped transposed ones. */
function convolution(e: OpEntry): Parts {
  const [filters = 1, others = 1, ...kernel] = inputShape(e, 1);
  const out = e.attrs.batched === false ? [1, ...outOf(e)] : outOf(e);
  const channels = equal(out[1] ?? 1, filters) ? others : filters;
  const amount = mul(product(out), channels, product(kernel));
  return { [e.op === 'conv_transpose' ? 'transposed' : 'products']: amount };
}

const affine = (term: TermId): TracedRule => one(term, (e) => (e.attrs.affine === true ? elementsOut(e) : 0));

/** Gates of every layer as if nothing were projected, over the first two extents of the output. */
const lstm: TracedRule = one('recurrent', (e) => {
  const state = outOf(e, 1);
  const hidden = last(state);
  const directions = floordiv(last(outOf(e)), hidden);
  const layers = Number(floordiv(state[0] ?? 1, directions));
  const gates = Array.from({ length: layers }, (_, i) =>
    mul(4, hidden, add(i === 0 ? last(inputShape(e)) : mul(hidden, directions), hidden)),
  );
  return mul(outOf(e)[0] ?? 1, outOf(e)[1] ?? 1, directions, sum(gates));
});

/** The product of all labels' extents; nothing for an equation with `...`. */
const einsum: TracedRule = (e) => {
  const equation = equationOf(e);
  return equation === null
    ? {}
    : { [equation.inputs.length > 2 ? 'order' : 'products']: product([...equation.extents.values()]) };
};

const attention: TracedRule = one('products', (e) => {
  const [q, k, v] = [inputShape(e), inputShape(e, 1), inputShape(e, 2)];
  return mul(product(q.slice(0, -2)), last(q, 2), last(k, 2), add(last(q), last(v)));
});

const grid: TracedRule = one('sampling', (e) =>
  mul(e.attrs.mode === 'nearest' ? 0 : e.attrs.mode === 'bicubic' ? 16 : 4, elementsOut(e)),
);

/** Products of gates of recurrent cells, beside their linear layers: f·c, i·g, o·tanh(c); r·h, z·(h − n). */
const cell =
  (gates: number): TracedRule =>
  (e) => ({
    ...CELLS[e.op]?.(e),
    gates: mul(gates, elementsOut(e)),
  });

const perOutput = (term: TermId, ...names: readonly string[]): Record<string, TracedRule> =>
  Object.fromEntries(names.map((n) => [n, one(term, elementsOut)]));

const RULES: Readonly<Record<string, TracedRule | null>> = byName({
  ...CELLS,
  lstm_cell: cell(3),
  gru_cell: cell(2),
  _convolution: convolution,
  ...Object.fromEntries(
    ['linear', 'matmul', 'bmm', 'addmm', 'baddbmm'].map((n) => [n, one('products', exactProducts)]),
  ),
  einsum,
  scaled_dot_product_attention: attention,
  lstm,
  batch_norm: affine('batch-norm'),
  layer_norm: affine('layer-norm'),
  group_norm: affine('norm'),
  instance_norm: affine('norm'),
  ...perOutput('elementwise', 'mul'),
  ...perOutput('pooling', 'avg_pool1d', 'avg_pool2d', 'avg_pool3d'),
  ...perOutput('pooling', 'adaptive_avg_pool1d', 'adaptive_avg_pool2d', 'adaptive_avg_pool3d'),
  ...perOutput('reduction', 'mean'),
  ...perOutput('activation', 'leaky_relu'),
  upsample_bilinear2d: one('resize', (e) => mul(4, elementsOut(e))),
  grid_sampler: grid,
  // Known to the tool, and free by its own word.
  ...Object.fromEntries(
    [
      ...[
        'abs',
        'add',
        'clamp',
        'cos',
        'div',
        'eq',
        'floor',
        'floor_divide',
        'ge',
        'gelu',
        'gt',
        'hardtanh',
        'le',
        'log2',
      ],
      ...[
        'log_softmax',
        'lt',
        'max',
        'max_pool1d',
        'max_pool2d',
        'max_pool3d',
        'ne',
        'neg',
        'pow',
        'reciprocal',
        'relu',
      ],
      ...['relu6', 'rsqrt', 'sigmoid', 'sign', 'silu', 'sin', 'softmax', 'softshrink', 'sqrt', 'sub', 'sum', 'tanh'],
      ...['threshold', 'adaptive_max_pool1d', 'adaptive_max_pool2d', 'adaptive_max_pool3d', 'upsample_nearest2d'],
    ].map((n) => [n, null]),
  ),
});

const WORDS =
  'Multiply-accumulates of convolutions, matrix products, attention and LSTM layers without bias, plus one per element of norms with a scale, products of tensors, means and average pools, and four of bilinear up-sampling. Transposed convolutions are counted at every output; mm, GRU and RNN layers have no rule and count 0.';

export const torchprofile: Convention = {
  id: 'torchprofile',
  title: 'torchprofile',
  version: 'ec8bf8a (2026-03-10)',
  source: 'torchprofile/handlers.py: HANDLER_MAP; torchprofile/profile.py: profile_macs',
  description: WORDS,
  run(ledger) {
    const sizes = sizeProducts(ledger);
    return tracedResult(ledger, {
      convention: torchprofile,
      count: 'macs',
      rules: RULES,
      failureOf,
      besides: () => itemsOf('macs', { other: sizes }, [], ''),
      notesOf: (items) => quirks(items, sizes),
    });
  },
};

function quirks(items: readonly Item[], sizes: Dim): Note[] {
  const notes: Note[] = [
    { code: 'no-params', message: 'torchprofile reports no parameters: these are all of the model' },
  ];
  if (items.some((i) => i.term === 'transposed'))
    notes.push({
      code: 'transposed-by-output',
      message: 'transposed convolutions are counted at every output and without regard to groups',
    });
  if (!equal(sizes, 0))
    notes.push({
      code: 'sizes-counted',
      message: `products of sizes that the model's code works out (batch × heads) are traced as operators and count one each: ${String(sizes)}`,
    });
  return notes;
}

/** The rule for attention asserts that queries and keys have as many heads. */
function failureOf(ledger: Ledger): Note | null {
  const entry = liveEntries(ledger).find(
    (e) => e.op === 'attention' && !equal(product(inputShape(e).slice(1, -2)), product(inputShape(e, 1).slice(1, -2))),
  );
  if (entry === undefined) return null;
  return {
    code: 'tool-fails',
    message: `torchprofile asserts that keys have as many heads as queries; in ${placeOf(ledger, entry) || 'the model'} they share some`,
  };
}
