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
} from '../../dim/index.js';
import { ModelRaised } from '../../graph/errors.js';
import { typeOf } from '../../torch/operators/index.js';
import {
  type Float,
  float,
  isInt,
  isKind,
  type ScriptValue,
  UNKNOWN_BOOL,
  UNKNOWN_FLOAT,
  UNKNOWN_TEXT,
} from './data.js';
import { malformed } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { truth } from './truth.js';

/** The one element of a tensor, if it is known. */
function elementOf(d: ScriptValue): Dim | undefined {
  if (!isKind(d, 'tensor')) return undefined;
  const value = typeOf(d.value)?.value;
  return value?.length === 1 ? value[0] : undefined;
}

/** An integer as 64 bits hold it. */
function narrow(d: Dim): Dim {
  if (typeof d !== 'bigint') return d;
  const wrapped = BigInt.asIntN(64, d);
  return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped;
}

/** `int(x)`; a number that depends on data is a free dimension. */
export function toInt(m: Interpreter, d: ScriptValue): Dim {
  if (isInt(d)) return d;
  if (typeof d === 'boolean') return Number(d);
  if (typeof d === 'string' && /^\s*[+-]?\d+\s*$/.test(d)) return narrow(BigInt(d.trim()));
  if (isKind(d, 'float')) {
    if (d.value !== null) return whole(Math.trunc(d.value));
    if (d.quotient !== null && lessEqual(0, d.quotient[0]) === true) return floordiv(d.quotient[0], d.quotient[1]);
  }
  const element = elementOf(d);
  if (element !== undefined) return typeof element === 'number' ? whole(Math.trunc(element)) : element;
  if (typeof d === 'string') throw new ModelRaised(`"${d}" is not an integer`);
  return m.symbol('value', { min: null });
}

function whole(n: number): Dim {
  if (Number.isSafeInteger(n)) return n;
  if (!Number.isFinite(n)) throw new ModelRaised('infinity and NaN are not integers');
  return narrow(BigInt(n));
}

export function toFloat(d: ScriptValue): Float {
  if (isKind(d, 'float')) return d;
  if (typeof d === 'boolean') return float(Number(d));
  if (typeof d === 'string') return textual(d);
  const value = isInt(d) ? d : elementOf(d);
  if (value === undefined) return UNKNOWN_FLOAT;
  return isStatic(value) ? float(Number(value)) : { kind: 'float', value: null, quotient: [value, 1] };
}

function textual(text: string): Float {
  const special = /^\s*([+-]?)(inf|infinity|nan)\s*$/i.exec(text);
  if (special !== null) return float(/nan/i.test(text) ? Number.NaN : special[1] === '-' ? -Infinity : Infinity);
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new ModelRaised(`"${text}" is not a number`);
  return float(value);
}

export function toBool(d: ScriptValue): ScriptValue {
  return truth(d) ?? UNKNOWN_BOOL;
}

/** `str(x)`, as messages have it. */
export function toText(d: ScriptValue): ScriptValue {
  if (isKind(d, 'unknown')) return UNKNOWN_TEXT;
  return show(d);
}

/** Items of a list and characters of a text in it that are shown; this many characters of a list. */
const SHOWN = 32;
const SHOWN_TEXT = 1000;

export function show(d: ScriptValue, depth = 0): string {
  if (d === null) return 'None';
  if (typeof d === 'string') return depth === 0 ? d : JSON.stringify(d.slice(0, SHOWN_TEXT));
  if (typeof d === 'boolean') return d ? 'True' : 'False';
  if (isInt(d)) return String(d);
  switch (d.kind) {
    case 'float':
      return d.value === null ? '?' : Number.isInteger(d.value) ? `${d.value}.0` : String(d.value);
    case 'tensor': {
      const type = d.value.type;
      return type === null ? 'Tensor' : `Tensor[${type.shape.map(String).join(', ')}]`;
    }
    case 'list':
    case 'tuple': {
      const items = depth > 3 ? ['…'] : d.items.slice(0, SHOWN).map((item) => show(item, depth + 1));
      const text = items.join(', ') + (d.items.length > SHOWN ? ', …' : '');
      const short = text.length > SHOWN * SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)}…` : text;
      return d.kind === 'list' ? `[${short}]` : `(${short})`;
    }
    case 'dict':
      return `{${d.entries.size} entries}`;
    case 'object':
      return d.type.name;
    case 'device':
      return d.name;
    case 'path':
      return d.name;
    case 'closure':
      return d.function.name;
    case 'unknown':
      return '?';
    case 'run':
      return `${String(d.times)} times ${d.pattern.length}`;
  }
}

/** A number as a quotient of two integers, the lower one positive; null if it is not known so. */
function quotientOf(d: ScriptValue): readonly [Dim, Dim] | null {
  if (typeof d === 'boolean') return [Number(d), 1];
  if (isInt(d)) return [d, 1];
  if (!isKind(d, 'float')) return null;
  if (d.value === null) return d.quotient;
  // Halves, quarters and the like are exact.
  for (let k = 0; k <= 20; k++) if (Number.isSafeInteger(d.value * 2 ** k)) return [d.value * 2 ** k, 2 ** k];
  return null;
}

function ofQuotient(n: Dim, d: Dim): Float {
  if (isStatic(n) && isStatic(d)) return float(Number(n) / Number(d));
  return { kind: 'float', value: null, quotient: [n, d] };
}

type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'floordiv' | 'remainder' | 'pow' | 'min' | 'max';

/** Arithmetic on two numbers of the program; integers stay exact, and formulas where they are. */
export function arithmetic(m: Interpreter, op: Arithmetic, a: ScriptValue, b: ScriptValue): ScriptValue {
  const [x, y] = [typeof a === 'boolean' ? Number(a) : a, typeof b === 'boolean' ? Number(b) : b];
  if (isInt(x) && isInt(y)) return integers(m, op, x, y);
  const [u, v] = [toFloat(x), toFloat(y)];
  if (u.value !== null && v.value !== null) return float(floats(op, u.value, v.value));
  const [p, q] = [quotientOf(x), quotientOf(y)];
  if (p === null || q === null) return UNKNOWN_FLOAT;
  switch (op) {
    case 'add':
      return ofQuotient(add(mul(p[0], q[1]), mul(q[0], p[1])), mul(p[1], q[1]));
    case 'sub':
      return ofQuotient(sub(mul(p[0], q[1]), mul(q[0], p[1])), mul(p[1], q[1]));
    case 'mul':
      return ofQuotient(mul(p[0], q[0]), mul(p[1], q[1]));
    case 'div':
      return lessEqual(1, q[0]) === true ? ofQuotient(mul(p[0], q[1]), mul(p[1], q[0])) : UNKNOWN_FLOAT;
    case 'floordiv':
      return lessEqual(1, q[0]) === true ? ofQuotient(floordiv(mul(p[0], q[1]), mul(p[1], q[0])), 1) : UNKNOWN_FLOAT;
    case 'min':
    case 'max': {
      const first = lessEqual(mul(p[0], q[1]), mul(q[0], p[1]));
      return first === undefined ? UNKNOWN_FLOAT : toFloat(first === (op === 'min') ? x : y);
    }
    default:
      return UNKNOWN_FLOAT;
  }
}

function integers(m: Interpreter, op: Arithmetic, a: Dim, b: Dim): ScriptValue {
  switch (op) {
    case 'add':
      return narrow(add(a, b));
    case 'sub':
      return narrow(sub(a, b));
    case 'mul':
      return narrow(mul(a, b));
    case 'min':
      return min(a, b);
    case 'max':
      return max(a, b);
    case 'div':
      return exact(a, b);
    case 'floordiv':
    case 'remainder':
      if (equal(b, 0)) throw new ModelRaised('ZeroDivisionError: an integer is divided by 0');
      return op === 'floordiv' ? floordiv(a, b) : mod(a, b);
    case 'pow':
      if (isStatic(a) && isStatic(b)) {
        if (b >= 0 && b <= 64) return narrow(BigInt(a) ** BigInt(b));
        return float(Number(a) ** Number(b));
      }
      return isStatic(b) && b >= 0 && b <= 8
        ? Array.from({ length: Number(b) }, () => a).reduce<Dim>((p, x) => mul(p, x), 1)
        : m.symbol('value', { min: null });
  }
}

/** True division gives a float, whatever it is given. */
function exact(a: Dim, b: Dim): ScriptValue {
  if (equal(b, 0)) throw new ModelRaised('ZeroDivisionError: a number is divided by 0');
  if (isStatic(a) && isStatic(b)) return float(Number(a) / Number(b));
  return lessEqual(1, b) === true ? { kind: 'float', value: null, quotient: [a, b] } : UNKNOWN_FLOAT;
}

function floats(op: Arithmetic, a: number, b: number): number {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      return a / b;
    case 'floordiv':
      return Math.floor(a / b);
    case 'remainder':
      return a - b * Math.floor(a / b);
    case 'pow':
      return a ** b;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
  }
}

/** `a ≤ b` of two numbers; undefined if it is not known. */
export function atMost(a: ScriptValue, b: ScriptValue): boolean | undefined {
  const [u, v] = [toFloat(a), toFloat(b)];
  if (u.value !== null && v.value !== null && !(isInt(a) && isInt(b))) return u.value <= v.value;
  const [p, q] = [quotientOf(a), quotientOf(b)];
  return p === null || q === null ? undefined : lessEqual(mul(p[0], q[1]), mul(q[0], p[1]));
}

/** `floor`, `ceil`, `round` and `trunc` give integers. */
export function rounded(m: Interpreter, how: 'floor' | 'ceil' | 'round' | 'trunc', d: ScriptValue): ScriptValue {
  if (isInt(d)) return d;
  const { value, quotient } = toFloat(d);
  if (value !== null) return whole(how === 'round' ? halfToEven(value) : Math[how](value));
  if (quotient !== null) {
    const [n, by] = quotient;
    const exactly = exactdiv(n, by);
    if (exactly !== undefined) return exactly;
    if (how === 'floor' || (how === 'trunc' && lessEqual(0, n) === true)) return floordiv(n, by);
    if (how === 'ceil') return ceildiv(n, by);
  }
  return m.symbol('value', { min: null });
}

function halfToEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** A function of floats. */
export function mapped(f: (x: number) => number, d: ScriptValue): ScriptValue {
  const { value } = toFloat(d);
  return value === null ? UNKNOWN_FLOAT : float(f(value));
}

export function needInt(d: ScriptValue | undefined, what: string): Dim {
  if (isInt(d)) return d;
  if (typeof d === 'boolean') return Number(d);
  throw malformed(`${what} is not an integer`);
}
