import { exact } from './exact.js';
import type { Convention } from './types.js';

/**
 * Conventions by id, `exact` first, each once. Those of other tools are loaded only where one is asked for: most reports
 * need none. `all` is every one. Throws ModelError `argument` for an id that does not exist, with those that do.
 */
export async function loadConventions(ids: readonly string[]): Promise<Convention[]> {
  const others = ids.filter((id) => id.toLowerCase() !== exact.id);
  if (others.length === 0) return [exact];
  const { CONVENTIONS, conventionOf } = await import('./index.js');
  const found = others.flatMap((id) => (id.toLowerCase() === 'all' ? CONVENTIONS : [conventionOf(id)]));
  return [...new Set([exact, ...found])];
}
