import type { Dim } from '../../../dim/index.js';
import {
  dequantize,
  dynamicQuantize,
  type Effect,
  fill,
  matmul,
  nothing,
  operands,
  perElement,
  quantize,
  requantized,
  typedAs,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { convolution } from './windows.js';

const toFloats: Entry = (n) => dequantize(n.in(0), n.dtype('output_dtype', n.in(1).dtype), n.has(2));

const toIntegers: Entry = (n) => {
  const zero = n.opt(2);
  return quantize(n.in(0), zero?.dtype ?? n.dtype('output_dtype', 'uint8'), zero !== null);
};

const dynamic: Entry = (n) => {
  const x = n.in(0);
  return dynamicQuantize(
    x,
    [
      { dtype: 'uint8', shape: x.shape },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
    true,
  );
};

/** With the first input and another one for its operands. */
function products(n: OnnxNode, effect: Effect, other: number): Effect {
  return operands(effect, n.in(0).dtype, n.in(other).dtype);
}

export const quant: Dialect = byName({
  DequantizeLinear: { scales: [1], passes: 'first', run: toFloats },
  QuantizeLinear: { scales: [1], passes: 'first', run: toIntegers },
  DynamicQuantizeLinear: dynamic,
  ConvInteger: { weights: [1], run: (n) => products(n, typedAs(convolution(n, n.in(0), n.in(1), null), 'int32'), 1) },
  MatMulInteger: { weights: [0, 1], run: (n) => products(n, typedAs(matmul(n.in(0), n.in(1)), 'int32'), 1) },
  QLinearConv: {
    weights: [3, 8],
    scales: [1, 4, 6],
    run: (n) =>
      products(n, requantized(convolution(n, n.in(0), n.in(3), n.opt(8)), n.opt(7)?.dtype ?? n.in(0).dtype), 3),
  },
  QLinearMatMul: {
    weights: [0, 3],
    scales: [1, 4, 6],
    run: (n) => products(n, requantized(matmul(n.in(0), n.in(3)), n.opt(7)?.dtype ?? n.in(0).dtype), 3),
  },
});

function shapeAttribute(n: OnnxNode): readonly Dim[] {
  return n.ints('shape') ?? [];
}

/** Random numbers cost what the generator costs, which is not part of the model's mathematics. */
export const random: Dialect = byName({
  RandomNormal: (n) => fill(shapeAttribute(n), n.dtype('dtype', 'float32')),
  RandomUniform: (n) => fill(shapeAttribute(n), n.dtype('dtype', 'float32')),
  RandomNormalLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
  RandomUniformLike: (n) => fill(n.in(0).shape, n.dtype('dtype', n.in(0).dtype)),
  Bernoulli: (n) =>
    perElement('bernoulli', n.in(0), { outputs: [{ dtype: n.dtype('dtype', n.in(0).dtype), shape: n.in(0).shape }] }),
  Multinomial: (n) =>
    nothing(
      'multinomial',
      [{ dtype: n.dtype('dtype', 'int32'), shape: [n.in(0).shape[0] as Dim, n.int('sample_size', 1)] }],
      { leavesOut: 'what it takes to draw a sample' },
    ),
});
