import type { ScopePart } from '../../graph/index.js';
import { nestedScope } from '../nested-scope.js';

/** The modules around a layer, by a name that is a path; `prefix` is that of the pipeline's part. */
export function scopeOf(name: string, prefix = ''): ScopePart[] {
  const parts = name
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('.', '_'));
  return nestedScope(parts, prefix);
}
