import { type Dim, equal, isStatic, lessEqual, max, mul, sub } from '../dim/index.js';
import { byName } from '../source/by-name.js';
import type { TensorType } from '../tensor/index.js';
import { foldBroadcast } from './values.js';
import { whole } from './values-arithmetic.js';

/** Contents that are a function of known contents, element by element; undefined if an answer is not certain. */
const FUNCTIONS: Readonly<Record<string, (x: Dim) => Dim | undefined>> = byName({
  neg: (x) => (whole(x) ? sub(0, x) : -Number(x)),
  abs: (x) => (isStatic(x) ? (x < 0 ? sub(0, x) : x) : lessEqual(0, x) === true ? x : undefined),
  floor: (x) => (typeof x === 'number' ? Math.floor(x) : x),
  ceil: (x) => (typeof x === 'number' ? Math.ceil(x) : x),
  round: (x) => (typeof x === 'number' ? halfToEven(x) : x),
  sign: (x) => (isStatic(x) ? Math.sign(Number(x)) : lessEqual(1, x) === true ? 1 : undefined),
  trunc: (x) => (typeof x === 'number' ? Math.trunc(x) : x),
  square: (x) => (whole(x) ? mul(x, x) : Number(x) ** 2),
  sqrt: real(Math.sqrt),
  rsqrt: real((x) => 1 / Math.sqrt(x)),
  exp: real(Math.exp),
  exp2: real((x) => 2 ** x),
  log: real(Math.log),
  log2: real(Math.log2),
  log10: real(Math.log10),
  sin: real(Math.sin),
  cos: real(Math.cos),
  reciprocal: real((x) => 1 / x),
  relu: (x) => (whole(x) ? max(0, x) : Math.max(0, Number(x))),
  logical_not: (x) => (isStatic(x) ? Number(equal(x, 0)) : undefined),
  isnan: (x) => (isStatic(x) ? 0 : undefined),
});

/** A function of a real number, if it is finite. */
function real(f: (x: number) => number): (x: Dim) => number | undefined {
  return (x) => {
    const y = isStatic(x) ? f(Number(x)) : Number.NaN;
    return Number.isFinite(y) ? y : undefined;
  };
}

function halfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

export function foldUnary(op: string, input: TensorType): readonly Dim[] | undefined {
  const rule = FUNCTIONS[op];
  return rule === undefined ? undefined : foldBroadcast([input], input.shape, rule);
}
