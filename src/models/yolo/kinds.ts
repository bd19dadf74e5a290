import { MAX_CHANNELS, MAX_LIST, MAX_REPEATS } from './config.js';
import { isLayer, type Value } from './values.js';

/** Kinds of arguments, and their names in errors. */
const KINDS = {
  count: ['a whole number from 1', (v: Value): boolean => isCount(v)],
  size: ['a whole number from 0', (v: Value): boolean => v === 0 || isCount(v)],
  'count?': ['a whole number from 1, or None', (v: Value): boolean => v === null || isCount(v)],
  ratio: ['a number above 0', isRatio],
  flag: ['True or False', (v: Value): boolean => typeof v === 'boolean' || v === 0 || v === 1],
  pair: ['a whole number from 1, or two', (v: Value): boolean => isCount(v) || isPair(v, isCount)],
  sizes: ['a whole number from 0, or two', (v: Value): boolean => isSize(v) || isPair(v, isSize)],
  'sizes?': [
    'a whole number from 0, two, or None',
    (v: Value): boolean => v === null || isSize(v) || isPair(v, isSize),
  ],
  counts: [
    'a list of whole numbers from 1',
    (v: Value): boolean => Array.isArray(v) && v.length > 0 && v.length <= MAX_LIST && v.every(isCount),
  ],
  act: ['True, False or a layer', (v: Value): boolean => typeof v === 'boolean' || isLayer(v)],
  repeats: [
    `a whole number from 1 to ${MAX_REPEATS}`,
    (v: Value): boolean => isCount(v) && (v as number) <= MAX_REPEATS,
  ],
  number: ['a number', isNumber],
  'number?': ['a number, or None', (v: Value): boolean => v === null || isNumber(v)],
  probability: ['a number from 0 to 1', (v: Value): boolean => isNumber(v) && (v as number) >= 0 && (v as number) <= 1],
  'flag?': ['True, False or None', (v: Value): boolean => v === null || typeof v === 'boolean'],
  axis: ['the number of an axis', isAxis],
  'axis?': ['the number of an axis, or None', (v: Value): boolean => v === null || isAxis(v)],
  kernel: ['a whole number from 1, or one for each axis', (v: Value): boolean => isCount(v) || isEach(v, isCount)],
  'kernel?': [
    'a whole number from 1, one for each axis, or None',
    (v: Value): boolean => v === null || isCount(v) || isEach(v, isCount),
  ],
  margins: ['a whole number from 0, or one for each side', (v: Value): boolean => isSize(v) || isEach(v, isSize)],
  padding: [
    "a whole number from 0, one for each axis, 'same' or 'valid'",
    (v: Value): boolean => v === 'same' || v === 'valid' || isSize(v) || isEach(v, isSize),
  ],
  extents: [
    'a whole number from 1 or None, or one for each axis',
    (v: Value): boolean => v === null || isCount(v) || isEach(v, (part) => part === null || isCount(part)),
  ],
  'ratios?': [
    'a number above 0, one for each axis, or None',
    (v: Value): boolean => v === null || isRatio(v) || isEach(v, isRatio),
  ],
  padding_mode: words('zeros', 'reflect', 'replicate', 'circular'),
  interpolation: words('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area'),
  approximation: words('none', 'tanh'),
} as const satisfies Record<string, readonly [string, (v: Value) => boolean]>;
export type Kind = keyof typeof KINDS;

function isCount(v: Value | undefined): boolean {
  return typeof v === 'number' && Number.isInteger(v) && v >= 1 && v <= MAX_CHANNELS;
}
function isSize(v: Value | undefined): boolean {
  return v === 0 || isCount(v);
}
function isPair(v: Value, each: (v: Value | undefined) => boolean): boolean {
  return Array.isArray(v) && v.length === 2 && v.every((part) => each(part as Value));
}

function isRatio(v: Value | undefined): boolean {
  return typeof v === 'number' && v > 0 && v <= MAX_CHANNELS;
}
function isNumber(v: Value | undefined): boolean {
  return typeof v === 'number' && Number.isFinite(v);
}
/** No tensor here has more axes than this. */
function isAxis(v: Value | undefined): boolean {
  return Number.isInteger(v) && Math.abs(v as number) <= 64;
}
/** A list with a value for each axis, or for each of its two sides. */
function isEach(v: Value, each: (v: Value | undefined) => boolean): boolean {
  return Array.isArray(v) && v.length >= 1 && v.length <= 6 && v.every((part) => each(part as Value));
}
function words(...allowed: readonly string[]): readonly [string, (v: Value) => boolean] {
  return [allowed.map((word) => `'${word}'`).join(', '), (v) => typeof v === 'string' && allowed.includes(v)];
}

/** The fault of an argument of that kind; null if it has none. */
export function wrongArgument(kind: Kind, value: Value): string | null {
  const [words, fits] = KINDS[kind];
  return fits(value) ? null : `expected ${words}, found ${show(value)}`;
}

export function show(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (Array.isArray(value)) return `[${value.map((v) => show(v as Value)).join(', ')}]`;
  return isLayer(value) ? (value.constructor as { name: string }).name : String(value);
}
