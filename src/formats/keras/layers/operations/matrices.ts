// Factors of matrices and solutions of equations; and functions that call other functions.
import { type Dim, equal, min } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/index.js';
import * as ops from '../../../../ops/index.js';
import type { TensorType } from '../../../../tensor/index.js';
import type { Layer, LayerRule, LayerTable } from '../../layer.js';
import { parameter } from './arguments.js';

/** The matrices in a tensor: rows, columns, and the fewer of both. */
interface Extents {
  readonly rows: Dim;
  readonly columns: Dim;
  readonly fewer: Dim;
}

/** Extents of each result in place of a matrix of the first tensor; no extents for one number a matrix. */
type Results = (of: Extents, layer: Layer) => readonly (readonly Dim[])[];

/**
 * Shapes alone: what these cost depends on the method that the backend chooses, and often on the data, so they are gaps
 * with that reason, as in PyTorch.
 */
const factors =
  (op: string, results: Results): LayerRule =>
  (layer) => {
    const { dtype, shape } = layer.typeOf(layer.x);
    const [rows, columns] = shape.slice(-2);
    if (rows === undefined || columns === undefined) throw new Unsupported('it needs matrices');
    const fewer = equal(rows, columns) ? rows : min(rows, columns);
    const outputs = results({ rows, columns, fewer }, layer).map(
      (extents): TensorType => ({ dtype, shape: [...shape.slice(0, -2), ...extents] }),
    );
    return layer.applyAll(ops.unpriced(ops.opNamed(op), outputs, METHOD), layer.tensors);
  };

const METHOD = 'its operations depend on the method that the backend chooses';

const square: Results = ({ rows }) => [[rows, rows]];

const svd: Results = ({ rows, columns, fewer }, layer) => {
  if (parameter(layer, ['compute_uv'], 2) === false) return [[fewer]];
  const full = parameter(layer, ['full_matrices'], 1) !== false;
  return [[rows, full ? rows : fewer], [fewer], [full ? columns : fewer, columns]];
};

const qr: Results = ({ rows, columns, fewer }, layer) => {
  const inner = parameter(layer, ['mode'], 1) === 'complete' ? rows : fewer;
  return [
    [rows, inner],
    [inner, columns],
  ];
};

/** Solutions x of a·x = b, with the columns of b; b is vectors where it has an axis less than a. */
const solution =
  (op: string): LayerRule =>
  (layer) => {
    const [a, b] = layer.tensors.map((tensor) => layer.typeOf(tensor));
    if (a === undefined || b === undefined) throw new Unsupported('it needs two tensors');
    const lead = a.shape.slice(0, -2);
    const shape = [...lead, a.shape.at(-1) as Dim, ...b.shape.slice(lead.length + 1)];
    return layer.apply(ops.unpriced(ops.opNamed(op), [{ dtype: b.dtype, shape }], METHOD), layer.tensors);
  };

/** A function of the program's own: files name it, and do not hold it. */
const inProgram: LayerRule = () => {
  throw new Unsupported('the function that it calls is a part of the program, and not in the file');
};

export const matrices: LayerTable = {
  svd: factors('svd', svd),
  qr: factors('qr', qr),
  eig: factors('eig', ({ rows }) => [[rows], [rows, rows]]),
  eigh: factors('eigh', ({ rows }) => [[rows], [rows, rows]]),
  cholesky: factors('cholesky', square),
  cholesky_inverse: factors('cholesky_inverse', square),
  lu_factor: factors('lu_factor', ({ rows, columns, fewer }) => [[rows, columns], [fewer]]),
  solve: solution('solve'),
  solve_triangular: solution('solve_triangular'),
  lstsq: solution('lstsq'),
  det: (layer) => layer.apply(ops.determinant(layer.typeOf(layer.x)), [layer.x]),
  inv: (layer) => layer.apply(ops.inverse(layer.typeOf(layer.x)), [layer.x]),
};

export const calls: LayerTable = {
  scan: inProgram,
  associative_scan: inProgram,
  map: inProgram,
  vectorized_map: inProgram,
  while_loop: inProgram,
  fori_loop: inProgram,
  cond: inProgram,
  switch: inProgram,
  jvp: inProgram,
};
