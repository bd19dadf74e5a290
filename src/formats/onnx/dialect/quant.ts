import type { Dim } from '../../../dim/index.js';
import { type Effect, fill, map, matmul, reduction } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { convolution } from './windows.js';

/** Integers to floats: subtract the zero point and multiply by the scale. */
const dequantize: Entry = (n) => {
  const [x, scale] = [n.in(0), n.in(1)];
  const out = { dtype: n.dtype('output_dtype', scale.dtype), shape: x.shape };
  return {
    op: 'dequantize',
    outputs: [out],
    work: map(out.dtype, numel(x.shape), n.has(2) ? { add: 1, mul: 1 } : { mul: 1 }),
  };
};

/** Floats to integers: divide by the scale, round, add the zero point, clamp. */
const quantize: Entry = (n) => {
  const x = n.in(0);
  const zero = n.opt(2);
  const dtype = zero?.dtype ?? n.dtype('output_dtype', 'uint8');
  return {
    op: 'quantize',
    outputs: [{ dtype, shape: x.shape }],
    work: map(x.dtype, numel(x.shape), { div: 1, round: 1, add: zero === null ? 0 : 1, cmp: 2 }),
  };
};

const dynamic: Entry = (n) => {
  const x = n.in(0);
  const total = numel(x.shape);
  return {
    op: 'dynamic_quantize',
    outputs: [
      { dtype: 'uint8', shape: x.shape },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
    // range (min and max), then as any quantisation
    work: [
      ...reduction(x.dtype, total, 1, 'cmp'),
      ...reduction(x.dtype, total, 1, 'cmp'),
      ...map(x.dtype, total, { div: 1, round: 1, add: 1, cmp: 2 }),
    ],
  };
};

/** An effect whose products are of operands in these types, for counts by their widths. */
export function operands(effect: Effect, a: DType, b: DType): Effect {
  return { ...effect, attrs: { ...effect.attrs, operands: [a, b] } };
}

/** Products of integers, then per output one rescaling to the output's own scale. */
export function requantized(effect: Effect, dtype: DType): Effect {
  const out = effect.outputs[0] as TensorType;
  return {
    ...effect,
    outputs: [{ dtype, shape: out.shape }],
    work: [...effect.work, ...map('float32', numel(out.shape), { mul: 1, round: 1, add: 1, cmp: 2 })],
  };
}

/** With the first input and another one for its operands. */
function products(n: OnnxNode, effect: Effect, other: number): Effect {
  return operands(effect, n.in(0).dtype, n.in(other).dtype);
}

function typed(effect: Effect, dtype: DType): Effect {
  const out = effect.outputs[0] as TensorType;
  return { ...effect, outputs: [{ dtype, shape: out.shape }] };
}

export const quant: Dialect = byName({
  DequantizeLinear: dequantize,
  QuantizeLinear: quantize,
  DynamicQuantizeLinear: dynamic,
  ConvInteger: (n) => products(n, typed(convolution(n, n.in(0), n.in(1), null), 'int32'), 1),
  MatMulInteger: (n) => products(n, typed(matmul(n.in(0), n.in(1)), 'int32'), 1),
  QLinearConv: (n) =>
    products(n, requantized(convolution(n, n.in(0), n.in(3), n.opt(8)), n.opt(7)?.dtype ?? n.in(0).dtype), 3),
  QLinearMatMul: (n) => products(n, requantized(matmul(n.in(0), n.in(3)), n.opt(7)?.dtype ?? n.in(0).dtype), 3),
});

function shapeAttribute(n: OnnxNode): readonly Dim[] {
  return n.ints('shape') ?? [];
}

/** Random numbers cost what the generator costs, which is no part of the model's mathematics. */
export const random: Dialect = byName({
  RandomNormal: (n) => fill(shapeAttribute(n), n.dtype('dtype', 'float32')),
  RandomUniform: (n) => fill(shapeAttribute(n), n.dtype('dtype', 'float32')),
  RandomNormalLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
  RandomUniformLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
  Bernoulli: (n) => ({
    op: 'bernoulli',
    outputs: [{ dtype: n.dtype('dtype', n.in(0).dtype), shape: n.in(0).shape }],
    work: map(n.in(0).dtype, numel(n.in(0).shape), { cmp: 1 }),
  }),
  Multinomial: (n) => ({
    op: 'multinomial',
    outputs: [{ dtype: n.dtype('dtype', 'int32'), shape: [n.in(0).shape[0] as Dim, n.int('sample_size', 1)] }],
    work: [],
    leavesOut: 'what it takes to draw a sample',
  }),
});
