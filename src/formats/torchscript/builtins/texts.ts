import { type Dim, isStatic } from '../../../dim/index.js';
import { byName } from '../../../source/by-name.js';
import { list, type ScriptValue, UNKNOWN_TEXT } from '../data.js';
import { malformed } from '../errors.js';
import { item, slice, unpack } from '../items.js';
import { needInt, show } from '../scalars.js';
import type { Builtin } from './types.js';

function text(d: ScriptValue | undefined): string {
  if (typeof d === 'string') return d;
  throw malformed('a text was expected');
}

/** `"{} {}".format(a, b)`; texts of real models are messages, and short. */
export const format: Builtin = (m, [pattern = null, ...values]) => {
  if (typeof pattern !== 'string') return UNKNOWN_TEXT;
  return filled(m, pattern, /\{[^{}]*\}/g, values);
};

/** A pattern with values in place of what `hole` matches; never longer on the way than it may be in the end. */
function filled(m: Parameters<Builtin>[0], pattern: string, hole: RegExp, values: readonly ScriptValue[]): string {
  let next = 0;
  let length = pattern.length;
  m.budget.length(length);
  return pattern.replace(hole, () => {
    const shown = show(values[next++] ?? null);
    length += shown.length;
    m.budget.length(length);
    return shown;
  });
}

const bounded = (m: Parameters<Builtin>[0], made: string): string => {
  m.budget.length(made.length);
  return made;
};

/** Methods of texts, as functions of the text. */
export const TEXTS: Readonly<Record<string, Builtin>> = byName({
  len: (_, [s]) => [...text(s)].length,
  format,
  percentFormat: (m, [s, ...values]) => filled(m, text(s), /%[-+ #0-9.]*[sdrfgiux]/g, values),
  add: (m, [a, b]) => bounded(m, text(a) + text(b)),
  mul: (m, [s, n]) => {
    const count = needInt(n, 'how often a text is repeated');
    if (!isStatic(count)) throw malformed('how often a text is repeated is not known');
    const times = Math.max(0, Number(count));
    m.budget.length(text(s).length * times);
    return text(s).repeat(times);
  },
  lower: (_, [s]) => text(s).toLowerCase(),
  upper: (_, [s]) => text(s).toUpperCase(),
  strip: (_, [s]) => text(s).trim(),
  lstrip: (_, [s]) => text(s).trimStart(),
  rstrip: (_, [s]) => text(s).trimEnd(),
  startswith: (_, [s, part]) => text(s).startsWith(text(part)),
  endswith: (_, [s, part]) => text(s).endsWith(text(part)),
  find: (_, [s, part]) => text(s).indexOf(text(part)),
  replace: (m, [s, from, to]) => {
    const places = text(s).split(text(from)).length + 1;
    m.budget.length(text(s).length + places * text(to).length);
    return text(s).replaceAll(text(from), () => text(to));
  },
  split: (m, [s, by]) => {
    const parts = by === undefined || by === null ? text(s).trim().split(/\s+/) : text(s).split(text(by));
    m.budget.length(parts.length);
    return list(parts);
  },
  join: (m, [s, parts = null]) => {
    const shown: string[] = [];
    let length = 0;
    for (const part of unpack(parts) ?? []) {
      shown.push(show(part));
      length += (shown.at(-1) as string).length + text(s).length;
      m.budget.length(length);
    }
    return shown.join(text(s));
  },
  isdigit: (_, [s]) => /^\d+$/.test(text(s)),
  __contains__: (_, [s, part]) => text(s).includes(text(part)),
  __getitem__: (m, [s = null, at = null]) => item(m, s, at),
  slice: (m, [s = null, start = null, end = null, step = 1]) =>
    slice(m, s, start, end, Number(needInt(step, 'a step'))),
  list: (_, [s]) => list([...text(s)]),
  ord: (_, [s]): Dim => text(s).codePointAt(0) ?? 0,
  str: (_, [s]) => text(s),
  eq: (_, [a = null, b = null]) => a === b,
  ne: (_, [a = null, b = null]) => a !== b,
  lt: (_, [a, b]) => text(a) < text(b),
  gt: (_, [a, b]) => text(a) > text(b),
});
