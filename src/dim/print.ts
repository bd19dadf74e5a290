import type { Atom, Dim, Expr, Term } from './expr.js';

/**
 * The one notation: `2*batch*floor((h - 1)/4) + max(1, s) - 3`. ASCII, powers as `h**2`, and a name that is not made of
 * letters, digits, `_`, `.` and `:` in double quotes. `parse(format(d))` equals `d` (given the same ranges).
 */
export function format(d: Dim): string {
  return String(d);
}

const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_.:]*$/u;

export function nameText(name: string): string {
  return PLAIN_NAME.test(name) ? name : JSON.stringify(name);
}

/** The text of an expression; as a key it also carries the ranges of its symbols. */
export function keyOf(e: Expr, ranges: boolean): string {
  let text = '';
  for (const term of e.terms) {
    const negative = term.coefficient < 0n;
    if (text === '') text = negative ? '-' : '';
    else text += negative ? ' - ' : ' + ';
    text += termText(term, negative ? -term.coefficient : term.coefficient, ranges);
  }
  return text;
}

function termText(term: Term, magnitude: bigint, ranges: boolean): string {
  const { key, factors } = term.monomial;
  if (factors.length === 0) return String(magnitude);
  const product = ranges
    ? key
    : factors.map(({ atom, power }) => (power === 1 ? bare(atom) : `${bare(atom)}**${power}`)).join('*');
  return magnitude === 1n ? product : `${magnitude}*${product}`;
}

function bare(atom: Atom): string {
  return atom.kind === 'symbol' ? nameText(atom.name) : atomText(atom, false);
}

/** The text of a floor, min or max. */
export function atomText(atom: AtomParts, ranges: boolean): string {
  if (atom.kind === 'floor') {
    const over = operand(atom.numerator, ranges, 'over');
    return `floor(${over}/${operand(atom.denominator, ranges, 'under')})`;
  }
  return `${atom.kind}(${atom.args.map((arg) => dimText(arg, ranges)).join(', ')})`;
}

/** An atom that has no key yet. */
export type AtomParts =
  | { readonly kind: 'floor'; readonly numerator: Dim; readonly denominator: Dim }
  | { readonly kind: 'min' | 'max'; readonly args: readonly Dim[] };

function dimText(d: Dim, ranges: boolean): string {
  return typeof d === 'object' && ranges ? d.key : String(d);
}

/** Parentheses where `/` would otherwise bind to a part: any sum, and below the line any product. */
function operand(d: Dim, ranges: boolean, side: 'over' | 'under'): string {
  const text = dimText(d, ranges);
  if (typeof d !== 'object') return text;
  const [first, second] = d.terms;
  const whole = second === undefined && first !== undefined;
  const single = whole && first.coefficient === 1n && first.monomial.factors.length === 1;
  return (side === 'over' ? whole : single) ? text : `(${text})`;
}
