import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import { dtypeOf } from './dtypes.js';
import { of } from './of-self.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

/** The same elements as another type, and complex numbers as pairs of real ones. */

/** A dtype, a device, a layout, another tensor: only a dtype changes anything. */
const to: Rule = of((x, c) => {
  const other = c.optionalType('other');
  const arg = c.arg('dtype');
  const dtype = other?.dtype ?? (typeof arg === 'string' && !isDType(arg) ? null : dtypeOf(arg)) ?? x.dtype;
  return cast(x, dtype);
});

function cast(x: TensorType, dtype: TensorType['dtype']): ops.Effect {
  const effect = ops.cast(x, dtype);
  return dtype === x.dtype ? effect : ops.withValue(effect, ops.foldCast(x, dtype));
}

function isDType(text: string): boolean {
  try {
    return dtypeOf(text) !== null;
  } catch {
    return false;
  }
}

const named = (dtype: TensorType['dtype']): Entry =>
  entry(
    'self memory_format=None',
    of((x) => cast(x, dtype)),
  );

/** A complex tensor as pairs of reals, and back. */
const asReal = of((x) =>
  ops.view(
    'view_as_real',
    { dtype: x.dtype === 'complex128' ? 'float64' : 'float32', shape: x.shape },
    [...x.shape, 2],
    null,
  ),
);

const asComplex = of((x) =>
  ops.view(
    'view_as_complex',
    { dtype: x.dtype === 'float64' ? 'complex128' : 'complex64', shape: x.shape },
    x.shape.slice(0, -1),
    null,
  ),
);

const part = (op: ops.OpName): Rule =>
  of((x) =>
    ops.view(
      op,
      { dtype: x.dtype === 'complex128' ? 'float64' : x.dtype === 'complex64' ? 'float32' : x.dtype, shape: x.shape },
      x.shape,
      null,
    ),
  );

export const casts: Table = byName({
  to: entry(
    [
      'self other:T non_blocking=False copy=False memory_format=None',
      'self dtype:n non_blocking=False copy=False memory_format=None',
      'self dtype:s non_blocking:b=False copy=False memory_format=None',
      'self device dtype=None non_blocking=False copy=False memory_format=None',
      'self dtype=None layout=None device=None pin_memory=None non_blocking=False copy=False memory_format=None',
      'self device=None dtype=None non_blocking=False copy=False memory_format=None',
    ],
    to,
  ),
  _to_copy: entry('self dtype=None layout=None device=None pin_memory=None non_blocking=False memory_format=None', to),
  type_as: entry('self other', to),
  type: entry('self dtype', to),
  float: named('float32'),
  double: named('float64'),
  half: named('float16'),
  bfloat16: named('bfloat16'),
  long: named('int64'),
  int: named('int32'),
  short: named('int16'),
  char: named('int8'),
  byte: named('uint8'),
  bool: named('bool'),
  view_as_real: entry('self', asReal),
  view_as_complex: entry('self', asComplex),
  real: entry('self', part('real')),
  imag: entry('self', part('imag')),
});
