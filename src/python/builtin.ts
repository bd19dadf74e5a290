import type { OpenModule, Weight } from '../ledger/index.js';
import type { Attr } from '../ops/index.js';
import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import * as nn from '../torch/nn/index.js';
import { classHierarchyOf, typeOf } from '../torch/nn/module.js';
import { type Session as NnSession, record } from '../torch/nn/session.js';

/** Builds a built-in model by PyTorch's keyword arguments. */
export type BuiltinFactory = (options?: Readonly<Record<string, unknown>>) => nn.AnyModule;

/** A module as Python is told of it, and tells of it: the tree is a list, children are numbers of its elements. */
export interface BuiltinRecord {
  readonly handle: number;
  readonly type: string;
  readonly mro: readonly string[];
  readonly attrs: Readonly<Record<string, Attr>>;
  readonly weights: readonly (readonly [
    name: string,
    kind: string,
    trains: boolean,
    shape: readonly unknown[],
    dtype: string,
  ])[];
  readonly children: readonly (readonly [name: string, index: number])[];
  /** Whether its forward is written in TypeScript: Python calls back for it. */
  readonly backed: boolean;
}

/** A Python module that may stand for one of ours: see `Recording`. */
export interface Bound {
  /** Null for a module that was written in Python. */
  readonly handle: number | null;
  readonly info: OpenModule;
  readonly weights: readonly { readonly name: string; readonly weight: Weight }[];
  readonly children: readonly (readonly [name: string, index: number])[];
}

/**
 * The built-in models as Python has them: real modules of Python, of which those that are not layers of PyTorch run their
 * forward here. Python's tree is the truth: before a run, what it replaced in a model is replaced here too.
 */
export class Builtins {
  readonly #modules: nn.AnyModule[] = [];

  /** Takes in a model and describes it. */
  add(root: nn.AnyModule): BuiltinRecord[] {
    const records: BuiltinRecord[] = [];
    const seen = new Map<nn.AnyModule, number>();
    const visit = (module: nn.AnyModule): number => {
      const known = seen.get(module);
      if (known !== undefined) return known;
      const index = records.length;
      seen.set(module, index);
      const children: [string, number][] = [];
      const type = typeOf(module);
      records.push({
        handle: this.#modules.push(module) - 1,
        type,
        mro: classHierarchyOf(module),
        attrs: module.describe(),
        weights: weightsOf(module),
        children,
        backed: !type.startsWith('torch.nn.') && module.forward !== nn.Sequential.prototype.forward,
      });
      for (const [name, child] of module.named_children()) children.push([name, visit(child)]);
      return index;
    };
    visit(root);
    return records;
  }

  /** Makes the modules of a run known to it, with what Python put into them. */
  bind(tree: readonly Bound[], session: NnSession): void {
    const made = new Map<number, nn.AnyModule>();
    const moduleOf = (index: number): nn.AnyModule => {
      const bound = tree[index] as Bound;
      const module = bound.handle === null ? made.get(index) : this.#modules[bound.handle];
      if (module !== undefined) return module;
      const built = layerOf(bound.info);
      made.set(index, built);
      fill(index, built);
      return built;
    };
    const fill = (index: number, module: nn.AnyModule): void => {
      const { info, weights, children } = tree[index] as Bound;
      session.setModule(module, info);
      const fields = module as unknown as Record<string, unknown>;
      for (const { name, weight } of weights) {
        const tensor = fields[name];
        if (tensor instanceof nn.Tensor) session.setWeight(tensor, weight);
      }
      const names = new Set(children.map(([name]) => name));
      for (const [name] of module.named_children()) if (!names.has(name)) delete fields[name];
      for (const [name, child] of children) fields[name] = moduleOf(child);
    };
    for (const [index, { handle }] of tree.entries())
      if (handle !== null) fill(index, this.#modules[handle] as nn.AnyModule);
  }

  /** Runs the forward of one of our modules within a run. */
  forward(handle: number, training: boolean, args: readonly unknown[], session: NnSession): unknown {
    const module = this.#modules[handle] as unknown as nn.Module<readonly unknown[], unknown> & nn.AnyModule;
    module.train(training);
    return record(session, () => module.forward(...(args as never[])));
  }
}

function weightsOf(module: nn.AnyModule): BuiltinRecord['weights'] {
  return Object.entries(module as object).flatMap(([name, value]: [string, unknown]): BuiltinRecord['weights'] => {
    if (value instanceof nn.Parameter) return [[name, 'parameter', value.requires_grad, value.shape, value.dtype]];
    return value instanceof nn.Buffer ? [[name, 'buffer', false, value.shape, value.dtype]] : [];
  });
}

/** Arguments that a layer takes by position; all others by name. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = byName({
  Linear: ['in_features', 'out_features'],
  Bilinear: ['in1_features', 'in2_features', 'out_features'],
  Embedding: ['num_embeddings', 'embedding_dim'],
  LayerNorm: ['normalized_shape'],
  RMSNorm: ['normalized_shape'],
  GroupNorm: ['num_groups', 'num_channels'],
  MultiheadAttention: ['embed_dim', 'num_heads'],
  ...Object.fromEntries(
    [1, 2, 3].flatMap((n) => [
      [`Conv${n}d`, ['in_channels', 'out_channels', 'kernel_size']],
      [`ConvTranspose${n}d`, ['in_channels', 'out_channels', 'kernel_size']],
      [`BatchNorm${n}d`, ['num_features']],
      [`InstanceNorm${n}d`, ['num_features']],
      [`MaxPool${n}d`, ['kernel_size']],
      [`AvgPool${n}d`, ['kernel_size']],
      [`AdaptiveAvgPool${n}d`, ['output_size']],
      [`AdaptiveMaxPool${n}d`, ['output_size']],
    ]),
  ),
});
/** Layers of which the settings change neither shapes nor which arithmetic is done, or that take them by name. */
const BY_NAME = new Set([
  ...[
    'Identity',
    'Dropout',
    'Dropout2d',
    'ReLU',
    'ReLU6',
    'SiLU',
    'Mish',
    'Hardswish',
    'Hardsigmoid',
    'SELU',
    'Sigmoid',
  ],
  ...['Tanh', 'GELU', 'ELU', 'LeakyReLU', 'Softplus', 'Softmax', 'LogSoftmax', 'Flatten', 'Sequential'],
]);

/** A layer of PyTorch that Python put into a built-in model. Throws ModelError for anything else. */
function layerOf(info: OpenModule): nn.AnyModule {
  const name = info.type.replace(/^torch\.nn\./, '');
  const positional = POSITIONAL[name];
  if (!info.type.startsWith('torch.nn.') || (positional === undefined && !BY_NAME.has(name)))
    throw new ModelError('unsupported', `a ${info.type} was put into a built-in model, which cannot run it`, {
      format: 'python',
      at: { module: info.path },
      hint: 'give a checkout of torchvision with --python-path: its own code takes any module',
    });
  const layers: Readonly<Record<string, unknown>> = nn;
  const layer = layers[name] as new (...args: unknown[]) => nn.AnyModule;
  const rest = Object.fromEntries(
    Object.entries(info.attrs).filter(([key, value]) => !positional?.includes(key) && value !== null),
  );
  const given = (positional ?? []).map((key) => info.attrs[key]);
  return name === 'Sequential' || name === 'Identity' || Object.keys(rest).length === 0
    ? new layer(...given)
    : new layer(...given, rest);
}
