import { type Dim, equal, mul } from '../../../dim/index.js';
import { einsum, embedding, factor, linear, matmul, perElement, together, unary } from '../../../ops/index.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Entry, Table } from './layer.js';

/** Features are the channels where height and width are 1, else the last axis. */
const innerProduct: Entry = {
  weights: (p) => [
    { name: 'weights', params: p.message(20), shape: [p.int(2), p.int(1)] },
    { name: 'bias', params: p.bool(10) ? p.message(21) : null, shape: [p.int(2)] },
  ],
  run: (n) => {
    const x = n.in(0);
    const [inputs, outputs] = [n.params.int(1), n.params.int(2)];
    const weight = n.blob('weights') ?? { dtype: x.dtype, shape: [outputs, inputs] };
    const { shape } = x;
    const behind =
      shape.length >= 3 && !equal(shape.at(-1) as Dim, inputs)
        ? 2
        : shape.length >= 4 && equal(shape.at(-3) as Dim, inputs)
          ? 2
          : 0;
    const lead = shape.slice(0, shape.length - behind - 1);
    const features = mul(...shape.slice(lead.length));
    const effect = linear({ dtype: x.dtype, shape: [...lead, features] }, weight, n.blob('bias'));
    const ones = new Array<Dim>(behind).fill(1);
    return { ...effect, outputs: effect.outputs.map((o) => ({ ...o, shape: [...o.shape, ...ones] })) };
  },
};

/** Two matrices, or one and a stored one. */
const batchedMatmul: Entry = {
  weights: (p) => [
    { name: 'weights', params: p.message(8), shape: [p.int(5), p.int(6)] },
    { name: 'bias', params: p.bool(7) ? p.message(9) : null, shape: [p.int(6)] },
  ],
  run: (n) => {
    const a = factor(n.in(0), n.params.bool(1));
    const weight = n.blob('weights');
    if (weight === null) return matmul(a, factor(n.in(1), n.params.bool(2)));
    return linear(a, { dtype: weight.dtype, shape: [...weight.shape].reverse() }, n.blob('bias'));
  },
};

/** Rows of a table, after a bias if there is one. */
const embeddingRule = (last: boolean): Entry => ({
  weights: (p) => [
    { name: 'weights', params: p.message(20), shape: [p.int(1), p.int(2)] },
    { name: 'bias', params: p.bool(last ? 3 : 10) ? p.message(21) : null, shape: [p.int(2)] },
  ],
  run: (n) => {
    const x = n.in(0);
    const size = n.params.int(2);
    const table = n.blob('weights') ?? { dtype: x.dtype, shape: [n.params.int(1), size] };
    const axis = last ? x.shape.length - 1 : n.channelAxis(x);
    const shape = x.shape.map((d, i) => (i === axis ? size : d));
    const rows = embedding(
      { dtype: 'float32', shape: table.shape },
      { dtype: x.dtype, shape: x.shape.filter((_, i) => i !== axis) },
      n.blob('bias'),
    );
    return { ...rows, outputs: [{ dtype: 'float32', shape }] };
  },
});

const dotProduct: Entry = {
  run: (n) => {
    const x = n.in(0);
    const axis = n.channelAxis(x);
    const shape = x.shape.map((d, i) => (i === axis ? 1 : d));
    const [depth, rows] = [x.shape[axis] as Dim, numel(shape)];
    const pair: TensorType = { dtype: x.dtype, shape: [rows, depth] };
    const product = einsum('bc,bc->b', [pair, pair]);
    const norms = n.params.bool(1)
      ? [
          product,
          product,
          unary('rsqrt', { dtype: x.dtype, shape: [rows, 2] }),
          perElement('mul', { dtype: x.dtype, shape: [rows, 2] }),
        ]
      : [];
    return { ...together('einsum', [{ dtype: x.dtype, shape }], [product, ...norms]) };
  },
};

/** Layers with matrices and tables: products, and rows that are looked up. */
export const products: Table = {
  innerProduct,
  batchedMatmul,
  embedding: embeddingRule(false),
  embeddingND: embeddingRule(true),
  dot: dotProduct,
};
