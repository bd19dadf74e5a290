import {
  adaptivePool,
  attention,
  type Binary,
  binary,
  cast,
  concat,
  conv,
  convTranspose,
  copy,
  type Effect,
  linear,
  matmul,
  pad,
  permute,
  pool,
  resize,
  softmax,
  type Unary,
  unary,
  view,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { FlatTable } from '../../../wire/flatbuffers.js';
import { channelsFirst, channelsLast } from '../../channels.js';

// Fields by their numbers: backends/xnnpack/serialization/schema.fbs. Tensors are channels-last, as XNNPACK has them.

/** A node as rules see it: its fields, and the types of the values that they name. */
export interface XnnpackNode {
  readonly table: FlatTable;
  at(field: number): TensorType;
  optional(field: number): TensorType | null;
  readonly out: TensorType;
}

export interface XnnpackRule {
  readonly name: string;
  /** Fields that name the values going in, and the one coming out. */
  readonly inputs: readonly number[];
  readonly output: number;
  readonly run: (n: XnnpackNode) => Effect;
}

const one = (name: string, run: (n: XnnpackNode) => Effect, input = 0): XnnpackRule => ({
  name,
  inputs: [input],
  output: input + 1,
  run,
});
const unaryOf = (name: string, op: Unary): XnnpackRule => one(name, (n) => unary(op, n.at(0)));
const binaryOf = (name: string, op: Binary): XnnpackRule => ({
  name,
  inputs: [0, 1],
  output: 2,
  run: (n) => binary(op, n.at(0), n.at(1)),
});

type Convolution = 'plain' | 'depthwise' | 'transposed';

function convolution(n: XnnpackNode, kind: Convolution): Effect {
  const t = n.table;
  const x = channelsFirst(n.at(15));
  const filter = n.at(16);
  const [o = 1, h = 1, w = 1, i = 1] = filter.shape;
  const groups = Math.max(1, t.u32(12));
  const options = {
    stride: [t.u32(6) || 1, t.u32(7) || 1],
    padding: [
      [t.u32(0), t.u32(2)],
      [t.u32(3), t.u32(1)],
    ] as [number, number][],
    dilation: [t.u32(8) || 1, t.u32(9) || 1],
    groups,
  };
  if (kind === 'transposed') {
    const weight: TensorType = { dtype: filter.dtype, shape: [i, Number(o) / groups, h, w] };
    const adjusted = { ...options, outputPadding: [t.u32(13), t.u32(14)] };
    return channelsLast(convTranspose(x, weight, n.optional(17), adjusted));
  }
  const weight: TensorType = { dtype: filter.dtype, shape: kind === 'depthwise' ? [i, 1, h, w] : [o, i, h, w] };
  return channelsLast(conv(x, weight, n.optional(17), options));
}

const conv2d = (name: string, kind: Convolution): XnnpackRule => ({
  name,
  inputs: [15, 16, 17],
  output: 18,
  run: (n) => convolution(n, kind),
});

const pooling = (name: string, kind: 'avg' | 'max'): XnnpackRule => ({
  name,
  inputs: [10],
  output: 11,
  run: (n) => {
    const t = n.table;
    return channelsLast(
      pool(kind, channelsFirst(n.at(10)), 2, {
        kernel: [t.u32(4), t.u32(5)],
        stride: [t.u32(6) || 1, t.u32(7) || 1],
        dilation: [t.u32(8) || 1, t.u32(9) || 1],
        padding: [
          [t.u32(0), t.u32(2)],
          [t.u32(3), t.u32(1)],
        ],
      }),
    );
  },
});

const concatOf = (count: number): XnnpackRule => {
  const fields = [1, 2, 3, 4, 7].slice(0, count);
  return {
    name: `Concatenate${count}`,
    inputs: fields,
    output: 5,
    run: (n) =>
      concat(
        fields.map((f) => n.at(f)),
        n.table.u32(0),
      ),
  };
};

const moved = (name: string, input: number): XnnpackRule =>
  one(name, (n) => copy(n.at(input), 'copy', n.out.shape), input);

/** Nodes by the number of their kind. */
export const RULES: readonly (XnnpackRule | null)[] = [
  null,
  binaryOf('Add', 'add'),
  {
    name: 'FullyConnected',
    inputs: [0, 1, 2],
    output: 3,
    run: (n) => linear(n.at(0), n.at(1), n.optional(2)),
  },
  one('Softmax', (n) => softmax(n.at(0), -1)),
  unaryOf('Sigmoid', 'sigmoid'),
  one('StaticTranspose', (n) => permute(n.at(2), n.table.ints(1)), 2),
  one('Clamp', (n) => copy(n.at(0))),
  conv2d('Conv2d', 'plain'),
  binaryOf('Div', 'div'),
  one(
    'StaticResizeBilinear2D',
    (n) =>
      channelsLast(
        resize(channelsFirst(n.at(2)), [n.table.u32(0), n.table.u32(1)], 'linear', { spatial: true, axes: 2 }),
      ),
    2,
  ),
  one(
    'StaticConstantPad',
    (n) => {
      const [before, after] = [n.table.ints(0), n.table.ints(1)];
      return pad(
        n.at(3),
        n.at(3).shape.map((_, i) => [before[i] ?? 0, after[i] ?? 0] as const),
      );
    },
    3,
  ),
  pooling('AvgPooling2d', 'avg'),
  binaryOf('Minimum', 'minimum'),
  conv2d('DepthwiseConv2d', 'depthwise'),
  pooling('MaxPooling2d', 'max'),
  binaryOf('Multiply', 'mul'),
  binaryOf('Subtract', 'sub'),
  unaryOf('Floor', 'floor'),
  one('Convert', (n) => cast(n.at(0), n.out.dtype)),
  one('GlobalAvgPooling2d', (n) => {
    const effect = adaptivePool('avg', channelsFirst(n.at(0)), [1, 1]);
    return { ...effect, outputs: [n.out] };
  }),
  one('StaticReshape', (n) => view('reshape', n.at(2), n.out.shape), 2),
  null,
  unaryOf('SquareRoot', 'sqrt'),
  unaryOf('Ceiling', 'ceil'),
  unaryOf('Hardswish', 'hardswish'),
  one('LeakyReLU', (n) => unary('leaky_relu', n.at(1)), 1),
  binaryOf('Maximum', 'maximum'),
  unaryOf('Negate', 'neg'),
  unaryOf('Square', 'square'),
  one('ELU', (n) => unary('elu', n.at(1)), 1),
  unaryOf('Abs', 'abs'),
  { name: 'PReLU', inputs: [0, 1], output: 2, run: (n) => unary('prelu', n.at(0)) },
  concatOf(2),
  concatOf(3),
  concatOf(4),
  moved('StaticSlice', 3),
  {
    name: 'ScaledDotProductAttention',
    inputs: [0, 1, 2, 3, 4],
    output: 5,
    run: (n) => attention(n.at(0), n.at(1), n.at(2), { mask: n.optional(4) }),
  },
  { name: 'BatchMatrixMultiply', inputs: [0, 1], output: 2, run: (n) => matmul(n.at(0), n.at(1)) },
  concatOf(5),
  conv2d('ConvTranspose2d', 'transposed'),
  unaryOf('ReciprocalSquareRoot', 'rsqrt'),
  unaryOf('Log', 'log'),
  unaryOf('Gelu', 'gelu'),
  unaryOf('Tanh', 'tanh'),
  unaryOf('Exp', 'exp'),
  unaryOf('Sin', 'sin'),
  one('Copy', (n) => copy(n.at(0))),
  unaryOf('Cos', 'cos'),
];
