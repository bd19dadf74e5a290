import { add, type Dim, equal, mul, sum } from '../dim/index.js';
import {
  equationOf,
  isContiguous,
  type Ledger,
  type OpEntry,
  perLedger,
  type Strides,
  stridesOf,
  type Value,
} from '../ledger/index.js';
import { attrsAs } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { elementsOut, exactProducts, hasBias, inputShape, last, timesOf } from './operands.js';
import { tracedName } from './traced-operators.js';

/** What ATen's dispatcher shows of a model to tools that listen there: few operators, into which the others are taken apart. */
export type Dispatch = 'mm' | 'addmm' | 'bmm' | 'baddbmm' | 'convolution';

export interface Dispatched {
  readonly entry: OpEntry;
  readonly op: Dispatch;
  readonly products: Dim;
  /** Elements to which a bias is added within the operator. */
  readonly biased: Dim;
}

/** Whether gradients are recorded: then a mask that is learnt keeps attention from its fused kernel. */
export interface Mode {
  readonly grad: boolean;
}

/** The operators that are dispatched on a CPU, in schedule order. */
export function dispatched(ledger: Ledger, mode: Mode): readonly Dispatched[] {
  return mode.grad ? withGradients(ledger) : withoutGradients(ledger);
}

const withGradients = perLedger((ledger: Ledger) => dispatchedIn(ledger, { grad: true }));
const withoutGradients = perLedger((ledger: Ledger) => dispatchedIn(ledger, { grad: false }));

function dispatchedIn(ledger: Ledger, mode: Mode): readonly Dispatched[] {
  const strides = stridesOf(ledger);
  const learnt = mode.grad ? learntValues(ledger) : new Set<number>();
  return ledger.entries.flatMap((entry) => {
    if (entry.result.kind === 'gap') return [];
    const times = timesOf(entry);
    return (RULES[entry.op]?.({ entry, strides, learnt }) ?? []).map(({ op, products, biased = 0 }) => ({
      entry,
      op,
      products: mul(times, products),
      biased: mul(times, biased),
    }));
  });
}

interface Case {
  readonly entry: OpEntry;
  readonly strides: (value: Value) => Strides;
  readonly learnt: ReadonlySet<number>;
}
interface Found {
  readonly op: Dispatch;
  readonly products: Dim;
  readonly biased?: Dim;
}
type Rule = (c: Case) => readonly Found[];

const convolution: Rule = ({ entry }) => [
  { op: 'convolution', products: exactProducts(entry), biased: hasBias(entry) ? elementsOut(entry) : 0 },
];

/** With a bias, two axes or dense rows are one addmm; else a product, to which the bias is added afterwards. */
const linear: Rule = ({ entry, strides }) => {
  if (inputShape(entry, 1).length < 2) return [];
  const products = exactProducts(entry);
  const [x] = entry.inputs;
  const flat = inputShape(entry).length === 2 || !x || isContiguous(inputShape(entry), strides(x));
  return hasBias(entry) && flat ? [{ op: 'addmm', products, biased: elementsOut(entry) }] : [{ op: 'mm', products }];
};

/** Products with a vector are `mv` and `dot`, which nobody counts, unless they have to become a batch of matrices. */
const matmul: Rule = ({ entry, strides }) => {
  const [a, b] = [inputShape(entry), inputShape(entry, 1)];
  const name = tracedName(entry);
  if (name === 'mv' || name === 'dot' || (a.length <= 2 && b.length === 1)) return [];
  const [left] = entry.inputs;
  if (b.length === 1 && left && isContiguous(a, strides(left))) return [];
  return [{ op: a.length > 2 && b.length > 2 ? 'bmm' : 'mm', products: exactProducts(entry) }];
};

/** Pairs that share a summed label become a bmm; the others are multiplied element by element. */
const einsum: Rule = ({ entry }) => {
  const equation = equationOf(entry);
  if (equation !== null && equation.inputs.length === 2) {
    const [a = '', b = ''] = equation.inputs;
    const summed = [...a].filter((l) => b.includes(l) && !equation.output.includes(l));
    if (summed.length === 0) return [];
  }
  return equation !== null && equation.inputs.length < 2 ? [] : [{ op: 'bmm', products: exactProducts(entry) }];
};

/** Attention that has no fused kernel: QKᵀ and AV. */
const attention: Rule = (c) => (isFused(c) ? [] : [{ op: 'bmm', products: exactProducts(c.entry) }]);

/** The conditions of the CPU's kernel (aten/src/ATen/native/transformers/sdp_utils_cpp.cpp). */
function isFused({ entry, strides, learnt }: Case): boolean {
  const [q, k, v] = entry.inputs;
  const shapes = [inputShape(entry), inputShape(entry, 1), inputShape(entry, 2)];
  const [qs, ks, vs] = shapes as [readonly Dim[], readonly Dim[], readonly Dim[]];
  if (shapes.some((s) => s.length !== 4)) return false;
  if (!equal(last(qs), last(ks)) || !equal(last(qs), last(vs))) return false;
  if (![q, k, v].every((x) => !x || equal(last(strides(x)), 1))) return false;
  const mask = entry.inputs[3];
  if (!mask) return true;
  const m = mask.type?.shape ?? [];
  const fits = (extent: Dim, whole: Dim): boolean => equal(extent, 1) || equal(extent, whole);
  if (learnt.has(mask.id) || (m.length !== 2 && m.length !== 4)) return false;
  if (!fits(last(m, 2), last(qs, 2)) || !fits(last(m), last(vs, 2))) return false;
  return m.length === 2 || (fits(m[0] ?? 1, qs[0] ?? 1) && fits(m[1] ?? 1, qs[1] ?? 1));
}

/** Gates are linear layers: those of the inputs for the whole sequence at once, those of the state step by step. */
const recurrent: Rule = ({ entry, strides }) => {
  const lstm = entry.op === 'lstm';
  const projection = entry.attrs.proj_size ?? 0;
  // LSTM without a projection is one kernel of oneDNN.
  if (lstm && projection === 0) return [];
  const h = entry.attrs.hidden_size ?? 0;
  const gates = (entry.op === 'gru' ? 3 : lstm ? 4 : 1) * h;
  const state = projection || h;
  const directions = entry.attrs.bidirectional === true ? 2 : 1;
  const layers = entry.attrs.num_layers ?? 1;
  const { batch = 1, steps = 1 } = attrsAs('lstm', entry);
  const rows = mul(batch, steps);
  const bias = hasBias(entry);
  const [x] = entry.inputs;
  const found: Found[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? (entry.attrs.input_size ?? 0) : state * directions;
    const dense = layer > 0 || !x || isDenseSequence(entry, strides(x));
    const inputs = mul(directions, rows, gates, width);
    const states = mul(directions, rows, gates, state);
    const biased = mul(directions, rows, gates);
    found.push(bias && dense ? { op: 'addmm', products: inputs, biased } : { op: 'mm', products: inputs });
    found.push(bias ? { op: 'addmm', products: states, biased } : { op: 'mm', products: states });
    if (projection) found.push({ op: 'mm', products: mul(directions, rows, h, projection) });
  }
  return found;
};

/** Whether the sequence, length first, is row-major. */
function isDenseSequence(entry: OpEntry, strides: Strides): boolean {
  const shape = inputShape(entry);
  if (shape.length !== 3 || entry.attrs.batch_first !== true) return isContiguous(shape, strides);
  const turn = <T>([a, b, c]: readonly T[]): T[] => [b as T, a as T, c as T];
  return isContiguous(turn(shape), turn(strides));
}

/** One step: both gates' layers of two axes. */
const cell: Rule = ({ entry }) => {
  const state = elementsOut(entry);
  const h = entry.attrs.hidden_size ?? 1;
  const gates = /lstm/.test(entry.op) ? 4 : /gru/.test(entry.op) ? 3 : 1;
  const products = mul(state, gates, add(entry.attrs.input_size ?? 0, h));
  return hasBias(entry) ? [{ op: 'addmm', products, biased: mul(2, gates, state) }] : [{ op: 'mm', products }];
};

const RULES: Readonly<Record<string, Rule>> = byName({
  conv: convolution,
  conv_transpose: convolution,
  linear,
  matmul,
  addmm: ({ entry }) => [{ op: 'addmm', products: exactProducts(entry), biased: elementsOut(entry) }],
  baddbmm: ({ entry }) => [{ op: 'baddbmm', products: exactProducts(entry) }],
  einsum,
  attention,
  ...Object.fromEntries(['rnn_tanh', 'rnn_relu', 'gru', 'lstm'].map((n) => [n, recurrent])),
  ...Object.fromEntries(['rnn_tanh_cell', 'rnn_relu_cell', 'gru_cell', 'lstm_cell'].map((n) => [n, cell])),
});

/** Values that a gradient would flow back through to a parameter. */
function learntValues(ledger: Ledger): ReadonlySet<number> {
  const learnt = new Set<number>();
  const isLearnt = (v: Value | null): boolean =>
    v !== null && (learnt.has(v.id) || (v.weight?.kind === 'parameter' && v.weight.trainable !== false));
  for (const entry of ledger.entries)
    if (entry.inputs.some(isLearnt))
      for (const out of entry.outputs) if (out.type === null || /float/.test(out.type.dtype)) learnt.add(out.id);
  return learnt;
}

/** What runs on a device without fused kernels (`meta`) beside what is dispatched on a CPU: attention and LSTM layers. */
export function fusedProducts(ledger: Ledger, seen: readonly Dispatched[]): Dim {
  const known = new Set(seen.map((d) => d.entry));
  const fused = ledger.entries.filter((e) => (e.op === 'attention' || e.op === 'lstm') && !known.has(e));
  return sum(fused.map((e) => mul(timesOf(e), exactProducts(e))));
}
