import { type Dim, equal } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import { type Effect, map } from './work.js';

/** Matrices n×n whose size is not known: only the shape of the result is. */
function free(op: 'det' | 'inverse', out: TensorType, what: string): Effect {
  const leavesOut = `the operations of the ${what}, while the size of its matrices is symbolic`;
  return { op, outputs: [out], work: [], leavesOut };
}

/** Determinants by LU: Σ over k of (n−1−k) divisions and (n−1−k)² multiply-subtracts, then the product of the diagonal. */
export function determinant(x: TensorType): Effect {
  const size = x.shape.at(-1);
  const out: TensorType = { dtype: x.dtype, shape: x.shape.slice(0, -2) };
  if (typeof size !== 'number' || !equal(size, x.shape.at(-2) ?? 0)) return free('det', out, 'determinant');
  let muls = 0;
  let divs = 0;
  for (let k = 1; k < size; k++) {
    divs += k;
    muls += k * k;
  }
  const each = { mul: muls + Math.max(0, size - 1), add: muls, div: divs };
  return { op: 'det', outputs: [out], work: map(x.dtype, numel(out.shape), each) };
}

/** Inverses by Gauss–Jordan: for each of n columns a row divided and n − 1 rows reduced by it. */
export function inverse(x: TensorType): Effect {
  const size: Dim | undefined = x.shape.at(-1);
  const out: TensorType = { dtype: x.dtype, shape: x.shape };
  if (typeof size !== 'number') return free('inverse', out, 'inversion');
  const reduced = size * (size - 1) * size;
  const each = { div: size * size, mul: reduced, add: reduced };
  return { op: 'inverse', outputs: [out], work: map(x.dtype, numel(x.shape.slice(0, -2)), each) };
}
