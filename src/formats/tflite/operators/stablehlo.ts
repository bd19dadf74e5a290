import { type Dim, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  type Binary,
  binary,
  cast,
  concat,
  conv,
  copy,
  einsum,
  expand,
  fill,
  pad,
  permute,
  put,
  type Reduction,
  reduce,
  reshape,
  slice,
  sort,
  type Unary,
  unary,
  where,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { type Entry, type Operator, type Table, typed } from '../operator.js';
import { windowsOf } from './state.js';

/** Operators of StableHLO, as the converter from JAX and PyTorch leaves them. */

const one = (op: Unary): Entry => ({ run: (n) => unary(op, n.in(0), { dtype: n.dtype(n.in(0).dtype) }) });
const two = (op: Binary): Entry => ({ run: (n) => binary(op, n.in(0), n.in(1), { dtype: n.dtype(n.in(0).dtype) }) });

/** The operator that a body applies to two numbers, by the only node that computes in it. */
const BODIES: Readonly<Record<string, Reduction>> = {
  STABLEHLO_ADD: 'sum',
  ADD: 'sum',
  STABLEHLO_MULTIPLY: 'prod',
  MUL: 'prod',
  STABLEHLO_MAXIMUM: 'max',
  MAXIMUM: 'max',
  STABLEHLO_MINIMUM: 'min',
  MINIMUM: 'min',
  STABLEHLO_AND: 'all',
  LOGICAL_AND: 'all',
  STABLEHLO_OR: 'any',
  LOGICAL_OR: 'any',
};

function bodyOf(n: Operator, field: number): Reduction {
  const nodes = n.body(field);
  const [name] = nodes;
  const found = nodes.length === 1 && name !== undefined && Object.hasOwn(BODIES, name) ? BODIES[name] : undefined;
  if (found === undefined) throw new Unsupported(`it combines numbers by a graph of ${nodes.join(', ') || 'nothing'}`);
  return found;
}

/** Labels of the axes: batch first, contracted, then what is free on either side. */
const dotGeneral: Entry = {
  weights: [0, 1],
  run: (n) => {
    const [a, b] = [n.in(0), n.in(1)];
    const [batchA, batchB, sumA, sumB] = [0, 1, 2, 3].map((field) => n.longs(field)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    let next = 97;
    const fresh = (): string => String.fromCharCode(next++);
    const left = a.shape.map(fresh);
    const right = b.shape.map((_, i) => {
      const at = batchB.indexOf(i);
      const contracted = sumB.indexOf(i);
      return at >= 0 ? left[batchA[at] ?? -1] : contracted >= 0 ? left[sumA[contracted] ?? -1] : fresh();
    });
    if (right.includes(undefined)) throw n.error('its axes do not go together');
    const out = [
      ...batchA.map((i) => left[i]),
      ...left.filter((_, i) => !batchA.includes(i) && !sumA.includes(i)),
      ...right.filter((_, i) => !batchB.includes(i) && !sumB.includes(i)),
    ];
    return typed(n, einsum(`${left.join('')},${right.join('')}->${out.join('')}`, [a, b]));
  },
};

/** Axes by their roles; an input with steps of its own has zeros between its elements, which are multiplied too. */
const convolution: Entry = {
  weights: [1],
  run: (n) => {
    const [x, w] = [n.in(0), n.in(1)];
    const [inputSpace, kernelSpace, outputSpace] = [n.longs(7), n.longs(10), n.longs(13)];
    const axes = inputSpace.length;
    const ones = new Array<number>(axes).fill(1);
    const or1 = (list: number[]): number[] => (list.length === 0 ? ones : list);
    const padding = n.longs(1);
    const between = or1(n.longs(2));
    if (between.some((d) => d !== 1))
      throw new Unsupported('it is transposed: its input has zeros between its elements');
    if (n.long(15, 1) !== 1) throw new Unsupported('it groups the batch');
    const at = (type: TensorType, first: number, second: number, space: readonly number[]): TensorType => ({
      dtype: type.dtype,
      shape: [first, second, ...space].map((axis) => type.shape[axis] as Dim),
    });
    const effect = conv(at(x, n.long(5), n.long(6), inputSpace), at(w, n.long(9), n.long(8), kernelSpace), null, {
      stride: or1(n.longs(0)),
      dilation: or1(n.longs(3)),
      padding: ones.map((_, i): [number, number] => [padding[2 * i] ?? 0, padding[2 * i + 1] ?? 0]),
      groups: n.long(14, 1),
    });
    const [made] = effect.outputs as readonly [TensorType];
    const shape: Dim[] = [];
    for (const [i, axis] of [n.long(11), n.long(12), ...outputSpace].entries()) shape[axis] = made.shape[i] as Dim;
    return { ...effect, outputs: [{ dtype: n.dtype(made.dtype), shape }] };
  },
};

const COMPARES: readonly Binary[] = ['eq', 'ne', 'ge', 'gt', 'le', 'lt'];

export const stablehlo: Table = {
  STABLEHLO_DOT_GENERAL: dotGeneral,
  STABLEHLO_CONVOLUTION: convolution,
  STABLEHLO_LOGISTIC: one('sigmoid'),
  STABLEHLO_ABS: one('abs'),
  STABLEHLO_COSINE: one('cos'),
  STABLEHLO_EXPONENTIAL: one('exp'),
  STABLEHLO_FLOOR: one('floor'),
  STABLEHLO_LOG: one('log'),
  STABLEHLO_NEGATE: one('neg'),
  STABLEHLO_RSQRT: one('rsqrt'),
  STABLEHLO_TANH: one('tanh'),
  STABLEHLO_CBRT: { run: (n) => binary('pow', n.in(0), { dtype: n.in(0).dtype, shape: [] }) },
  STABLEHLO_ADD: two('add'),
  STABLEHLO_SUBTRACT: two('sub'),
  STABLEHLO_MULTIPLY: two('mul'),
  STABLEHLO_DIVIDE: two('div'),
  STABLEHLO_MAXIMUM: two('maximum'),
  STABLEHLO_MINIMUM: two('minimum'),
  STABLEHLO_POWER: two('pow'),
  STABLEHLO_REMAINDER: two('remainder'),
  STABLEHLO_AND: two('logical_and'),
  STABLEHLO_OR: two('logical_or'),
  STABLEHLO_SHIFT_LEFT: two('bitwise_shift'),
  STABLEHLO_COMPARE: { run: (n) => binary(COMPARES[n.i32(0)] ?? 'eq', n.in(0), n.in(1)) },
  STABLEHLO_CLAMP: { run: (n) => unary('clamp', n.in(1)) },
  STABLEHLO_SELECT: { run: (n) => where(n.in(0), n.in(1), n.in(2)) },
  STABLEHLO_CONVERT: { passes: true, run: (n) => cast(n.in(0), n.dtype(n.in(0).dtype)) },
  STABLEHLO_RESHAPE: { passes: true, run: (n) => reshape(n.in(0), n.out().shape) },
  STABLEHLO_TRANSPOSE: { passes: true, run: (n) => permute(n.in(0), n.longs(0)) },
  STABLEHLO_CONCATENATE: { run: (n) => concat(n.all(), n.long(0)) },
  STABLEHLO_BROADCAST_IN_DIM: {
    run: (n) => {
      const x = n.in(0);
      const out = n.out();
      const shape = out.shape.map((): Dim => 1);
      for (const [i, axis] of n.longs(0).entries()) shape[axis] = x.shape[i] as Dim;
      return expand({ dtype: x.dtype, shape }, out.shape);
    },
  },
  STABLEHLO_SLICE: {
    run: (n) => {
      const [from, to, step] = [n.longs(0), n.longs(1), n.longs(2)];
      return slice(
        n.in(0),
        from.map((start, axis) => ({ axis, start, end: to[axis] ?? start, step: step[axis] ?? 1 })),
      );
    },
  },
  STABLEHLO_DYNAMIC_SLICE: { run: (n) => copy(n.in(0), 'slice', n.longs(0)) },
  STABLEHLO_DYNAMIC_UPDATE_SLICE: { run: (n) => put('scatter_nd', n.in(0), n.in(1), null) },
  STABLEHLO_PAD: {
    run: (n) => {
      const [low, high, inside] = [n.longs(0), n.longs(1), n.longs(2)];
      const x = n.in(0);
      // Zeros between the elements are as if they were after them.
      return pad(
        x,
        x.shape.map((d, i) => [low[i] ?? 0, addTo(high[i] ?? 0, d, inside[i] ?? 0)]),
      );
    },
  },
  STABLEHLO_IOTA: { run: (n) => fill(n.out().shape, n.out().dtype) },
  STABLEHLO_RNG_BIT_GENERATOR: {
    run: (n) => {
      const made = fill(n.out(1).shape, n.out(1).dtype);
      return { ...made, outputs: [n.in(0), ...made.outputs] };
    },
  },
  STABLEHLO_REDUCE: { run: (n) => typed(n, reduce(bodyOf(n, 1), n.in(0), n.longs(0))) },
  STABLEHLO_REDUCE_WINDOW: {
    run: (n) => {
      const kernel = n.longs(0);
      const or1 = (list: number[]): number[] => (list.length === 0 ? kernel.map(() => 1) : list);
      if (or1(n.longs(2)).some((d) => d !== 1)) throw new Unsupported('its input has zeros between its elements');
      const pads = n.longs(4);
      return windowsOf(n.in(0), {
        kernel,
        stride: or1(n.longs(1)),
        dilation: or1(n.longs(3)),
        padding: kernel.map((_, i) => [pads[2 * i] ?? 0, pads[2 * i + 1] ?? 0]),
      });
    },
  },
  STABLEHLO_SORT: { run: (n) => sort(n.in(0), n.long(0), n.all()) },
  STABLEHLO_GATHER: { run: (n) => copy(n.in(0), 'gather', n.out().shape) },
  STABLEHLO_SCATTER: { run: (n) => put('scatter_nd', n.in(0), n.in(2), BODY_COSTS[n.body(6)[0] ?? ''] ?? null) },
};

const BODY_COSTS: Readonly<Record<string, 'add' | 'mul' | 'cmp'>> = {
  STABLEHLO_ADD: 'add',
  STABLEHLO_MULTIPLY: 'mul',
  STABLEHLO_MAXIMUM: 'cmp',
  STABLEHLO_MINIMUM: 'cmp',
};

function addTo(high: number, extent: Dim, inside: number): Dim {
  return inside === 0 ? high : sub(mul(inside, sub(extent, 1)), -high);
}
