import { type Call, Unsupported } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import {
  adaptivePool,
  attention,
  type Binary,
  binary,
  cast,
  clamp,
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
} from '../../ops/index.js';
import { isModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { partOf } from '../../source/part.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { type FlatTable, rootTable } from '../../wire/flatbuffers.js';
import { channelsFirst, channelsLast } from '../channels.js';
import type { PteNode } from './node.js';
import { FORMAT, type PteMethod } from './schema.js';

// Fields by their numbers: backends/xnnpack/serialization/schema.fbs. Tensors are channels-last, as XNNPACK has them.

const TYPES: readonly (DType | null)[] = [
  null,
  'float32',
  'float16',
  'int8',
  'uint8',
  'int32',
  'int8',
  'int32',
  'int4',
  'int8',
  'int4',
  'int8',
  'int32',
  'float32',
  'bfloat16',
];

interface XValue {
  readonly type: TensorType | null;
  readonly constant: boolean;
  /** Which argument of the call it is. */
  readonly external: number;
}

/** What a rule sees of a node: its fields, and the types of the values that they name. */
interface XNode {
  readonly table: FlatTable;
  at(field: number): TensorType;
  optional(field: number): TensorType | null;
  readonly out: TensorType;
}

interface XRule {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly run: (n: XNode) => Effect;
}

const ABSENT = 0xffffffff;

const one = (name: string, run: (n: XNode) => Effect, input = 0): XRule => ({
  name,
  inputs: [input],
  output: input + 1,
  run,
});
const unaryOf = (name: string, op: Unary): XRule => one(name, (n) => unary(op, n.at(0)));
const binaryOf = (name: string, op: Binary): XRule => ({
  name,
  inputs: [0, 1],
  output: 2,
  run: (n) => binary(op, n.at(0), n.at(1)),
});

function convolution(n: XNode, depthwise: boolean, transposed = false): Effect {
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
  if (transposed) {
    const weight: TensorType = { dtype: filter.dtype, shape: [i, Number(o) / groups, h, w] };
    const adjusted = { ...options, outputPadding: [t.u32(13), t.u32(14)] };
    return channelsLast(convTranspose(x, weight, n.optional(17), adjusted));
  }
  const weight: TensorType = { dtype: filter.dtype, shape: depthwise ? [i, 1, h, w] : [o, i, h, w] };
  return channelsLast(conv(x, weight, n.optional(17), options));
}

const conv2d = (name: string, depthwise: boolean, transposed = false): XRule => ({
  name,
  inputs: [15, 16, 17],
  output: 18,
  run: (n) => convolution(n, depthwise, transposed),
});

const pooling = (name: string, kind: 'avg' | 'max'): XRule => ({
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

const concatOf = (count: number): XRule => {
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

const moved = (name: string, input: number): XRule => one(name, (n) => copy(n.at(input), 'copy', n.out.shape), input);

/** Nodes by the number of their kind. */
const RULES: readonly (XRule | null)[] = [
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
  conv2d('Conv2d', false),
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
      const [front, behind] = [n.table.ints(0), n.table.ints(1)];
      return pad(
        n.at(3),
        n.at(3).shape.map((_, i) => [front[i] ?? 0, behind[i] ?? 0] as const),
      );
    },
    3,
  ),
  pooling('AvgPooling2d', 'avg'),
  binaryOf('Minimum', 'minimum'),
  conv2d('DepthwiseConv2d', true),
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
  conv2d('ConvTranspose2d', false, true),
  unaryOf('ReciprocalSquareRoot', 'rsqrt'),
  unaryOf('Log', 'log'),
  unaryOf('Gelu', 'gelu'),
  unaryOf('Tanh', 'tanh'),
  unaryOf('Exp', 'exp'),
  unaryOf('Sin', 'sin'),
  one('Copy', (n) => copy(n.at(0))),
  unaryOf('Cos', 'cos'),
];

/** The graph of a blob: after a header, or from its beginning in the first versions. */
function graphIn(source: Source, place: { readonly start: number; readonly size: number }): FlatTable {
  const blob = partOf(source, source.name, place.start, place.size);
  const head = blob.read(0, Math.min(32, blob.size));
  const magic = new TextDecoder().decode(head.subarray(4, 8));
  if (magic !== 'XH00') return rootTable({ source: blob, format: FORMAT, within: source });
  if (head.length < 18) throw new Unsupported('what XNNPACK has compiled is cut short');
  const header = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [start, size] = [header.getUint32(10, true), header.getUint32(14, true)];
  return rootTable({ source: partOf(blob, source.name, start, size), format: FORMAT, within: source });
}

/**
 * What XNNPACK computes of a program, as its graph states it: the results of the call, in the order of its arguments.
 * Throws `Unsupported` if a node is of a kind that is not known or does not fit.
 */
export function runXnnpack(
  source: Source,
  place: { readonly start: number; readonly size: number },
  { node, runner, source: spelling }: Call<PteNode, PteMethod>,
  args: readonly (Value | null)[],
): Map<number, Value> {
  const graph = graphIn(source, place);
  const { trace } = runner;
  const takeBack = runner.checkpoint();
  const values = valuesOf(graph);
  const made = new Map<number, Value>();
  const valueAt = (id: number): Value => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const own = values.get(id);
    const given = own === undefined || own.constant ? null : (args[own.external] ?? null);
    if (own?.type == null) throw new Unsupported(`value ${id} of its graph has no type`);
    const name = `${node.name}.${id}`;
    const value = own.constant
      ? trace.weight({ name, aliases: [], kind: 'parameter', trainable: null, ...own.type })
      : trace.alias(given?.name ?? name, own.type, given ?? trace.opaque(name));
    made.set(id, value);
    return value;
  };
  try {
    const nodes = graph.tables(1);
    for (let i = 0; i < nodes.length; i++) {
      const entry = nodes.at(i);
      const [kind, table] = [entry.u8(0), entry.table(1)];
      const rule = RULES[kind] ?? null;
      if (rule === null || table === null)
        throw new Unsupported(`a node of its graph is of kind ${kind}, which is not known`);
      const ids = rule.inputs.map((field) => table.u32(field));
      const inputs = ids.map((id) => (id === ABSENT || !values.has(id) ? null : valueAt(id)));
      const out = values.get(table.u32(rule.output))?.type ?? null;
      if (out === null) throw new Unsupported(`a result of ${rule.name} has no type`);
      const typed = (field: number): TensorType | null => inputs[rule.inputs.indexOf(field)]?.type ?? null;
      const effect = rule.run({
        table,
        out,
        optional: typed,
        at: (field) => {
          const type = typed(field);
          if (type === null) throw new Unsupported(`an input of ${rule.name} is not known`);
          return type;
        },
      });
      const bounds = entry.table(3);
      const ends = bounds === null ? [] : [bounds.f32(0), bounds.f32(1)].filter(Number.isFinite);
      const fused = ends.length > 0 ? clamp(out, ends.length).work : [];
      const name = `${node.name}.${table.u32(rule.output)}`;
      const [result] = trace.apply(
        {
          ...effect,
          outputs: [{ ...out, ...(effect.outputs[0]?.view === undefined ? {} : { view: 0 }) }],
          work: [...effect.work, ...fused],
        },
        inputs,
        { ...spelling, type: `xnnpack.${rule.name}`, name, outputs: [name] },
      );
      made.set(table.u32(rule.output), result as Value);
    }
  } catch (error) {
    takeBack();
    if (isModelError(error) && error.code === 'shape') throw new Unsupported(error.message);
    throw error;
  }
  const results = new Map<number, Value>();
  for (const id of graph.ints(5)) results.set(values.get(id)?.external ?? -1, valueAt(id));
  return results;
}

function valuesOf(graph: FlatTable): Map<number, XValue> {
  const values = new Map<number, XValue>();
  const list = graph.tables(2);
  for (let i = 0; i < list.length; i++) {
    const entry = list.at(i);
    const own = entry.table(1);
    const tensor = entry.u8(0) === 2 ? (own?.table(0) ?? null) : own;
    if (tensor === null) continue;
    const dtype = TYPES[tensor.u8(0)] ?? null;
    values.set(tensor.u32(6), {
      type: dtype === null ? null : { dtype, shape: tensor.ints(2) },
      constant: tensor.u32(3) > 0,
      external: tensor.u32(4),
    });
  }
  return values;
}
