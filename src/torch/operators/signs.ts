import { byName } from '../../source/by-name.js';

/** Methods that Python also spells as a sign; in place with `=` after it. */
export const PYTHON_SIGNS: Readonly<Partial<Record<string, string>>> = byName({
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  true_divide: '/',
  matmul: '@',
  pow: '**',
  floor_divide: '//',
  remainder: '%',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  neg: '-',
});
