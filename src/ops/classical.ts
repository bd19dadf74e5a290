import { type Dim, mul, product } from '../dim/index.js';
import { type DType, numel, type TensorType } from '../tensor/index.js';
import { UNARY } from './catalog/elementwise.js';
import { contraction, type Effect, map, type OutputType, reduction, type Work } from './work.js';

/** Classical models: linear ones, support vectors, trees. Their arithmetic is that of float32, whatever goes in. */
const DTYPE: DType = 'float32';

/** How scores become probabilities. */
export type ScoreTransform = 'none' | 'logistic' | 'softmax' | 'probit';

/** Scores that are made into probabilities: of this many rows, this many in each. */
interface Scores {
  readonly rows: Dim;
  readonly scores: Dim;
  readonly transform: ScoreTransform;
}

function transformed({ rows, scores, transform }: Scores): Work[] {
  const n = mul(rows, scores);
  switch (transform) {
    case 'logistic':
      return map(DTYPE, n, UNARY.sigmoid.each);
    case 'softmax':
      return [
        ...reduction(DTYPE, n, rows, 'cmp'),
        ...map(DTYPE, n, { add: 1, exp: 1, div: 1 }),
        ...reduction(DTYPE, n, rows, 'add'),
      ];
    case 'probit':
      return map(DTYPE, n, { erf: 1, mul: 1 });
    case 'none':
      return [];
  }
}

/** A row of coefficients for each of `computed` scores. A binary classifier may have one, and gives two scores. */
export function linearScores(
  op: 'linear_classifier' | 'linear_regressor',
  outputs: readonly OutputType[],
  of: Scores & { readonly features: Dim; readonly computed: Dim; readonly bias: boolean },
): Effect {
  const { rows, features, computed, bias } = of;
  return {
    op,
    outputs,
    work: [contraction(mul(rows, features, computed), mul(rows, computed), bias), ...transformed(of)],
  };
}

export type SvmKernel = 'linear' | 'rbf' | 'polynomial' | 'sigmoid';

/**
 * Kernels between rows and support vectors, then a weighted sum of them for each decision, which takes `perVector` products
 * a vector: a classifier decides each class against each other one, over the vectors of the two. Without vectors the
 * decisions are linear.
 */
export function supportVectors(
  op: 'svm_classifier' | 'svm_regressor',
  outputs: readonly OutputType[],
  of: Scores & {
    readonly features: Dim;
    readonly kernel: SvmKernel;
    readonly vectors: number;
    readonly decisions: number;
    readonly perVector: number;
  },
): Effect {
  const { rows, features, kernel, vectors, decisions, perVector } = of;
  const work =
    vectors === 0
      ? [contraction(mul(rows, features, decisions), mul(rows, decisions), true)]
      : [
          ...kernels(kernel, mul(rows, vectors), features),
          contraction(mul(rows, vectors, perVector), mul(rows, decisions), true),
        ];
  return { op, outputs, work: [...work, ...transformed(of)] };
}

function kernels(kernel: SvmKernel, pairs: Dim, features: Dim): Work[] {
  const products = contraction(mul(pairs, features), pairs);
  switch (kernel) {
    case 'rbf': // exp(−γ·‖x − v‖²)
      return [...map(DTYPE, mul(pairs, features), { add: 1 }), products, ...map(DTYPE, pairs, { mul: 1, exp: 1 })];
    case 'polynomial':
      return [products, ...map(DTYPE, pairs, { mul: 1, add: 1, pow: 1 })];
    case 'sigmoid':
      return [products, ...map(DTYPE, pairs, { mul: 1, add: 1, tanh: 1 })];
    case 'linear':
      return [products];
  }
}

/** One compare for each level of every tree, as deep as it goes, and one addition of a leaf for each tree and score. */
export function treeEnsemble(
  outputs: readonly OutputType[],
  of: Scores & { readonly levels: number; readonly trees: number },
): Effect {
  const { rows, scores, levels, trees } = of;
  return {
    op: 'tree_ensemble',
    outputs,
    work: [
      ...map(DTYPE, mul(rows, levels), { cmp: 1 }),
      ...reduction(DTYPE, mul(rows, trees, scores), mul(rows, scores), 'add'),
      ...transformed(of),
    ],
  };
}

/** Rows divided by their largest magnitude, their sum of magnitudes, or their length. */
export function normalizer(x: TensorType, by: 'max' | 'l1' | 'l2'): Effect {
  const n = numel(x.shape);
  const rows = x.shape.length < 2 ? 1 : product(x.shape.slice(0, 1));
  return {
    op: 'normalizer',
    outputs: [{ dtype: DTYPE, shape: x.shape }],
    work: [
      ...map(DTYPE, n, by === 'l2' ? { mul: 1 } : { abs: 1 }),
      ...reduction(DTYPE, n, rows, by === 'max' ? 'cmp' : 'add'),
      ...(by === 'l2' ? map(DTYPE, rows, { sqrt: 1 }) : []),
      ...map(DTYPE, n, { div: 1 }),
    ],
  };
}
