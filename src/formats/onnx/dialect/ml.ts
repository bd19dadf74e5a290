import { type Dim, mul, sum } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { contraction, type Effect, map, type OpName, reduction, type Work } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';
import { forestOf } from './trees.js';

/** ai.onnx.ml: classical models. Scores are float32, whatever goes in. */

/** Element types of what a map is cast to. */
const CAST_TO: Readonly<Record<string, DType>> = byName({ TO_STRING: 'string', TO_INT64: 'int64' });

/** Rows of N×F, or of F alone. */
function rowsOf(x: TensorType): Dim {
  return x.shape.length < 2 ? 1 : (x.shape[0] as Dim);
}

const mapped =
  (op: OpName, dtype: (n: OnnxNode) => DType, work: (n: OnnxNode) => Work[] = () => []): Entry =>
  (n): Effect => ({ op, outputs: [{ dtype: dtype(n), shape: n.in(0).shape }], work: work(n) });

/** What classes are called tells their type; how many there are, the number of scores. */
function classes(n: OnnxNode, ints: string): { readonly dtype: DType; readonly count: number } {
  const strings = n.attribute('classlabels_strings')?.strings;
  if (strings !== undefined && strings.length > 0) return { dtype: 'string', count: strings.length };
  return { dtype: 'int64', count: n.ints(ints)?.length ?? 0 };
}

/** Scores made into probabilities. */
function transformed(n: OnnxNode, scores: Dim, rows: Dim): Work[] {
  switch (n.text('post_transform', 'NONE')) {
    case 'LOGISTIC':
      return map('float32', scores, { add: 2, exp: 1, div: 1 });
    case 'SOFTMAX':
    case 'SOFTMAX_ZERO':
      return [
        ...reduction('float32', scores, rows, 'cmp'),
        ...map('float32', scores, { add: 1, exp: 1, div: 1 }),
        ...reduction('float32', scores, rows, 'add'),
      ];
    case 'PROBIT':
      return map('float32', scores, { erf: 1, mul: 1 });
    default:
      return [];
  }
}

/** A binary classifier may have one row of coefficients, and gives two scores. */
const linearClassifier: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const { dtype, count } = classes(n, 'classlabels_ints');
  const features = x.shape.at(-1) as Dim;
  const computed = n.floats('intercepts')?.length ?? count;
  const scores = computed === 1 && count <= 2 ? 2 : computed;
  return {
    op: 'linear_classifier',
    outputs: [
      { dtype, shape: [rows] },
      { dtype: 'float32', shape: [rows, scores] },
    ],
    work: [
      contraction(mul(rows, features, computed), mul(rows, computed), n.floats('intercepts') !== null),
      ...transformed(n, mul(rows, scores), rows),
    ],
  };
};

const linearRegressor: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const targets = n.int('targets', 1);
  return {
    op: 'linear_regressor',
    outputs: [{ dtype: 'float32', shape: [rows, targets] }],
    work: [
      contraction(mul(rows, x.shape.at(-1) as Dim, targets), mul(rows, targets), n.floats('intercepts') !== null),
      ...transformed(n, mul(rows, targets), rows),
    ],
  };
};

/** Kernels between rows and support vectors, then a weighted sum for each decision. */
function kernels(n: OnnxNode, x: TensorType, vectors: number): Work[] {
  const rows = rowsOf(x);
  const pairs = mul(rows, vectors);
  const products = contraction(mul(pairs, x.shape.at(-1) as Dim), pairs, false);
  switch (n.text('kernel_type', 'LINEAR')) {
    case 'RBF': // exp(−γ·‖x − v‖²)
      return [
        ...map('float32', mul(pairs, x.shape.at(-1) as Dim), { add: 1 }),
        products,
        ...map('float32', pairs, { mul: 1, exp: 1 }),
      ];
    case 'POLY':
      return [products, ...map('float32', pairs, { mul: 1, add: 1, pow: 1 })];
    case 'SIGMOID':
      return [products, ...map('float32', pairs, { mul: 1, add: 1, tanh: 1 })];
    default:
      return [products];
  }
}

/** One against one: k·(k − 1)/2 decisions, each over the support vectors of its two classes. */
const svmClassifier: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const { dtype, count } = classes(n, 'classlabels_ints');
  const perClass = n.ints('vectors_per_class') ?? [];
  const vectors = perClass.reduce((a, b) => a + b, 0);
  const decisions = vectors === 0 ? count : (count * (count - 1)) / 2;
  const probable = (n.floats('prob_a')?.length ?? 0) > 0;
  const scores = vectors === 0 ? count : probable || count > 2 ? (probable ? count : decisions) : 2;
  const used =
    vectors === 0
      ? []
      : [...kernels(n, x, vectors), contraction(mul(rows, vectors, count - 1), mul(rows, decisions), true)];
  const linear = vectors === 0 ? [contraction(mul(rows, x.shape.at(-1) as Dim, count), mul(rows, count), true)] : [];
  return {
    op: 'svm_classifier',
    outputs: [
      { dtype, shape: [rows] },
      { dtype: 'float32', shape: [rows, scores] },
    ],
    work: [...used, ...linear, ...transformed(n, mul(rows, scores), rows)],
  };
};

const svmRegressor: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const vectors = n.int('n_supports', 0);
  return {
    op: 'svm_regressor',
    outputs: [{ dtype: 'float32', shape: [rows, 1] }],
    work:
      vectors === 0
        ? [contraction(mul(rows, x.shape.at(-1) as Dim), rows, true)]
        : [...kernels(n, x, vectors), contraction(mul(rows, vectors), rows, true)],
  };
};

/** One compare for each level of every tree, as deep as it goes, and one addition of a leaf a tree and score. */
function treeWork(n: OnnxNode, rows: Dim, scores: number): Work[] {
  const { levels, trees } = forestOf(n);
  return [
    ...map('float32', mul(rows, levels), { cmp: 1 }),
    ...reduction('float32', mul(rows, trees, scores), mul(rows, scores), 'add'),
  ];
}

/** Pairs scores with the names of classes, into a list of maps: no arithmetic, and no tensor comes out. */
function zipMap(n: OnnxNode): Effect {
  n.in(0);
  return { op: 'zip_map', outputs: [], work: [] };
}

const treeClassifier: Entry = (n) => {
  const rows = rowsOf(n.in(0));
  const { dtype, count } = classes(n, 'classlabels_int64s');
  const scores = mul(rows, count);
  return {
    op: 'tree_ensemble',
    outputs: [
      { dtype, shape: [rows] },
      { dtype: 'float32', shape: [rows, count] },
    ],
    work: [...treeWork(n, rows, count), ...transformed(n, scores, rows)],
  };
};

const trees =
  (dtype: (x: TensorType) => DType): Entry =>
  (n) => {
    const x = n.in(0);
    const rows = rowsOf(x);
    const targets = n.int('n_targets', 1);
    return {
      op: 'tree_ensemble',
      outputs: [{ dtype: dtype(x), shape: [rows, targets] }],
      work: [...treeWork(n, rows, targets), ...transformed(n, mul(rows, targets), rows)],
    };
  };

/** The type of the values that labels are mapped to, by the attribute that lists them. */
function valuesOf(n: OnnxNode): DType {
  const tensor = n.tensor('values_tensor');
  if (tensor !== null) return tensor.dtype;
  if (n.attribute('values_int64s') !== undefined) return 'int64';
  if (n.attribute('values_floats') !== undefined) return 'float32';
  if (n.attribute('values_strings') !== undefined) return 'string';
  return n.in(0).dtype === 'string' ? 'int64' : 'string'; // the first version mapped one to the other
}

function listLength(n: OnnxNode, ...names: readonly string[]): number {
  for (const name of names) {
    const a = n.attribute(name);
    const length = a?.strings?.length ?? a?.ints?.length ?? a?.floats?.length ?? 0;
    if (length > 0) return length;
  }
  throw new Unsupported(`it lists none of ${names.join(', ')}`);
}

export const ml: Dialect = byName({
  ArrayFeatureExtractor: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const chosen = numel(indices.shape);
    const shape = x.shape.length <= 1 ? [1, chosen] : [...x.shape.slice(0, -1), chosen];
    return { op: 'gather', outputs: [{ dtype: x.dtype, shape }], work: [] };
  },
  Binarizer: mapped(
    'binarizer',
    (n) => n.in(0).dtype,
    (n) => map(n.in(0).dtype, numel(n.in(0).shape), { cmp: 1 }),
  ),
  CastMap: (n) => {
    const width = n.text('map_form', 'DENSE') === 'SPARSE' ? n.int('max_map', 1) : (n.fresh(1)[0] as Dim);
    const dtype = CAST_TO[n.text('cast_to', 'TO_FLOAT')] ?? 'float32';
    return { op: 'cast_map', outputs: [{ dtype, shape: [1, width] }], work: [] };
  },
  CategoryMapper: mapped('category_mapper', (n) => (n.in(0).dtype === 'string' ? 'int64' : 'string')),
  DictVectorizer: (n) => ({
    op: 'dict_vectorizer',
    outputs: [{ dtype: 'float32', shape: [1, listLength(n, 'string_vocabulary', 'int64_vocabulary')] }],
    work: [],
  }),
  FeatureVectorizer: (n) => {
    const inputs = n.all();
    const widths = inputs.map((x, i): Dim => n.ints('inputdimensions')?.[i] ?? x.shape.at(-1) ?? 1);
    return {
      op: 'feature_vectorizer',
      outputs: [{ dtype: 'float32', shape: [rowsOf(inputs[0] as TensorType), sum(widths)] }],
      work: [],
    };
  },
  Imputer: mapped(
    'imputer',
    (n) => n.in(0).dtype,
    (n) => map(n.in(0).dtype, numel(n.in(0).shape), { cmp: 1 }),
  ),
  LabelEncoder: mapped('label_encoder', valuesOf),
  LinearClassifier: linearClassifier,
  LinearRegressor: linearRegressor,
  Normalizer: (n) => {
    const x = n.in(0);
    const total = numel(x.shape);
    const rows = rowsOf(x);
    const by = n.text('norm', 'MAX');
    const each = by === 'MAX' ? { abs: 1 } : by === 'L1' ? { abs: 1 } : { mul: 1 };
    return {
      op: 'normalizer',
      outputs: [{ dtype: 'float32', shape: x.shape }],
      work: [
        ...map('float32', total, each),
        ...reduction('float32', total, rows, by === 'MAX' ? 'cmp' : 'add'),
        ...(by === 'L2' ? map('float32', rows, { sqrt: 1 }) : []),
        ...map('float32', total, { div: 1 }),
      ],
    };
  },
  OneHotEncoder: (n) => ({
    op: 'one_hot',
    outputs: [{ dtype: 'float32', shape: [...n.in(0).shape, listLength(n, 'cats_int64s', 'cats_strings')] }],
    work: [],
  }),
  SVMClassifier: svmClassifier,
  SVMRegressor: svmRegressor,
  Scaler: mapped(
    'scaler',
    () => 'float32',
    (n) => map('float32', numel(n.in(0).shape), { add: 1, mul: 1 }),
  ),
  ZipMap: (n) => zipMap(n),
  TreeEnsemble: trees((x) => x.dtype),
  TreeEnsembleClassifier: treeClassifier,
  TreeEnsembleRegressor: trees(() => 'float32'),
});
