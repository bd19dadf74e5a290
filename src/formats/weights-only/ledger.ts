import {
  appended,
  type Ledger,
  type ModuleCall,
  type ModuleInfo,
  NONE,
  type Note,
  PathBudget,
  type Weight,
} from '../../ledger/index.js';
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
  /** Quantisation as a configuration beside the file states it; asked only if it is needed. */
  readonly hints?: () => Hints;
}

/** Parts of a name that become modules of their own. Real models nest some ten deep; a hostile name has thousands. */
const MAX_DEPTH = 64;

const UNKNOWN: Hints = { bits: null, groupSize: null };

/** A module while it is filled; its lists are replaced as they grow. */
type OpenModule = { -readonly [K in keyof ModuleInfo]: ModuleInfo[K] };

/** Modules by the parts of their paths, each with a dot before it; the root by ``. */
interface Modules {
  readonly all: Map<string, OpenModule>;
  readonly paths: PathBudget;
}

/** The ledger of a file without a graph: a module tree with weights, and no operator. */
export function ledgerOfWeights(model: StoredModel): Ledger {
  const root = module('', model.types);
  const modules: Modules = { all: new Map([['', root]]), paths: new PathBudget(model.format) };
  const weights: Weight[] = [];
  const known = new Map<string, Weight>();
  const own = modelAmong(model.tensors);
  const { tensors, notes: quantised } = logicalTensors(own.tensors, model.hints ?? (() => UNKNOWN));
  const buffers = companions(tensors);
  let packed = 0;
  for (const path of model.types?.keys() ?? []) find(modules, path.split('.'), model.types);
  for (const tensor of tensors) {
    const tied = tensor.memory === undefined ? undefined : known.get(tensor.memory);
    if (tied !== undefined) {
      (tied.aliases as string[]).push(tensor.name);
      continue;
    }
    const kind = buffers.has(tensor) ? 'buffer' : (tensor.kind ?? roleOf(tensor.name, tensor.dtype, tensor.shape));
    const weight = weightOf(tensor, kind);
    if (tensor.memory !== undefined) known.set(tensor.memory, weight);
    weights.push(weight);
    if (kind === 'parameter' && isPacked(tensor.name, tensor.dtype)) packed++;
    const parts = tensor.name.split('.');
    const name = parts.length <= MAX_DEPTH + 1 ? (parts.pop() as string) : parts.splice(MAX_DEPTH).join('.');
    const holder = find(modules, parts, model.types);
    holder.weights = appended(holder.weights, { name, weight });
  }
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
    notes: [...(model.notes ?? []), ...own.notes, ...quantised, ...packedNotes(packed), ...maskNotes(buffers)],
    constraints: [],
  });
}

function packedNotes(packed: number): Note[] {
  if (packed === 0) return [];
  return [
    {
      code: 'packed-weights',
      message: `${packed} tensors hold several quantised weights in one element: params counts elements as they are stored`,
    },
  ];
}

function maskNotes(buffers: Iterable<StoredTensor>): Note[] {
  const masks = [...buffers].filter((t) => t.name.endsWith('_mask'));
  if (masks.length === 0) return [];
  const elements = masks.reduce((n, t) => n + t.shape.reduce((a, b) => a * b, 1), 0);
  return [
    {
      code: 'masks-apart',
      message: `pruned: ${masks.length} mask${masks.length === 1 ? '' : 's'} (${masks[0]?.name}, …) of ${elements} elements are not parameters; params counts the weights that they hide too`,
    },
  ];
}

/** Fields in one order, and none that is spread: a file may have a million tensors. */
function weightOf({ name, aliases, trainable, dtype, shape, bytes }: StoredTensor, kind: Weight['kind']): Weight {
  const others = aliases === undefined ? [] : [...aliases];
  const learns = kind === 'buffer' ? false : (trainable ?? null);
  return bytes === undefined
    ? { name, aliases: others, kind, trainable: learns, dtype, shape }
    : { name, aliases: others, kind, trainable: learns, dtype, shape, bytes };
}

const NO_ATTRS = Object.freeze({});

/** Unlike `newModule` without lists of its own: most of a million modules have one weight and no child. */
function module(path: string, types: StoredModel['types']): OpenModule {
  const type = types?.get(path) ?? '';
  return {
    path,
    type,
    classHierarchy: type === '' ? NONE : [type],
    children: NONE,
    weights: NONE,
    calls: NONE,
    attrs: NO_ATTRS,
  };
}

/** The module at a path, made with those above it where it is not there yet. */
function find(modules: Modules, parts: readonly string[], types: StoredModel['types']): OpenModule {
  let at = modules.all.get('') as OpenModule;
  if (parts.length === 0 || (parts[0] === '' && parts.length === 1)) return at;
  const deepest = parts.length <= MAX_DEPTH ? parts : parts.slice(0, MAX_DEPTH);
  const known = modules.all.get(`.${deepest.join('.')}`);
  if (known !== undefined) return known;
  let key = '';
  for (const part of deepest) {
    key += `.${part}`;
    let child = modules.all.get(key);
    if (child === undefined) {
      const path = at.path === '' ? part : `${at.path}.${part}`;
      modules.paths.take(path);
      child = module(path, types);
      modules.all.set(key, child);
      at.children = appended(at.children, { name: part, module: child });
    }
    at = child;
  }
  return at;
}
