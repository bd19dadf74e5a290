import {
  add,
  ceildiv,
  type Dim,
  equal,
  floordiv,
  isStatic,
  lessEqual,
  max,
  min,
  mod,
  mul,
  neg,
  pow,
  sub,
} from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { byName } from '../../source/by-name.js';
import { numel } from '../../tensor/index.js';
import { type Call, typeOf } from './call.js';
import { type Entry, entry, type Rule, type Table } from './table.js';
import { type Arg, isValue } from './types.js';

/** Arithmetic on sizes: no tensor is touched and nothing is recorded, for it costs nothing that anyone counts. */

function shapeOf(c: Call) {
  const arg = c.arg('self');
  const type = isValue(arg) ? typeOf(arg) : null;
  if (type === null) throw new Unsupported('the shape of its argument is not known');
  return type.shape;
}

/** All extents, or one of them. */
const size: Rule = (c) => {
  const shape = shapeOf(c);
  return [c.has('dim') ? (shape[c.axis('dim', shape.length)] as Dim) : shape];
};

/** A function of two integers; floats only if both are numbers. */
const binary = (integers: (a: Dim, b: Dim) => Dim | null, floats: (a: number, b: number) => number): Entry =>
  entry('a b', (c) => {
    const [a, b] = [c.dim('a'), c.dim('b')];
    if (whole(a) && whole(b)) {
      const result = integers(a, b);
      if (result !== null) return [result];
    }
    if (isStatic(a) && isStatic(b)) return [floats(Number(a), Number(b))];
    throw new Unsupported('its result is not an integer while its operands are symbolic');
  });

const whole = (d: Dim): boolean => typeof d !== 'number' || Number.isInteger(d);

/** A question about two integers: answered, or a reason to stop where the answer depends on what is symbolic. */
const question = (ask: (a: Dim, b: Dim) => boolean | undefined): Entry =>
  entry('a b', (c) => {
    const answer = ask(c.dim('a'), c.dim('b'));
    if (answer === undefined) throw new Unsupported('its answer depends on what is symbolic');
    return [answer];
  });

const unary = (of: (a: Dim) => Dim | null): Entry =>
  entry('a', (c) => {
    const result = of(c.dim('a'));
    if (result === null) throw new Unsupported('its result depends on what is symbolic');
    return [result];
  });
const rounded = (round: (x: number) => number): Entry =>
  unary((a) => (whole(a) ? a : typeof a === 'number' ? round(a) : null));

/** A tensor's only element: its number where that is known, else the tensor itself stands for it. */
const item: Rule = (c) => {
  const [only, more] = typeOf(c.value('self'))?.value ?? [];
  return [only === undefined || more !== undefined ? c.value('self') : only];
};

/** A check costs nothing and gives nothing. */
const nothing: Rule = () => [];

const not = (answer: boolean | undefined): boolean | undefined => (answer === undefined ? undefined : !answer);
const eq = (a: Dim, b: Dim): boolean | undefined =>
  equal(a, b)
    ? true
    : isStatic(a) && isStatic(b)
      ? false
      : lessEqual(add(a, 1), b) === true || lessEqual(add(b, 1), a) === true
        ? false
        : undefined;

const truth = (c: Call, name: string): boolean => {
  const arg = c.arg(name);
  if (typeof arg === 'boolean') return arg;
  const d = c.dim(name);
  if (!isStatic(d)) throw new Unsupported('its answer depends on what is symbolic');
  return !equal(d, 0);
};

const OPERATORS: Table = byName({
  add: binary(
    (a, b) => add(a, b),
    (a, b) => a + b,
  ),
  sub: binary(
    (a, b) => sub(a, b),
    (a, b) => a - b,
  ),
  mul: binary(
    (a, b) => mul(a, b),
    (a, b) => a * b,
  ),
  floordiv: binary(
    (a, b) => (equal(b, 0) ? null : floordiv(a, b)),
    (a, b) => Math.floor(a / b),
  ),
  mod: binary(
    (a, b) => (equal(b, 0) ? null : mod(a, b)),
    (a, b) => a - b * Math.floor(a / b),
  ),
  truediv: binary(
    (a, b) => (!equal(b, 0) && equal(mod(a, b), 0) ? floordiv(a, b) : null),
    (a, b) => a / b,
  ),
  pow: binary(
    (a, b) => (typeof b === 'number' && b >= 0 ? pow(a, b) : null),
    (a, b) => a ** b,
  ),
  neg: unary((a) => (whole(a) ? neg(a) : typeof a === 'number' ? -a : null)),
  pos: unary((a) => a),
  abs: unary((a) => (isStatic(a) ? Math.abs(Number(a)) : lessEqual(0, a) === true ? a : null)),
  eq: question(eq),
  ne: question((a, b) => not(eq(a, b))),
  lt: question((a, b) => lessEqual(add(a, 1), b)),
  le: question((a, b) => lessEqual(a, b)),
  gt: question((a, b) => not(lessEqual(a, b))),
  ge: question((a, b) => lessEqual(b, a)),
  and_: entry('a b', (c) => [truth(c, 'a') && truth(c, 'b')]),
  or_: entry('a b', (c) => [truth(c, 'a') || truth(c, 'b')]),
  not_: entry('a', (c) => [!truth(c, 'a')]),
  getitem: entry('a b', (c): readonly Arg[] => {
    const list = c.arg('a');
    const found = Array.isArray(list) ? (list as readonly Arg[]).at(c.int('b')) : undefined;
    if (found === undefined) throw new Unsupported('it takes an element that is not there');
    return [found];
  }),
});
const renamed = (prefix: string, names: readonly string[]): Table =>
  Object.fromEntries(names.map((name) => [`${prefix}${name}`, OPERATORS[name] as Entry]));

export const symbolic: Table = byName({
  ...renamed('_operator.', Object.keys(OPERATORS)),
  'math.round': rounded(Math.round),
  'math.floor': rounded(Math.floor),
  'math.ceil': rounded(Math.ceil),
  'math.trunc': rounded(Math.trunc),
  'torch.sym_int': rounded(Math.trunc),
  'torch.sym_float': unary((a) => a),
  'torch.sym_max': binary((a, b) => max(a, b), Math.max),
  'torch.sym_min': binary((a, b) => min(a, b), Math.min),
  'torch.sym_not': OPERATORS['not_'] as Entry,
  'torch.sym_sqrt': unary((a) => (isStatic(a) ? Math.sqrt(Number(a)) : null)),
  'torch.sym_ite': entry('b t f', (c) => [truth(c, 'b') ? c.arg('t') : c.arg('f')]),
  'torch.sym_sum': entry('args', (c) => [c.dims('args').reduce<Dim>((a, b) => add(a, b), 0)]),
  sym_size: entry('self dim=None', size),
  size: entry('self dim=None', size),
  shape: entry('self', size),
  sym_numel: entry('self', (c) => [numel(shapeOf(c))]),
  numel: entry('self', (c) => [numel(shapeOf(c))]),
  dim: entry('self', (c) => [shapeOf(c).length]),
  sym_stride: entry('self dim=None', (c) => {
    const shape = shapeOf(c);
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce<Dim>((a, b) => mul(a, b), 1));
    return [c.has('dim') ? (strides[c.axis('dim', shape.length)] as Dim) : strides];
  }),
  sym_storage_offset: entry('self', () => [0]),
  item: entry('self', item),
  _local_scalar_dense: entry('self', item),
  sym_constrain_range: entry('size min=None max=None', nothing),
  sym_constrain_range_for_size: entry('size min=None max=None', nothing),
  _assert_async: entry('self assert_msg=None', nothing),
  _assert_scalar: entry('self assert_msg=None', nothing),
  _assert_tensor_metadata: entry('a size=None stride=None dtype=None device=None layout=None', nothing),
  _functional_assert_async: entry('self assert_msg dep_token', nothing),
  _is_all_true: entry('self', item),
  ceildiv: entry('a b', (c) => [ceildiv(c.dim('a'), c.dim('b'))]),
});
