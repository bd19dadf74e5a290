import { type Ledger, type ModuleCall, type NewModule, type Note, newModule, type Weight } from '../../ledger/index.js';
import { type Hints, logicalTensors } from './layouts/index.js';
import { modelAmong } from './passed.js';
import { companions, isPacked, roleOf } from './roles.js';
import type { StoredTensor } from './stored.js';

export type { StoredTensor } from './stored.js';

export interface StoredModel {
  readonly format: string;
  readonly name: string;
  readonly producer: string | null;
  readonly file: { readonly bytes: number; readonly bytesRead: number };
  readonly tensors: readonly StoredTensor[];
  /** Classes of modules by path, where the file says; the root's path is ``. */
  readonly types?: ReadonlyMap<string, string>;
  readonly notes?: readonly Note[];
  /** What a configuration beside the file says of its quantisation; asked only where it is needed. */
  readonly hints?: () => Hints;
}

/** Parts of a name that become modules of their own. Real models nest some ten deep; a hostile name has thousands. */
const MAX_DEPTH = 64;

const UNKNOWN: Hints = { bits: null, groupSize: null };

/** Modules by the parts of their paths, each with a dot before it; the root by ``. */
type Modules = Map<string, NewModule>;

/** The ledger of a file without a graph: a module tree with weights, and no operator. */
export function ledgerOfWeights(model: StoredModel): Ledger {
  const root = module('', model.types);
  const modules: Modules = new Map([['', root]]);
  const weights: Weight[] = [];
  const known = new Map<string, Weight>();
  const own = modelAmong(model.tensors);
  const { tensors, notes: quantised } = logicalTensors(own.tensors, model.hints ?? (() => UNKNOWN));
  const buffers = companions(tensors);
  const notes: Note[] = [...(model.notes ?? []), ...own.notes, ...quantised];
  let packed = 0;
  for (const path of model.types?.keys() ?? []) find(modules, path.split('.'), model.types);
  for (const tensor of tensors) {
    const tied = tensor.memory === undefined ? undefined : known.get(tensor.memory);
    if (tied !== undefined) {
      (tied.aliases as string[]).push(tensor.name);
      continue;
    }
    const kind = buffers.has(tensor) ? 'buffer' : (tensor.kind ?? roleOf(tensor.name, tensor.dtype, tensor.shape));
    const weight: Weight = {
      name: tensor.name,
      aliases: [...(tensor.aliases ?? [])],
      kind,
      trainable: kind === 'buffer' ? false : (tensor.trainable ?? null),
      dtype: tensor.dtype,
      shape: tensor.shape,
      ...(tensor.bytes === undefined ? {} : { bytes: tensor.bytes }),
    };
    if (tensor.memory !== undefined) known.set(tensor.memory, weight);
    weights.push(weight);
    if (kind === 'parameter' && isPacked(tensor.name, tensor.dtype)) packed++;
    const parts = tensor.name.split('.');
    const name = parts.splice(Math.min(parts.length - 1, MAX_DEPTH)).join('.');
    find(modules, parts, model.types).weights.push({ name, weight });
  }
  if (packed > 0)
    notes.push({
      code: 'packed-weights',
      message: `${packed} tensors hold several quantised weights in one element: params counts elements as they are stored`,
    });
  const masks = [...buffers].filter((t) => t.name.endsWith('_mask'));
  if (masks.length > 0)
    notes.push({
      code: 'masks-apart',
      message: `pruned: ${masks.length} mask${masks.length === 1 ? '' : 's'} (${masks[0]?.name}, …) of ${masks.reduce((n, t) => n + t.shape.reduce((a, b) => a * b, 1), 0)} elements are not parameters; params counts the weights that they hide too`,
    });
  const call: ModuleCall = { module: root, index: 0, path: '', inputs: [], outputs: [], parent: null, steps: [] };
  return Object.freeze({
    name: model.name,
    format: model.format,
    producer: model.producer,
    file: model.file,
    inputs: [],
    outputs: [],
    root: call,
    entries: [],
    weights,
    modules: model.types === undefined ? 'names' : 'exact',
    notes,
    constraints: [],
  });
}

function module(path: string, types: StoredModel['types']): NewModule {
  return newModule(path, types?.get(path) ?? '');
}

/** The module at a path, made with those above it where it is not there yet. */
function find(modules: Modules, parts: readonly string[], types: StoredModel['types']): NewModule {
  let at = modules.get('') as NewModule;
  if (parts.length === 0 || (parts[0] === '' && parts.length === 1)) return at;
  const deepest = parts.slice(0, MAX_DEPTH);
  const known = modules.get(`.${deepest.join('.')}`);
  if (known !== undefined) return known;
  let key = '';
  for (const part of deepest) {
    key += `.${part}`;
    let child = modules.get(key);
    if (child === undefined) {
      child = module(at.path === '' ? part : `${at.path}.${part}`, types);
      modules.set(key, child);
      at.children.push({ name: part, module: child });
    }
    at = child;
  }
  return at;
}
