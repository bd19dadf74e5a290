import { type Dim, exactdiv, floordiv, isStatic, mul, product, sub } from '../dim/index.js';
import type { Ledger, Note, OpEntry } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { numel } from '../tensor/index.js';
import { type Item, itemsOf, type Parts } from './items.js';
import { placeOf, windowOf } from './operands.js';
import { resultOf } from './results.js';
import type { Convention, ConventionResult } from './types.js';
import { allParameters } from './units.js';

const WORDS =
  'Floating-point operations of the nodes of the graph that have a registered rule, each node once: loops are not multiplied, functions are not looked into, and a node counts 0 where a shape is free or its layout is NCHW. Twice the products of convolutions and matrix products; activations and fused batch norm have no rule.';

type Rule = (entry: OpEntry) => Parts | null;

const elements = (entry: OpEntry, i = 0): Dim | null => {
  const type = entry.inputs[i]?.type;
  return type ? numel(type.shape) : null;
};
const out = (entry: OpEntry): Dim | null => {
  const type = entry.outputs[0]?.type;
  return type ? numel(type.shape) : null;
};
const shapeOf = (entry: OpEntry, i: number): readonly Dim[] | null => entry.inputs[i]?.type?.shape ?? null;

/** This many for each element of the input, or of the output. */
const unary =
  (each: number, term: 'softmax' | 'elementwise' = 'elementwise'): Rule =>
  (entry) => {
    const n = elements(entry);
    return n === null ? null : { [term]: mul(n, each) };
  };
const binary =
  (each: number): Rule =>
  (entry) => {
    const n = out(entry);
    return n === null ? null : { elementwise: mul(n, each) };
  };

/** An operation an element that is taken in; `kept`: and none for the first of each sum. */
const reduction =
  (kept: boolean): Rule =>
  (entry) => {
    const [n, m] = [elements(entry), out(entry)];
    return n === null || m === null ? null : { reduction: kept ? sub(n, m) : n };
  };

/** Channels have to be the last axis. */
function isNhwc(entry: OpEntry, channels: Dim | undefined): boolean {
  return channels !== undefined && String(entry.outputs[0]?.type?.shape.at(-1)) === String(channels);
}

const conv: Rule = (entry) => {
  const [kernel, n] = [shapeOf(entry, 1), out(entry)];
  if (kernel === null || n === null || !isNhwc(entry, kernel.at(-1))) return null;
  return { products: mul(2, n, product(kernel.slice(0, -1))) };
};

const depthwise: Rule = (entry) => {
  const [kernel, n] = [shapeOf(entry, 1), out(entry)];
  if (kernel === null || n === null || !isNhwc(entry, mul(kernel[2] ?? 1, kernel[3] ?? 1))) return null;
  return { products: mul(2, n, kernel[0] ?? 1, kernel[1] ?? 1) };
};

/** By the positions of the output over the strides: what SAME padding makes of the input's. */
const transposed: Rule = (entry) => {
  const [kernel, n] = [shapeOf(entry, 1), out(entry)];
  const { stride } = entry.attrs;
  if (kernel === null || n === null || !Array.isArray(stride) || !isNhwc(entry, kernel[2])) return null;
  const over = mul(kernel[2] ?? 1, ...stride.filter((s): s is number => typeof s === 'number'));
  const all = mul(2, n, product(kernel));
  return { transposed: exactdiv(all, over) ?? floordiv(all, over) };
};

const pool: Rule = (entry) => {
  const n = out(entry);
  const window = windowOf(entry);
  return n === null || window === null ? null : { pooling: mul(n, ...window) };
};

const matmul: Rule = (entry) => {
  const [a, n] = [shapeOf(entry, 0), entry.outputs[0]?.type?.shape];
  if (a === null || n === undefined) return null;
  // Whichever of the two axes of the first matrix is not the output's is summed over.
  const rows = n.at(-2);
  const k = String(a.at(-2)) === String(rows) ? a.at(-1) : a.at(-2);
  return k === undefined ? null : { products: mul(2, numel(n), k) };
};

const RULES: Readonly<Record<string, Rule>> = byName<Record<string, Rule>>({
  Conv2D: conv,
  Conv3D: conv,
  DepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposed,
  MatMul: matmul,
  BatchMatMul: matmul,
  BatchMatMulV2: matmul,
  BatchMatMulV3: matmul,
  AvgPool: pool,
  MaxPool: pool,
  BiasAdd: (entry) => {
    const n = elements(entry);
    return n === null ? null : { bias: n };
  },
  AddN: (entry) => {
    const n = elements(entry);
    return n === null ? null : { elementwise: mul(n, entry.inputs.length - 1) };
  },
  Mean: reduction(false),
  Sum: reduction(true),
  ArgMax: reduction(true),
  ArgMin: reduction(true),
  Softmax: unary(5, 'softmax'),
  Reciprocal: unary(1),
  Square: unary(1),
  Rsqrt: unary(2),
  Log: unary(1),
  Neg: unary(1),
  ...Object.fromEntries(
    'Add AddV2 Sub Mul RealDiv Maximum Minimum Pow Greater GreaterEqual Less LessEqual Equal NotEqual'
      .split(' ')
      .map((name) => [name, binary(1)]),
  ),
  SquaredDifference: binary(2),
});

/** TensorFlow's profiler over a graph, as keras-flops and many scripts call it. */
export const tfProfiler: Convention = {
  id: 'tf-profiler',
  title: 'TensorFlow profiler',
  version: '2.21.0',
  source: 'tensorflow/python/profiler/internal/flops_registry.py; tensorflow/python/ops/nn_ops.py',
  description: WORDS,
  run(ledger: Ledger): ConventionResult {
    const seen = new Set<string>();
    const items = ledger.entries.flatMap((entry): Item[] => {
      // A node of a loop or a function is one node of the graph.
      if (entry.name === null || seen.has(entry.name)) return [];
      seen.add(entry.name);
      const parts = RULES[entry.type]?.(entry) ?? null;
      if (parts === null || !Object.values(parts).every((amount) => isStatic(amount))) return [];
      return itemsOf('float_ops', parts, [entry], placeOf(ledger, entry));
    });
    return resultOf(tfProfiler, { float_ops: 'flop' }, items, {
      params: allParameters(ledger),
      notes: loopNotes(ledger),
    });
  },
};

function loopNotes(ledger: Ledger): Note[] {
  if (!ledger.entries.some((entry) => /^(Stateless)?While$/.test(entry.type))) return [];
  return [
    {
      code: 'silent-zero',
      message:
        'within loops the profiler knows no shape that depends on what goes from round to round, and counts such nodes as 0: its own number is smaller by them',
    },
  ];
}

/** Whether a ledger is of a graph that the profiler could be run on. */
export const isTensorflowGraph = ({ format }: Ledger): boolean => format === 'tensorflow' || format === 'tfjs';
