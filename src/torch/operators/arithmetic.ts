import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../tensor/index.js';
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
  options: { dtype?: DType; more?: ops.Each; name?: string } = {},
): Value[] {
  const dtype = options.dtype ?? promoted([a, b]);
  const shape = ops.broadcast([a.type.shape, b.type.shape], op);
  // The arithmetic is that of the promoted dtype: a comparison of floats is floating point, whatever it answers.
  const [left, right] = [a, b].map((side): TensorType => ({ dtype, shape: side.type.shape })) as [
    TensorType,
    TensorType,
  ];
  const effect = ops.binary(op, left, right);
  const work = [...effect.work, ...(options.more ? ops.map(dtype, numel(shape), options.more) : [])];
  const value = ops.foldBinary(op, withDtype(a.type, dtype), withDtype(b.type, dtype), shape);
  return c.make(
    ops.withValue({ ...effect, op: options.name ?? op, work }, value),
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
  (op: ops.Binary, name?: string): Rule =>
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
    return binary(
      c,
      op,
      ...(reversed ? ([b, a] as const) : ([a, b] as const)),
      alpha === null || alpha === 1 ? {} : { more: { mul: 1 } },
    );
  };

/** True division makes floats; with a rounding mode it keeps integers. */
const divide: Rule = (c) => {
  const [a, b] = sides(c);
  const mode = c.text('rounding_mode');
  if (mode === '') return binary(c, 'div', a, b, { dtype: floatOf(promoted([a, b])) });
  return binary(c, 'floor_divide', a, b, mode === 'trunc' ? { name: 'div' } : {});
};

/** x² and x³ are computed by multiplying, √x as a root, as every runtime does. */
const power: Rule = (c) => {
  const [a, b] = sides(c, 'self', 'exponent');
  const exponent = b.number || b.type.shape.length === 0 ? c.number('exponent') : null;
  const each: ops.Each | null =
    exponent === 2
      ? { mul: 1 }
      : exponent === 3
        ? { mul: 2 }
        : exponent === 0.5
          ? { sqrt: 1 }
          : exponent === 1
            ? {}
            : null;
  if (each === null || a.number) return binary(c, 'pow', a, b);
  const dtype = promoted([a, b]);
  const effect: ops.Effect = {
    op: 'pow',
    outputs: [{ dtype, shape: a.type.shape }],
    work: ops.map(dtype, numel(a.type.shape), each),
    attrs: { exponent: exponent as number },
  };
  return c.make(ops.withValue(effect, ops.foldBinary('pow', a.type, b.type, a.type.shape)), [a.value]);
};

/** self + value · t1 · t2 (or t1 / t2). */
const addc =
  (op: 'mul' | 'div'): Rule =>
  (c) => {
    const [x, t1, t2] = [c.type('self'), c.type('tensor1'), c.type('tensor2')];
    const shape = ops.broadcast([x.shape, t1.shape, t2.shape], c.name);
    const dtype = promoted([x, t1, t2].map((type) => ({ type, number: false })));
    const scale = c.number('value');
    const each: ops.Each =
      op === 'mul' ? { mul: scale === 1 ? 1 : 2, add: 1 } : { div: 1, add: 1, ...(scale === 1 ? {} : { mul: 1 }) };
    return c.make({ op: c.name, outputs: [{ dtype, shape }], work: ops.map(dtype, numel(shape), each) }, [
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
    { op: 'lerp', outputs: [{ dtype, shape }], work: ops.map(dtype, numel(shape), { add: 2, mul: 1 }) },
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
  (each: ops.Each): Rule =>
  (c) => {
    const x = c.type('self');
    const n = numel(x.shape);
    const work = [...ops.map(x.dtype, n, each)];
    return c.make({ op: c.name, outputs: [{ dtype: 'bool', shape: [] }], work }, [c.value('self'), c.value('other')]);
  };

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
  fmod: two(plain('remainder', 'fmod')),
  pow: entry('self exponent', power),
  float_power: entry('self exponent', power),
  atan2: two(floats('atan2')),
  hypot: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'mul', a, b, { name: 'hypot', more: { mul: 1, add: 1, sqrt: 1 } });
  }),
  xlogy: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'mul', a, b, { name: 'xlogy', more: { log: 1 }, dtype: floatOf(promoted([a, b])) });
  }),
  logaddexp: two((c) => {
    const [a, b] = sides(c);
    return binary(c, 'add', a, b, { name: 'logaddexp', more: { cmp: 1, exp: 1, log: 1, add: 2 } });
  }),
  copysign: two(plain('mul', 'copysign')),
  heaviside: entry('self values', (c) => {
    const [a, b] = sides(c, 'self', 'values');
    return binary(c, 'ge', a, b, { name: 'heaviside' });
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
    return binary(c, 'le', a, b, { name: 'isclose', more: { add: 2, abs: 2, mul: 1 } });
  }),
  equal: two(whole({ cmp: 1 })),
  allclose: entry('self other rtol=1e-5 atol=1e-8 equal_nan=False', whole({ cmp: 1, add: 2, abs: 2, mul: 1 })),
  addcmul: entry('self tensor1 tensor2 value=1', addc('mul')),
  addcdiv: entry('self tensor1 tensor2 value=1', addc('div')),
  lerp: entry('self end weight', lerp),
  where: entry(['condition self other', 'condition'], (c) => (c.has('self') ? where(c) : nonzeroOf(c))),
  masked_fill: entry('self mask value', maskedFill),
});

/** `where(condition)`: the places that are not 0, one vector an axis. */
function nonzeroOf(c: Call): readonly (readonly Value[])[] {
  const x = c.type('condition');
  const n = c.fresh(0, 0);
  const outputs = x.shape.map(() => ({ dtype: 'int64' as const, shape: [n] }));
  return [
    c.make({ op: 'nonzero', outputs, work: ops.map(x.dtype, numel(x.shape), { cmp: 1 }) }, [c.value('condition')]),
  ];
}
