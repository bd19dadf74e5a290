import { add, ceildiv, equal, isStatic, max, mul, sub } from '../../../dim/index.js';
import { ModelRaised } from '../../../graph/errors.js';
import { byName } from '../../../source/by-name.js';
import { isInt, isKind, type ScriptValue, UNKNOWN_BOOL, UNKNOWN_TEXT } from '../data.js';
import { malformed } from '../errors.js';
import { arithmetic, atMost, mapped, needInt, rounded, show } from '../scalars.js';
import { same, truth } from '../truth.js';
import type { Builtin } from './types.js';

/** Three-valued logic: what does not depend on the unknown is known. */
const known = (b: boolean | undefined): ScriptValue => b ?? UNKNOWN_BOOL;
const not = (b: boolean | undefined): ScriptValue => (b === undefined ? UNKNOWN_BOOL : !b);

const binary =
  (op: Parameters<typeof arithmetic>[1]): Builtin =>
  (m, [a = null, b = null]) =>
    arithmetic(m, op, a, b);

const unary =
  (f: (x: number) => number): Builtin =>
  (_, [x = null]) =>
    mapped(f, x);

/** Functions of numbers of the program: integers, floats and booleans. */
export const NUMBERS: Readonly<Record<string, Builtin>> = byName({
  add: (m, [a = null, b = null]) =>
    typeof a === 'string' && typeof b === 'string' ? a + b : arithmetic(m, 'add', a, b),
  sub: binary('sub'),
  rsub: (m, [a = null, b = null]) => arithmetic(m, 'sub', b, a),
  mul: binary('mul'),
  div: binary('div'),
  truediv: binary('div'),
  floordiv: binary('floordiv'),
  floor_divide: binary('floordiv'),
  remainder: binary('remainder'),
  fmod: binary('remainder'),
  pow: binary('pow'),
  min: (m, [a = null, b]) => (b === undefined ? a : arithmetic(m, 'min', a, b)),
  max: (m, [a = null, b]) => (b === undefined ? a : arithmetic(m, 'max', a, b)),
  neg: (m, [a = null]) => arithmetic(m, 'sub', 0, a),
  abs: (m, [a = null]) => {
    const positive = atMost(0, a);
    if (positive === undefined) return arithmetic(m, 'max', a, arithmetic(m, 'sub', 0, a));
    return positive ? a : arithmetic(m, 'sub', 0, a);
  },
  eq: (_, [a = null, b = null]) => known(same(a, b)),
  ne: (_, [a = null, b = null]) => not(same(a, b)),
  le: (_, [a = null, b = null]) => known(typeof a === 'string' ? a <= String(b) : atMost(a, b)),
  ge: (_, [a = null, b = null]) => known(typeof a === 'string' ? a >= String(b) : atMost(b, a)),
  lt: (_, [a = null, b = null]) => not(typeof a === 'string' ? a >= String(b) : atMost(b, a)),
  gt: (_, [a = null, b = null]) => not(typeof a === 'string' ? a <= String(b) : atMost(a, b)),
  __not__: (_, [a = null]) => not(truth(a)),
  __and__: (m, [a = null, b = null]) =>
    bits(
      m,
      a,
      b,
      (x, y) => x & y,
      (x, y) => (x === false || y === false ? false : x && y),
    ),
  __or__: (m, [a = null, b = null]) =>
    bits(
      m,
      a,
      b,
      (x, y) => x | y,
      (x, y) => (x === true || y === true ? true : x === undefined ? x : y),
    ),
  __xor__: (m, [a = null, b = null]) =>
    bits(
      m,
      a,
      b,
      (x, y) => x ^ y,
      (x, y) => (x === undefined || y === undefined ? undefined : x !== y),
    ),
  __lshift__: (m, [a = null, b = null]) => arithmetic(m, 'mul', a, arithmetic(m, 'pow', 2, b)),
  __rshift__: (m, [a = null, b = null]) => arithmetic(m, 'floordiv', a, arithmetic(m, 'pow', 2, b)),
  floor: (m, [x = null]) => rounded(m, 'floor', x),
  ceil: (m, [x = null]) => rounded(m, 'ceil', x),
  trunc: (m, [x = null]) => rounded(m, 'trunc', x),
  round: (m, [x = null]) => rounded(m, 'round', x),
  sqrt: unary(Math.sqrt),
  exp: unary(Math.exp),
  log: (_, [x = null, base]) =>
    base === undefined ? mapped(Math.log, x) : mapped((y) => Math.log(y) / Math.log(Number(base)), x),
  log2: unary(Math.log2),
  log10: unary(Math.log10),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  tanh: unary(Math.tanh),
  atan: unary(Math.atan),
  fabs: unary(Math.abs),
  degrees: unary((x) => (x * 180) / Math.PI),
  radians: unary((x) => (x * Math.PI) / 180),
  isinf: (_, [x = null]) => known(isKind(x, 'float') && x.value !== null ? !Number.isFinite(x.value) : undefined),
  isnan: (_, [x = null]) => known(isKind(x, 'float') && x.value !== null ? Number.isNaN(x.value) : undefined),
  gcd: (m, [a = null, b = null]) => {
    let [x, y] = [needInt(a, 'a number'), needInt(b, 'a number')];
    for (let i = 0; i < 128 && isStatic(y) && !equal(y, 0); i++)
      [x, y] = [y, arithmetic(m, 'remainder', x, y) as typeof x];
    if (!isStatic(y)) throw malformed('the divisor of free dimensions is not known');
    return x;
  },
  divmod: (m, [a = null, b = null]) => ({
    kind: 'tuple',
    items: [arithmetic(m, 'floordiv', a, b), arithmetic(m, 'remainder', a, b)],
    fields: null,
  }),
  // for i in range(start, end, step) is printed as a loop over how many there are.
  __range_length: (_, [start = null, end = null, step = 1]) => {
    const [from, to, by] = [start, end, step].map((d) => needInt(d, 'a bound of a range'));
    if (!isInt(from) || !isInt(to) || !isInt(by) || !isStatic(by) || equal(by, 0))
      throw new ModelRaised('a range with a step of 0');
    return by > 0 ? max(0, ceildiv(sub(to, from), by)) : max(0, ceildiv(sub(from, to), -Number(by)));
  },
  __derive_index: (_, [index = null, start = null, step = 1]) =>
    add(needInt(start, 'a bound of a range'), mul(needInt(index, 'an index'), needInt(step, 'a step'))),
  ord: (_, [c = null]) => (typeof c === 'string' ? (c.codePointAt(0) ?? 0) : 0),
  chr: (_, [n = null]) => (typeof n === 'number' && n >= 0 && n <= 0x10ffff ? String.fromCodePoint(n) : UNKNOWN_TEXT),
  hex: (_, [n = null]) => `0x${Number(needInt(n, 'a number')).toString(16)}`,
  str: (_, [x = null]) => show(x),
});

function bits(
  m: Parameters<Builtin>[0],
  a: ScriptValue,
  b: ScriptValue,
  whole: (x: bigint, y: bigint) => bigint,
  logic: (x: boolean | undefined, y: boolean | undefined) => boolean | undefined,
): ScriptValue {
  if (isInt(a) && isInt(b)) {
    if (!isStatic(a) || !isStatic(b)) throw malformed('bits of a free dimension');
    const result = BigInt.asIntN(64, whole(BigInt(a), BigInt(b)));
    return arithmetic(m, 'add', 0, result);
  }
  return known(logic(truth(a), truth(b)));
}
