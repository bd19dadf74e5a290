import type { Dim } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/errors.js';
import {
  binary,
  broadcast,
  concat,
  dequantize,
  dynamicQuantize,
  type Effect,
  followedBy,
  gather,
  layerNorm,
  linear,
  matmul,
  nothing,
  onFloats,
  operands,
  perElement,
  precededBy,
  quantize,
  reduce,
  renamed,
  requantized,
  rmsNorm,
  softmax,
  together,
  typedAs,
  type Unary,
  unary,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { type DType, promote, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { gemmEffect } from '../math.js';
import { recurrent } from '../sequence.js';
import { convolution, globally, pooled } from '../windows.js';
import { channelsFirst, channelsLast } from './fused.js';

/** From integers to floats, and back. */
const widened = (x: TensorType): Effect => dequantize(x, 'float32', true);
const narrowed = (x: TensorType): Effect => quantize({ dtype: 'float32', shape: x.shape }, x.dtype, true);

/** A weight of N×K in other than its stored form, by the attributes that state it. */
function stated(n: OnnxNode, features: string, width: string): TensorType {
  const [out, within] = [n.int(features), n.int(width)];
  if (out === null || within === null) throw new Unsupported(`${features} and ${width} are not given`);
  return { dtype: n.in(0).dtype, shape: [out, within] };
}

/** A linear layer with a weight in few bits that is widened on the way: the products are those of the layer. */
function narrow(n: OnnxNode, weight: TensorType, bias: TensorType | null, held: DType): Effect {
  return operands(linear(n.in(0), weight, bias), n.in(0).dtype, held);
}

const HELD: Readonly<Record<number, DType>> = { 2: 'uint2', 4: 'uint4', 8: 'uint8' };

const nBits: Entry = (n) => narrow(n, stated(n, 'N', 'K'), n.opt(5), HELD[n.int('bits', 4)] ?? 'uint4');

/** Elements of a quantised tensor through a function in floating point. */
const through =
  (op: Unary): Entry =>
  (n) =>
    onFloats(n.in(0), (x) => unary(op, x));

/** Two quantised tensors, broadcast; inputs are each tensor, its scale and its zero point. */
const pairwise =
  (op: 'add' | 'mul'): Entry =>
  (n) => {
    const [a, b] = [n.in(0), n.in(3)];
    const effect = binary(op, a, b);
    const out = effect.outputs[0] as TensorType;
    const sum = perElement(op, { dtype: 'float32', shape: out.shape });
    return together(op, effect.outputs, [widened(a), widened(b), sum, narrowed(out)]);
  };

/** With channels last the window's axes are those in the middle. */
function arranged(n: OnnxNode, x: TensorType, effect: (x: TensorType) => Effect): Effect {
  return n.int('channels_last', 0) === 1 ? channelsLast(effect(channelsFirst(x))) : effect(x);
}

/** Quantises the input as it comes, multiplies integers, and scales the sums. */
const dynamicMatMul: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const effect = operands(matmul(a, b), 'uint8', b.dtype);
  const before = dynamicQuantize({ dtype: 'float32', shape: a.shape }, [], true);
  return rescaled(precededBy(effect, before), 'float32', n.has(4));
};

/** Sums of integer products times the scale, and a bias added. */
function rescaled(effect: Effect, dtype: DType, bias: boolean): Effect {
  const out: TensorType = { dtype: 'float32', shape: effect.outputs[0]?.shape ?? [] };
  const parts = [perElement('mul', out), ...(bias ? [perElement('add', out)] : [])];
  return typedAs(followedBy(effect, ...parts), dtype);
}

const toFloat: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  return rescaled(operands(matmul(a, b), a.dtype, b.dtype), n.in(2).dtype, n.has(6));
};

const gemm: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(3)];
  const effect = operands(gemmEffect(n, a, b, n.opt(6)), a.dtype, b.dtype);
  return n.has(7) ? requantized(effect, n.opt(8)?.dtype ?? a.dtype) : rescaled(effect, 'float32', false);
};

/** Inputs of `QLinearConcat` come as triples behind the result's scale and zero point. */
const joined: Entry = (n) => {
  const parts = Array.from({ length: Math.floor((n.count - 2) / 3) }, (_, i) => n.in(2 + 3 * i));
  const effect = concat(parts, n.int('axis', 0));
  const out = effect.outputs[0] as TensorType;
  return followedBy(effect, widened(out), narrowed(out));
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
  return followedBy(effect, dequantize(out, scales.dtype, true));
};

export const quantized: Dialect = byName({
  MatMulNBits: { weights: [1, 5], scales: [2, 3], run: nBits },
  MatMulBnb4: { weights: [1], scales: [2], run: (n) => narrow(n, stated(n, 'N', 'K'), null, 'uint4') },
  MatMulFpQ4: {
    weights: [1],
    run: (n) => {
      const [k, out] = n.numbers(2, 'shape of its weight') as [number, number];
      return narrow(n, { dtype: n.in(0).dtype, shape: [out, k] }, null, 'uint4');
    },
  },
  MatMulBlockQuantizedFp8Weight: {
    weights: [1, 4],
    scales: [2, 3],
    run: (n) => narrow(n, n.in(1), n.opt(4), n.in(1).dtype),
  },
  MatMulBlockQuantizedFp4Weight: {
    weights: [1, 5],
    scales: [2, 3, 4],
    run: (n) => {
      const [out, packed] = n.in(1).shape as readonly [Dim, Dim];
      const width = typeof packed === 'number' ? packed * 2 : (n.in(0).shape.at(-1) as Dim);
      return narrow(n, { dtype: n.in(0).dtype, shape: [out, width] }, n.opt(5), 'float4e2m1');
    },
  },
  // Two layers of one input: one through the activation, times the other.
  MatMulNBitsMlp: {
    weights: [2, 3, 5, 6, 8],
    scales: [4, 7],
    run: (n) => {
      const weight = stated(n, 'N', 'K');
      const gate = narrow(n, weight, n.opt(5), HELD[n.int('bits', 4)] ?? 'uint4');
      const up = narrow(n, weight, n.opt(8), HELD[n.int('bits', 4)] ?? 'uint4');
      const out = gate.outputs[0] as TensorType;
      const activation = unary(n.text('activation', 'silu') === 'gelu' ? 'gelu' : 'silu', out);
      const parts = precededBy(followedBy(gate, up, activation, perElement('mul', out)), ...normed(n));
      return { ...renamed(parts, 'gated_mlp'), outputs: [out, n.in(0)] };
    },
  },
  MatMulNBitsQkv: {
    weights: [2, 3, 5, 6, 8, 9, 11],
    scales: [4, 7, 10],
    run: (n) => {
      const held = HELD[n.int('bits', 4)] ?? 'uint4';
      const parts = [
        narrow(n, stated(n, 'Nq', 'K'), n.opt(5), held),
        narrow(n, stated(n, 'Nkv', 'K'), n.opt(8), held),
        narrow(n, stated(n, 'Nkv', 'K'), n.opt(11), held),
      ];
      const outputs = [...parts.flatMap((p) => p.outputs), n.in(0)];
      return together('qkv_projection', outputs, [...normed(n), ...parts], { attrs: parts[0]?.attrs ?? {} });
    },
  },
  DynamicQuantizeMatMul: { weights: [1, 4], scales: [2, 3], run: dynamicMatMul },
  MatMulIntegerToFloat: { weights: [1, 6], scales: [2, 3], run: toFloat },
  MatMulInteger16: (n) => typedAs(operands(matmul(n.in(0), n.in(1)), n.in(0).dtype, n.in(1).dtype), 'int32'),
  MulInteger: (n) => {
    const second = n.in(n.count > 2 ? 2 : 1);
    const shape = broadcast([n.in(0).shape, second.shape], 'MulInteger');
    return nothing('mul', [{ dtype: 'int32', shape }]);
  },
  QGemm: { weights: [3, 6], scales: [1, 4, 7], run: gemm },
  QLinearConv: {
    weights: [3, 8],
    scales: [1, 4, 6],
    run: (n) => {
      const effect = arranged(n, n.in(0), (x) => convolution(n, x, n.in(3), n.opt(8)));
      return operands(requantized(effect, n.opt(7)?.dtype ?? n.in(0).dtype), n.in(0).dtype, n.in(3).dtype);
    },
  },
  QLinearAdd: pairwise('add'),
  QLinearMul: pairwise('mul'),
  QLinearConcat: joined,
  QLinearLeakyRelu: through('leaky_relu'),
  QLinearSigmoid: through('sigmoid'),
  QOrderedGelu: through('gelu'),
  // In an order of elements that cuBLAS works on; zero is zero.
  QuantizeWithOrder: { scales: [1], passes: 'first', run: (n) => quantize(n.in(0), 'int8', false) },
  DequantizeWithOrder: {
    scales: [1],
    passes: 'first',
    run: (n) => dequantize(n.in(0), n.dtype('to', 'float32'), false),
  },
  QLinearSoftmax: (n) => onFloats(n.in(0), (x) => softmax(x, n.int('axis', -1))),
  QLinearReduceMean: (n) =>
    onFloats(n.in(0), (x) => reduce('mean', x, n.ints('axes'), { keepdim: n.int('keepdims', 1) === 1 })),
  ReduceSumInteger: (n) =>
    typedAs(reduce('sum', n.in(0), n.ints('axes'), { keepdim: n.int('keepdims', 1) === 1 }), 'int32'),
  QLinearAveragePool: (n) => arranged(n, n.in(0), (x) => onFloats(x, (f) => pooled('avg', f)(n))),
  QLinearGlobalAveragePool: (n) => arranged(n, n.in(0), (x) => onFloats(x, (f) => globally('avg', f)(n))),
  QLinearWhere: (n) => {
    const [c, x, y] = [n.in(0), n.in(1), n.in(4)];
    const shape = broadcast([c.shape, x.shape, y.shape], 'QLinearWhere');
    const out = { dtype: promote(x.dtype, y.dtype), shape };
    return together('where', [out], [widened(out), narrowed(out)]);
  },
  QOrderedLayerNormalization: (n) =>
    onFloats(n.in(0), (x) => layerNorm(x, x.shape.slice(-1), { weight: n.opt(2), bias: n.opt(3) })),
  QOrderedMatMul: (n) => {
    const [a, b] = [n.in(0), n.in(2)];
    return operands(requantized(matmul(a, b), a.dtype), a.dtype, b.dtype);
  },
  GatherBlockQuantized: { weights: [0], scales: [2, 3], run: gatherNarrow },
  DynamicQuantizeLSTM: {
    weights: [1, 2, 3, 7],
    scales: [8, 10],
    run: (n) => operands(recurrent('lstm', 4, true)(n), 'uint8', n.in(1).dtype),
  },
});

/** A norm that is fused in front, where its scale is given. */
function normed(n: OnnxNode): Effect[] {
  const x = n.in(0);
  return [...(n.has(1) ? [perElement('add', x)] : []), ...(n.has(2) ? [rmsNorm(x, x.shape.slice(-1), n.in(2))] : [])];
}
