import { type Dim, isStatic } from '../dim/index.js';
import type { Ledger } from '../ledger/index.js';
import type { Shape } from '../tensor/index.js';
import { multipleOf, shownSizes } from '../transforms/index.js';

/** Sizes at which each of two models is shown, so that their numbers can be beside each other. */
export interface ComparedSizes {
  readonly a: ReadonlyMap<string, number>;
  readonly b: ReadonlyMap<string, number>;
}

/**
 * Equal sizes for two spellings of one model: what is symbolic in one and a number in the other is that number; what is symbolic in
 * both, at the same place of the same input or under the same name, is one size that both take.
 */
export function comparedSizes(a: Ledger, b: Ledger): ComparedSizes {
  const pairs = pairedShapes(a, b);
  const own = { a: new Map<string, number>(), b: new Map<string, number>() };
  for (const [left, right] of pairs)
    for (const [axis, d] of left.entries()) {
      const e = right[axis];
      if (e === undefined) continue;
      take(own.a, d, e);
      take(own.b, e, d);
    }
  const first = shownSizes(a, own.a);
  const wanted = new Map([...own.b, ...carried(pairs, first, own.b)]);
  const second = shownSizes(b, wanted);
  // Sizes that only b had are carried back to a.
  const back = pairs.map(([left, right]) => [right, left] as const);
  return { a: new Map([...own.a, ...carried(back, second, own.a)]), b: wanted };
}

/** Makes a free extent the number that the other model has in its place, if it can be that. */
function take(into: Map<string, number>, free: Dim, number: Dim): void {
  const multiple = multipleOf(free);
  if (multiple === null || typeof number !== 'number' || number % multiple.factor !== 0) return;
  into.set(multiple.name, number / multiple.factor);
}

/** Sizes of one model's free dimensions for those of the other, by place and by name. */
function carried(
  pairs: readonly (readonly [Shape, Shape])[],
  sizes: ReturnType<typeof shownSizes>,
  known: ReadonlyMap<string, number>,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, { size }] of sizes ?? []) if (!known.has(name)) found.set(name, size);
  for (const [from, to] of pairs)
    for (const [axis, d] of from.entries()) {
      const multiple = multipleOf(d);
      const size = multiple === null ? undefined : sizes?.get(multiple.name)?.size;
      const e = to[axis];
      const name = e === undefined ? undefined : multipleOf(e)?.name;
      if (size !== undefined && e !== undefined && name !== undefined && !known.has(name))
        take(found, e, size * (multiple?.factor ?? 1));
    }
  return found;
}

/** Inputs of the same name, else in the same place, of the same number of axes. */
function pairedShapes(a: Ledger, b: Ledger): (readonly [Shape, Shape])[] {
  return a.inputs.flatMap(({ name, value }, i) => {
    const other = b.inputs.find((input) => input.name === name) ?? b.inputs[i];
    const [left, right] = [value.type?.shape, other?.value.type?.shape];
    if (left === undefined || right === undefined || left.length !== right.length) return [];
    return left.every(isStatic) && right.every(isStatic) ? [] : [[left, right] as const];
  });
}
