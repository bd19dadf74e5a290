import { type Dim, isStatic } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { scalarType } from './dtypes.js';
import { type Entry, entry, type Rule, type Table } from './table.js';
import { type Arg, isValue, valuesIn } from './types.js';

/** Integers of small tensors are kept: they become shapes. */
const MAX_KEPT = 1024;

function contents(shape: readonly Dim[], dtype: DType, value: number | null): readonly Dim[] | undefined {
  if (value === null || (isFloating(dtype) && shape.length > 0)) return undefined;
  if (!shape.every((d) => typeof d === 'number')) return undefined;
  const n = (shape as readonly number[]).reduce((a, b) => a * b, 1);
  return n <= MAX_KEPT ? new Array<Dim>(n).fill(value) : undefined;
}

function filled(c: Call, shape: readonly Dim[], dtype: DType, value: number | null) {
  return c.make(ops.fill(shape, dtype, contents(shape, dtype, value)), []);
}

const make =
  (value: number | null): Rule =>
  (c) =>
    filled(c, c.dims('size'), c.dtype() ?? 'float32', value);
const makeLike =
  (value: number | null): Rule =>
  (c) => {
    const x = c.type('self');
    return filled(c, x.shape, c.dtype() ?? x.dtype, value);
  };
const makeNew =
  (value: number | null): Rule =>
  (c) =>
    filled(c, c.dims('size'), c.dtype() ?? c.type('self').dtype, value);

/** Filled with one value, whose own dtype is the default. */
const full =
  (shape: (c: Call) => readonly Dim[], dtype?: (c: Call) => DType): Rule =>
  (c) => {
    const of = c.dtype() ?? dtype?.(c) ?? c.operand('fill_value').type.dtype;
    return filled(c, shape(c), of, c.number('fill_value'));
  };

const arange: Rule = (c) => {
  const [start, end, step] = [c.has('start') ? c.dim('start') : 0, c.dim('end'), c.has('step') ? c.dim('step') : 1];
  const floats = ['start', 'end', 'step'].some((name) => c.has(name) && isFloating(c.operand(name).type.dtype));
  const dtype = c.dtype() ?? (floats ? 'float32' : 'int64');
  const { count, value } = ops.range(start, end, step);
  return c.make(ops.fill([count], dtype, isFloating(dtype) ? undefined : value), []);
};

const linspace: Rule = (c) => c.make(ops.fill([c.dim('steps')], c.dtype() ?? 'float32'), []);
const eye: Rule = (c) =>
  c.make(ops.fill([c.dim('n'), c.has('m') ? c.dim('m') : c.dim('n')], c.dtype() ?? 'float32'), []);

/** A number, or lists of numbers, as a tensor. */
const literal: Rule = (c) => {
  const data = c.arg('data');
  if (isValue(data)) return c.make(ops.cast(c.type('data'), c.dtype() ?? c.type('data').dtype), [data]);
  const { shape, items } = flattened(data);
  const types = items.map((item) => (isValue(item) ? item.type : scalarType(item)));
  const natural =
    types.some((t) => t !== null && isFloating(t.dtype)) || items.length === 0
      ? 'float32'
      : types.length > 0 && types.every((t) => t?.dtype === 'bool')
        ? 'bool'
        : 'int64';
  const value = types.map((t) => t?.value?.[0]);
  const known = value.every((v): v is Dim => v !== undefined) && value.length <= MAX_KEPT ? value : undefined;
  return c.make(ops.fill(shape, c.dtype() ?? natural, known), valuesIn(items));
};

function flattened(data: Arg, depth = 0): { shape: number[]; items: Arg[] } {
  if (!Array.isArray(data)) return { shape: [], items: [data] };
  if (depth > 32) throw new Unsupported('its contents are nested too deeply');
  const parts = (data as readonly Arg[]).map((item) => flattened(item, depth + 1));
  return { shape: [parts.length, ...(parts[0]?.shape ?? [])], items: parts.flatMap((p) => p.items) };
}

/** Numbers from a generator: how they are made is not counted. */
const randomLike: Rule = (c) => {
  const x = c.type('self');
  return c.make(ops.copy({ dtype: c.dtype() ?? x.dtype, shape: x.shape }, 'random'), [c.value('self')]);
};

/** Pairs of positions of a triangle. */
const triangle =
  (lower: boolean): Rule =>
  (c) => {
    const [rows, columns] = [c.dim('row'), c.dim('col')];
    if (!isStatic(rows) || !isStatic(columns)) throw new Unsupported('its extents are symbolic');
    const [r, k, offset] = [Number(rows), Number(columns), c.int('offset')];
    let n = 0;
    if (r > 1_000_000) throw new Unsupported('its extents are too large');
    for (let i = 0; i < r; i++) {
      const below = Math.min(k, Math.max(0, i + offset + (lower ? 1 : 0)));
      n += lower ? below : k - below;
    }
    return c.make(ops.fill([2, n], c.dtype() ?? 'int64'), []);
  };

/** Values written over a whole tensor. */
const overwrite =
  (value: (c: Call) => number | null): Rule =>
  (c) => {
    const x = c.type('self');
    const known = contents(x.shape, x.dtype, value(c));
    const effect = ops.fill(x.shape, x.dtype, known);
    return c.make(effect, [
      c.value('self'),
      ...['value', 'src'].map((name) => c.optional(name)).filter((v) => v !== null),
    ]);
  };

const copyInto: Rule = (c) => {
  const [x, src] = [c.type('self'), c.type('src')];
  const effect = ops.copy(x, 'copy');
  return c.make(ops.withValue(effect, ops.foldExpand(src, x.shape)), [c.value('self'), c.value('src')]);
};

const sized = (rule: Rule): Entry => entry(['size:is... dtype=None', 'size names=None dtype=None'], rule);
const window =
  (kind: ops.WindowFunction): Rule =>
  (c) =>
    c.make(ops.windowFunction(kind, c.dtype() ?? 'float32', c.dim('window_length')), []);
const RANDINT = ['high:i size:is dtype=None', 'low:i high:i size:is dtype=None'];

export const factories: Table = byName({
  zeros: sized(make(0)),
  ones: sized(make(1)),
  empty: sized(make(null)),
  rand: sized(make(null)),
  randn: sized(make(null)),
  empty_strided: entry('size stride dtype=None', make(null)),
  empty_permuted: entry('size physical_layout dtype=None', make(null)),
  zeros_like: entry('self dtype=None', makeLike(0)),
  ones_like: entry('self dtype=None', makeLike(1)),
  empty_like: entry('self dtype=None', makeLike(null)),
  rand_like: entry('self dtype=None', makeLike(null)),
  randn_like: entry('self dtype=None', makeLike(null)),
  new_zeros: entry('self size:is... dtype=None', makeNew(0)),
  new_ones: entry('self size:is... dtype=None', makeNew(1)),
  new_empty: entry('self size:is... dtype=None', makeNew(null)),
  new_empty_strided: entry('self size stride dtype=None', makeNew(null)),
  new_full: entry(
    'self size fill_value dtype=None',
    full(
      (c) => c.dims('size'),
      (c) => c.type('self').dtype,
    ),
  ),
  new_tensor: entry('self data dtype=None', literal),
  full: entry(
    'size fill_value dtype=None',
    full((c) => c.dims('size')),
  ),
  full_like: entry(
    'self fill_value dtype=None',
    full(
      (c) => c.type('self').shape,
      (c) => c.type('self').dtype,
    ),
  ),
  randint: entry(RANDINT, (c) => filled(c, c.dims('size'), c.dtype() ?? 'int64', null)),
  randint_like: entry(['self high:i dtype=None', 'self low high dtype=None'], makeLike(null)),
  randperm: entry('n dtype=None', (c) => filled(c, [c.dim('n')], c.dtype() ?? 'int64', null)),
  // Numbers alone are places; only the last form is left if there is one of them.
  arange: entry(['start:n end:n step:n dtype=None', 'start:n end:n dtype=None', 'end:n dtype=None'], arange),
  range: entry('start end step=1 dtype=None', arange),
  linspace: entry('start end steps dtype=None', linspace),
  logspace: entry('start end steps base=10 dtype=None', linspace),
  eye: entry(['n:n m:n dtype=None', 'n:n dtype=None'], eye),
  tensor: entry('data dtype=None', literal),
  as_tensor: entry('data dtype=None', literal),
  scalar_tensor: entry('data dtype=None', literal),
  asarray: entry('data dtype=None', literal),
  tril_indices: entry('row col offset=0 dtype=None', triangle(true)),
  triu_indices: entry('row col offset=0 dtype=None', triangle(false)),
  hann_window: entry('window_length periodic=True dtype=None', window('hann')),
  hamming_window: entry('window_length periodic=True dtype=None', window('hamming')),
  blackman_window: entry('window_length periodic=True dtype=None', window('blackman')),
  kaiser_window: entry('window_length periodic=True beta=12 dtype=None', window('kaiser')),
  bartlett_window: entry('window_length periodic=True dtype=None', window('bartlett')),
  bernoulli: entry('self p=None', (c) => c.make(ops.perElement('bernoulli', c.type('self')), [c.value('self')])),
  normal: entry(['mean std=1 size=None dtype=None', 'self mean=0 std=1'], (c) =>
    c.has('size')
      ? filled(c, c.dims('size'), c.dtype() ?? 'float32', null)
      : c.has('self')
        ? randomLike(c)
        : c.make(ops.copy(c.operand('mean').type, 'random'), [c.optional('mean')]),
  ),
  normal_functional: entry('self mean=0 std=1', randomLike),
  uniform: entry('self from=0 to=1', randomLike),
  random: entry('self from=0 to=None', randomLike),
  exponential: entry('self lambd=1', randomLike),
  poisson: entry('self', randomLike),
  multinomial: entry('self num_samples replacement=False', (c) => {
    const x = c.type('self');
    return c.make(
      ops.copy({ dtype: 'int64', shape: x.shape }, 'multinomial', [...x.shape.slice(0, -1), c.dim('num_samples')]),
      [c.value('self')],
    );
  }),
  fill: entry(
    'self value',
    overwrite((c) => c.number('value')),
  ),
  zero: entry(
    'self',
    overwrite(() => 0),
  ),
  copy: entry('self src non_blocking=False', copyInto),
  set: entry('self src', copyInto),
  complex: entry('real imag', (c) => {
    const x: TensorType = c.type('real');
    return c.make(ops.copy({ dtype: x.dtype === 'float64' ? 'complex128' : 'complex64', shape: x.shape }, 'complex'), [
      c.value('real'),
      c.value('imag'),
    ]);
  }),
  polar: entry('abs angle', (c) => {
    const x: TensorType = c.type('abs');
    const out: TensorType = { dtype: x.dtype === 'float64' ? 'complex128' : 'complex64', shape: x.shape };
    return c.make(ops.perElement('polar', x, { outputs: [out] }), [c.value('abs'), c.value('angle')]);
  }),
});
