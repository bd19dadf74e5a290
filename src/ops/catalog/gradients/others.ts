import { add, type Dim, equal, exactdiv, isDim, mul, product } from '../../../dim/index.js';
import { bitsOf, type TensorType } from '../../../tensor/index.js';
import type { Attr, CostPerElement, Work } from '../../primitives.js';
import {
  all,
  byPosition,
  each,
  input,
  MOVES_BACK,
  made,
  none,
  operands,
  out,
  output,
  SUMS_BACK,
  sizeOf,
  statistic,
  summedTo,
  unary,
  unknown,
} from './rules.js';
import type { Gradient, GradientStatement, GradientView, Kept } from './types.js';

/** Sums of the gradient, and of its product with the normalised input, over each set; then the input's own. */
function normBack(op: GradientView, sets: Dim, cost: CostPerElement): Work[] {
  const n = sizeOf(op, 0);
  const sums: Work = { kind: 'reduction', elements: n, outputs: sets, by: 'add' };
  return [
    ...(op.needs[0] ? [...each(n, cost), sums, sums] : []),
    ...(op.needs[1] ? [...each(n, { mul: 2, add: 1 }), ...summedTo(op.inputs[1], n)] : []),
    ...(op.needs[2] ? summedTo(op.inputs[2], n) : []),
  ];
}

function numberOf(value: Attr | undefined, otherwise: Dim): Dim {
  return isDim(value) ? value : otherwise;
}

function sets(op: GradientView): Dim {
  return numberOf(op.attrs.sets, 1);
}

const affine = (op: GradientView): Kept[] => (op.inputs[1] == null ? [] : [input(1)]);

/** The batch's own mean and deviation, a number a channel each, are kept beside the input. */
const batchNorm: Gradient = {
  backward: (op) => normBack(op, op.inputs[0]?.shape[1] ?? 1, { mul: 4, add: 3 }),
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    const channel = statistic(x, [x.shape[1] ?? 1]);
    return [input(0), ...affine(op), made('mean', channel), made('deviation', channel)];
  },
  autocast: 'as-first',
};

const layerNorm: Gradient = {
  backward: (op) => normBack(op, sets(op), { mul: 5, add: 4 }),
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    const row = statistic(x, [sets(op)]);
    return [input(0), ...affine(op), made('mean', row), made('deviation', row)];
  },
  autocast: 'float32',
};

/** As layer norm, but its statistics are in the type of the input. */
const groupNorm: Gradient = {
  ...layerNorm,
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    const group: TensorType = { dtype: x.dtype, shape: [sets(op)] };
    return [input(0), ...affine(op), made('mean', group), made('deviation', group)];
  },
};

/** Batch norm of a batch of one with a channel for each row and channel, whose scale is copied for each row. */
const instanceNorm: Gradient = {
  ...layerNorm,
  autocast: 'as-first',
  saves: (op) => {
    const [x, weight] = op.inputs;
    if (x == null) return [];
    const row = statistic(x, [sets(op)]);
    return [
      input(0),
      ...(weight == null ? [] : [made('scale of each row', { dtype: weight.dtype, shape: [sets(op)] })]),
      made('mean', row),
      made('deviation', row),
    ];
  },
};

/** In 16 bits x is made single precision first; kept are that, x / √(mean x² + ε) in the type of x, and 1/√… a row. */
const rmsNorm: Gradient = {
  backward: (op) => normBack(op, sets(op), { mul: 5, add: 2 }),
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    const wide: TensorType = { dtype: 'float32', shape: x.shape };
    return [
      bitsOf(x.dtype) < 32 ? made('input in single precision', wide) : input(0),
      ...(op.inputs[1] == null ? [] : [input(1)]),
      ...(op.needs[1] ? [made('normalised', x)] : []),
      made('deviation', statistic(x, [sets(op)])),
    ];
  },
};

/** Spelled as in PyTorch: squares, their padded form, the base of the power, and the denominator are kept. */
const localResponseNorm: Gradient = {
  backward: (op) => (op.needs[0] ? each(out(op), { mul: 6, add: numberSize(op), pow: 1, div: 2 }) : []),
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    const [batch = 1, channels = 1, ...rest] = x.shape;
    const padded = { dtype: x.dtype, shape: [batch, add(channels, numberSize(op) - 1), ...rest] };
    return [input(0), made('padded squares', padded), made('base of the power', x), made('denominator', x)];
  },
};

function numberSize(op: GradientView): number {
  const { size } = op.attrs;
  return typeof size === 'number' ? size : 1;
}

const softmaxBack: Gradient = {
  backward: (op) => {
    const n = out(op);
    const extent = numberOf(op.attrs.extent, 1);
    const rows = exactdiv(n, extent) ?? n;
    return op.needs[0]
      ? [...each(n, { mul: 2, add: 1 }), { kind: 'reduction', elements: n, outputs: rows, by: 'add' }]
      : [];
  },
  saves: () => [output()],
  autocast: 'float32',
};

const int64 = (shape: readonly Dim[]): TensorType => ({ dtype: 'int64', shape });

/** Each output's gradient goes to one input: their positions are kept, made or given. */
function picks(keepsInput: boolean): Gradient {
  return {
    backward: (op) => (op.needs[0] ? each(out(op), { add: 1 }) : []),
    saves: (op) => [
      ...(keepsInput ? [input(0)] : []),
      op.outputs[1]?.dtype === 'int64' ? output(1) : made('indices', int64(op.outputs[0]?.shape ?? [])),
    ],
  };
}

const averages = (saves: Gradient['saves']): Gradient => ({
  backward: (op) => (op.needs[0] ? [...each(out(op), { div: 1 }), ...each(sizeOf(op, 0), { add: 1 })] : []),
  saves,
});

/** Of one value a row, PyTorch takes the mean, which keeps nothing. */
const adaptiveAverage = averages((op) => {
  const target = op.attrs.out;
  const whole = Array.isArray(target) && target.every((d) => isDim(d) && equal(d, 1));
  return whole ? [] : [input(0)];
});

/** A mask with the scale in it, in the type of the input; none if nothing is dropped. */
const dropout: Gradient = {
  backward: (op) => (op.needs[0] && op.attrs.p !== 0 ? each(out(op), { mul: 1 }) : []),
  saves: maskOf,
  savesInplace: maskOf,
  ownResult: (op) => op.attrs.p !== 0,
};

/** A number an element, or one a channel where whole channels are dropped. */
function maskOf(op: GradientView): Kept[] {
  const [x] = op.inputs;
  if (x == null || op.attrs.p === 0) return [];
  const shape = op.attrs.channels === true ? x.shape.map((d, i) => (i < 2 ? d : 1)) : x.shape;
  return [made('mask', { dtype: x.dtype, shape })];
}

/** A reduction: the gradient is spread over the elements, times so much an element. */
const spread = (saves: readonly Kept[], cost: CostPerElement, autocast?: Gradient['autocast']): Gradient => ({
  backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), cost) : []),
  saves: () => saves,
  ...(autocast === undefined ? {} : { autocast }),
});

/** The extreme of an axis: with its position the position is kept, else the input and the result. */
const extreme: Gradient = {
  backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), { cmp: 1, mul: 1 }) : []),
  saves: (op) => (op.outputs[1] === undefined ? [input(0), output()] : [output(1)]),
};

/** Σ of squares and a root: the difference and the norm are kept. */
const distance = (kept: Gradient['saves'], cost: CostPerElement): Gradient => ({
  backward: (op) => [0, 1].flatMap((i) => (op.needs[i] ? each(sizeOf(op, i), cost) : [])),
  saves: kept,
});

/** Negative log of the right class: log-probabilities, labels and a total. */
const classLoss = (fromScores: boolean): Gradient => ({
  backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), fromScores ? { exp: 1, mul: 1, add: 1 } : { mul: 1 }) : []),
  saves: (op) => {
    const [x] = op.inputs;
    if (x == null) return [];
    return [
      fromScores ? made('log probabilities', x) : input(0),
      input(1),
      made('total weight', { dtype: x.dtype, shape: [] }),
    ];
  },
  autocast: 'float32',
});

/** Cosines and sines of the positions, which all layers share; those that are given are kept as they are. */
const rotary: Gradient = {
  backward: (op) =>
    op.needs[0]
      ? each(mul(product(op.inputs[0]?.shape.slice(0, -1) ?? []), numberOf(op.attrs.dims, 0)), { mul: 2, add: 1 })
      : [],
  saves: (op) => {
    const [x, ...given] = op.inputs;
    if (given.some((g) => g != null)) return op.inputs.flatMap((type, i) => (i > 0 && type != null ? [input(i)] : []));
    if (x == null) return [];
    const shape = [2, x.shape.at(-2) ?? 1, numberOf(op.attrs.dims, x.shape.at(-1) ?? 1)];
    return [{ kind: 'new', what: 'cosines and sines', type: { dtype: x.dtype, shape }, shared: 'rotary' }];
  },
};

const INTEGER = none('its result is an integer');
const TRUTH = none('its result is a truth value');
const RUNTIME = unknown('an operator of runtimes for inference');
const RARE = unknown();

/** Gradients of normalisation, pooling, reductions, losses. */
export const OTHER_GRADIENTS = {
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  rms_norm: rmsNorm,
  local_response_norm: localResponseNorm,
  normalize: {
    // x / max(‖x‖, ε): x, the norm and the clamped norm as it is repeated.
    backward: (op) => (op.needs[0] ? each(out(op), { mul: 4, add: 2, div: 1 }) : []),
    saves: (op) => {
      const [x] = op.inputs;
      const dim = op.attrs.dim;
      if (x == null || typeof dim !== 'number') return [];
      const at = dim < 0 ? dim + x.shape.length : dim;
      const row: TensorType = { dtype: x.dtype, shape: x.shape.filter((_, i) => i !== at) };
      return [input(0), made('norm', row), made('clamped norm', row)];
    },
  },
  softmax: softmaxBack,
  log_softmax: softmaxBack,
  max_pool: picks(true),
  avg_pool: averages(() => [input(0)]),
  lp_pool: {
    backward: (op) => (op.needs[0] ? each(sizeOf(op, 0), { pow: 1, mul: 2, add: 1 }) : []),
    saves: (op) => {
      const [x, y] = [op.inputs[0], op.outputs[0]];
      if (x == null || y === undefined) return [];
      return [input(0), made('powers', x), ...['sum', 'sign', 'positive part', 'base'].map((what) => made(what, y))];
    },
  },
  adaptive_avg_pool: adaptiveAverage,
  adaptive_max_pool: picks(true),
  adaptive_lp_pool: RARE,
  max_roi_pool: RUNTIME,
  max_unpool: byPosition(1),
  roi_align: byPosition(1),
  crop_and_resize: RUNTIME,
  affine_grid: { backward: (op) => (op.needs[0] ? each(out(op), { mul: 1, add: 1 }) : []), saves: () => [] },
  grid_sample: {
    backward: (op) => [
      ...(op.needs[0] ? each(out(op), { mul: 4, add: 4 }) : []),
      ...(op.needs[1] ? each(out(op), { mul: 8, add: 8 }) : []),
    ],
    saves: () => [input(0), input(1)],
  },
  resize: {
    backward: (op) => (op.needs[0] ? [...op.work, ...each(out(op), { add: 1 })] : []),
    saves: () => [],
  },
  rotary_embedding: rotary,
  dropout,
  sum: { ...SUMS_BACK, backward: () => [], autocast: 'float32' },
  mean: {
    backward: (op) => (op.needs[0] ? each(out(op), { div: 1 }) : []),
    saves: () => [],
  },
  prod: spread([input(0), output()], { mul: 1, div: 1 }, 'float32'),
  max: extreme,
  min: extreme,
  l1: spread([input(0)], { round: 1, mul: 1 }),
  l2: spread([input(0), output()], { div: 1, mul: 1 }, 'float32'),
  std: spread([input(0), output()], { add: 1, mul: 2, div: 1 }),
  var: spread([input(0)], { add: 1, mul: 2 }),
  var_mean: spread([input(0)], { add: 2, mul: 2 }),
  std_mean: spread([input(0), output()], { add: 2, mul: 2, div: 1 }),
  norm: spread([input(0), output()], { pow: 1, mul: 2, div: 1 }, 'float32'),
  sum_square: spread([input(0)], { mul: 2 }),
  log_sum: {
    backward: (op) => (op.needs[0] ? each(out(op), { div: 1 }) : []),
    saves: (op) => (op.outputs[0] === undefined ? [] : [made('sum', op.outputs[0])]),
  },
  logsumexp: spread([input(0), output()], { add: 1, exp: 1, mul: 1 }),
  cumsum: {
    backward: (op) => (op.needs[0] ? each(out(op), { add: 1 }) : []),
    saves: () => [],
    autocast: 'float32',
  },
  cumprod: spread([input(0), output()], { mul: 2, add: 1, div: 1 }, 'float32'),
  cummax: picks(false),
  cummin: picks(false),
  logcumsumexp: spread([input(0), output()], { exp: 2, log: 1, add: 2 }),
  cdist: distance(() => [input(0), input(1), output()], { add: 2, mul: 1, div: 1 }),
  pdist: distance(() => [input(0), output()], { add: 2, mul: 1, div: 1 }),
  dist: distance(
    (op) => [
      ...(op.outputs[0] === undefined || op.inputs[0] == null ? [] : [made('difference', op.inputs[0])]),
      output(),
    ],
    { mul: 1, div: 1 },
  ),
  pairwise_distance: distance((op) => [...(op.inputs[0] == null ? [] : [made('difference', op.inputs[0])]), output()], {
    mul: 1,
    div: 1,
  }),
  cosine_similarity: RARE,
  ...all(INTEGER, 'argmax', 'argmin', 'bucketize', 'hash', 'nms', 'multinomial', 'hardmax', 'tfidf', 'multi_threshold'),
  ...all(TRUTH, 'any', 'all'),
  topk: picks(false),
  sort: picks(false),
  median: picks(false),
  nanmedian: picks(false),
  kthvalue: picks(false),
  mode: picks(false),
  unique: none('its result is a set of values'),
  trace: MOVES_BACK,
  diff: operands([{ cost: { add: 1 } }]),
  aminmax: spread([input(0), output(0), output(1)], { cmp: 2, mul: 1 }),
  quantile: RARE,
  mean_variance_norm: RARE,
  normalizer: RUNTIME,
  weight_norm: {
    // g · v / ‖v‖: v, g and the norms are kept, in the fused form that PyTorch has for it.
    backward: (op) => [0, 1].flatMap((i) => (op.needs[i] ? each(sizeOf(op, 0), { mul: 3, add: 2, div: 1 }) : [])),
    saves: (op) => [
      input(0),
      input(1),
      ...(op.inputs[1] == null ? [] : [made('norms', statistic(op.inputs[1], op.inputs[1].shape))]),
    ],
  },
  renorm: RARE,
  fft: { backward: (op) => (op.needs[0] ? op.work : []), saves: () => [] },
  stft: RARE,
  istft: RARE,
  mel_weights: none('a table of constants'),
  window: none('a table of constants'),
  det: RARE,
  inverse: spread([output()], { mul: 2, add: 2 }),
  dynamic_quantize: INTEGER,
  glu: unary('input', { add: 4, exp: 1, div: 1, mul: 4 }),
  geglu: RUNTIME,
  bias_dropout: RUNTIME,
  tree_ensemble: none('trees are not trained by gradients'),
  remove_padding: byPosition(1),
  cross_entropy: classLoss(true),
  nll_loss: classLoss(false),
  gradient: none('it is a gradient itself'),
  ...all(none('a step of an optimizer'), 'adagrad', 'momentum', 'adam'),
  fold: { backward: () => [], saves: () => [] },
  index_add: {
    backward: (op) => [0, 2].flatMap((i) => (op.needs[i] ? summedTo(op.inputs[i], out(op)) : [])),
    saves: (op) => [input(1), ...(op.inputs[2] == null ? [] : [input(2)])],
  },
  scatter_add: byPosition(1),
  random: none('a draw of chance'),
} as const satisfies Record<string, GradientStatement>;
