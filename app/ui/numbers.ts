// Numbers, text, axes and sizes of the screen. In: plain values. Out: text and pixels. Add: helpers that know no model.
import { formatBytes, formatCount } from 'opcount';

/** `4.089 G`; a dash for nothing. */
export function count(n: number): string {
  return n === 0 ? '–' : formatCount(n);
}

export function bytes(n: number): string {
  return n === 0 ? '–' : formatBytes(BigInt(Math.round(n)));
}

export function amount(n: number, unit: 'count' | 'bytes'): string {
  return unit === 'bytes' ? bytes(n) : count(n);
}

/** An amount that is stated: nothing is a number too. */
export function stated(n: number, unit: 'count' | 'bytes'): string {
  return n === 0 ? (unit === 'bytes' ? '0 B' : '0') : amount(n, unit);
}

/** An amount of which some may not be known: `≥ 86.704 M + ?`. */
export function knownAmount(n: number, unit: 'count' | 'bytes', partial: boolean): string {
  if (!partial) return stated(n, unit);
  return n === 0 ? '?' : `≥ ${amount(n, unit)} + ?`;
}

/** Made once: to make one takes longer than to use it. */
const WHOLE = new Intl.NumberFormat('en-US');
const FRACTION = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** All digits; beyond 2^53 a double has lost the last ones, and says so. */
export function digits(n: number): string {
  if (!Number.isInteger(n)) return FRACTION.format(n);
  return `${Math.abs(n) > Number.MAX_SAFE_INTEGER ? '≈ ' : ''}${WHOLE.format(BigInt(n))}`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '–';
  const share = (100 * part) / whole;
  return share < 0.05 ? '<0.1 %' : `${share.toFixed(1)} %`;
}

/** An intensity, in FLOPs a byte. */
export function ratio(n: number): string {
  return !Number.isFinite(n) || n === 0 ? '–' : n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

/** The last part of a class name: `Conv2d`. */
export function className(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

/** A formula for people, in one style: `17,448,222,720 · batch`, `9.408 k · batch · ⌊(height + 1)/2⌋`. */
export function formula(text: string): string {
  return text
    .replaceAll('**', '^')
    .replace(/\s*[*·]\s*/g, ' · ')
    .replace(/\b\d{5,}\b/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','));
}

/** `19.5 TFLOP/s`. */
export function flopsASecond(n: number): string {
  const [size, prefix] =
    n >= 1e15 ? [1e15, 'P'] : n >= 1e12 ? [1e12, 'T'] : n >= 1e9 ? [1e9, 'G'] : n >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((n / size).toPrecision(4)).toLocaleString('en-US')} ${prefix}FLOP/s`;
}

/** `12.3 ms`; a dash where the time is not known. */
export function seconds(t: number | null): string {
  if (t === null) return '–';
  const [size, unit] = t >= 1 ? [1, 's'] : t >= 1e-3 ? [1e-3, 'ms'] : t >= 1e-6 ? [1e-6, 'µs'] : [1e-9, 'ns'];
  const n = t / size;
  return `${n >= 1000 ? Math.round(n).toLocaleString('en-US') : n.toPrecision(3)} ${unit}`;
}
