import { type Dim, exactdiv, floordiv, mul, product, sum } from '../dim/index.js';
import type { Ledger, OpEntry } from '../ledger/index.js';
import { tally } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { numel } from '../tensor/index.js';
import { biasAdds } from './exact.js';
import { type Item, itemsOf, type Parts } from './items.js';
import { elementsOut, windowOf } from './operands.js';
import { resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'What TensorFlow’s profiler makes of the graph that Keras builds of a model: twice the products, one an element of a bias and of element-wise arithmetic, two an element of batch norm and six a channel, a window’s elements for each output of a pooling, five an element of softmax; activations have no rule but for the products in them; the two products of attention have none, and loops of recurrent layers are not looked into.';

type Rule = (entry: OpEntry) => Parts | null;

const elements = (entry: OpEntry): Dim => {
  const type = entry.inputs[0]?.type;
  return type ? numel(type.shape) : 0;
};

/** Twice the products, and one for each element that a bias is added to. */
const products: Rule = ({ result }) =>
  result.kind === 'gap' ? null : { products: mul(2, tally(result.work).macs), bias: biasAdds(result.work) };

/** This many for each element that comes out. */
const each =
  (n: number): Rule =>
  (entry) => ({ elementwise: mul(n, elementsOut(entry)) });

/** Tensors added one after the other. */
const joined: Rule = (entry) => {
  const count = Math.max(2, entry.inputs.length);
  return { elementwise: mul(count - 1, elementsOut(entry)) };
};

/** Elements of the first weight that goes in: one a channel. */
function channelsOf(entry: OpEntry): Dim {
  const weight = entry.inputs.find((value) => value?.weight)?.weight;
  return weight ? product(weight.shape) : 0;
}

/** x·s + t, and what makes s and t of the vectors of each channel. */
const batchNorm: Rule = (entry) => {
  const scaled = entry.inputs.some((value) => value?.weight?.name.endsWith('gamma'));
  return { 'batch-norm': sum([mul(2, elements(entry)), mul(scaled ? 6 : 5, channelsOf(entry))]) };
};

/** (x − mean) / max(deviation, ε). */
const normalised: Rule = (entry) => ({ elementwise: sum([mul(2, elements(entry)), channelsOf(entry)]) });

/** Mean, variance, and x·s + t; s and t have every element here. */
const layerNorm: Rule = (entry) => {
  const n = elements(entry);
  const last = entry.inputs[0]?.type?.shape.at(-1) ?? 1;
  const rows = exactdiv(n, last) ?? floordiv(n, last);
  return { 'layer-norm': sum([mul(9, n), mul(4, rows)]) };
};

/** The products of queries, keys and values are operators without a rule; what remains is the scale and a softmax. */
const attention: Rule = ({ attrs }) => {
  const { batch, lq, lk } = attrs;
  if (!Array.isArray(batch) || lq === undefined || lk === undefined) return null;
  return { scaling: mul(6, ...(batch as readonly Dim[]), lq as Dim, lk as Dim) };
};

const pool: Rule = (entry) => {
  const window = windowOf(entry);
  return { pooling: window === null ? elements(entry) : mul(elementsOut(entry), ...window) };
};

/** x·sigmoid(β·x): two products around a function that has no rule. */
const gated: Rule = (entry) => ({ activation: mul(2, elementsOut(entry)) });

const RULES: Readonly<Record<string, Rule>> = byName<Record<string, Rule>>({
  conv: products,
  linear: products,
  matmul: products,
  einsum: products,
  attention,
  conv_transpose: products,
  batch_norm: batchNorm,
  affine: normalised,
  layer_norm: layerNorm,
  max_pool: pool,
  avg_pool: pool,
  add: joined,
  sub: each(1),
  mul: joined,
  div: each(1),
  maximum: joined,
  minimum: joined,
  pow: each(1),
  square: each(1),
  rsqrt: each(2),
  mean: (entry) => ({ reduction: elements(entry) }),
  sum: (entry) => ({ reduction: elements(entry) }),
  softmax: (entry) => ({ softmax: mul(5, elements(entry)) }),
  silu: gated,
  gelu: (entry) => ({ activation: mul(4, elementsOut(entry)) }),
  hardswish: (entry) => ({ activation: elementsOut(entry) }),
});

/** A rescaling multiplies and adds, whether there is something to add or not. */
function ruleOf({ op, type }: OpEntry): Rule | undefined {
  if (type === 'Rescaling') return op === 'mul' ? each(2) : undefined;
  return RULES[op];
}

/** What keras-flops prints of a Keras model. */
export const kerasFlops: Convention = {
  id: 'keras-flops',
  title: 'keras-flops',
  version: '0.1.2 with TensorFlow 2.21.0',
  source: 'keras_flops/flops_calculation.py; tensorflow/python/profiler/internal/flops_registry.py',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const items = ledger.entries.flatMap((entry): Item[] => {
      const parts = ruleOf(entry)?.(entry) ?? null;
      return parts === null ? [] : itemsOf('float_ops', parts, [entry], entry.call.path);
    });
    return resultOf(kerasFlops, { float_ops: 'flop' }, items, { params: allParameters(ledger) });
  },
};

export const isKeras = ({ format }: Ledger): boolean => format === 'keras';
