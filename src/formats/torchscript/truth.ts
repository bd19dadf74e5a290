import { equal, isStatic, lessEqual } from '../../dim/index.js';
import { typeOf } from '../../torch/operators/index.js';
import { isInt, isKind, runOf, type ScriptValue } from './data.js';

/** Whether a value counts as true; undefined if that depends on what is not known. */
export function truth(d: ScriptValue): boolean | undefined {
  if (d === null) return false;
  if (typeof d === 'boolean') return d;
  if (typeof d === 'string') return d !== '';
  if (isInt(d)) {
    if (isStatic(d)) return !equal(d, 0);
    return lessEqual(1, d) === true || lessEqual(d, -1) === true ? true : undefined;
  }
  switch (d.kind) {
    case 'float':
      return d.value === null ? undefined : d.value !== 0;
    case 'tensor': {
      const [only, ...more] = typeOf(d.value)?.value ?? [];
      return only === undefined || more.length > 0 ? undefined : truth(only);
    }
    case 'list':
      return runOf(d) !== undefined && d.items.length === 1 ? undefined : d.items.length > 0;
    case 'tuple':
      return d.items.length > 0;
    case 'dict':
      return d.entries.size > 0;
    case 'unknown':
      return undefined;
    default:
      return true;
  }
}

/** Whether two values are the same for all that is known; undefined if it is not known. */
export function same(a: ScriptValue, b: ScriptValue): boolean | undefined {
  if (isInt(a) && isInt(b)) {
    if (equal(a, b)) return true;
    if (isStatic(a) && isStatic(b)) return false;
    return lessEqual(a, b) === false || lessEqual(b, a) === false ? false : undefined;
  }
  if (isKind(a, 'unknown') || isKind(b, 'unknown')) return undefined;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === null || y === null ? undefined : x === y;
  if (isKind(a, 'list') || isKind(a, 'tuple')) {
    if (!isKind(b, a.kind)) return false;
    if (a.items.length !== b.items.length) return false;
    let result: boolean | undefined = true;
    for (const [i, item] of a.items.entries()) {
      const one = same(item, b.items[i] as ScriptValue);
      if (one === false) return false;
      if (one === undefined) result = undefined;
    }
    return result;
  }
  if (isKind(a, 'device') && isKind(b, 'device')) return a.name === b.name;
  if (isKind(a, 'path') && isKind(b, 'path')) return a.name === b.name;
  if (isKind(a, 'dict') && isKind(b, 'dict')) return a === b ? true : undefined;
  return a === b;
}

/** The number of a float, an integer or a boolean; null if it is not known, undefined for anything else. */
export function numberOf(d: ScriptValue): number | null | undefined {
  if (typeof d === 'boolean') return Number(d);
  if (isInt(d)) return isStatic(d) ? Number(d) : null;
  return isKind(d, 'float') ? d.value : undefined;
}
