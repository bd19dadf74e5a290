import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import { floatOf } from './dtypes.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

/** A function of each element; `floats` makes floats of integers too. */
function unary(op: ops.Unary, options: { floats?: boolean; dtype?: DType } = {}): Rule {
  return (c) => {
    const x = c.type('self');
    const type: TensorType = options.floats && !isFloating(x.dtype) ? { ...x, dtype: 'float32' } : x;
    const effect = ops.unary(op, type, options.dtype === undefined ? {} : { dtype: options.dtype });
    return c.make(ops.withValue(effect, ops.foldUnary(op, x)), [c.value('self')]);
  };
}

const simple = (op: ops.Unary, options: { floats?: boolean; dtype?: DType } = {}): Entry =>
  entry('self inplace=False', unary(op, options));
const keeping = (op: ops.Unary): Entry => simple(op);
const floating = (op: ops.Unary): Entry => simple(op, { floats: true });

/** A function of each element whose result may have another dtype. */
function like(op: ops.Unary, dtype?: (of: DType) => DType): Entry {
  return entry('self inplace=False', (c) => {
    const x = c.type('self');
    const out = { dtype: dtype?.(x.dtype) ?? x.dtype, shape: x.shape };
    return c.make(ops.perElement(op, x, { outputs: [out], dtype: isFloating(x.dtype) ? x.dtype : out.dtype }), [
      c.value('self'),
    ]);
  });
}

/** An activation with constants, in PyTorch's order; what it computes does not depend on them. */
function tuned(op: ops.Unary, ...signatures: readonly string[]): Entry {
  return entry(signatures, (c) => c.make(ops.unary(op, c.type('self')), [c.value('self')]));
}

const hardtanh: Rule = (c) => {
  const [min, max] = [c.number('min_val'), c.number('max_val')];
  const attrs = { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) };
  return c.make(ops.unary(min === 0 && max === 6 ? 'relu6' : 'hardtanh', c.type('self'), { attrs }), [c.value('self')]);
};

/** One compare for each bound that is there; bounds may be numbers or tensors. */
const clamp: Rule = (c) => {
  const x = c.type('self');
  const bounds = ['min', 'max'].filter((name) => c.has(name));
  const tensors = bounds.flatMap((name) => c.optional(name) ?? []);
  const types = bounds.flatMap((name) => c.optionalType(name) ?? []);
  const shape = ops.broadcast([x.shape, ...types.map((t) => t.shape)], 'clamp');
  const attrs = Object.fromEntries(
    bounds.flatMap((name) => {
      const bound = c.optional(name) === null ? c.number(name) : null;
      return bound === null ? [] : [[name, bound] as const];
    }),
  );
  const scalarFloat = bounds.some(
    (name) => c.optional(name) === null && !isFloating(x.dtype) && isFloating(c.operand(name).type.dtype),
  );
  const dtype = scalarFloat ? 'float32' : x.dtype;
  let value: ReturnType<typeof ops.foldBinary> = 'value' in x ? x.value : undefined;
  for (const name of bounds)
    value =
      value === undefined
        ? undefined
        : ops.foldBinary(
            name === 'min' ? 'maximum' : 'minimum',
            { dtype, shape: x.shape, value },
            c.operand(name).type,
            shape,
          );
  const effect = ops.clamp(x, bounds.length, attrs, { shape, dtype });
  return c.make(ops.withValue(effect, value), [c.value('self'), ...tensors]);
};

const gelu: Rule = (c) =>
  c.make(ops.unary(c.text('approximate') === 'tanh' ? 'gelu_tanh' : 'gelu', c.type('self')), [c.value('self')]);

const glu: Rule = (c) => c.make(ops.glu(c.type('self'), c.int('dim')), [c.value('self')]);

const prelu: Rule = (c) => c.make(ops.unary('prelu', c.type('self')), [c.value('self'), c.value('weight')]);

const dropping =
  (channels: boolean): Rule =>
  (c) => {
    const p = c.number('p');
    const given = { ...(p === null ? {} : { p }), channels };
    return c.make(ops.dropout(c.type('self'), c.bool('train') && p !== 0, given), [c.value('self')]);
  };
const dropout = dropping(false);
const DROPOUT = ['self p=0.5 train=False inplace=False'];
const dropoutOf = (channels = false): Entry => entry(DROPOUT, dropping(channels));

const softmax =
  (log: boolean): Rule =>
  (c) => {
    const x = c.type('self');
    const dtype = c.has('dtype') ? (c.dtype() ?? x.dtype) : floatOf(x.dtype);
    const dim = x.shape.length === 0 ? 0 : c.int('dim');
    return c.make(ops.softmax({ dtype, shape: x.shape }, dim, log), [c.value('self')]);
  };
const SOFTMAX = 'self dim:i dtype=None';
/** `F.softmax(x, dim, _stacklevel, dtype)`, and the decomposed form with its flag for halves. */
const SOFTMAXES = [SOFTMAX, 'self dim half_to_float:b'];

export const pointwise: Table = byName({
  relu: keeping('relu'),
  relu6: keeping('relu6'),
  sigmoid: floating('sigmoid'),
  special_expit: floating('sigmoid'),
  silu: keeping('silu'),
  mish: keeping('mish'),
  hardswish: keeping('hardswish'),
  hardsigmoid: keeping('hardsigmoid'),
  selu: keeping('selu'),
  log_sigmoid: keeping('log_sigmoid'),
  logsigmoid: keeping('log_sigmoid'),
  log_sigmoid_forward: keeping('log_sigmoid'),
  softsign: keeping('softsign'),
  tanhshrink: keeping('tanhshrink'),
  tanh: floating('tanh'),
  exp: floating('exp'),
  exp2: like('exp2', floatOf),
  expm1: floating('expm1'),
  log: floating('log'),
  log2: floating('log2'),
  log10: floating('log10'),
  log1p: floating('log1p'),
  sqrt: floating('sqrt'),
  rsqrt: floating('rsqrt'),
  reciprocal: floating('reciprocal'),
  square: keeping('square'),
  abs: entry('self', (c) =>
    c.type('self').dtype.startsWith('complex') ? like('abs', realOf).run(c) : unary('abs')(c),
  ),
  neg: keeping('neg'),
  sign: keeping('sign'),
  sgn: keeping('sign'),
  signbit: simple('sign', { dtype: 'bool' }),
  floor: keeping('floor'),
  ceil: keeping('ceil'),
  // Python rounds numbers under the same name.
  round: entry('self decimals=0 inplace=False', (c) =>
    c.optional('self') === null ? [Math.round(c.number('self') ?? Number.NaN)] : unary('round')(c),
  ),
  trunc: keeping('trunc'),
  fix: keeping('trunc'),
  frac: like('frac'),
  erf: floating('erf'),
  special_erf: floating('erf'),
  erfc: floating('erfc'),
  erfinv: like('erfinv', floatOf),
  sin: floating('sin'),
  cos: floating('cos'),
  tan: floating('tan'),
  asin: floating('asin'),
  acos: floating('acos'),
  atan: floating('atan'),
  sinh: floating('sinh'),
  cosh: floating('cosh'),
  asinh: floating('asinh'),
  acosh: floating('acosh'),
  atanh: floating('atanh'),
  sinc: like('sinc', floatOf),
  deg2rad: like('deg2rad', floatOf),
  rad2deg: like('rad2deg', floatOf),
  logit: entry('self eps=None inplace=False', like('logit', floatOf).run),
  digamma: like('digamma', floatOf),
  lgamma: like('lgamma', floatOf),
  i0: like('i0', floatOf),
  nan_to_num: entry('self nan=None posinf=None neginf=None inplace=False', like('nan_to_num').run),
  isnan: simple('isnan', { dtype: 'bool' }),
  isinf: simple('isinf', { dtype: 'bool' }),
  isfinite: like('isfinite', () => 'bool'),
  isposinf: simple('isinf', { dtype: 'bool' }),
  isneginf: simple('isinf', { dtype: 'bool' }),
  logical_not: simple('logical_not', { dtype: 'bool' }),
  bitwise_not: keeping('bitwise_not'),
  angle: like('angle', realOf),
  positive: entry('self', (c) => c.make(ops.identity(c.type('self')), [c.value('self')])),

  gelu: entry('self approximate=none', gelu),
  leaky_relu: tuned('leaky_relu', 'self negative_slope=0.01 inplace=False'),
  elu: tuned('elu', 'self alpha:n=1 scale:n=1 input_scale:n=1', 'self alpha=1 inplace=False'),
  celu: tuned('celu', 'self alpha=1 inplace=False'),
  softplus: tuned('softplus', 'self beta=1 threshold=20'),
  softshrink: tuned('softshrink', 'self lambd=0.5'),
  hardshrink: tuned('hardshrink', 'self lambd=0.5'),
  threshold: tuned('threshold', 'self threshold value inplace=False'),
  rrelu: tuned('rrelu', 'self lower=0.125 upper=0.333 training=False inplace=False generator=None'),
  rrelu_with_noise: tuned('rrelu', 'self noise lower=0.125 upper=0.333 training=False generator=None'),
  hardtanh: entry('self min_val=-1 max_val=1 inplace=False', hardtanh),
  clamp: entry('self min=None max=None', clamp),
  clamp_min: entry('self min', clamp),
  clamp_max: entry('self max', clamp),
  prelu: entry('self weight', prelu),
  _prelu_kernel: entry('self weight', prelu),
  glu: entry('self dim=-1', glu),
  dropout: dropoutOf(),
  alpha_dropout: dropoutOf(),
  feature_dropout: dropoutOf(true),
  feature_alpha_dropout: dropoutOf(true),
  dropout1d: dropoutOf(true),
  dropout2d: dropoutOf(true),
  dropout3d: dropoutOf(true),
  native_dropout: entry('self p train', (c) => {
    const made = dropout(c);
    const x = c.type('self');
    return [...made, c.trace.constant(null, { dtype: 'bool', shape: x.shape })];
  }),
  softmax: entry(SOFTMAXES, softmax(false)),
  _softmax: entry(SOFTMAXES, softmax(false)),
  _safe_softmax: entry(SOFTMAXES, softmax(false)),
  special_softmax: entry(SOFTMAXES, softmax(false)),
  log_softmax: entry(SOFTMAXES, softmax(true)),
  _log_softmax: entry(SOFTMAXES, softmax(true)),
  special_log_softmax: entry(SOFTMAXES, softmax(true)),
});

function realOf(dtype: DType): DType {
  return dtype === 'complex128' ? 'float64' : dtype === 'complex64' ? 'float32' : floatOf(dtype);
}
