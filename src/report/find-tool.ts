import { byName } from '../source/by-name.js';
import { ModelError } from '../source/index.js';
import type { Printed, QuotedNumber } from './printed-number.js';
import type { ReconcileReport } from './reconcile.js';
import { perToken, type TrainedOn, tokensOf, trainedOn } from './training-figures.js';

const SCALES: Readonly<Record<string, number>> = byName({ K: 1e3, M: 1e6, G: 1e9, B: 1e9, T: 1e12, P: 1e15 });

/**
 * `4.1G`, `4.1`, `8.2GFLOPs`, `4,133,742,592`, `25.6 M params`, `4.1e9`. Without a prefix a decimal may be thousands,
 * millions, billions or trillions. Throws ModelError `argument` for anything but a number.
 */
export function parseQuotedNumber(text: string): QuotedNumber {
  const match =
    /^\s*(\d{1,3}(?:[,_' ]\d{3})+|\d+)(\.\d+)?(?:e\+?(\d{1,2}))?\s*([KMGBTP])?i?[\s-]*(mult[\s-]*adds?|multiply[\s-]*adds?|macc?s?|flops?|m?adds?|ops?|params?|parameters|weights)?\s*$/i.exec(
      text,
    );
  if (match === null)
    throw new ModelError('argument', `"${text}" is not a number that a tool prints`, {
      hint: 'write it as it stands in the paper: 4.1G, 8.2GFLOPs, 25.6M, 4,133,742,592',
    });
  const [, int = '', fraction = '', exponent, prefix, word] = match;
  const plain = int.replace(/[,_' ]/g, '');
  const given =
    prefix === undefined ? (exponent === undefined ? null : 10 ** Number(exponent)) : SCALES[prefix.toUpperCase()];
  const bare = given === null || given === undefined;
  return {
    text: text.trim(),
    digits: Number(`${plain}${fraction}`),
    decimals: Math.max(0, fraction.length - 1),
    scales: !bare ? [given] : fraction === '' && plain.length > 4 ? [1] : [1, 1e3, 1e6, 1e9, 1e12],
    whole: bare && fraction === '' ? BigInt(plain) : null,
    of: word === undefined ? 'any' : /^(param|weight)/i.test(word) ? 'params' : 'compute',
  };
}

export interface WhoPrints {
  readonly written: string;
  /** To the last digit. */
  readonly exact: readonly Printed[];
  /** When rounded, or cut off, to the digits that are written. */
  readonly rounded: readonly Printed[];
  readonly cut: readonly Printed[];
  /** Twice, or half of, what these print: a multiply-accumulate taken as two operations, or two as one. */
  readonly doubled: readonly Printed[];
  readonly halved: readonly Printed[];
  /** Of language models: the formulas of training that give this number for each token. */
  readonly perToken: readonly Printed[];
  /** The same: on how many tokens a training of this many FLOPs would be, by each formula. */
  readonly trainedOn: readonly TrainedOn[];
  /** The nearest, where nothing fits, and what they are as multiples of the number. */
  readonly nearest: readonly Near[];
}
export interface Near extends Printed {
  readonly ratio: number;
}

const NEAREST = 3;

/** Which tools print a number for a model. Free dimensions have to be bound: formulas match nothing. */
export function whoPrints(report: ReconcileReport, text: string): WhoPrints {
  const written = parseQuotedNumber(text);
  const all = printedOf(report).filter(
    (p) => written.of === 'any' || (written.of === 'params') === (p.unit === 'parameter'),
  );
  const computes = all.filter((p) => p.unit !== 'parameter');
  const exact = written.whole === null ? [] : all.filter((p) => p.value === written.whole);
  const rest = all.filter((p) => !exact.includes(p));
  const rounded = rest.filter((p) => fits(written, Number(p.value), 'round'));
  const cut = rest.filter((p) => !rounded.includes(p) && fits(written, Number(p.value), 'cut'));
  const found = new Set([...exact, ...rounded, ...cut]);
  const times = (factor: number): Printed[] =>
    computes.filter((p) => !found.has(p) && fits(written, Number(p.value) * factor, 'round'));
  const [doubled, halved] = [times(2), times(0.5)];
  const tokens = tokensOf(report);
  const each = tokens === null ? [] : perToken(computes, tokens, (value) => fits(written, value, 'round'));
  const params = typeof report.exact.params === 'bigint' ? report.exact.params : null;
  const trained = tokens === null || written.of === 'params' ? [] : trainedOn(written, computes, params, tokens);
  const nothing = found.size + doubled.length + halved.length + each.length + trained.length === 0;
  return {
    written: written.text,
    exact,
    rounded,
    cut,
    doubled,
    halved,
    perToken: each,
    trainedOn: trained,
    nearest: nothing ? nearestOf(written, all) : [],
  };
}

function printedOf(report: ReconcileReport): Printed[] {
  return report.tools.flatMap(({ id, title, version, counts, params, fails }) => [
    ...counts.flatMap(({ name, unit, value }): Printed[] =>
      typeof value === 'bigint' ? [{ id, title, version, name, unit, value }] : [],
    ),
    ...(typeof params === 'bigint' && fails === null
      ? [{ id, title, version, name: 'params', unit: 'parameter' as const, value: params }]
      : []),
  ]);
}

function fits({ digits, decimals, scales, whole }: QuotedNumber, value: number, how: 'round' | 'cut'): boolean {
  const step = 10 ** -decimals;
  return scales.some((scale) => {
    if (scale === 1 && whole !== null) return value === digits;
    const off = value / scale - digits;
    // Half a step and a little: what a tool rounds in binary may fall on either side.
    return how === 'round' ? Math.abs(off) <= step * 0.5000001 : off >= 0 && off < step;
  });
}

function nearestOf({ digits, scales }: QuotedNumber, all: readonly Printed[]): Near[] {
  const distance = (ratio: number): number => Math.abs(Math.log(ratio));
  return all
    .filter((p) => p.value > 0n && digits > 0)
    .map((p) => {
      const ratios = scales.map((scale) => Number(p.value) / (digits * scale));
      return { ...p, ratio: ratios.reduce((a, b) => (distance(b) < distance(a) ? b : a)) };
    })
    .sort((a, b) => distance(a.ratio) - distance(b.ratio))
    .slice(0, NEAREST);
}
