import { type Dim, mul, product } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { numel, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

const product2 =
  (first: string, second: string): Rule =>
  (c) =>
    c.make(ops.matmul(c.type(first), c.type(second)), [c.value(first), c.value(second)]);

/** β·self + α·(a × b): the product, and its addition to what is there. */
const added =
  (first: string, second: string): Rule =>
  (c) => {
    const [x, a, b] = [c.type('self'), c.type(first), c.type(second)];
    const effect = ops.matmul(a, b);
    const out = effect.outputs[0] as TensorType;
    const scales = ['beta', 'alpha'].filter((name) => c.has(name) && c.number(name) !== 1).length;
    const work = [
      ...effect.work,
      ...ops.binary('add', out, x).work,
      ...(scales === 0 ? [] : ops.map(out.dtype, numel(out.shape), { mul: scales })),
    ];
    return c.make({ ...effect, op: c.name, work }, [c.value('self'), c.value(first), c.value(second)]);
  };

/** The sum of the products of a batch. */
const batchSum: Rule = (c) => {
  const [a, b] = [c.type('batch1'), c.type('batch2')];
  const effect = ops.matmul(a, b);
  const all = effect.outputs[0] as TensorType;
  const out: TensorType = { dtype: all.dtype, shape: all.shape.slice(1) };
  const sum = ops.reduction(all.dtype, numel(all.shape), numel(out.shape), 'add');
  return c.make(
    {
      ...effect,
      op: 'addbmm',
      outputs: [out],
      work: [...effect.work, ...sum, ...ops.map(out.dtype, numel(out.shape), { add: 1 })],
    },
    [c.value('self'), c.value('batch1'), c.value('batch2')],
  );
};

const linear: Rule = (c) =>
  c.make(ops.linear(c.type('input'), c.type('weight'), c.optionalType('bias')), [
    c.value('input'),
    c.value('weight'),
    c.optional('bias'),
  ]);

const bilinear: Rule = (c) =>
  c.make(ops.bilinear(c.type('input1'), c.type('input2'), c.type('weight'), c.optionalType('bias')), [
    c.value('input1'),
    c.value('input2'),
    c.value('weight'),
    c.optional('bias'),
  ]);

const einsum: Rule = (c) => c.make(ops.einsum(c.text('equation'), c.types('tensors')), c.values('tensors'));

/** A vector of one with the other: one product an element. */
const outer: Rule = (c) => {
  const [a, b] = [c.type('self'), c.type('vec2')];
  const shape: Dim[] = [...a.shape, ...b.shape];
  return c.make(
    { op: 'outer', outputs: [{ dtype: a.dtype, shape }], work: ops.map(a.dtype, product(shape), { mul: 1 }) },
    [c.value('self'), c.value('vec2')],
  );
};

/** Sums over the axes given on both sides, as one matrix product. */
const tensordot: Rule = (c) => {
  const [a, b] = [c.type('self'), c.type('other')];
  const left = new Set(c.ints('dims_self').map((d) => ops.axisOf(d, a.shape.length, 'tensordot')));
  const right = new Set(c.ints('dims_other').map((d) => ops.axisOf(d, b.shape.length, 'tensordot')));
  const rows = a.shape.filter((_, i) => !left.has(i));
  const columns = b.shape.filter((_, i) => !right.has(i));
  const inner = product([...left].map((i) => a.shape[i] as Dim));
  const effect = ops.matmul(
    { dtype: a.dtype, shape: [product(rows), inner] },
    { dtype: b.dtype, shape: [inner, product(columns)] },
  );
  return c.make({ ...effect, op: 'matmul', outputs: [{ dtype: a.dtype, shape: [...rows, ...columns] }] }, [
    c.value('self'),
    c.value('other'),
  ]);
};

/** Distances between all pairs of rows: differences, squares, sums and roots. */
const cdist: Rule = (c) => {
  const [a, b] = [c.type('x1'), c.type('x2')];
  const pairs = ops.broadcast(
    [
      [...a.shape.slice(0, -1), 1, a.shape.at(-1) as Dim],
      [...b.shape.slice(0, -2), 1, ...b.shape.slice(-2)],
    ],
    'cdist',
  );
  const norm = ops.reduce('l2', { dtype: a.dtype, shape: pairs }, [-1]);
  return c.make({ ...norm, op: 'cdist', work: [...ops.map(a.dtype, ops.count(pairs), { add: 1 }), ...norm.work] }, [
    c.value('x1'),
    c.value('x2'),
  ]);
};

const chain: Rule = (c) => {
  const values = c.values('matrices');
  const [first, ...rest] = c.types('matrices');
  if (first === undefined) throw new Unsupported('it multiplies no matrices');
  let left: TensorType = first;
  const work: ops.Work[] = [];
  for (const right of rest) {
    const effect = ops.matmul(left, right);
    work.push(...effect.work);
    left = effect.outputs[0] as TensorType;
  }
  return c.make({ op: 'matmul', outputs: [left], work, attrs: { bias: false } }, values);
};

/** Weights of four bits, packed by eight: as many products as a dense matrix of out × in. */
const packed =
  (weight: string, outAt: (w: TensorType) => Dim): Rule =>
  (c) => {
    const x = c.type('self');
    const out = outAt(c.type(weight));
    const rows = x.shape.slice(0, -1);
    const shape = [...rows, out];
    const work = [ops.contraction(mul(product(rows), x.shape.at(-1) ?? 1, out), product(shape))];
    return c.make(
      {
        op: 'linear',
        outputs: [{ dtype: x.dtype, shape }],
        work,
        attrs: { in_features: x.shape.at(-1) ?? 1, out_features: out, bias: false },
      },
      [c.value('self'), c.value(weight)],
    );
  };

/** Solutions and factors of matrices: cubic in their extents by the textbook, so much that it is said instead of guessed. */
const algebra =
  (outputs: (x: TensorType) => readonly TensorType[]): Rule =>
  (c) =>
    c.make(
      {
        op: c.name,
        outputs: outputs(c.type('self')),
        work: [],
        gap: 'its operations depend on the method that the library chooses',
      },
      [c.value('self'), c.optional('other')],
    );
const square = (x: TensorType): TensorType[] => [x];
const withoutMatrix = (x: TensorType): TensorType => ({ dtype: x.dtype, shape: x.shape.slice(0, -2) });

const mm = (signature: string, first: string, second: string): Entry => entry(signature, product2(first, second));

export const products: Table = byName({
  mm: mm('self mat2', 'self', 'mat2'),
  bmm: mm('self mat2', 'self', 'mat2'),
  matmul: mm('self other', 'self', 'other'),
  mv: mm('self vec', 'self', 'vec'),
  dot: mm('self tensor', 'self', 'tensor'),
  vdot: mm('self other', 'self', 'other'),
  inner: entry('self other', (c) => {
    const [a, b] = [c.type('self'), c.type('other')];
    const rows = b.shape.slice(0, -1);
    const flat: TensorType = { dtype: b.dtype, shape: [b.shape.at(-1) ?? 1, product(rows)] };
    const effect = ops.matmul(a, flat);
    return c.make({ ...effect, outputs: [{ dtype: a.dtype, shape: [...a.shape.slice(0, -1), ...rows] }] }, [
      c.value('self'),
      c.value('other'),
    ]);
  }),
  linalg_matmul: mm('self other', 'self', 'other'),
  _int_mm: mm('self mat2', 'self', 'mat2'),
  _scaled_mm: mm(
    'self mat2 scale_a=None scale_b=None bias=None scale_result=None out_dtype=None use_fast_accum=False',
    'self',
    'mat2',
  ),
  addmm: entry('self mat1 mat2 beta=1 alpha=1', added('mat1', 'mat2')),
  addmv: entry('self mat vec beta=1 alpha=1', added('mat', 'vec')),
  baddbmm: entry('self batch1 batch2 beta=1 alpha=1', added('batch1', 'batch2')),
  addbmm: entry('self batch1 batch2 beta=1 alpha=1', batchSum),
  addr: entry('self vec1 vec2 beta=1 alpha=1', (c) => {
    const x = c.type('self');
    return c.make({ op: 'addr', outputs: [x], work: ops.map(x.dtype, numel(x.shape), { mul: 1, add: 1 }) }, [
      c.value('self'),
      c.value('vec1'),
      c.value('vec2'),
    ]);
  }),
  linear: entry('input weight bias=None', linear),
  bilinear: entry('input1 input2 weight bias=None', bilinear),
  _trilinear: entry('i1 i2 i3 expand1 expand2 expand3 sumdim unroll_dim=1', (c) => {
    throw new Unsupported(`${c.name} is decomposed differently by each version`);
  }),
  einsum: entry(['equation tensors path=None', 'equation tensors...'], einsum),
  outer: entry('self vec2', outer),
  ger: entry('self vec2', outer),
  tensordot: entry('self other dims_self dims_other', tensordot),
  kron: entry('self other', (c) => {
    const [a, b] = [c.type('self'), c.type('other')];
    const rank = Math.max(a.shape.length, b.shape.length);
    const at = (t: TensorType, i: number): Dim => t.shape[i - rank + t.shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, i) => mul(at(a, i), at(b, i)));
    return c.make(
      { op: 'kron', outputs: [{ dtype: a.dtype, shape }], work: ops.map(a.dtype, product(shape), { mul: 1 }) },
      [c.value('self'), c.value('other')],
    );
  }),
  cross: entry('self other dim=None', crossed),
  linalg_cross: entry('self other dim=-1', crossed),
  cdist: entry('x1 x2 p=2 compute_mode=None', cdist),
  _cdist_forward: entry('x1 x2 p compute_mode', cdist),
  linalg_multi_dot: entry('matrices', chain),
  chain_matmul: entry('matrices', chain),
  _weight_int4pack_mm: entry(
    'self mat2 qGroupSize qScaleAndZeros',
    packed('mat2', (w) => mul(w.shape[0] ?? 1, 8)),
  ),
  _weight_int8pack_mm: entry(
    'self mat2 scales',
    packed('mat2', (w) => w.shape[0] ?? 1),
  ),
  linalg_inv: entry('self', algebra(square)),
  inverse: entry('self', algebra(square)),
  linalg_inv_ex: entry(
    'self check_errors=False',
    algebra((x) => [x, { dtype: 'int32', shape: x.shape.slice(0, -2) }]),
  ),
  linalg_solve: entry(
    'self other left=True',
    algebra((x) => [x]),
  ),
  linalg_cholesky: entry('self upper=False', algebra(square)),
  cholesky: entry('self upper=False', algebra(square)),
  linalg_det: entry(
    'self',
    algebra((x) => [withoutMatrix(x)]),
  ),
  det: entry(
    'self',
    algebra((x) => [withoutMatrix(x)]),
  ),
  linalg_matrix_exp: entry('self', algebra(square)),
  linalg_pinv: entry(
    'self rcond=None hermitian=False',
    algebra((x) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -2), x.shape.at(-1) ?? 1, x.shape.at(-2) ?? 1] }]),
  ),
});

/** a × b of vectors of three. */
function crossed(c: Call) {
  const [a, b] = [c.type('self'), c.type('other')];
  const shape = ops.broadcast([a.shape, b.shape], 'cross');
  return c.make(
    { op: 'cross', outputs: [{ dtype: a.dtype, shape }], work: ops.map(a.dtype, numel(shape), { mul: 2, add: 1 }) },
    [c.value('self'), c.value('other')],
  );
}
