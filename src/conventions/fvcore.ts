import { type Dim, floordiv, mul, product, sub } from '../dim/index.js';
import { type Equation, equationOf, type Ledger, type Note, type OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { canonical, einsumNotes, fourDigits, numpyCost } from './einsum-cost.js';
import type { Parts } from './items.js';
import { elementsIn, elementsOut, exactProducts, inputShape, last, outOf, placeOf } from './operands.js';
import type { TermId } from './terms.js';
import { CELLS, liveEntries, one, type TracedRule, tracedName, tracedResult } from './traced-operators.js';
import type { Convention } from './types.js';

/** The weight's elements for every sample and place: of the output, of the input where it is transposed. */
const convolution: TracedRule = one('products', (e) => {
  const places = e.op === 'conv_transpose' ? inputShape(e) : outOf(e);
  // PyTorch gives a sample without a batch axis one, before the operator is traced.
  const spatial = (e.attrs.kernel ?? []).length;
  const batch = e.attrs.batched === false ? 1 : (inputShape(e)[0] ?? 1);
  return mul(batch, product(inputShape(e, 1)), product(places.slice(places.length - spatial)));
});

/** All elements of the left × the last extent of the right: too little where the left is the one that is broadcast. */
const matmul: TracedRule = (e) => {
  const amount = mul(elementsIn(e), last(inputShape(e, 1)));
  return { [inputShape(e).length < inputShape(e, 1).length ? 'broadcast' : 'products']: amount };
};

const isKnown = (equation: Equation): boolean => /^abc,(abd->acd|adc->adb)$/.test(canonical(equation));

/** Two equations are known; others are NumPy's count as it prints it, with four digits, halved. */
function einsum(e: OpEntry): Parts {
  const equation = equationOf(e);
  const exact = exactProducts(e);
  if (equation === null) return { products: exact };
  if (isKnown(equation)) return { products: exact };
  const printed = floordiv(fourDigits(numpyCost(equation)), 2);
  return { products: exact, [equation.inputs.length > 2 ? 'order' : 'rounding']: sub(printed, exact) };
}

const norm = (term: TermId): TracedRule => one(term, (e) => mul(e.attrs.affine === true ? 5 : 4, elementsIn(e)));
const batchNorm: TracedRule = one('batch-norm', (e) => {
  const affine = e.attrs.affine === true;
  return mul(e.attrs.batch_statistics === true ? (affine ? 5 : 4) : affine ? 2 : 1, elementsIn(e));
});

const linear = (weight: number): TracedRule =>
  one('products', (e) => mul(elementsIn(e), weight === 1 ? (inputShape(e, 1)[0] ?? 1) : last(inputShape(e, weight))));

const RULES: Readonly<Record<string, TracedRule | null>> = byName({
  ...CELLS,
  _convolution: convolution,
  linear: linear(1),
  addmm: one('products', (e) => mul(elementsIn(e, 1), last(inputShape(e, 2)))),
  matmul,
  mm: matmul,
  bmm: matmul,
  einsum,
  batch_norm: batchNorm,
  layer_norm: norm('layer-norm'),
  group_norm: norm('norm'),
  instance_norm: norm('norm'),
  upsample_nearest2d: one('resize', elementsOut),
  upsample_bilinear2d: one('resize', (e) => mul(4, elementsOut(e))),
  grid_sampler: one('sampling', (e) => mul(4, elementsOut(e))),
  adaptive_avg_pool2d: one('pooling', elementsIn),
  // Left out of its list of unsupported operators: they are meant to be free.
  relu: null,
});

const WORDS =
  'Called flops, but a multiply-accumulate counts one: the products of convolutions and matrix products, without bias, and a few per element of norms, up-sampling and adaptive average pools. scaled_dot_product_attention, RNN layers, softmax, GELU, sums and products of tensors have no rule and count 0.';

export const fvcore: Convention = {
  id: 'fvcore',
  title: 'fvcore',
  version: '0.1.6',
  source: 'fvcore/nn/jit_handles.py; fvcore/nn/flop_count.py: _DEFAULT_SUPPORTED_OPS',
  description: WORDS,
  run(ledger) {
    return tracedResult(ledger, {
      convention: fvcore,
      count: 'flops',
      rules: RULES,
      failureOf,
      notesOf: (items, unseen) => [...quirks(unseen), ...einsumNotes(items, isKnown)],
    });
  },
};

function quirks(unseen: readonly OpEntry[]): Note[] {
  const notes: Note[] = [{ code: 'macs-called-flops', message: 'fvcore calls a multiply-accumulate one flop' }];
  if (unseen.some((e) => e.op === 'conv'))
    notes.push({
      code: 'same-padding-unseen',
      message: 'convolutions whose padding is given by name ("same", "valid") are another operator, without a rule: 0',
    });
  if (unseen.some((e) => e.op === 'attention'))
    notes.push({
      code: 'grad-enabled',
      message:
        'the number of a run with gradients enabled, as fvcore runs; under no_grad the fast path of nn.MultiheadAttention hides its projections as well',
    });
  return notes;
}

/** Assertions of fvcore's own rules, which stop its run. */
function failureOf(ledger: Ledger): Note | null {
  for (const entry of liveEntries(ledger)) {
    const name = tracedName(entry);
    const place = placeOf(ledger, entry) || 'the model';
    if (
      name === 'matmul' &&
      (inputShape(entry).length < 2 || inputShape(entry, 1).length < 2) &&
      inputShape(entry, 1).length < 2
    )
      return fails(`fvcore's rule for matmul asks both operands for two axes; ${place} multiplies by a vector`);
    if (['layer_norm', 'group_norm', 'instance_norm'].includes(name) && !inRange(inputShape(entry)))
      return fails(`fvcore's rule for norms takes inputs of 2 to 5 axes; ${place} has ${inputShape(entry).length}`);
  }
  return null;
}

const inRange = (shape: readonly Dim[]): boolean => shape.length >= 2 && shape.length <= 5;
const fails = (message: string): Note => ({ code: 'tool-fails', message });
