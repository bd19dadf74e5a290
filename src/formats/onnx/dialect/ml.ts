import { type Dim, sum } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  linearScores,
  normalizer,
  nothing,
  type OpName,
  perElement,
  type ScoreTransform,
  type SvmKernel,
  supportVectors,
  treeEnsemble,
} from '../../../ops/index.js';
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

/** Each value looked up, which gives one of another type. */
const mapped =
  (op: OpName, dtype: (n: OnnxNode) => DType): Entry =>
  (n) =>
    nothing(op, [{ dtype: dtype(n), shape: n.in(0).shape }]);

/** The names of classes tell their type; their number is the number of scores. */
function classes(n: OnnxNode, ints: string): { readonly dtype: DType; readonly count: number } {
  const strings = n.attribute('classlabels_strings')?.strings;
  if (strings !== undefined && strings.length > 0) return { dtype: 'string', count: strings.length };
  return { dtype: 'int64', count: n.ints(ints)?.length ?? 0 };
}

const TRANSFORMS: Readonly<Record<string, ScoreTransform>> = byName({
  LOGISTIC: 'logistic',
  SOFTMAX: 'softmax',
  SOFTMAX_ZERO: 'softmax',
  PROBIT: 'probit',
});

function transformOf(n: OnnxNode): ScoreTransform {
  return TRANSFORMS[n.text('post_transform', 'NONE')] ?? 'none';
}

/** Labels of N rows, and the scores of each. */
function labelled(dtype: DType, rows: Dim, scores: Dim): TensorType[] {
  return [{ dtype, shape: [rows] }, scored(rows, scores)];
}

function scored(rows: Dim, scores: Dim, dtype: DType = 'float32'): TensorType {
  return { dtype, shape: [rows, scores] };
}

const linearClassifier: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const { dtype, count } = classes(n, 'classlabels_ints');
  const computed = n.floats('intercepts')?.length ?? count;
  const scores = computed === 1 && count <= 2 ? 2 : computed;
  return linearScores('linear_classifier', labelled(dtype, rows, scores), {
    rows,
    scores,
    features: x.shape.at(-1) as Dim,
    computed,
    bias: n.floats('intercepts') !== null,
    transform: transformOf(n),
  });
};

const linearRegressor: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const targets = n.int('targets', 1);
  return linearScores('linear_regressor', [scored(rows, targets)], {
    rows,
    scores: targets,
    features: x.shape.at(-1) as Dim,
    computed: targets,
    bias: n.floats('intercepts') !== null,
    transform: transformOf(n),
  });
};

const KERNELS: Readonly<Record<string, SvmKernel>> = byName({ RBF: 'rbf', POLY: 'polynomial', SIGMOID: 'sigmoid' });

function kernelOf(n: OnnxNode): SvmKernel {
  return KERNELS[n.text('kernel_type', 'LINEAR')] ?? 'linear';
}

/** One against one: k·(k − 1)/2 decisions, each over the support vectors of its two classes. */
const svmClassifier: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  const { dtype, count } = classes(n, 'classlabels_ints');
  const vectors = (n.ints('vectors_per_class') ?? []).reduce((a, b) => a + b, 0);
  const decisions = vectors === 0 ? count : (count * (count - 1)) / 2;
  const probable = (n.floats('prob_a')?.length ?? 0) > 0;
  const scores = vectors === 0 ? count : probable || count > 2 ? (probable ? count : decisions) : 2;
  return supportVectors('svm_classifier', labelled(dtype, rows, scores), {
    rows,
    scores,
    features: x.shape.at(-1) as Dim,
    kernel: kernelOf(n),
    vectors,
    decisions,
    perVector: count - 1,
    transform: transformOf(n),
  });
};

const svmRegressor: Entry = (n) => {
  const x = n.in(0);
  const rows = rowsOf(x);
  return supportVectors('svm_regressor', [scored(rows, 1)], {
    rows,
    scores: 1,
    features: x.shape.at(-1) as Dim,
    kernel: kernelOf(n),
    vectors: n.int('n_supports', 0),
    decisions: 1,
    perVector: 1,
    transform: 'none',
  });
};

const treeClassifier: Entry = (n) => {
  const rows = rowsOf(n.in(0));
  const { dtype, count } = classes(n, 'classlabels_int64s');
  const of = { rows, scores: count, ...forestOf(n), transform: transformOf(n) };
  return treeEnsemble(labelled(dtype, rows, count), of);
};

const trees =
  (dtype: (x: TensorType) => DType): Entry =>
  (n) => {
    const x = n.in(0);
    const rows = rowsOf(x);
    const targets = n.int('n_targets', 1);
    const of = { rows, scores: targets, ...forestOf(n), transform: transformOf(n) };
    return treeEnsemble([scored(rows, targets, dtype(x))], of);
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

const NORMS: Readonly<Record<string, 'max' | 'l1'>> = byName({ MAX: 'max', L1: 'l1' });

export const ml: Dialect = byName({
  ArrayFeatureExtractor: (n) => {
    const [x, indices] = [n.in(0), n.in(1)];
    const chosen = numel(indices.shape);
    const shape = x.shape.length <= 1 ? [1, chosen] : [...x.shape.slice(0, -1), chosen];
    return nothing('gather', [{ dtype: x.dtype, shape }]);
  },
  Binarizer: (n) => perElement('binarizer', n.in(0)),
  CastMap: (n) => {
    const width = n.text('map_form', 'DENSE') === 'SPARSE' ? n.int('max_map', 1) : (n.fresh(1)[0] as Dim);
    const dtype = CAST_TO[n.text('cast_to', 'TO_FLOAT')] ?? 'float32';
    return nothing('cast_map', [{ dtype, shape: [1, width] }]);
  },
  CategoryMapper: mapped('category_mapper', (n) => (n.in(0).dtype === 'string' ? 'int64' : 'string')),
  DictVectorizer: (n) =>
    nothing('dict_vectorizer', [scored(1, listLength(n, 'string_vocabulary', 'int64_vocabulary'))]),
  FeatureVectorizer: (n) => {
    const inputs = n.all();
    const widths = inputs.map((x, i): Dim => n.ints('inputdimensions')?.[i] ?? x.shape.at(-1) ?? 1);
    return nothing('feature_vectorizer', [scored(rowsOf(inputs[0] as TensorType), sum(widths))]);
  },
  Imputer: (n) => perElement('imputer', n.in(0)),
  LabelEncoder: mapped('label_encoder', valuesOf),
  LinearClassifier: linearClassifier,
  LinearRegressor: linearRegressor,
  Normalizer: (n) => normalizer(n.in(0), NORMS[n.text('norm', 'MAX')] ?? 'l2'),
  OneHotEncoder: (n) =>
    nothing('one_hot', [{ dtype: 'float32', shape: [...n.in(0).shape, listLength(n, 'cats_int64s', 'cats_strings')] }]),
  SVMClassifier: svmClassifier,
  SVMRegressor: svmRegressor,
  Scaler: (n) => perElement('scaler', { dtype: 'float32', shape: n.in(0).shape }),
  // Pairs scores with the names of classes, into a list of maps: no arithmetic, and no tensor comes out.
  ZipMap: (n) => {
    n.in(0);
    return nothing('zip_map', []);
  },
  TreeEnsemble: trees((x) => x.dtype),
  TreeEnsembleClassifier: treeClassifier,
  TreeEnsembleRegressor: trees(() => 'float32'),
});
