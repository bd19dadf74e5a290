import type { Dim } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/errors.js';
import {
  binary,
  broadcast,
  type CostPerElement,
  concat,
  type Effect,
  gather,
  layerNorm,
  linear,
  map,
  matmul,
  type OpName,
  reduce,
  rmsNorm,
  softmax,
  UNARY,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { type DType, numel, promote, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { gemmEffect } from '../math.js';
import { operands, requantized } from '../quant.js';
import { recurrent } from '../sequence.js';
import { convolution, globally, pooled } from '../windows.js';
import { channelsFirst, channelsLast, plus } from './fused.js';

/** From integers: subtract the zero point, multiply by the scale. To integers: divide, round, add the zero point, clamp. */
const FROM: CostPerElement = { add: 1, mul: 1 };
const TO: CostPerElement = { div: 1, round: 1, add: 1, cmp: 2 };

/** A weight of N×K in other than its stored form, by the attributes that state it. */
function stated(n: OnnxNode, features: string, width: string): TensorType {
  const [out, within] = [n.int(features), n.int(width)];
  if (out === null || within === null) throw new Unsupported(`${features} and ${width} are not given`);
  return { dtype: n.in(0).dtype, shape: [out, within] };
}

/** A linear layer whose weight is held in few bits and widened on the way: the products are those of the layer. */
function narrow(n: OnnxNode, weight: TensorType, bias: TensorType | null, held: DType): Effect {
  return operands(linear(n.in(0), weight, bias), n.in(0).dtype, held);
}

const HELD: Readonly<Record<number, DType>> = { 2: 'uint2', 4: 'uint4', 8: 'uint8' };

const nBits: Entry = (n) => narrow(n, stated(n, 'N', 'K'), n.opt(5), HELD[n.int('bits', 4)] ?? 'uint4');

/** Elements of a quantised tensor through a function in floating point. */
const through =
  (op: OpName, each: CostPerElement): Entry =>
  (n) => {
    const x = n.in(0);
    const total = numel(x.shape);
    return {
      op,
      outputs: [{ dtype: x.dtype, shape: x.shape }],
      work: [...map('float32', total, FROM), ...map('float32', total, each), ...map('float32', total, TO)],
    };
  };

/** Two quantised tensors, broadcast; inputs are each tensor, its scale and its zero point. */
const pairwise =
  (op: 'add' | 'mul'): Entry =>
  (n) => {
    const [a, b] = [n.in(0), n.in(3)];
    const effect = binary(op, a, b);
    const out = effect.outputs[0] as TensorType;
    return {
      ...effect,
      work: [
        ...map('float32', numel(a.shape), FROM),
        ...map('float32', numel(b.shape), FROM),
        ...map('float32', numel(out.shape), { [op]: 1 }),
        ...map('float32', numel(out.shape), TO),
      ],
    };
  };

/** An operator on floats between two conversions. */
function between(x: TensorType, effect: (float: TensorType) => Effect): Effect {
  const inner = effect({ dtype: 'float32', shape: x.shape });
  const out = inner.outputs[0] as TensorType;
  return {
    ...inner,
    outputs: [{ dtype: x.dtype, shape: out.shape }],
    work: [...map('float32', numel(x.shape), FROM), ...inner.work, ...map('float32', numel(out.shape), TO)],
  };
}

/** With channels last the window's axes are those in the middle. */
function arranged(n: OnnxNode, x: TensorType, effect: (x: TensorType) => Effect): Effect {
  return n.int('channels_last', 0) === 1 ? channelsLast(effect(channelsFirst(x))) : effect(x);
}

/** Quantises the input as it comes, multiplies integers, and scales the sums. */
const dynamicMatMul: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const effect = operands(matmul(a, { dtype: b.dtype, shape: b.shape }), 'uint8', b.dtype);
  const out = effect.outputs[0] as TensorType;
  const total = numel(a.shape);
  return {
    ...effect,
    outputs: [{ dtype: 'float32', shape: out.shape }],
    work: [
      { kind: 'reduction', elements: total, outputs: 1, by: 'cmp' },
      { kind: 'reduction', elements: total, outputs: 1, by: 'cmp' },
      ...map('float32', total, TO),
      ...effect.work,
      ...map('float32', numel(out.shape), n.has(4) ? { mul: 1, add: 1 } : { mul: 1 }),
    ],
  };
};

const toFloat: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const effect = operands(matmul(a, b), a.dtype, b.dtype);
  const out = effect.outputs[0] as TensorType;
  return {
    ...effect,
    outputs: [{ dtype: n.in(2).dtype, shape: out.shape }],
    work: [...effect.work, ...map('float32', numel(out.shape), n.has(6) ? { mul: 1, add: 1 } : { mul: 1 })],
  };
};

const gemm: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(3)];
  const effect = operands(gemmEffect(n, a, b, n.opt(6)), a.dtype, b.dtype);
  const out = effect.outputs[0] as TensorType;
  if (n.has(7)) return requantized(effect, n.opt(8)?.dtype ?? a.dtype);
  return plus(
    { ...effect, outputs: [{ dtype: 'float32', shape: out.shape }] },
    map('float32', numel(out.shape), { mul: 1 }),
  );
};

/** Inputs of `QLinearConcat` come as triples behind the result's scale and zero point. */
const joined: Entry = (n) => {
  const parts = Array.from({ length: Math.floor((n.count - 2) / 3) }, (_, i) => n.in(2 + 3 * i));
  const effect = concat(parts, n.int('axis', 0));
  const total = numel(effect.outputs[0]?.shape ?? []);
  return { ...effect, work: [...effect.work, ...map('float32', total, { ...FROM, ...TO, add: 2 })] };
};

/** Looks up quantised rows, and widens what it found. */
const gatherNarrow: Entry = (n) => {
  const [data, scales] = [n.in(0), n.in(2)];
  const bits = n.int('bits', 4);
  const packed = data.dtype === 'uint8' && bits < 8;
  const logical = data.shape.map((d, i) =>
    packed && i === data.shape.length - 1 && typeof d === 'number' ? d * (8 / bits) : d,
  );
  const effect = gather({ dtype: scales.dtype, shape: logical }, n.in(1), n.int('gather_axis', 0));
  const out = effect.outputs[0] as TensorType;
  return { ...effect, work: [...effect.work, ...map(scales.dtype, numel(out.shape), FROM)] };
};

export const quantized: Dialect = byName({
  MatMulNBits: nBits,
  MatMulBnb4: (n) => narrow(n, stated(n, 'N', 'K'), null, 'uint4'),
  MatMulFpQ4: (n) => {
    const [k, out] = n.numbers(2, 'shape of its weight') as [number, number];
    return narrow(n, { dtype: n.in(0).dtype, shape: [out, k] }, null, 'uint4');
  },
  MatMulBlockQuantizedFp8Weight: (n) => narrow(n, n.in(1), n.opt(4), n.in(1).dtype),
  MatMulBlockQuantizedFp4Weight: (n) => {
    const [out, packed] = n.in(1).shape as readonly [Dim, Dim];
    const width = typeof packed === 'number' ? packed * 2 : (n.in(0).shape.at(-1) as Dim);
    return narrow(n, { dtype: n.in(0).dtype, shape: [out, width] }, n.opt(5), 'float4e2m1');
  },
  // Two layers of one input: one through the activation, times the other.
  MatMulNBitsMlp: (n) => {
    const weight = stated(n, 'N', 'K');
    const gate = narrow(n, weight, n.opt(5), HELD[n.int('bits', 4)] ?? 'uint4');
    const up = narrow(n, weight, n.opt(8), HELD[n.int('bits', 4)] ?? 'uint4');
    const out = gate.outputs[0] as TensorType;
    const total = numel(out.shape);
    const each = n.text('activation', 'silu') === 'gelu' ? UNARY.gelu.each : UNARY.silu.each;
    return {
      ...gate,
      op: 'gated_mlp',
      outputs: [out, n.in(0)],
      work: [
        ...normed(n),
        ...gate.work,
        ...up.work,
        ...map(out.dtype, total, each),
        ...map(out.dtype, total, { mul: 1 }),
      ],
    };
  },
  MatMulNBitsQkv: (n) => {
    const held = HELD[n.int('bits', 4)] ?? 'uint4';
    const parts = [
      narrow(n, stated(n, 'Nq', 'K'), n.opt(5), held),
      narrow(n, stated(n, 'Nkv', 'K'), n.opt(8), held),
      narrow(n, stated(n, 'Nkv', 'K'), n.opt(11), held),
    ];
    return {
      op: 'qkv_projection',
      outputs: [...parts.flatMap((p) => p.outputs), n.in(0)],
      work: [...normed(n), ...parts.flatMap((p) => p.work)],
      attrs: parts[0]?.attrs ?? {},
    };
  },
  DynamicQuantizeMatMul: dynamicMatMul,
  MatMulIntegerToFloat: toFloat,
  MatMulInteger16: (n) => {
    const effect = operands(matmul(n.in(0), n.in(1)), n.in(0).dtype, n.in(1).dtype);
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: 'int32' as const })) };
  },
  MulInteger: (n) => {
    const second = n.in(n.count > 2 ? 2 : 1);
    const shape = broadcast([n.in(0).shape, second.shape], 'MulInteger');
    return { op: 'mul', outputs: [{ dtype: 'int32', shape }], work: [] };
  },
  QGemm: gemm,
  QLinearConv: (n) => {
    const effect = arranged(n, n.in(0), (x) => convolution(n, x, n.in(3), n.opt(8)));
    return operands(requantized(effect, n.opt(7)?.dtype ?? n.in(0).dtype), n.in(0).dtype, n.in(3).dtype);
  },
  QLinearAdd: pairwise('add'),
  QLinearMul: pairwise('mul'),
  QLinearConcat: joined,
  QLinearLeakyRelu: through('leaky_relu', UNARY.leaky_relu.each),
  QLinearSigmoid: through('sigmoid', UNARY.sigmoid.each),
  QOrderedGelu: through('gelu', UNARY.gelu.each),
  QLinearSoftmax: (n) => between(n.in(0), (x) => softmax(x, n.int('axis', -1))),
  QLinearReduceMean: (n) =>
    between(n.in(0), (x) => reduce('mean', x, n.ints('axes'), { keepdim: n.int('keepdims', 1) === 1 })),
  ReduceSumInteger: (n) => {
    const effect = reduce('sum', n.in(0), n.ints('axes'), { keepdim: n.int('keepdims', 1) === 1 });
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, dtype: 'int32' as const })) };
  },
  QLinearAveragePool: (n) => arranged(n, n.in(0), (x) => between(x, (f) => pooled('avg', f)(n))),
  QLinearGlobalAveragePool: (n) => arranged(n, n.in(0), (x) => between(x, (f) => globally('avg', f)(n))),
  QLinearWhere: (n) => {
    const [c, x, y] = [n.in(0), n.in(1), n.in(4)];
    const shape = broadcast([c.shape, x.shape, y.shape], 'QLinearWhere');
    const out = { dtype: promote(x.dtype, y.dtype), shape };
    return { op: 'where', outputs: [out], work: map('float32', numel(shape), { ...FROM, ...TO, add: 2 }) };
  },
  QOrderedLayerNormalization: (n) =>
    between(n.in(0), (x) => layerNorm(x, x.shape.slice(-1), { weight: n.opt(2), bias: n.opt(3) })),
  QOrderedMatMul: (n) => {
    const [a, b] = [n.in(0), n.in(2)];
    return operands(requantized(matmul(a, b), a.dtype), a.dtype, b.dtype);
  },
  GatherBlockQuantized: gatherNarrow,
  DynamicQuantizeLSTM: (n) => operands(recurrent('lstm', 4, true)(n), 'uint8', n.in(1).dtype),
});

/** A norm that is fused in front, where its scale is given. */
function normed(n: OnnxNode): Effect['work'] {
  const x = n.in(0);
  const sum = n.has(1) ? map(x.dtype, numel(x.shape), { add: 1 }) : [];
  if (!n.has(2)) return sum;
  return [...sum, ...rmsNorm(x, x.shape.slice(-1), n.in(2)).work];
}
