import {
  add,
  type Constraint,
  type Dim,
  equal,
  floordiv,
  format,
  lessEqual,
  max,
  min,
  mod,
  mul,
  sub,
  substitute,
  symbols,
} from '../dim/index.js';

/** Arithmetic and comparison of sizes, some of which are formulas; null if an answer depends on what is symbolic. */
export function arithmetic(sign: string, a: Dim, b: Dim): Dim | boolean | null {
  switch (sign) {
    case '+':
      return add(a, b);
    case '-':
      return sub(a, b);
    case '*':
      return mul(a, b);
    case '//':
      return floordiv(a, b);
    case '%':
      return mod(a, b);
    case 'min':
      return min(a, b);
    case 'max':
      return max(a, b);
    default:
      return compared(sign, a, b);
  }
}

function compared(sign: string, a: Dim, b: Dim): boolean | null {
  const proved = (x: Dim, y: Dim): boolean | null => lessEqual(x, y) ?? null;
  const not = (x: boolean | null): boolean | null => (x === null ? null : !x);
  const same = (): boolean | null =>
    equal(a, b) ? true : proved(a, b) === false || proved(b, a) === false ? false : null;
  switch (sign) {
    case '==':
      return same();
    case '!=':
      return not(same());
    case '<=':
      return proved(a, b);
    case '<':
      return not(proved(b, a));
    case '>=':
      return proved(b, a);
    default:
      return not(proved(a, b));
  }
}

/** An assumed outcome of a comparison of sizes. */
export interface Assumption {
  readonly holds: boolean;
  /** The comparison as it is taken to be: `4*nms_9 <= 4000`. */
  readonly text: string;
  /** The constraint on sizes that makes it true; null if no kind of constraint can say it. */
  constraint(message: string): Constraint | null;
}

/** How many rows data is taken to have picked where a branch asks: some, and few. PyTorch's export takes the same number. */
const FEW = 2;
const OPPOSITE: Readonly<Record<string, string>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/**
 * The answer to a comparison that depends on how many rows data picks (those above a threshold, those that are kept): as it
 * is where they are few and not none. Null if it depends on anything else: `byData` tells the symbols apart.
 */
export function assumed(sign: string, a: Dim, b: Dim, byData: (name: string) => boolean): Assumption | null {
  const counts = new Set([...symbols(a), ...symbols(b)].filter(byData));
  if (counts.size === 0) return null;
  const few = new Map([...counts].map((name) => [name, FEW]));
  const holds = compared(sign, substitute(a, few), substitute(b, few));
  const taken = holds === false ? OPPOSITE[sign] : sign;
  if (holds === null || taken === undefined) return null;
  return {
    holds,
    text: `${format(a)} ${taken} ${format(b)}`,
    constraint: (message) => constraintOf(taken, a, b, message),
  };
}

function constraintOf(sign: string, a: Dim, b: Dim, message: string): Constraint | null {
  switch (sign) {
    case '==':
      return { kind: 'equal', left: a, right: b, message };
    case '<=':
      return { kind: 'at-least', value: b, least: a, message };
    case '<':
      return { kind: 'at-least', value: b, least: add(a, 1), message };
    case '>=':
      return { kind: 'at-least', value: a, least: b, message };
    case '>':
      return { kind: 'at-least', value: a, least: add(b, 1), message };
    default:
      // Not 0 of what is never below it.
      return equal(b, 0) && lessEqual(0, a) ? { kind: 'at-least', value: a, least: 1, message } : null;
  }
}
