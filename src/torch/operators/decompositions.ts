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
};
