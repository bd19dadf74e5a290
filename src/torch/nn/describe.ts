import { type ModuleCall, NONE, type OpenModule, type StoredWeights, type Weight } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { spelt } from './argument.js';
import { type AnyModule, classHierarchyOf, isModule, typeOf } from './module.js';
import { Buffer, Parameter } from './parameter.js';
import type { Session } from './session.js';
import { Tensor } from './tensor.js';

/** The modules and weights of a model, found before it runs: those that nothing uses are the model's all the same. */
export interface Described {
  readonly root: OpenModule;
  /** Every module once. */
  readonly modules: readonly AnyModule[];
  /** Every weight once, in the order of the tree, as PyTorch lists them. */
  readonly weights: readonly Weight[];
}

/** Makes the session know a model. `stored` says how weights are kept in a file, if that is not as the module has them. */
export function describeModel(model: AnyModule, session: Session, stored: StoredWeights): Described {
  if (!isModule(model))
    throw new ModelError('argument', `a module is needed, and ${spelt(model)} was given`, {
      format: 'nn',
      hint: 'give an instance of a class that extends nn.Module',
    });
  const modules: AnyModule[] = [];
  const weights: Weight[] = [];
  const root = described(model, '', {
    session,
    stored,
    modules,
    weights,
    classes: new Map(),
    scratch: { weights: [], modules: [] },
  });
  return { root, modules, weights };
}

interface Found {
  readonly session: Session;
  readonly stored: StoredWeights;
  readonly modules: AnyModule[];
  readonly weights: Weight[];
  /** The names of classes: there are few, and each module needs one. */
  readonly classes: Map<unknown, Pick<OpenModule, 'type' | 'classHierarchy'>>;
  /** Filled for one module after the other and copied from: lists that grow take three times the room. */
  readonly scratch: { readonly weights: NamedWeight[]; readonly modules: string[] };
}
type NamedWeight = OpenModule['weights'][number];

function described(module: AnyModule, path: string, found: Found): OpenModule {
  const { session } = found;
  const known = session.moduleOf(module);
  if (known !== undefined) return known;
  const { type, classHierarchy } = classOf(module, found);
  // Most modules have weights or modules below, not both.
  const info: Open<OpenModule> = {
    path,
    type,
    classHierarchy,
    children: NONE,
    weights: NONE,
    calls: NONE as readonly ModuleCall[] as ModuleCall[],
    attrs: module.describe(),
  };
  session.setModule(module, info);
  found.modules.push(module);
  const prefix = path === '' ? '' : `${path}.`;
  const fields = module as unknown as Readonly<Record<string, unknown>>;
  const { scratch } = found;
  let [weights, inner] = [0, 0];
  // V8 has the names and the places of fields at hand for such a loop, and for no other.
  for (const name in fields) {
    const value = fields[name];
    if (value instanceof Tensor) {
      if ((value instanceof Parameter || value instanceof Buffer) && Object.hasOwn(fields, name))
        scratch.weights[weights++] = { name, weight: weightOf(value, prefix + name, found) };
    } else if (isModule(value) && Object.hasOwn(fields, name)) scratch.modules[inner++] = name;
  }
  if (weights > 0) info.weights = scratch.weights.slice(0, weights);
  // Only now what is below: weights of a module come before those in the list of all.
  if (inner > 0)
    info.children = scratch.modules
      .slice(0, inner)
      .map((name) => ({ name, module: described(fields[name] as AnyModule, prefix + name, found) }));
  return info;
}
type Open<T> = { -readonly [K in keyof T]: T[K] };

function classOf(module: AnyModule, { classes }: Found): Pick<OpenModule, 'type' | 'classHierarchy'> {
  let known = classes.get(module.constructor);
  if (known === undefined) {
    known = { type: typeOf(module), classHierarchy: Object.freeze(classHierarchyOf(module)) };
    classes.set(module.constructor, known);
  }
  return known;
}

function weightOf(tensor: Parameter | Buffer, name: string, { session, stored, weights }: Found): Weight {
  const known = session.weightOf(tensor);
  if (known !== undefined) {
    (known as { aliases: readonly string[] }).aliases = [...known.aliases, name];
    return known;
  }
  const parameter = tensor instanceof Parameter;
  const kept = stored.size === 0 ? undefined : stored.get(name);
  const absent = kept?.absent === true;
  const weight: Weight = {
    name,
    aliases: NONE,
    kind: parameter && !absent ? 'parameter' : 'buffer',
    trainable: parameter && !absent && tensor.requires_grad,
    dtype: kept?.dtype ?? tensor.dtype,
    shape: tensor.shape,
  };
  if (kept !== undefined) (weight as { bytes?: number }).bytes = kept.bytes;
  session.setWeight(tensor, weight);
  weights.push(weight);
  return weight;
}
