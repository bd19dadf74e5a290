import { type Dim, equal } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { floatOf, sumOf } from './dtypes.js';
import { type Entry, entry, type Rule, type Table } from './table.js';

/** A reduction over the axes of `dim`, all where it is None or empty. */
function reduced(op: ops.Reduction, dtypeOf: (of: DType) => DType = (d) => d): Rule {
  return (c) => {
    const x = c.type('self');
    const dtype = c.dtype() ?? dtypeOf(x.dtype);
    const axes = c.axes('dim');
    const effect = ops.reduce(
      op,
      { ...x, dtype: isFloating(x.dtype) ? x.dtype : dtype },
      x.shape.length === 0 ? null : axes,
      {
        keepdim: c.bool('keepdim'),
        dtype,
      },
    );
    const rank = x.shape.length;
    const of = axes === null || rank === 0 ? null : axes.map((a) => ops.axisOf(a, rank, op));
    return c.make(ops.withValue(effect, ops.foldReduce(op, x, of)), [c.value('self')]);
  };
}

const ALL_OR_DIMS = ['self dim:is=None keepdim=False dtype=None', 'self dtype=None'];
const over = (rule: Rule): Entry => entry(ALL_OR_DIMS, rule);

/** `max(x)`, `max(x, dim)` with the places, `max(x, y)`. */
const extreme =
  (op: 'max' | 'min'): Rule =>
  (c) => {
    if (c.has('other')) {
      const [a, b] = [c.type('self'), c.type('other')];
      const name = op === 'max' ? 'maximum' : 'minimum';
      const effect = ops.binary(name, a, b);
      const value = ops.foldBinary(name, a, b, effect.outputs[0]?.shape ?? []);
      return c.make(ops.withValue(effect, value), [c.value('self'), c.value('other')]);
    }
    if (!c.has('dim')) return reduced(op)(c);
    return withPlaces(c, ops.reduce(op, c.type('self'), [c.int('dim')], { keepdim: c.bool('keepdim') }));
  };

/** A reduction along one axis that also tells where: values and int64 places. */
function withPlaces(c: Call, effect: ops.Effect) {
  const out = effect.outputs[0] as TensorType;
  return c.make({ ...effect, outputs: [out, { dtype: 'int64', shape: out.shape }] }, [c.value('self')]);
}

const EXTREME = ['self', 'self other:T', 'self dim:i keepdim=False'];

const argument =
  (op: 'argmax' | 'argmin'): Rule =>
  (c) => {
    const x = c.type('self');
    const axes = c.has('dim') ? [c.int('dim')] : null;
    return c.make(ops.reduce(op, x, axes, { keepdim: c.bool('keepdim') }), [c.value('self')]);
  };

/** Of one axis, some, or all; in Python's words `unbiased` or `correction`. */
const variance =
  (root: boolean, withMean = false): Rule =>
  (c) => {
    const effect = ops.variance(c.type('self'), c.axes('dim'), { keepdim: c.bool('keepdim'), root, withMean });
    return c.make(effect, [c.value('self')]);
  };
const VARIANCE = [
  'self dim:is=None correction:n=1 keepdim=False',
  'self unbiased:b',
  'self dim:is unbiased:b=True keepdim=False',
];

/** Σ|x|ᵖ and its root, by order. */
function norm(c: Call, order: number | null): readonly ReturnType<Call['make']>[number][] {
  return c.make(ops.vectorNorm(c.type('self'), order ?? 2, c.axes('dim'), c.bool('keepdim')), [c.value('self')]);
}

const orderOf = (c: Call, name: string): number | null => {
  const text = c.text(name);
  return text === 'inf' ? Infinity : text === '-inf' ? -Infinity : c.number(name);
};

const running =
  (op: 'cumsum' | 'cumprod' | 'cummax' | 'cummin', places = false): Rule =>
  (c) => {
    const x = c.type('self');
    const dtype = c.dtype() ?? (places ? x.dtype : sumOf(x.dtype));
    const effect = ops.cumulative(op, { ...x, dtype }, x.shape.length === 0 ? 0 : c.int('dim'));
    const out = { dtype, shape: x.shape };
    const value = op === 'cumsum' ? cumulated(x) : undefined;
    return c.make(
      places
        ? { ...effect, outputs: [out, { dtype: 'int64', shape: x.shape }] }
        : ops.withValue({ ...effect, outputs: [out] }, value),
      [c.value('self')],
    );
  };

function cumulated(x: TensorType): readonly Dim[] | undefined {
  if (!('value' in x) || x.value === undefined || x.shape.length !== 1) return undefined;
  if (!x.value.every((d) => typeof d === 'number' && Number.isInteger(d))) return undefined;
  let total = 0;
  return (x.value as readonly number[]).map((d) => {
    total += d;
    return total;
  });
}

const topk: Rule = (c) => {
  const x = c.type('self');
  return c.make(ops.topk(x, c.dim('k'), x.shape.length === 0 ? 0 : c.int('dim')), [c.value('self')]);
};

function sorted(c: Call, outputs: readonly ops.OutputType[]) {
  const x = c.type('self');
  const axis = x.shape.length === 0 ? 0 : c.axis('dim', x.shape.length);
  return c.make(ops.sort(x, axis, outputs), [c.value('self')]);
}
const SORT = ['self dim:i=-1 descending=False stable=False', 'self stable:b dim=-1 descending=False'];

/** Values that occur: how many there are depends on the data. */
const unique: Rule = (c) => {
  const x = c.type('self');
  const n = c.fresh(0, 0);
  const out = (dtype: DType, shape: readonly Dim[]) => ({ dtype, shape });
  return c.make(ops.unique(x, [out(x.dtype, [n]), out('int64', x.shape), out('int64', [n])]), [c.value('self')]);
};

const logsumexp: Rule = (c) => {
  const x = c.type('self');
  return c.make(
    ops.reduce('logsumexp', { ...x, dtype: floatOf(x.dtype) }, c.axes('dim'), { keepdim: c.bool('keepdim') }),
    [c.value('self')],
  );
};

const cosine: Rule = (c) =>
  c.make(ops.cosineSimilarity(c.type('x1'), c.type('x2'), c.int('dim')), [c.value('x1'), c.value('x2')]);

const count: Rule = (c) => {
  const x = c.type('self');
  const { outputs } = ops.reduce('sum', x, c.axes('dim'), { dtype: 'int64' });
  return c.make(ops.perElement('count_nonzero', x, { outputs }), [c.value('self')]);
};

/** Bins of a histogram: integers are counted, which is not floating point. */
const bincount: Rule = (c) =>
  c.make(ops.nothing('bincount', [{ dtype: 'int64', shape: [c.fresh(0, 0)] }]), [c.value('self')]);

const trace: Rule = (c) => {
  const x = c.type('self');
  const n = x.shape[0] ?? 1;
  return c.make(ops.trace(x, equal(n, x.shape[1] ?? 1) ? n : 1), [c.value('self')]);
};

export const reductions: Table = byName({
  sum: over(reduced('sum', sumOf)),
  nansum: over(reduced('sum', sumOf)),
  mean: over(reduced('mean', floatOf)),
  nanmean: over(reduced('mean', floatOf)),
  prod: entry(['self dim:i=None keepdim=False dtype=None', 'self dtype=None'], reduced('prod', sumOf)),
  amax: entry('self dim=[] keepdim=False', reduced('max')),
  amin: entry('self dim=[] keepdim=False', reduced('min')),
  max: entry(EXTREME, extreme('max')),
  min: entry(EXTREME, extreme('min')),
  aminmax: entry('self dim=None keepdim=False', (c) => {
    const low = ops.reduce('min', c.type('self'), c.has('dim') ? [c.int('dim')] : null, { keepdim: c.bool('keepdim') });
    const out = low.outputs[0] as TensorType;
    return c.make(ops.together('aminmax', [out, out], [low, low]), [c.value('self')]);
  }),
  argmax: entry('self dim=None keepdim=False', argument('argmax')),
  argmin: entry('self dim=None keepdim=False', argument('argmin')),
  any: over(reduced('any', () => 'bool')),
  all: over(reduced('all', () => 'bool')),
  median: entry(['self', 'self dim:i keepdim=False'], (c) => middle(c, 'median')),
  nanmedian: entry(['self', 'self dim:i keepdim=False'], (c) => middle(c, 'nanmedian')),
  mode: entry('self dim=-1 keepdim=False', (c) => middle(c, 'mode')),
  kthvalue: entry('self k dim=-1 keepdim=False', (c) => middle(c, 'kthvalue')),
  quantile: entry('self q dim=None keepdim=False interpolation=linear', (c) => quantile(c)),
  var: entry(VARIANCE, variance(false)),
  std: entry(VARIANCE, variance(true)),
  var_mean: entry(VARIANCE, variance(false, true)),
  std_mean: entry(VARIANCE, variance(true, true)),
  logsumexp: entry('self dim keepdim=False', logsumexp),
  norm: entry(
    [
      'self p:n=2 dim=None keepdim=False dtype=None',
      'self p:s=fro dim=None keepdim=False dtype=None',
      'self p=None dim=None keepdim=False dtype=None',
    ],
    (c) => norm(c, orderOf(c, 'p')),
  ),
  linalg_vector_norm: entry('self ord=2 dim=None keepdim=False dtype=None', (c) => norm(c, orderOf(c, 'ord'))),
  linalg_norm: entry('self ord=None dim=None keepdim=False dtype=None', (c) => norm(c, orderOf(c, 'ord'))),
  frobenius_norm: entry('self dim=[] keepdim=False', (c) => norm(c, 2)),
  dist: entry('self other p=2', (c) =>
    c.make(ops.dist(c.type('self'), c.type('other')), [c.value('self'), c.value('other')]),
  ),
  cumsum: entry('self dim dtype=None', running('cumsum')),
  cumprod: entry('self dim dtype=None', running('cumprod')),
  cummax: entry('self dim', running('cummax', true)),
  cummin: entry('self dim', running('cummin', true)),
  logcumsumexp: entry('self dim', (c) => {
    const x = c.type('self');
    return c.make(ops.logCumSumExp(x, c.int('dim')), [c.value('self')]);
  }),
  diff: entry('self n=1 dim=-1 prepend=None append=None', (c) => {
    const x = c.type('self');
    const axis = c.axis('dim', x.shape.length);
    const shape = ops.slice(x, [{ axis, start: c.int('n'), end: null, step: 1 }]).outputs[0]?.shape ?? [];
    return c.make(ops.diff(x, shape, c.int('n')), [c.value('self')]);
  }),
  topk: entry('self k dim=-1 largest=True sorted=True', topk),
  sort: entry(SORT, (c) => {
    const x = c.type('self');
    return sorted(c, [
      { dtype: x.dtype, shape: x.shape },
      { dtype: 'int64', shape: x.shape },
    ]);
  }),
  msort: entry('self dim=0', (c) => sorted(c, [c.type('self')])),
  argsort: entry(SORT, (c) => sorted(c, [{ dtype: 'int64', shape: c.type('self').shape }])),
  unique: entry('self sorted=True return_inverse=False return_counts=False dim=None', unique),
  _unique2: entry('self sorted=True return_inverse=False return_counts=False', unique),
  unique_consecutive: entry('self return_inverse=False return_counts=False dim=None', unique),
  cosine_similarity: entry('x1 x2 dim=1 eps=1e-8', cosine),
  count_nonzero: entry('self dim=None', count),
  bincount: entry('self weights=None minlength=0', bincount),
  trace: entry('self', trace),
});

/** An order statistic of all elements, or along one axis. */
function middle(c: Call, op: Parameters<typeof ops.orderStatistic>[0]) {
  const axis = c.has('dim') ? c.int('dim') : null;
  return c.make(ops.orderStatistic(op, c.type('self'), axis, c.bool('keepdim')), [c.value('self')]);
}

function quantile(c: Call) {
  const axis = c.has('dim') ? c.int('dim') : null;
  const effect = ops.quantile(c.type('self'), c.operand('q').type.shape, axis, c.bool('keepdim'));
  return c.make(effect, [c.value('self'), c.optional('q')]);
}
