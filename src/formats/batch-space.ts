import { add, type Dim, floordiv, mul, sub } from '../dim/index.js';
import { copy, type Effect } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';

/**
 * Blocks of positions become entries of the batch, or the other way round, of N×…×C: extents are padded first by `ends`
 * (before and after, axis by axis), or cropped by them last.
 */
export function batchSpace(x: TensorType, block: readonly number[], ends: readonly Dim[], toBatch: boolean): Effect {
  const area = block.reduce((a, b) => a * b, 1);
  const positions = x.shape.slice(1, 1 + block.length).map((d, i) => {
    const [front = 0, behind = 0] = ends.slice(2 * i, 2 * i + 2);
    const b = block[i] as number;
    return toBatch ? floordiv(add(d, front, behind), b) : sub(sub(mul(d, b), front), behind);
  });
  const first = x.shape[0] as Dim;
  const batch = toBatch ? mul(first, area) : floordiv(first, area);
  return copy(x, 'copy', [batch, ...positions, ...x.shape.slice(1 + block.length)]);
}
