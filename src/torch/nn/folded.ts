import { type Dim, equal } from '../../dim/index.js';
import type { AnyModule } from './module.js';
import type { Pass } from './pass.js';
import { session } from './session.js';
import type { Tensor } from './tensor.js';

/** Thrown where the layer after the first would find more or less in memory than the first does: then each is recorded. */
export const UNEVEN = new Error('layers that were taken for equal are not');

/**
 * Calls a layer that stands for several equal ones in a row or apart: it is recorded once, under the first of their names, and
 * keeps for the next pass what all of them do. `names` are theirs in the list that holds them; where one layer of a list is called so, all are.
 */
export function foldedCall(layer: AnyModule, names: readonly string[], pass: Pass, x: Tensor): Tensor {
  const before = pass.kept.length;
  const path = session()?.moduleOf(layer)?.path;
  const folds = session()?.trace.folds;
  if (path !== undefined && folds !== undefined && !folds.some((fold) => fold.path === path)) {
    const list = path.slice(0, path.lastIndexOf('.') + 1);
    folds.push({ path, copies: names.map((name) => list + name) });
  }
  const out = (layer as unknown as (x: Tensor, pass: Pass) => Tensor)(x, pass);
  if (names.length > 1 && !equal(storedIn(x), storedIn(out))) throw UNEVEN;
  const own = pass.kept.slice(before);
  for (let i = 1; i < names.length; i++) pass.kept.push(...own);
  return out;
}

/** Bytes that a tensor keeps alive. */
function storedIn(x: Tensor): Dim {
  return session()?.valueOf(x)?.storage.bytes ?? 0;
}
