import { type AnyLedger, whole } from '../ledger/index.js';
import { exact } from './exact.js';
import type { Convention } from './types.js';

/**
 * Conventions by id, `exact` first, without repeats. Those of other tools are loaded only if one is requested: most reports
 * need none. `all` is every one, and of a ledger those that stand for models like it alone. Throws ModelError `argument` for an id that does not exist, with those that do.
 */
export async function loadConventions(ids: readonly string[], ledger: AnyLedger | null = null): Promise<Convention[]> {
  const others = ids.filter((id) => id.toLowerCase() !== exact.id);
  if (others.length === 0) return [exact];
  const { CONVENTIONS, conventionOf, specialFor } = await import('./index.js');
  const all = [...CONVENTIONS, ...(ledger === null ? [] : specialFor(whole(ledger)))];
  const found = others.flatMap((id) => (id.toLowerCase() === 'all' ? all : [conventionOf(id)]));
  return [...new Set([exact, ...found])];
}
