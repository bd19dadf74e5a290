import { add, type Dim, equal, floordiv, isStatic, lessEqual, mod, mul, sub } from '../../dim/index.js';
import { byName } from '../../source/by-name.js';

/** An operator on single integers and booleans; undefined if the result is not known. */
type Counts = (args: readonly (Dim | undefined)[]) => Dim | undefined;

const pair =
  (of: (a: Dim, b: Dim) => Dim | undefined): Counts =>
  ([a, b]) =>
    a === undefined || b === undefined ? undefined : of(a, b);

const truth = (holds: boolean | undefined): Dim | undefined => (holds === undefined ? undefined : Number(holds));
const same = (a: Dim, b: Dim): boolean | undefined =>
  equal(a, b) ? true : isStatic(a) && isStatic(b) ? false : undefined;
const not = (holds: boolean | undefined): boolean | undefined => (holds === undefined ? undefined : !holds);
const divided = (a: Dim, b: Dim): Dim | undefined => (isStatic(b) && Number(b) > 0 ? floordiv(a, b) : undefined);

const COUNTS: Readonly<Record<string, Counts>> = byName({
  add: pair(add),
  sub: pair(sub),
  mul: pair(mul),
  floordiv: pair(divided),
  mod: pair((a, b) => (isStatic(b) && Number(b) > 0 ? mod(a, b) : undefined)),
  eq: pair((a, b) => truth(same(a, b))),
  ne: pair((a, b) => truth(not(same(a, b)))),
  le: pair((a, b) => truth(lessEqual(a, b))),
  lt: pair((a, b) => truth(not(lessEqual(b, a)))),
  ge: pair((a, b) => truth(lessEqual(b, a))),
  gt: pair((a, b) => truth(not(lessEqual(a, b)))),
  neg: ([a]) => (a === undefined ? undefined : sub(0, a)),
});

const PREFIX = 'executorch_prim::';

/** The rule of an operator of ExecuTorch's own on integers; null for others. */
export function countsBy(name: string): Counts | null {
  return name.startsWith(PREFIX) ? (COUNTS[name.slice(PREFIX.length)] ?? null) : null;
}
