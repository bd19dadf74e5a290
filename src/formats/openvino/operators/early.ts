import { type Dim, product } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  affinePower,
  axisOf,
  batchNorm,
  binary,
  clamp,
  conv,
  convTranspose,
  copy,
  type Effect,
  factor,
  fold,
  followedBy,
  linear,
  localResponseNorm,
  lpNormalize,
  matmul,
  meanVarianceNorm,
  type Padding,
  perElement,
  permute,
  pool,
  reduce,
  reshape,
  split,
  type Unary,
  unary,
  view,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { resizeTo } from '../../resize-to.js';
import type { Windows } from '../../windows.js';
import { kernelOf, pairOf } from '../early.js';
import type { Entry, Operator, Table } from '../operator.js';
import { padsOf } from './windows.js';

function windowsOf(n: Operator, kernel: readonly number[]): Windows {
  const { data } = n.node.layer;
  const ones = kernel.map(() => 1);
  const [stride, dilation] = [pairOf(data, 'stride', 1), pairOf(data, 'dilation', 1)];
  return {
    kernel,
    stride: stride.length === kernel.length ? stride : ones,
    dilation: dilation.length === kernel.length ? dilation : ones,
  };
}

/** `pads_begin` and `pads_end`, or `pad-y` and `pad-x` with `pad-b` and `pad-r` after them. */
function padding(n: Operator, extents: readonly Dim[], w: Windows): [number, number][] {
  const { data } = n.node.layer;
  if (data['pads_begin'] !== undefined || data['auto_pad'] !== undefined) return padsOf(n, extents, w);
  const [y, x] = [Number(data['pad-y'] ?? 0), Number(data['pad-x'] ?? 0)];
  const both: [number, number][] = [
    [y, Number(data['pad-b'] ?? y)],
    [x, Number(data['pad-r'] ?? x)],
  ];
  return w.kernel.map((_, i) => both[i] ?? [0, 0]);
}

const convolution = (transposed: boolean): Entry => ({
  weights: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const weight = n.in(1);
    const w = windowsOf(n, weight.shape.slice(2).map(Number));
    const options = { ...w, padding: padding(n, x.shape.slice(2), w), groups: n.int('group', 1) };
    return transposed ? convTranspose(x, weight, n.opt(2), options) : conv(x, weight, n.opt(2), options);
  },
});

/** All axes after the first are features. */
const fullyConnected: Entry = {
  weights: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const [batch = 1, ...rest] = x.shape;
    return linear({ dtype: x.dtype, shape: [batch, product(rest)] }, n.in(1), n.opt(2));
  },
};

const pooling: Entry = {
  run: (n) => {
    const x = n.in(0);
    const w = windowsOf(n, kernelOf(n.node.layer.data));
    return pool(n.text('pool-method', 'max') === 'max' ? 'max' : 'avg', x, w.kernel.length, {
      ...w,
      padding: padding(n, x.shape.slice(2), w) as Padding,
      // The first versions round up where nothing is said.
      ceil:
        n.text(
          'rounding_type',
          n.node.graph.version < 4 && n.node.layer.data['pads_end'] === undefined ? 'ceil' : 'floor',
        ) === 'ceil',
      countIncludePad: !n.flag('exclude-pad'),
    });
  },
};

const eltwise: Entry = {
  run: (n) => {
    const operation = n.text('operation', 'sum').toLowerCase();
    if (operation === 'sum' && n.count > 2) return fold('add', n.all());
    if (operation === 'max' && n.count > 2) return fold('maximum', n.all());
    const op = ELTWISE[operation];
    if (op === undefined) throw new Unsupported(`its operation ${operation} has no formula`);
    return binary(op, n.in(0), n.in(1));
  },
};

const ELTWISE: Readonly<
  Record<
    string,
    | 'add'
    | 'sub'
    | 'mul'
    | 'div'
    | 'maximum'
    | 'minimum'
    | 'pow'
    | 'lt'
    | 'gt'
    | 'eq'
    | 'ne'
    | 'le'
    | 'ge'
    | 'logical_and'
    | 'logical_or'
  >
> = {
  sum: 'add',
  add: 'add',
  sub: 'sub',
  prod: 'mul',
  mul: 'mul',
  div: 'div',
  max: 'maximum',
  min: 'minimum',
  pow: 'pow',
  less: 'lt',
  greater: 'gt',
  equal: 'eq',
  not_equal: 'ne',
  less_equal: 'le',
  greater_equal: 'ge',
  logical_and: 'logical_and',
  logical_or: 'logical_or',
};

const ACTIVATIONS: Readonly<Record<string, Unary>> = {
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  elu: 'elu',
  relu: 'relu',
  relu6: 'relu6',
  exp: 'exp',
  not: 'logical_not',
  swish: 'silu',
  hswish: 'hardswish',
  softplus: 'softplus',
  mish: 'mish',
};

const activation: Entry = {
  run: (n) => {
    const op = ACTIVATIONS[n.text('type').toLowerCase()];
    if (op === undefined) throw new Unsupported(`its function ${n.text('type')} has no formula`);
    return unary(op, n.in(0));
  },
};

/** A factor and a summand for each channel. */
const scaleShift: Entry = {
  weights: [1, 2],
  run: (n) => {
    const x = n.in(0);
    const scaled = perElement('mul', x);
    return n.has(2) ? { ...scaled, work: [...scaled.work, ...perElement('add', x).work] } : scaled;
  },
};

/** (shift + scale · x) ^ power. */
const powerRule: Entry = {
  run: (n) => {
    const [exponent, scale, shift] = [n.float('power', 1), n.float('scale', 1), n.float('shift', 0)];
    return affinePower(n.in(0), { exponent, scale, shift });
  },
};

const reshapeRule: Entry = {
  passes: true,
  run: (n) => {
    const x = n.in(0);
    const target = n.ints('dim') ?? n.known(1);
    if (target === undefined || target.length === 0) return view('reshape', x, n.stated(0, true));
    return reshape(
      x,
      target.map((d, i) => (d === 0 ? (x.shape[i] ?? 1) : d)),
    );
  },
};

const flatten: Entry = {
  passes: true,
  run: (n) => {
    const x = n.in(0);
    const from = axisOf(n.int('axis', 1), x.shape.length, 'Flatten');
    const to = axisOf(n.int('end_axis', -1), x.shape.length, 'Flatten');
    return view('flatten', x, [
      ...x.shape.slice(0, from),
      product(x.shape.slice(from, to + 1)),
      ...x.shape.slice(to + 1),
    ]);
  },
};

/** Parts as large as the file states them. */
const parts: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = axisOf(n.int('axis', 1), x.shape.length, n.opType);
    return split(
      x,
      n.node.layer.outputs.map((_, i) => n.stated(i)[axis] ?? 1),
      axis,
    );
  },
};

const resample: Entry = {
  run: (n) => {
    const linearly = n.opType === 'Interp' || !/nearest/i.test(n.text('type', 'nearest'));
    return resizeTo(n.in(0), n.stated(), linearly ? 'linear' : 'nearest');
  },
};

const gemm: Entry = {
  weights: [1],
  run: (n) => {
    return matmul(factor(n.in(0), n.flag('transpose_a')), factor(n.in(1), n.flag('transpose_b')));
  },
};

/** Moved as the file states it: nothing is computed. */
const moves: Entry = { run: (n) => copy(n.in(0), 'copy', n.stated()) };

const relu: Entry = {
  run: (n) => unary(n.float('negative_slope', 0) === 0 ? 'relu' : 'leaky_relu', n.in(0)),
};

const argMax: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = n.int('axis', -1);
    const effect = reduce('argmax', x, [axis]);
    return { ...effect, outputs: [{ dtype: x.dtype, shape: n.stated() }] };
  },
};

/** Vectors of length 1, times the factor of their channel. */
const normalize: Entry = {
  weights: [1],
  run: (n): Effect => {
    const x = n.in(0);
    const effect = lpNormalize(x, 1, 2);
    return n.has(1) ? followedBy(effect, binary('mul', x, { dtype: x.dtype, shape: [] })) : effect;
  },
};

/** Layers of versions before 10 that those after it spell otherwise. */
export const EARLY: Table = {
  Convolution: convolution(false),
  Deconvolution: convolution(true),
  FullyConnected: fullyConnected,
  InnerProduct: fullyConnected,
  Pooling: pooling,
  Eltwise: eltwise,
  Activation: activation,
  ReLU: relu,
  ReLU6: { run: (n) => unary('relu6', n.in(0)) },
  PReLU: { weights: [1], run: (n) => unary('prelu', n.in(0)) },
  Clamp: { run: (n) => clamp(n.in(0), 2) },
  ScaleShift: scaleShift,
  BatchNormalization: {
    weights: [1, 2],
    run: (n) => batchNorm(n.in(0), { weight: null, bias: null }, { batchStatistics: false }),
  },
  Power: powerRule,
  Norm: { run: (n) => localResponseNorm(n.in(0), n.int('local-size', n.int('local_size', 5))) },
  Normalize: normalize,
  MVN: {
    run: (n) => {
      const x = n.in(0);
      return meanVarianceNorm(
        x,
        x.shape.map((_, i) => i).filter((i) => i >= (n.flag('across_channels') ? 1 : 2)),
        n.flag('normalize_variance', true),
      );
    },
  },
  Reshape: reshapeRule,
  Flatten: flatten,
  Permute: {
    passes: true,
    run: (n) => permute(n.in(0), n.ints('order') ?? n.in(0).shape.map((_, i) => i)),
  },
  Split: parts,
  Slice: parts,
  Crop: moves,
  Tile: moves,
  Pad: moves,
  Copy: moves,
  Interp: resample,
  Resample: resample,
  Gemm: gemm,
  ArgMax: argMax,
  Const: { run: (n) => copy(n.in(0)) },
  SquaredDifference: {
    run: (n) => {
      const effect = binary('sub', n.in(0), n.in(1));
      return { ...effect, work: [...effect.work, ...perElement('mul', effect.outputs[0] as TensorType).work] };
    },
  },
  Unsqueeze: { passes: true, run: (n) => view('unsqueeze', n.in(0), n.stated(0, true)) },
  Squeeze: { passes: true, run: (n) => view('squeeze', n.in(0), n.stated(0, true)) },
  GRN: { run: (n) => lpNormalize(n.in(0), 1, 2) },
};
