import {
  add,
  ceildiv,
  type Dim,
  equal,
  exactdiv,
  floordiv,
  isStatic,
  lessEqual,
  max,
  min,
  mod,
  mul,
  sub,
} from '../dim/index.js';
import { byName } from '../source/by-name.js';
import { type DType, isFloating, type Shape, type TensorType } from '../tensor/index.js';
import { foldBroadcast, hasValue, type Known, MAX_FOLDED, small } from './values.js';

export const whole = (d: Dim): boolean => typeof d !== 'number' || Number.isInteger(d);

/** Arithmetic on two elements, integer or floating point; formulas only where every step is an integer. */
const ARITHMETIC: Readonly<Record<string, (a: Dim, b: Dim, floating: boolean) => Dim | undefined>> = byName({
  add: (a, b) => (whole(a) && whole(b) ? add(a, b) : float(a, b, (x, y) => x + y)),
  sub: (a, b) => (whole(a) && whole(b) ? sub(a, b) : float(a, b, (x, y) => x - y)),
  mul: (a, b) => (whole(a) && whole(b) ? mul(a, b) : float(a, b, (x, y) => x * y)),
  div: divide,
  floor_divide: (a, b, floating) =>
    floating && !(whole(a) && whole(b))
      ? float(a, b, (x, y) => Math.floor(x / y))
      : equal(b, 0)
        ? undefined
        : floordiv(a, b),
  remainder: (a, b) =>
    whole(a) && whole(b) && !equal(b, 0) ? mod(a, b) : float(a, b, (x, y) => x - y * Math.floor(x / y)),
  pow: (a, b) =>
    typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a ** b)
      ? a ** b
      : float(a, b, (x, y) => x ** y),
  maximum: (a, b) => (whole(a) && whole(b) ? max(a, b) : float(a, b, Math.max)),
  minimum: (a, b) => (whole(a) && whole(b) ? min(a, b) : float(a, b, Math.min)),
  eq: (a, b) => compare(a, b, 'eq'),
  ne: (a, b) => negate(compare(a, b, 'eq')),
  lt: (a, b) => negate(compare(b, a, 'le')),
  le: (a, b) => compare(a, b, 'le'),
  gt: (a, b) => negate(compare(a, b, 'le')),
  ge: (a, b) => compare(b, a, 'le'),
  logical_and: (a, b) => (equal(a, 0) || equal(b, 0) ? 0 : isStatic(a) && isStatic(b) ? 1 : undefined),
  logical_or: (a, b) => (isStatic(a) && isStatic(b) ? Number(!equal(a, 0) || !equal(b, 0)) : undefined),
  logical_xor: (a, b) => (isStatic(a) && isStatic(b) ? Number(equal(a, 0) !== equal(b, 0)) : undefined),
});

function float(a: Dim, b: Dim, f: (x: number, y: number) => number): number | undefined {
  if (!isStatic(a) || !isStatic(b)) return undefined;
  const result = f(Number(a), Number(b));
  return Number.isFinite(result) ? result : undefined;
}

/** Integers divide towards zero; formulas only where the quotient is exact or nothing is negative. */
function divide(a: Dim, b: Dim, floating: boolean): Dim | undefined {
  if (equal(b, 0)) return undefined;
  if (floating) {
    const exact = whole(a) && whole(b) ? exactdiv(a, b) : undefined;
    return exact ?? float(a, b, (x, y) => x / y);
  }
  const negative = (d: Dim): boolean => lessEqual(0, d) !== true;
  if (!negative(a) && !negative(b)) return floordiv(a, b);
  if (isStatic(a) && isStatic(b)) {
    const q = BigInt(a) / BigInt(b);
    return Number.isSafeInteger(Number(q)) ? Number(q) : q;
  }
  const exact = exactdiv(a, b);
  if (exact !== undefined || lessEqual(1, b) !== true) return exact;
  // Either sign: one of the two terms is 0.
  return add(max(0, floordiv(a, b)), min(0, ceildiv(a, b)));
}

function compare(a: Dim, b: Dim, how: 'eq' | 'le'): Dim | undefined {
  if (isStatic(a) && isStatic(b)) return Number(how === 'eq' ? Number(a) === Number(b) : a <= b);
  if (!whole(a) || !whole(b)) return undefined;
  if (how === 'le') {
    const known = lessEqual(a, b);
    return known === undefined ? undefined : Number(known);
  }
  if (equal(a, b)) return 1;
  // Different formulas are different numbers only if one is proved to be larger.
  return lessEqual(a, b) === false || lessEqual(b, a) === false ? 0 : undefined;
}

function negate(d: Dim | undefined): Dim | undefined {
  return d === undefined ? undefined : equal(d, 0) ? 1 : 0;
}

export function foldBinary(op: string, a: TensorType, b: TensorType, shape: Shape): Known {
  const rule = ARITHMETIC[op];
  const floating = isFloating(a.dtype) || isFloating(b.dtype);
  if (rule === undefined) return undefined;
  return foldBroadcast([a, b], shape, (x, y) => rule(x, y, floating)) ?? decided(op, [a, b], shape);
}

/** Results that one operand alone decides: false and anything, true or anything. */
function decided(op: string, operands: readonly TensorType[], shape: Shape): Known {
  const by = op === 'logical_and' ? 0 : op === 'logical_or' ? 1 : undefined;
  const n = small(shape)?.reduce((count, d) => count * d, 1);
  if (by === undefined || n === undefined) return undefined;
  const decides = (v: Dim): boolean => isStatic(v) && Number(!equal(v, 0)) === by;
  return operands.some((t) => hasValue(t) && t.value?.every(decides)) ? new Array<number>(n).fill(by) : undefined;
}

/** Contents under another dtype: integers cut off fractions, booleans ask whether it is 0. */
export function foldCast(input: TensorType, dtype: DType): Known {
  return foldBroadcast([input], input.shape, (x) => {
    if (dtype === 'bool') return isStatic(x) ? Number(!equal(x, 0)) : lessEqual(1, x) === true ? 1 : undefined;
    return isFloating(dtype) || typeof x !== 'number' ? x : Math.trunc(x);
  });
}

/** Sum, product, mean, maximum or minimum over the given axes (all where null), in row-major order of what is left. */
export function foldReduce(op: string, input: TensorType, axes: readonly number[] | null = null): Known {
  const extents = small(input.shape);
  if (!hasValue(input) || extents === undefined) return undefined;
  const { value } = input;
  if (value === undefined) return undefined;
  const gone = new Set(axes ?? extents.keys());
  const outputs = extents.reduce((n, extent, axis) => (gone.has(axis) ? n : n * extent), 1);
  const groups = Array.from({ length: outputs }, (): Dim[] => []);
  for (const [i, element] of value.entries()) {
    let [rest, at, step] = [i, 0, 1];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const extent = extents[axis] as number;
      if (!gone.has(axis)) {
        at += (rest % extent) * step;
        step *= extent;
      }
      rest = Math.floor(rest / extent);
    }
    (groups[at] as Dim[]).push(element);
  }
  const results = groups.map((group) => reduceAll(op, group));
  return results.every((r): r is Dim => r !== undefined) ? results : undefined;
}

function reduceAll(op: string, values: readonly Dim[]): Dim | undefined {
  const exact = values.every(whole);
  if (!exact && !values.every(isStatic)) return undefined;
  const by = (of: (a: Dim, b: Dim) => Dim, float: (a: number, b: number) => number, from?: Dim): Dim | undefined => {
    const [first, ...rest] = from === undefined ? values : [from, ...values];
    if (first === undefined) return undefined;
    return exact
      ? rest.reduce((a, b) => of(a, b), first)
      : rest.reduce<number>((a, b) => float(a, Number(b)), Number(first));
  };
  switch (op) {
    case 'prod':
      return by(mul, (a, b) => a * b, 1);
    case 'sum':
      return by(add, (a, b) => a + b, 0);
    case 'mean': {
      const total = by(add, (a, b) => a + b, 0);
      return total === undefined || !isStatic(total) || values.length === 0 ? undefined : Number(total) / values.length;
    }
    case 'max':
      return by(max, Math.max);
    case 'min':
      return by(min, Math.min);
    case 'any':
      return some(values, (d) => !equal(d, 0));
    case 'all': {
      const none = some(values, (d) => equal(d, 0));
      return none === undefined ? undefined : 1 - none;
    }
    default:
      return undefined;
  }
}

/** 1 where one of the values certainly is so, 0 if certainly none is. */
function some(values: readonly Dim[], is: (d: Dim) => boolean): number | undefined {
  if (values.some((d) => isStatic(d) && is(d))) return 1;
  return values.every(isStatic) ? 0 : undefined;
}

/** start, start + step, … below limit: how many, and which where they are few. */
export function range(start: Dim, limit: Dim, step: Dim): { readonly count: Dim; readonly value: Known } {
  if ([start, limit, step].every(isStatic)) {
    const n = Math.max(0, Math.ceil((Number(limit) - Number(start)) / Number(step)));
    const value = n <= MAX_FOLDED ? Array.from({ length: n }, (_, i) => Number(start) + i * Number(step)) : undefined;
    return { count: n, value };
  }
  const span = sub(limit, start);
  const count = equal(step, 1) ? span : ceildiv(span, step);
  return { count: max(0, count), value: undefined };
}
