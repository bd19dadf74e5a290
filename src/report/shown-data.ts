import { escapeHidden } from '../wire/hidden.js';
import { LateNode } from './late-node.js';
import { MAX_MESSAGE, MAX_NAME, shown } from './shown.js';

/** Fields that hold names; those are cut, and formulas are not. */
const NAMES = new Set(['name', 'path', 'type', 'op', 'producer', 'format', 'title', 'written']);
/** Sentences, which may quote names. */
const SENTENCES = new Set(['why', 'message', 'fails', 'text', 'line']);

/**
 * A report's data with every text in it ready to be shown. What holds nothing to be escaped or cut is given back as it is,
 * without a copy.
 */
export function shownData<T>(value: T, most = MAX_NAME): T {
  return visit(value, null, most) as T;
}

/** `cut`: the length that a text here is cut at; null for none. */
function visit(value: unknown, cut: number | null, most: number): unknown {
  if (typeof value === 'string') return cut === null ? escapeHidden(value) : shown(value, cut);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof LateNode) return value.cleaned((head) => visit(head, null, most) as typeof head);
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null;
    for (let i = 0; i < value.length; i++) {
      const next = visit(value[i], cut, most);
      if (next === value[i]) continue;
      copy ??= [...value];
      copy[i] = next;
    }
    return copy ?? value;
  }
  const keys = Object.keys(value);
  let copy: (readonly [string, unknown])[] | null = null;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const before = (value as Readonly<Record<string, unknown>>)[key];
    const after =
      typeof before === 'object' || typeof before === 'string'
        ? visit(before, NAMES.has(key) ? most : SENTENCES.has(key) ? MAX_MESSAGE : null, most)
        : before;
    const label = shown(key, most);
    if (copy === null && (after !== before || label !== key)) copy = Object.entries(value).slice(0, i);
    copy?.push([label, after]);
  }
  // Not by assignment: a dimension may be called __proto__.
  return copy === null ? value : Object.fromEntries(copy);
}
