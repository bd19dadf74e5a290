import type { Value, Weight } from '../../ledger/index.js';
import {
  cdist,
  type Effect,
  linearScores,
  nonMaxSuppression,
  normalizer,
  nothing,
  perElement,
  type ScoreTransform,
  type SvmKernel,
  supportVectors,
  treeEnsemble,
} from '../../ops/index.js';
import { numel, type TensorType } from '../../tensor/index.js';
import type { ProtoMessage } from '../../wire/proto-message.js';
import type { Context, Described, Features } from './run.js';

/** A model of another kind: what it is called, its effect, and what it stores. */
interface Classical {
  readonly name: string;
  readonly effect: Effect | null;
  readonly weights?: readonly { readonly name: string; readonly shape: readonly number[]; readonly buffer?: true }[];
  /** Why it cannot be counted. */
  readonly why?: string;
}

/** Runs a model that is one operator: linear models, support vectors, trees, neighbours, and what prepares features. */
export function runClassical(
  kind: number,
  model: ProtoMessage,
  io: Described,
  given: Features,
  context: Context,
): Map<string, Value> {
  const { trace, modules, base } = context;
  modules.at(base, context.scope);
  const values = io.inputs.map((f) => given.get(f.name) ?? trace.opaque(f.name));
  const made = classicalOf(kind, model, io, values);
  const outputs = io.outputs.map((f): TensorType => f.type ?? { dtype: 'string', shape: [] });
  const names = io.outputs.map((f) => f.name);
  const source = { type: made.name, name: null, outputs: names };
  if (made.effect === null) {
    const gap = trace.gap(
      made.name.toLowerCase(),
      made.why ?? `opcount has no formula for ${made.name}`,
      values,
      io.outputs.map((f) => f.type),
      source,
    );
    return new Map(names.map((name, i) => [name, gap[i] as Value]));
  }
  const stored = (made.weights ?? []).map((w) => {
    const weight: Weight = {
      name: [...context.scope.slice(-1).map((part) => part.path), w.name].join('.'),
      aliases: [],
      kind: w.buffer ? 'buffer' : 'parameter',
      trainable: w.buffer ? false : null,
      dtype: 'float64',
      shape: w.shape,
    };
    return trace.weight(weight);
  });
  const results = trace.apply({ ...made.effect, outputs }, [...values, ...stored], source);
  return new Map(names.map((name, i) => [name, results[i] as Value]));
}

function classicalOf(kind: number, model: ProtoMessage, io: Described, values: readonly Value[]): Classical {
  const outputs = io.outputs.map((f): TensorType => f.type ?? { dtype: 'string', shape: [] });
  const x: TensorType = values[0]?.type ?? { dtype: 'float64', shape: [1] };
  switch (kind) {
    case 300:
      return linearModel('GLMRegressor', 'linear_regressor', model, outputs, ['none', 'logistic', 'probit']);
    case 400:
      return linearModel('GLMClassifier', 'linear_classifier', model, outputs, ['logistic', 'probit']);
    case 301:
      return vectors('SupportVectorRegressor', model, outputs, { sparse: 2, dense: 3, classes: 0 });
    case 401:
      return vectors('SupportVectorClassifier', model, outputs, { sparse: 3, dense: 4, classes: model.ints(2).length });
    case 302:
    case 402:
      return trees(kind === 302 ? 'TreeEnsembleRegressor' : 'TreeEnsembleClassifier', model, outputs);
    case 404:
      return neighbours(model);
    case 601:
      return { name: 'Imputer', effect: perElement('imputer', x) };
    case 604:
      return { name: 'Scaler', effect: perElement('scaler', x) };
    case 607:
      return { name: 'Normalizer', effect: normalizer(x, (['max', 'l1', 'l2'] as const)[model.int(1)] ?? 'l2') };
    case 610:
      return { name: 'NonMaximumSuppression', effect: nonMaxSuppression([]) };
    default: {
      const name = PREPARING[kind];
      if (name !== undefined) return { name, effect: nothing('copy', outputs) };
      const opaque = OPAQUE[kind] ?? [`model ${kind}`, 'it is of a kind that is not known'];
      return { name: opaque[0], effect: null, why: opaque[1] };
    }
  }
}

/** Models that put features into another form. */
const PREPARING: Readonly<Record<number, string>> = {
  600: 'OneHotEncoder',
  602: 'FeatureVectorizer',
  603: 'DictVectorizer',
  606: 'CategoricalMapping',
  609: 'ArrayFeatureExtractor',
  900: 'Identity',
  560: 'ClassConfidenceThresholding',
};

const BUILT_IN = 'its network is a part of the system, and not in the file';
const OPAQUE: Readonly<Record<number, readonly [string, string]>> = {
  304: ['BayesianProbitRegressor', 'opcount has no formula for BayesianProbitRegressor'],
  501: ['ItemSimilarityRecommender', 'opcount has no formula for ItemSimilarityRecommender'],
  555: ['CustomModel', 'it is a class of the app that uses it'],
  556: ['LinkedModel', 'it is another file: open that one'],
  2000: ['TextClassifier', BUILT_IN],
  2001: ['WordTagger', BUILT_IN],
  2002: ['VisionFeaturePrint', BUILT_IN],
  2003: ['SoundAnalysisPreprocessing', BUILT_IN],
  2004: ['Gazetteer', BUILT_IN],
  2005: ['WordEmbedding', BUILT_IN],
  2006: ['AudioFeaturePrint', BUILT_IN],
  3000: ['SerializedModel', 'it is serialised in a form of its own'],
};

/** The largest of what a list of a file gives; 0 for none. */
function mostOf<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((most, item) => Math.max(most, of(item)), 0);
}

function linearModel(
  name: string,
  op: 'linear_classifier' | 'linear_regressor',
  model: ProtoMessage,
  outputs: readonly TensorType[],
  transforms: readonly ScoreTransform[],
): Classical {
  const rows = model.messages(1);
  const features = mostOf(rows, (row) => row.bytes(1) / 8);
  const offsets = model.bytes(2) / 8;
  const transform = transforms[model.int(3)] ?? 'none';
  return {
    name,
    effect: linearScores(op, outputs, {
      rows: 1,
      scores: rows.length,
      transform,
      features,
      computed: rows.length,
      bias: offsets > 0,
    }),
    weights: [
      { name: 'weights', shape: [rows.length, features] },
      ...(offsets > 0 ? [{ name: 'offset', shape: [offsets] }] : []),
    ],
  };
}

const KERNELS: readonly SvmKernel[] = ['linear', 'linear', 'rbf', 'polynomial', 'sigmoid'];

function vectors(
  name: string,
  model: ProtoMessage,
  outputs: readonly TensorType[],
  fields: { readonly sparse: number; readonly dense: number; readonly classes: number },
): Classical {
  const [sparse, dense] = [
    model.message(fields.sparse)?.messages(1) ?? [],
    model.message(fields.dense)?.messages(1) ?? [],
  ];
  const all = sparse.length + dense.length;
  const features = Math.max(
    1,
    mostOf(dense, (v) => v.bytes(1) / 8),
    mostOf(sparse, (v) => mostOf(v.messages(1), (node) => node.int(1))),
  );
  const { classes } = fields;
  const perVector = Math.max(1, classes - 1);
  const decisions = classes > 0 ? Math.max(1, (classes * (classes - 1)) / 2) : 1;
  const kernel = KERNELS[model.message(1)?.numbers[0] ?? 1] ?? 'linear';
  const op = classes > 0 ? 'svm_classifier' : 'svm_regressor';
  return {
    name,
    effect: supportVectors(op, outputs, {
      rows: 1,
      scores: Math.max(1, classes),
      transform: 'none',
      features,
      kernel,
      vectors: all,
      decisions,
      perVector,
    }),
    weights: [
      { name: 'supportVectors', shape: [all, features] },
      { name: 'coefficients', shape: [perVector, all] },
      { name: 'rho', shape: [decisions] },
    ],
  };
}

const LEAF = 6;

/** Every tree goes from its root to a leaf, at most as deep as it is. */
function trees(name: string, model: ProtoMessage, outputs: readonly TensorType[]): Classical {
  const ensemble = model.message(1);
  const byTree = new Map<number, Map<number, readonly [number, number] | null>>();
  for (const node of ensemble?.messages(1) ?? []) {
    let tree = byTree.get(node.int(1));
    if (tree === undefined) {
      tree = new Map();
      byTree.set(node.int(1), tree);
    }
    tree.set(node.int(2), node.int(3) === LEAF ? null : [node.int(12), node.int(13)]);
  }
  let levels = 0;
  for (const tree of byTree.values()) levels += depthOf(tree);
  const scores = Math.max(1, ensemble?.int(2, 1) ?? 1);
  const transform = (['none', 'softmax', 'logistic', 'softmax'] as const)[model.int(2)] ?? 'none';
  return { name, effect: treeEnsemble(outputs, { rows: 1, scores, transform, levels, trees: byTree.size }) };
}

/** Compares on the longest way from a node that is not a child; a node is looked at once. */
function depthOf(tree: ReadonlyMap<number, readonly [number, number] | null>): number {
  const children = new Set([...tree.values()].flatMap((pair) => pair ?? []));
  let level = [...tree.keys()].filter((id) => !children.has(id));
  const seen = new Set<number>();
  let depth = 0;
  for (; level.length > 0; depth++) {
    const next: number[] = [];
    for (const id of level) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const child of tree.get(id) ?? []) if (tree.has(child)) next.push(child);
    }
    if (next.length === 0) break;
    level = next;
  }
  return depth;
}

function neighbours(model: ProtoMessage): Classical {
  const index = model.message(1);
  const samples = index?.messages(2) ?? [];
  const depth = Math.max(1, index?.int(1) ?? 1, ...samples.slice(0, 1).map((s) => s.bytes(1) / 4));
  const table: TensorType = { dtype: 'float32', shape: [samples.length, depth] };
  const effect = cdist({ dtype: 'float32', shape: [1, depth] }, table);
  return {
    name: 'KNearestNeighborsClassifier',
    effect: { ...effect, work: numel(table.shape) === 0 ? [] : effect.work },
    weights: [{ name: 'samples', shape: [samples.length, depth] }],
  };
}
