import { ModelError } from '../../source/errors.js';

/** Decimal prefixes with the thresholds of thop's `clever_format`: exactly 10^9 is still `1000.00M`. */
const PREFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

/** No number has more digits than a double: the least of them, written out. */
const MAX_DIGITS = 1100;

type Countable = number | bigint | string;

/**
 * What thop's `clever_format` prints: `4.134G`, `25.557M`, and `B` after anything up to a thousand. `format` is Python's
 * `%.3f` (`%d`, `%e`, `%g` too). A list of one gives its text alone, as there; a formula with free dimensions (text)
 * is given back as it is. Throws ModelError `argument` for another format, and for what is no number.
 */
export function cleverFormat(nums: Countable, format?: string): string;
export function cleverFormat(nums: readonly [Countable], format?: string): string;
export function cleverFormat(nums: readonly Countable[], format?: string): string[];
export function cleverFormat(nums: Countable | readonly Countable[], format = '%.2f'): string | string[] {
  const list = Array.isArray(nums) ? (nums as readonly Countable[]) : [nums as Countable];
  const texts = list.map((n) => (typeof n === 'string' ? n : one(countable(n), format)));
  return texts.length === 1 ? (texts[0] as string) : texts;
}

/** Whatever plain JavaScript hands over: a count that a tool does not state is undefined, and no number. */
function countable(n: unknown): number | bigint {
  if (typeof n === 'number' || typeof n === 'bigint') return n;
  throw new ModelError('argument', `cleverFormat takes numbers, and ${String(n)} was given`, {
    hint: 'thop states macs and params, and no flops: cleverFormat([macs, params])',
  });
}

function one(n: number | bigint, format: string): string {
  // Python divides integers exactly rounded; a bigint beyond 2^53 is halved into range first.
  const found = PREFIXES.find(([size]) => n > size);
  return found === undefined ? `${python(format, Number(n))}B` : `${python(format, Number(n) / found[0])}${found[1]}`;
}

/** Python's `format % value` for one number. */
export function python(format: string, value: number): string {
  const match = /^([^%]*)%([-+ 0]*)(\d*)(?:\.(\d+))?([dfeEgGs])([^%]*)$/.exec(format);
  if (match === null || Number(match[3]) > MAX_DIGITS || Number(match[4] ?? 0) > MAX_DIGITS)
    throw new ModelError('argument', `"${String(format).slice(0, 40)}" is not a number format`, {
      hint: `use one like "%.3f", of at most ${MAX_DIGITS} digits`,
    });
  const [, before = '', flags = '', width = '', digits, kind = 'f', after = ''] = match;
  const magnitude = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const body = digitsOf(magnitude, kind, digits === undefined ? undefined : Number(digits));
  const space = Number(width || 0) - sign.length - body.length;
  const filled =
    space <= 0
      ? sign + body
      : flags.includes('-')
        ? sign + body + ' '.repeat(space)
        : flags.includes('0') && Number.isFinite(value)
          ? sign + '0'.repeat(space) + body
          : ' '.repeat(space) + sign + body;
  return before + filled + after;
}

function digitsOf(magnitude: number, kind: string, digits: number | undefined): string {
  if (Number.isNaN(magnitude)) return 'nan';
  if (magnitude === Number.POSITIVE_INFINITY) return 'inf';
  switch (kind) {
    case 'd':
      return BigInt(Math.trunc(magnitude)).toString();
    case 'e':
    case 'E': {
      const text = magnitude.toExponential(digits ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
      return kind === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'G':
      return general(magnitude, Math.max(1, digits ?? 6));
    case 's':
      return Number.isInteger(magnitude) ? `${magnitude}.0` : String(magnitude);
    default:
      return fixed(magnitude, digits ?? 6);
  }
}

/** `%g`: significant digits, trailing zeros cut off, an exponent below 10^-4 and from 10^digits on. */
function general(magnitude: number, digits: number): string {
  const exponent = magnitude === 0 ? 0 : Number(magnitude.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = magnitude.toExponential(digits - 1).split('e');
    return `${trim(mantissa)}e${power.replace(/^([+-])(\d)$/, '$10$2')}`;
  }
  return trim(fixed(magnitude, digits - 1 - exponent));
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * Fixed digits of the exact binary value, ties to even, as C and Python print. `toFixed` does the same below 10^21 except
 * for ties, which it rounds up: those are told apart in exact arithmetic.
 */
function fixed(magnitude: number, digits: number): string {
  // magnitude = mantissa × 2^exponent, exactly.
  let exponent = 0;
  let mantissa = magnitude;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  const scaled = BigInt(mantissa) * 10n ** BigInt(digits);
  const unit = 1n << BigInt(exponent);
  let whole = scaled / unit;
  const rest = (scaled % unit) * 2n;
  if (rest > unit || (rest === unit && whole % 2n === 1n)) whole++;
  const text = whole.toString().padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
