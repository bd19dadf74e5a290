import { type Dim, mul, product } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

const product2 =
  (first: string, second: string): Rule =>
  (c) =>
    c.make(ops.matmul(c.type(first), c.type(second)), [c.value(first), c.value(second)]);

/** β·self + α·(a × b): the product, and its addition to what is there. */
const added =
  (op: 'addmm' | 'addmv' | 'baddbmm' | 'addbmm', first: string, second: string): Rule =>
  (c) => {
    const scales = ['beta', 'alpha'].filter((name) => c.has(name) && c.number(name) !== 1).length;
    return c.make(ops.addedProduct(op, c.type('self'), c.type(first), c.type(second), scales), [
      c.value('self'),
      c.value(first),
      c.value(second),
    ]);
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
  return c.make(ops.perElement('outer', { dtype: a.dtype, shape }), [c.value('self'), c.value('vec2')]);
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
  return c.make({ ...effect, outputs: [{ dtype: a.dtype, shape: [...rows, ...columns] }] }, [
    c.value('self'),
    c.value('other'),
  ]);
};

const cdist: Rule = (c) => c.make(ops.cdist(c.type('x1'), c.type('x2')), [c.value('x1'), c.value('x2')]);

const pdist: Rule = (c) => c.make(ops.pdist(c.type('self')), [c.value('self')]);

const chain: Rule = (c) => {
  const values = c.values('matrices');
  const [first, ...rest] = c.types('matrices');
  if (first === undefined) throw new Unsupported('it multiplies no matrices');
  let left: TensorType = first;
  const parts: ops.Effect[] = [];
  for (const right of rest) {
    const effect = ops.matmul(left, right);
    parts.push(effect);
    left = effect.outputs[0] as TensorType;
  }
  return c.make(ops.together('matmul', [left], parts, { attrs: { bias: false } }), values);
};

/** Weights of four bits, packed by eight: as many products as a dense matrix of out × in. */
const packed =
  (weight: string, outAt: (w: TensorType) => Dim): Rule =>
  (c) => {
    const x = c.type('self');
    const out = outAt(c.type(weight));
    // Packed or not, the products are those of the matrix that it stands for.
    const dense: TensorType = { dtype: x.dtype, shape: [out, x.shape.at(-1) ?? 1] };
    return c.make(ops.linear(x, dense, null), [c.value('self'), c.value(weight)]);
  };

/** Solutions and factors of matrices: cubic in their extents by the textbook, so much that it is said instead of guessed. */
const algebra =
  (outputs: (x: TensorType) => readonly TensorType[]): Rule =>
  (c) =>
    c.make(
      ops.unpriced(
        ops.opNamed(c.name),
        outputs(c.type('self')),
        'its operations depend on the method that the library chooses',
      ),
      [c.value('self'), c.optional('other')],
    );
const square = (x: TensorType): TensorType[] => [x];
const _withoutMatrix = (x: TensorType): TensorType => ({ dtype: x.dtype, shape: x.shape.slice(0, -2) });

const inverse: Rule = (c) => c.make(ops.inverse(c.type('self')), [c.value('self')]);
const determinant: Rule = (c) => c.make(ops.determinant(c.type('self')), [c.value('self')]);

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
  addmm: entry('self mat1 mat2 beta=1 alpha=1', added('addmm', 'mat1', 'mat2')),
  addmv: entry('self mat vec beta=1 alpha=1', added('addmv', 'mat', 'vec')),
  baddbmm: entry('self batch1 batch2 beta=1 alpha=1', added('baddbmm', 'batch1', 'batch2')),
  addbmm: entry('self batch1 batch2 beta=1 alpha=1', added('addbmm', 'batch1', 'batch2')),
  addr: entry('self vec1 vec2 beta=1 alpha=1', (c) => {
    const x = c.type('self');
    return c.make(ops.perElement('addr', x), [c.value('self'), c.value('vec1'), c.value('vec2')]);
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
    return c.make(ops.perElement('kron', { dtype: a.dtype, shape }), [c.value('self'), c.value('other')]);
  }),
  cross: entry('self other dim=None', crossed),
  linalg_cross: entry('self other dim=-1', crossed),
  cdist: entry('x1 x2 p=2 compute_mode=None', cdist),
  pdist: entry('self p=2', pdist),
  _pdist_forward: entry('self p=2', pdist),
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
  linalg_inv: entry('self', inverse),
  inverse: entry('self', inverse),
  linalg_inv_ex: entry('self check_errors=False', (c) => {
    const x = c.type('self');
    const effect = ops.inverse(x);
    const outputs = [...effect.outputs, { dtype: 'int32' as const, shape: x.shape.slice(0, -2) }];
    return c.make({ ...effect, outputs }, [c.value('self')]);
  }),
  linalg_solve: entry('self other left=True', (c) =>
    c.make(
      ops.unpriced(
        ops.opNamed(c.name),
        [c.type('other')],
        'its operations depend on the method that the library chooses',
      ),
      [c.value('self'), c.value('other')],
    ),
  ),
  linalg_cholesky: entry('self upper=False', algebra(square)),
  cholesky: entry('self upper=False', algebra(square)),
  linalg_det: entry('self', determinant),
  det: entry('self', determinant),
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
  return c.make(ops.perElement('cross', { dtype: a.dtype, shape }), [c.value('self'), c.value('other')]);
}
