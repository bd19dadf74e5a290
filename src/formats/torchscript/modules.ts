import type { ModuleInfo, OpenModule, Weight } from '../../ledger/index.js';
import type { Attr } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { className } from '../checkpoint/tensors.js';
import type { ClassCode, Expression } from './code/ast.js';
import { type Instance, isKind, type ScriptValue, type Tensor } from './data.js';
import { malformed } from './errors.js';
import type { Objects } from './objects.js';
import { packedTensors } from './quantized.js';

/** Modules that one archive may have: a module shared by two is one. */
const MODULES_LIMIT = 1 << 18;
const DEPTH_LIMIT = 128;

interface Named {
  name: string;
  aliases: string[];
  kind: Weight['kind'];
  trainable: boolean | null;
}

/**
 * The module tree below `root`, as attributes hold it. Every module gets its place, every tensor its name and role: what
 * classes list as parameters and buffers, and constants. Weights are given in the order of the tree, without repeats.
 */
export function moduleTree(
  root: Instance,
  objects: Objects,
): { readonly module: OpenModule; readonly weights: Weight[] } {
  const walk = new Walk(objects);
  const module = walk.module(root, '', 0);
  return { module, weights: [...walk.weights] };
}

/** Goes through modules; each is given a place once, however many hold it. */
class Walk {
  readonly weights = new Set<Weight>();
  readonly #objects: Objects;
  readonly #seen = new Map<Instance, OpenModule>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  module(instance: Instance, path: string, depth: number): OpenModule {
    const known = this.#seen.get(instance);
    if (known !== undefined) return known;
    if (this.#seen.size >= MODULES_LIMIT || depth > DEPTH_LIMIT)
      throw malformed('the archive has modules without bound');
    const { type } = instance;
    const children: { name: string; module: ModuleInfo }[] = [];
    const held: { name: string; weight: Weight }[] = [];
    const typeName = typeOfClass(instance.className);
    const module: OpenModule = {
      path,
      type: typeName,
      classHierarchy: BASES[typeName] ?? [typeName],
      children,
      weights: held,
      calls: [],
      attrs: constantsOf(type),
    };
    this.#seen.set(instance, module);
    instance.module = module;
    for (const [name, value] of ordered(instance)) {
      const full = within(path, name);
      if (isKind(value, 'tensor')) {
        const kind = type.parameters.has(name) ? 'parameter' : type.buffers.has(name) ? 'buffer' : null;
        const weight = kind === null ? null : this.#own(value, full, kind);
        if (weight !== null) held.push({ name, weight });
      } else if (isKind(value, 'object') && value.type.base === 'Module') {
        children.push({ name, module: this.module(value, full, depth + 1) });
      } else if (isKind(value, 'object')) {
        held.push(...this.#packed(value, path));
      }
    }
    return module;
  }

  /** The weights of a packed layer: quantised, they are learned no more, and are the layer's all the same. */
  #packed(value: Instance, path: string): { name: string; weight: Weight }[] {
    return packedTensors(value).flatMap(([name, tensor]) => {
      const weight = this.#own(tensor, within(path, name), 'parameter');
      return weight === null ? [] : [{ name, weight: Object.assign(weight, { trainable: false }) }];
    });
  }

  /** Gives a stored tensor its name and its role, or one more name; null for a tensor that is not stored. */
  #own(tensor: Tensor, path: string, kind: Weight['kind']): Weight | null {
    const stored = this.#objects.stored.get(tensor);
    if (stored === undefined) return null;
    const weight = stored.weight as unknown as Named;
    if (this.weights.has(stored.weight)) {
      if (weight.name !== path && !weight.aliases.includes(path)) weight.aliases.push(path);
      // A parameter is trained, even if it is a buffer elsewhere.
      if (kind === 'parameter' && weight.kind !== kind)
        Object.assign(weight, { kind, trainable: stored.tensor.requiresGrad });
      return stored.weight;
    }
    Object.assign(weight, { name: path, kind, trainable: kind === 'parameter' && stored.tensor.requiresGrad });
    this.weights.add(stored.weight);
    return stored.weight;
  }
}

const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Attributes in the order in which the class lists them. */
function ordered(instance: Instance): [string, ScriptValue][] {
  const { fields, type } = instance;
  const names = new Set([...type.attributes.keys(), ...fields.keys()]);
  return [...names].flatMap((name): [string, ScriptValue][] => {
    const value = fields.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}

/** Bases of classes that PyTorch's own layers have inside. */
const BASES: Readonly<Record<string, readonly string[]>> = byName({
  'torch.nn.modules.linear.NonDynamicallyQuantizableLinear': [
    'torch.nn.modules.linear.NonDynamicallyQuantizableLinear',
    'torch.nn.Linear',
  ],
});

/** `torch.nn.Conv2d` of `__torch__.torch.nn.modules.conv.___torch_mangle_7.Conv2d`. */
export function typeOfClass(qualified: string): string {
  const plain = qualified.replace(/^__torch__\./, '').replace(/___torch_mangle_\d+\./g, '');
  if (Object.keys(BASES).includes(plain)) return plain;
  const dot = plain.lastIndexOf('.');
  return dot < 0 ? plain : className(plain.slice(0, dot), plain.slice(dot + 1));
}

/** A scripted layer keeps its arguments as constants of its class. */
function constantsOf(type: ClassCode): Record<string, Attr> {
  const attrs: Record<string, Attr> = {};
  for (const [name, value] of type.constants) {
    const attr = attrOf(value);
    if (attr !== undefined && !name.startsWith('__')) attrs[name] = attr;
  }
  return attrs;
}

function attrOf(e: Expression): Attr | undefined {
  if (e.kind === 'constant') return e.value;
  if (e.kind !== 'list' && e.kind !== 'tuple') return undefined;
  const items = e.items.map(attrOf);
  return items.includes(undefined) ? undefined : (items as Attr[]);
}
