import { add, type Dim, equal, isStatic, mul, product } from '../dim/index.js';
import { type Equation, equationOf, type Note } from '../ledger/index.js';
import type { Item } from './items.js';

/** The equation with its letters in order of appearance, so that equivalent equations are equal. */
export function canonical({ inputs, output }: Equation): string {
  const text = `${inputs.join(',')}->${output}`;
  const letters = [...new Set([...text].filter((c) => /[a-z]/i.test(c)))];
  return [...text].map((c) => (letters.includes(c) ? String.fromCharCode(97 + letters.indexOf(c)) : c)).join('');
}

/**
 * Operations of `numpy.einsum_path(…, optimize='optimal')`: of each contraction all combinations of its labels, times the
 * number of operands less one, and once more where a label is summed; the order is the cheapest; one is added in the end.
 */
export function numpyCost({ inputs, output, extents }: Equation): Dim {
  const size = (labels: Iterable<string>): Dim => product([...labels].map((l) => extents.get(l) ?? 1));
  const cost = (operands: readonly string[], others: readonly string[]): { left: string; cost: Dim } => {
    const labels = new Set(operands.join(''));
    const needed = new Set([...output, ...others.join('')]);
    const left = [...labels].filter((l) => needed.has(l)).join('');
    const factor = Math.max(1, operands.length - 1) + (left.length < labels.size ? 1 : 0);
    return { left, cost: mul(factor, size(labels)) };
  };
  if (inputs.length <= 2) return add(cost(inputs, []).cost, 1);
  const best = (operands: readonly string[]): Dim => {
    if (operands.length === 1) return 0;
    let least: Dim | null = null;
    for (let i = 0; i < operands.length; i++)
      for (let j = i + 1; j < operands.length; j++) {
        const rest = operands.filter((_, k) => k !== i && k !== j);
        const pair = cost([operands[i] as string, operands[j] as string], rest);
        const all = add(pair.cost, best([...rest, pair.left]));
        if (least === null || (isStatic(all) && isStatic(least) && all < least)) least = all;
      }
    return least ?? 0;
  };
  // Beyond a handful of operands there are too many orders to try: left to right.
  if (inputs.length > 6)
    return add(
      inputs.slice(1).reduce(
        (known: { left: string; total: Dim }, next, i) => {
          const pair = cost([known.left, next], inputs.slice(i + 2));
          return { left: pair.left, total: add(known.total, pair.cost) };
        },
        { left: inputs[0] as string, total: 0 },
      ).total,
      1,
    );
  return add(best(inputs), 1);
}

/** A number as NumPy prints it, with four digits, and as tools then read it back. A formula is left as it is. */
export function fourDigits(count: Dim): Dim {
  if (!isStatic(count)) return count;
  const n = BigInt(count);
  const unit = 10n ** BigInt(Math.max(0, String(n).length - 4));
  const [digits, rest] = [n / unit, (n % unit) * 2n];
  const up = rest > unit || (rest === unit && digits % 2n === 1n);
  return mul(digits + (up ? 1n : 0n), unit);
}

/** Notes on counts that are read from NumPy's text. */
export function einsumNotes(items: readonly Item[], isExact: (equation: Equation) => boolean = () => false): Note[] {
  const entries = new Set(items.flatMap((i) => i.of.filter((e) => e.op === 'einsum')));
  const equations = [...entries].flatMap((e) => equationOf(e) ?? []);
  const costs = equations.filter((e) => !isExact(e)).map(numpyCost);
  const notes: Note[] = [];
  if (costs.some((c) => isStatic(c) && !equal(fourDigits(c), c)))
    notes.push({
      code: 'einsum-digits',
      message: 'einsum is counted from a number that NumPy prints with four digits',
    });
  if (costs.some((c) => !isStatic(c)))
    notes.push({
      code: 'einsum-not-rounded',
      message:
        'the tool rounds einsum to four digits; the formula does not: bind the free dimensions for its very number',
    });
  return notes;
}
