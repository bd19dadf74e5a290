import type { Dim } from '../../dim/index.js';
import { equal, min } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import { entry, type Rule, type Table } from './table.js';

/**
 * Factors of matrices: shapes only. What they cost depends on the method that the library chooses, and often on the data,
 * so they are gaps with that reason.
 */
const factors =
  (outputs: (x: TensorType, full: boolean) => readonly TensorType[], flag = 'full_matrices'): Rule =>
  (c) =>
    c.make(
      ops.unpriced(
        ops.opNamed(c.name),
        outputs(c.type('self'), c.arg(flag) !== false && c.arg(flag) !== true ? true : c.bool(flag)),
        'its operations depend on the method that the library chooses',
      ),
      [c.value('self'), c.optional('other')],
    );

/** The same for several tensors, named as in the schema; the outputs follow from the first two. */
const solving =
  (
    names: readonly string[],
    outputs: (a: TensorType, b: TensorType) => readonly TensorType[],
    why = 'its operations depend on the method that the library chooses',
  ): Rule =>
  (c) => {
    const [first = '', second = first] = names;
    const types = outputs(c.type(first), c.type(second));
    return c.make(
      ops.unpriced(ops.opNamed(c.name), types, why),
      names.map((n) => c.optional(n)),
    );
  };

const lead = (x: TensorType): readonly Dim[] => x.shape.slice(0, -2);
const rows = (x: TensorType): Dim => x.shape.at(-2) ?? 1;
const columns = (x: TensorType): Dim => x.shape.at(-1) ?? 1;
const smaller = (x: TensorType): Dim => (equal(rows(x), columns(x)) ? rows(x) : min(rows(x), columns(x)));
const like = (x: TensorType, ...shape: readonly Dim[]): TensorType => ({
  dtype: x.dtype,
  shape: [...lead(x), ...shape],
});

export const decompositions: Table = {
  linalg_svd: entry(
    'self full_matrices=True driver=None',
    factors((x, full) => [
      like(x, rows(x), full ? rows(x) : smaller(x)),
      like(x, smaller(x)),
      like(x, full ? columns(x) : smaller(x), columns(x)),
    ]),
  ),
  svd: entry(
    'self some=True compute_uv=True',
    factors(
      (x, some) => [
        like(x, rows(x), some ? smaller(x) : rows(x)),
        like(x, smaller(x)),
        like(x, columns(x), some ? smaller(x) : columns(x)),
      ],
      'some',
    ),
  ),
  linalg_svdvals: entry(
    'self driver=None',
    factors((x) => [like(x, smaller(x))]),
  ),
  linalg_qr: entry(
    'self mode=reduced',
    factors((x) => [like(x, rows(x), smaller(x)), like(x, smaller(x), columns(x))]),
  ),
  qr: entry(
    'self some=True',
    factors((x) => [like(x, rows(x), smaller(x)), like(x, smaller(x), columns(x))]),
  ),
  linalg_eigh: entry(
    'self UPLO=L',
    factors((x) => [like(x, rows(x)), x]),
  ),
  linalg_eigvalsh: entry(
    'self UPLO=L',
    factors((x) => [like(x, rows(x))]),
  ),
  linalg_lstsq: entry('self other rcond=None driver=None', (c) => {
    const [a, b] = [c.type('self'), c.type('other')];
    const solution: TensorType = {
      dtype: a.dtype,
      shape: [...lead(a), columns(a), ...b.shape.slice(lead(a).length + 1)],
    };
    const empty: TensorType = { dtype: a.dtype, shape: [0] };
    return c.make(
      ops.unpriced(
        ops.opNamed(c.name),
        [solution, empty, { dtype: 'int64', shape: lead(a) }, empty],
        'its operations depend on the method that the library chooses',
      ),
      [c.value('self'), c.value('other')],
    );
  }),
  linalg_solve_triangular: entry('self other upper left=True unitriangular=False', (c) =>
    c.make(
      ops.unpriced(
        ops.opNamed(c.name),
        [c.type('other')],
        'its operations depend on the method that the library chooses',
      ),
      [c.value('self'), c.value('other')],
    ),
  ),
  linalg_slogdet: entry(
    'self',
    factors((x) => [
      { dtype: x.dtype, shape: lead(x) },
      { dtype: x.dtype, shape: lead(x) },
    ]),
  ),
  slogdet: entry(
    'self',
    factors((x) => [
      { dtype: x.dtype, shape: lead(x) },
      { dtype: x.dtype, shape: lead(x) },
    ]),
  ),
  linalg_matrix_rank: entry(
    'self tol=None hermitian=False',
    factors((x) => [{ dtype: 'int64', shape: lead(x) }]),
  ),
  linalg_householder_product: entry(
    'self other',
    factors((x) => [x]),
  ),
  orgqr: entry(
    'self other',
    factors((x) => [x]),
  ),
  linalg_eig: entry(
    'self',
    factors((x) => [complex(like(x, rows(x))), complex(x)]),
  ),
  linalg_eigvals: entry(
    'self',
    factors((x) => [complex(like(x, rows(x)))]),
  ),
  geqrf: entry(
    'self',
    factors((x) => [x, like(x, smaller(x))]),
  ),
  ormqr: entry(
    'self input2 input3 left=True transpose=False',
    solving(['self', 'input3', 'input2'], (_, x) => [x]),
  ),
  linalg_cholesky_ex: entry(
    'self upper=False check_errors=False',
    factors((x) => [x, codes(x)]),
  ),
  cholesky_inverse: entry(
    'self upper=False',
    factors((x) => [x]),
  ),
  cholesky_solve: entry(
    'self input2 upper=False',
    solving(['self', 'input2'], (b) => [b]),
  ),
  triangular_solve: entry(
    'self A upper=True transpose=False unitriangular=False',
    solving(['self', 'A'], (b, a) => [b, a]),
  ),
  linalg_lu: entry(
    'self pivot=True',
    factors((x) => [like(x, rows(x), rows(x)), like(x, rows(x), smaller(x)), like(x, smaller(x), columns(x))]),
  ),
  linalg_lu_factor: entry(
    'self pivot=True',
    factors((x) => [x, pivots(x)]),
  ),
  linalg_lu_factor_ex: entry(
    'self pivot=True check_errors=False',
    factors((x) => [x, pivots(x), codes(x)]),
  ),
  linalg_lu_solve: entry(
    'LU pivots B left=True adjoint=False',
    solving(['LU', 'B', 'pivots'], (_, b) => [b]),
  ),
  lu_solve: entry(
    'self LU_data LU_pivots',
    solving(['self', 'LU_data', 'LU_pivots'], (b) => [b]),
  ),
  linalg_ldl_factor: entry(
    'self hermitian=False',
    factors((x) => [x, pivots(x)]),
  ),
  linalg_ldl_solve: entry(
    'LD pivots B hermitian=False',
    solving(['LD', 'B', 'pivots'], (_, b) => [b]),
  ),
  linalg_solve_ex: entry(
    'A B left=True check_errors=False',
    solving(['A', 'B'], (a, b) => [b, codes(a)]),
  ),
  linalg_cond: entry(
    'self p=None',
    factors((x) => [{ dtype: x.dtype, shape: lead(x) }]),
  ),
  /** Alignments of a sequence: as many steps as the lengths, which are data, allow. */
  ctc_loss: entry(
    'log_probs targets input_lengths target_lengths blank=0 reduction=1 zero_infinity=False',
    perBatch(
      ['log_probs', 'targets'],
      (x) => (x.shape.length === 3 ? x.shape.slice(1, 2) : []),
      'its steps depend on lengths, which are data',
    ),
  ),
  multilabel_margin_loss: entry(
    'self target reduction=1',
    perBatch(
      ['self', 'target'],
      (x) => x.shape.slice(0, -1),
      'its comparisons depend on how many labels a row has, which is data',
    ),
  ),
};

/** A loss of which each member of the batch has one, or their mean or sum. */
function perBatch(names: readonly string[], shape: (x: TensorType) => readonly Dim[], why: string): Rule {
  return (c) => solving(names, (x) => [{ dtype: x.dtype, shape: c.int('reduction') === 0 ? shape(x) : [] }], why)(c);
}

function complex(x: TensorType): TensorType {
  return { dtype: x.dtype === 'float64' ? 'complex128' : 'complex64', shape: x.shape };
}
function codes(x: TensorType): TensorType {
  return { dtype: 'int32', shape: lead(x) };
}
function pivots(x: TensorType): TensorType {
  return { dtype: 'int32', shape: [...lead(x), smaller(x)] };
}
