import { approx, type Dim, isStatic, parse, substitute } from '../dim/index.js';
import type { UnitMode } from './choices.js';
import type { ReportCount, ReportExtent, ReportShape } from './types.js';

const DECIMAL = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;
const BINARY = [
  [2 ** 50, 'PiB'],
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
] as const;

/** Digits in groups of three: `4,089,184,256`. */
export function grouped(n: bigint | number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 run`, `1,024 runs`; with a formula `batch runs`. */
export function countOf(n: ReportExtent, what: string): string {
  return `${extentText(n)} ${what}${n === 1 ? '' : 's'}`;
}
export function extentText(extent: ReportExtent): string {
  return typeof extent === 'string' ? extent : grouped(extent);
}

/** A count for people: `4.089 G`; with free dimensions each term so: `4.089 G·batch`. */
export function quantity(count: ReportCount | number, mode: UnitMode = 'auto'): string {
  if (typeof count === 'string') return formula(count, (n) => quantity(n, mode));
  if (mode === 'raw') return Number.isInteger(Number(count)) ? grouped(count) : String(count);
  const n = Number(count);
  if (mode === 'auto') {
    const [size, prefix] = prefixOf(n, DECIMAL);
    return prefix === '' ? grouped(count) : `${(n / size).toFixed(3)} ${prefix}`;
  }
  const size = mode === 'G' ? 1e9 : 1e6;
  return `${fixedTo(n / size)} ${mode}`;
}

/** Three decimals, and as many more as a small number needs for three digits: what is there does not round to nothing. */
function fixedTo(n: number): string {
  if (n === 0 || Math.abs(n) >= 0.1) return n.toFixed(3);
  return n.toFixed(Math.min(20, 2 - Math.floor(Math.log10(Math.abs(n)))));
}

/** Bytes for people, in powers of 1024: `96.6 MiB`. */
export function bytes(count: ReportCount, mode: UnitMode = 'auto'): string {
  if (typeof count === 'string') return formula(count, (n) => bytes(n, mode));
  if (mode === 'raw') return `${grouped(count)} B`;
  const n = Number(count);
  if (mode !== 'auto') return `${fixedTo(n / (mode === 'G' ? 2 ** 30 : 2 ** 20))} ${mode}iB`;
  const [size, prefix] = prefixOf(n, BINARY);
  return prefix === '' ? `${grouped(count)} B` : `${(n / size).toFixed(1)} ${prefix}`;
}

/** Counts and bytes, both in the units asked for; bytes that were computed as a number are rounded. */
export interface Numbers {
  quantity(count: ReportCount | number): string;
  bytes(count: ReportCount | number): string;
}
export const inUnits = (mode: UnitMode = 'auto'): Numbers => ({
  quantity: (count) => quantity(count, mode),
  bytes: (count) => bytes(typeof count === 'number' ? BigInt(Math.round(count)) : count, mode),
});

/** The largest unit that leaves at least 1 after rounding. */
function prefixOf(n: number, units: readonly (readonly [number, string])[]): readonly [number, string] {
  return units.find(([size]) => Math.abs(n) >= size * 0.9999995) ?? [1, ''];
}

/** A time for people, three digits: `1.24 ms`. */
export function seconds(n: number): string {
  const [size, unit] = (
    [
      [1, 's'],
      [1e-3, 'ms'],
      [1e-6, 'µs'],
    ] as const
  ).find(([s]) => n >= s * 0.9995) ?? [1e-9, 'ns'];
  return `${Number((n / size).toPrecision(3))} ${unit}`;
}

export function shapeText(shape: ReportShape | null): string {
  if (shape === null) return '?';
  return shape.length === 0 ? 'scalar' : shape.map((d) => String(d).replaceAll(' ', '')).join('×');
}

/** Terms of a formula that are shown; the rest is an ellipsis (`--formula` shows all of it). */
const MAX_TERMS = 3;

function formula(text: string, show: (n: bigint) => string): string {
  const terms = termsOf(text);
  const shown = terms.slice(0, MAX_TERMS).map(({ sign, factor, rest }, i) => {
    const body =
      rest === ''
        ? show(factor)
        : factor === 1n
          ? rest
          : `${show(factor)}·${rest.replaceAll('*', '·').replaceAll('··', '^')}`;
    return i === 0 ? (sign < 0 ? `−${body}` : body) : `${sign < 0 ? ' − ' : ' + '}${body}`;
  });
  return shown.join('') + (terms.length > MAX_TERMS ? ' + …' : '');
}

/** The terms of a formula's outermost sum, each but the first with its sign: `4*b*(s - 1) - 3` → `4*b*(s - 1)`, `- 3`. */
export function topLevelTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (depth === 0 && (text.startsWith(' + ', i) || text.startsWith(' - ', i))) {
      terms.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...terms, text.slice(from)];
}

/** `4*b*s - 3` → [+ 4 b*s] [− 3]: terms with their leading integer. */
function termsOf(text: string): { sign: number; factor: bigint; rest: string }[] {
  return topLevelTerms(text).map((term) => {
    const [, sign, body = ''] = /^([+-] |-?)(.*)$/s.exec(term) ?? [];
    const match = /^(\d+)(?:\*(.*))?$/s.exec(body);
    return {
      sign: sign?.startsWith('-') ? -1 : 1,
      factor: match === null ? 1n : BigInt(match[1] as string),
      rest: match === null ? body : (match[2] ?? ''),
    };
  });
}

/** A count as a plain number at some sizes: for shares, bars and sorting only. 0 if a size is missing. */
export function magnitude(count: ReportCount | number | null, at: ReadonlyMap<string, number>): number {
  return valueAt(count, at) ?? 0;
}

/** The same; null if a size is missing. */
export function valueAt(count: ReportCount | number | null, at: ReadonlyMap<string, number>): number | null {
  if (count === null) return null;
  if (typeof count !== 'string') return Number(count);
  let known = valuesAt.get(at);
  if (known === undefined) {
    known = new Map();
    valuesAt.set(at, known);
  }
  let value = known.get(count);
  if (value === undefined) {
    const bound: Dim = substitute(parse(count), at);
    value = isStatic(bound) ? approx(bound) : null;
    known.set(count, value);
  }
  return value;
}

/** Formulas at sizes: equal layers have the same ones, and a screen asks for each several times. */
const valuesAt = new WeakMap<ReadonlyMap<string, number>, Map<string, number | null>>();

/** `32.9 %`; what is there but rounds to nothing is `<0.1 %`. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '–';
  const share = (100 * part) / whole;
  return share < 0.05 ? '<0.1 %' : `${share.toFixed(1)} %`;
}
