import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { floatOf, type Operand, promoted } from './dtypes.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

type Side = Operand & { readonly value: Value | null };

/** A function of two tensors, or of a tensor and a number, which costs the same and is read from nowhere. */
function binary(
  c: Call,
  op: ops.Binary,
  a: Side,
  b: Side,
  options: { dtype?: DType; scaled?: boolean; name?: ops.OpName } = {},
): Value[] {
  const dtype = options.dtype ?? promoted([a, b]);
  const shape = ops.broadcast([a.type.shape, b.type.shape], op);
  // The arithmetic is that of the promoted dtype: a comparison of floats is floating point, whatever it answers.
  const [left, right] = [a, b].map((side): TensorType => ({ dtype, shape: side.type.shape })) as [
    TensorType,
    TensorType,
  ];
  const effect = ops.binary(op, left, right, { scaled: options.scaled ?? false });
  const value = ops.foldBinary(op, withDtype(a.type, dtype), withDtype(b.type, dtype), shape);
  return c.make(
    ops.withValue(ops.renamed(effect, options.name ?? op), value),
    [a.value, b.value].filter((v) => v !== null),
  );
}

/** Contents stay with a tensor whose dtype is promoted. */
function withDtype(type: TensorType, dtype: DType): TensorType {
  return 'value' in type && type.value !== undefined
    ? { dtype, shape: type.shape, value: type.value }
    : { dtype, shape: type.shape };
}

function sides(c: Call, first = 'self', second = 'other'): [Side, Side] {
  return [c.operand(first), c.operand(second)];
}

const plain =
  (op: ops.Binary, name?: ops.OpName): Rule =>
  (c) => {
    const [a, b] = sides(c);
    return binary(c, op, a, b, name === undefined ? {} : { name });
  };
const floats =
  (op: ops.Binary): Rule =>
  (c) => {
    const [a, b] = sides(c);
    return binary(c, op, a, b, { dtype: floatOf(promoted([a, b])) });
  };
/** `self + alpha · other`: a factor that is not 1 is one more product. */
const scaled =
  (op: 'add' | 'sub', reversed = false): Rule =>
  (c) => {
    const [a, b] = sides(c);
    const alpha = c.number('alpha');
    return binary(c, op, ...(reversed ? ([b, a] as const) : ([a, b] as const)), {
      scaled: alpha !== null && alpha !== 1,
    });
  };

/** True division makes floats; with a rounding mode it keeps integers. */
const divide: Rule = (c) => {
  const [a, b] = sides(c);
  const mode = c.text('rounding_mode');
  if (mode === '') return binary(c, 'div', a, b, { dtype: floatOf(promoted([a, b])) });
  return binary(c, 'floor_divide', a, b, mode === 'trunc' ? { name: 'div' } : {});
};

const power: Rule = (c) => {
  const [a, b] = sides(c, 'self', 'exponent');
  const exponent = b.number || b.type.shape.length === 0 ? c.number('exponent') : null;
  const dtype = promoted([a, b]);
  const effect = ops.power(a.type, b.type, a.number ? null : exponent, dtype);
  const shape = effect.outputs[0]?.shape ?? [];
  const known = effect.attrs?.exponent !== undefined;
  const value = ops.foldBinary('pow', withDtype(a.type, dtype), withDtype(b.type, dtype), shape);
  // A number whose power is known is no longer an operand.
  const inputs = known ? [a.value] : [a.value, b.value].filter((v) => v !== null);
  return c.make(ops.withValue(effect, value), inputs);
};

/** self + value · t1 · t2 (or t1 / t2). */
const addc =
  (op: 'addcmul' | 'addcdiv'): Rule =>
  (c) => {
    const [x, t1, t2] = [c.type('self'), c.type('tensor1'), c.type('tensor2')];
    const shape = ops.broadcast([x.shape, t1.shape, t2.shape], c.name);
    const dtype = promoted([x, t1, t2].map((type) => ({ type, number: false })));
    const scale = c.number('value');
    return c.make(ops.perElement(op, { dtype, shape }, { scaled: scale !== 1 }), [
      c.value('self'),
      c.value('tensor1'),
      c.value('tensor2'),
    ]);
  };

const lerp: Rule = (c) => {
  const parts = [c.operand('self'), c.operand('end'), c.operand('weight')];
  const shape = ops.broadcast(
    parts.map((p) => p.type.shape),
    'lerp',
  );
  const dtype = promoted(parts);
  return c.make(
    ops.perElement('lerp', { dtype, shape }),
    parts.map((p) => p.value).filter((v) => v !== null),
  );
};

/** Chooses between two operands, which may be numbers. */
const where: Rule = (c) => {
  const [condition, a, b] = [c.operand('condition'), c.operand('self'), c.operand('other')];
  const dtype = promoted([a, b]);
  const [left, right] = [withDtype(a.type, dtype), withDtype(b.type, dtype)];
  const effect = ops.where(condition.type, left, right);
  const value = ops.foldWhere(condition.type, left, right, effect.outputs[0]?.shape ?? []);
  return c.make(
    ops.withValue(effect, value),
    [condition.value, a.value, b.value].filter((v) => v !== null),
  );
};

/** The number takes the place of elements that a mask chooses. */
const maskedFill: Rule = (c) => {
  const [x, mask] = [c.type('self'), c.type('mask')];
  const value = c.optional('value');
  const effect = ops.where(mask, { dtype: x.dtype, shape: [] }, { dtype: x.dtype, shape: x.shape });
  const inputs = c.inplace ? [c.value('self'), c.value('mask')] : [c.value('mask'), c.value('self')];
  return c.make(effect, [...inputs, ...(value === null ? [] : [value])]);
};

/** A comparison of whole tensors: one answer. */
const whole =
  (op: 'equal' | 'allclose'): Rule =>
  (c) =>
    c.make(ops.perElement(op, c.type('self'), { outputs: [{ dtype: 'bool', shape: [] }] }), [
      c.value('self'),
      c.value('other'),
    ]);

const two = (rule: Rule): Entry => entry('self other', rule);
const withAlpha = (rule: Rule): Entry => entry('self other alpha=1', rule);
const compare = (op: ops.Binary): Entry => two(plain(op));
/** Integers and booleans only: no floating-point work, whatever is done. */
const logical = (op: ops.Binary): Entry => two(plain(op));

export const arithmetic: Table = byName({
  add: withAlpha(scaled('add')),
  sub: withAlpha(scaled('sub')),
  rsub: withAlpha(scaled('sub', true)),
  mul: two(plain('mul')),
  div: entry('self other rounding_mode=None', divide),
  floor_divide: two(plain('floor_divide')),
  remainder: two(plain('remainder')),
  fmod: two(plain('fmod')),
  pow: entry('self exponent', power),
  float_power: entry('self exponent', power),
  atan2: two(floats('atan2')),
  hypot: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'hypot', a, b);
  }),
  xlogy: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'xlogy', a, b, { dtype: floatOf(promoted([a, b])) });
  }),
  logaddexp: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'logaddexp', a, b);
  }),
  copysign: two(plain('copysign')),
  heaviside: entry('self values', (c) => {
    const [a, b] = sides(c, 'self', 'values');
    const dtype = promoted([a, b]);
    const effect = ops.binary('heaviside', { dtype, shape: a.type.shape }, { dtype, shape: b.type.shape });
    const outputs = effect.outputs.map(({ shape }) => ({ dtype, shape }));
    return c.make(
      { ...effect, outputs },
      [a.value, b.value].filter((v) => v !== null),
    );
  }),
  maximum: two(plain('maximum')),
  minimum: two(plain('minimum')),
  fmax: two(plain('maximum')),
  fmin: two(plain('minimum')),
  eq: compare('eq'),
  ne: compare('ne'),
  lt: compare('lt'),
  le: compare('le'),
  gt: compare('gt'),
  ge: compare('ge'),
  logical_and: logical('logical_and'),
  logical_or: logical('logical_or'),
  logical_xor: logical('logical_xor'),
  bitwise_and: logical('bitwise_and'),
  bitwise_or: logical('bitwise_or'),
  bitwise_xor: logical('bitwise_xor'),
  bitwise_left_shift: logical('bitwise_shift'),
  bitwise_right_shift: logical('bitwise_shift'),
  isclose: entry('self other rtol=1e-5 atol=1e-8 equal_nan=False', (c) => {
    const [a, b] = sides(c);
    return binary(c, 'isclose', a, b);
  }),
  equal: two(whole('equal')),
  allclose: entry('self other rtol=1e-5 atol=1e-8 equal_nan=False', whole('allclose')),
  addcmul: entry('self tensor1 tensor2 value=1', addc('addcmul')),
  addcdiv: entry('self tensor1 tensor2 value=1', addc('addcdiv')),
  lerp: entry('self end weight', lerp),
  where: entry(['condition self other', 'condition'], (c) => (c.has('self') ? where(c) : nonzeroOf(c))),
  masked_fill: entry('self mask value', maskedFill),
});

/** `where(condition)`: the places that are not 0, one vector an axis. */
function nonzeroOf(c: Call): readonly (readonly Value[])[] {
  const x = c.type('condition');
  const n = c.fresh(0, 0);
  const outputs = x.shape.map(() => ({ dtype: 'int64' as const, shape: [n] }));
  return [c.make(ops.perElement('nonzero', x, { outputs }), [c.value('condition')])];
}
