import { escapeHidden } from '../wire/hidden.js';
import { LateNode } from './late-node.js';

/**
 * The one place where text from files becomes text for people. Names of modules, tensors, operators and dimensions, messages
 * that quote them, and whatever else a stranger wrote can hold characters that steer a terminal, turn the direction of
 * reading, or are not seen at all. Every renderer for people goes through here; JSON keeps the
 * text, written in escapes; so do formulas, whose names `dim/` escapes itself.
 */

/** Longest name on a screen or in a document, and in a table for machines. */
const MAX_NAME = 240;
export const MAX_FIELD = 4096;
/** Longest message, in characters and lines: a traceback fits. */
const MAX_MESSAGE = 4000;
const MAX_LINES = 60;

/** Fields whose text is a name; those are cut, and formulas are not. */
const NAMES = new Set(['name', 'path', 'type', 'op', 'producer', 'format', 'title', 'written']);
/** Sentences, which may quote names. */
const SENTENCES = new Set(['why', 'message', 'fails', 'text', 'line']);

/** A name on one line, hidden characters escaped, cut in its middle where it is longer than `most`. */
export function shown(text: string, most = MAX_NAME): string {
  const safe = escapeHidden(text.length > 4 * most ? `${text.slice(0, 2 * most)}${text.slice(-2 * most)}` : text);
  if (safe.length <= most) return safe;
  const head = Math.ceil((most - 1) * 0.6);
  return `${whole(safe.slice(0, head))}…${whole(safe.slice(safe.length - (most - 1 - head)))}`;
}

/** Without the half of a pair that a cut has left at either end. */
function whole(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '').replace(/^[\udc00-\udfff]/, '');
}

/**
 * A message of several lines, as a traceback is: every line but the first is set in, so that no name with a line break can
 * pass for a line of ours.
 */
export function shownMessage(text: string): string {
  const lines = text.split(/\r?\n/);
  const kept =
    lines.length <= MAX_LINES
      ? lines
      : [...lines.slice(0, MAX_LINES / 2), '…', ...lines.slice(lines.length - MAX_LINES / 2 + 1)];
  const most = Math.max(MAX_NAME, Math.floor(MAX_MESSAGE / kept.length));
  return kept.map((line, i) => (i === 0 ? shown(line, most) : `    ${shown(line, most)}`)).join('\n');
}

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
