import type { ScopePart } from '../../graph/index.js';

/** The modules around a layer, by a name that is a path; `prefix` is that of the pipeline's part. */
export function scopeOf(name: string, prefix = ''): ScopePart[] {
  const parts = name
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('.', '_'));
  return parts.map((_, i): ScopePart => ({ path: prefix + parts.slice(0, i + 1).join('.'), type: '', call: 0 }));
}
