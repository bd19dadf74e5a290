import { isStatic } from '../../dim/index.js';
import { ModelRaised } from '../../graph/errors.js';
import { isInt, isKind, keyOf, type List, list, runOf, type ScriptValue, tuple } from './data.js';
import { malformed, needsNumber } from './errors.js';
import type { Interpreter } from './interpreter.js';

/** Throws ModelError `free-symbol` for a list whose length is not known. */
export function materialize(d: List): List {
  const run = runOf(d);
  if (run === undefined) return d;
  throw needsNumber(
    run.growing
      ? 'a list is read in the loop that makes it, and how often that loop runs is not known'
      : `a list is as long as a loop has rounds, which is not known: ${String(run.times)}`,
  );
}

/** `x[i]` of lists, tuples, dictionaries and texts. */
export function item(m: Interpreter, of: ScriptValue, at: ScriptValue): ScriptValue {
  if (isKind(of, 'dict')) {
    const found = of.entries.get(keyOf(at) ?? '');
    if (found === undefined) throw new ModelRaised(`a dictionary has no key ${String(at)}`);
    return found[1];
  }
  const made = isKind(of, 'list') ? runOf(of) : undefined;
  // The first and the last round are there, as far as shapes go.
  if (made !== undefined && !made.growing && isKind(of, 'list')) {
    const [first] = of.items.length > 1 ? of.items : made.pattern;
    const last = made.pattern.at(-1);
    if (at === 0 && first !== undefined) return first;
    if (at === -1 && last !== undefined) return last;
  }
  // Each part of a result of an operator without a rule is unknown too.
  if (isKind(of, 'tensor') && of.value.type === null) return of;
  if (typeof of === 'string') m.budget.reads(of.length);
  const items = typeof of === 'string' ? [...of] : unpack(of);
  if (items === null) throw malformed('an item of what has none');
  if (!isInt(at)) throw malformed('a position in a list is not an integer');
  if (!isStatic(at)) throw needsNumber(`which item of a list is meant is not known: ${String(at)}`);
  const index = Number(at) < 0 ? Number(at) + items.length : Number(at);
  const found = items[index];
  if (found === undefined) throw new ModelRaised(`position ${String(at)} of a list of ${items.length}`);
  return found;
}

/** Part of a list, a tuple or a text, in Python's semantics. */
export function slice(
  m: Interpreter,
  of: ScriptValue,
  start: ScriptValue,
  end: ScriptValue,
  step: number,
): ScriptValue {
  const items = typeof of === 'string' ? [...of] : unpack(of);
  if (items === null || !(step >= 1)) throw malformed('a slice of something other than a list');
  const bound = (d: ScriptValue, otherwise: number): number => {
    if (d === null) return otherwise;
    if (!isInt(d) || !isStatic(d)) throw needsNumber('how much of a list is taken is not known');
    const n = Number(d);
    return Math.min(items.length, Math.max(0, n < 0 ? n + items.length : n));
  };
  m.budget.length(items.length);
  const [from, to] = [bound(start, 0), bound(end, items.length)];
  const part = items.slice(from, Math.max(from, to)).filter((_, i) => i % step === 0);
  if (typeof of === 'string') return part.join('');
  return isKind(of, 'list') ? list(part) : tuple(part);
}

/**
 * Items of a list or tuple; null for anything else. Throws ModelError `free-symbol` for a list whose length is not
 * known.
 */
export function unpack(d: ScriptValue): readonly ScriptValue[] | null {
  if (isKind(d, 'list')) materialize(d);
  return isKind(d, 'list') || isKind(d, 'tuple') ? d.items : null;
}
