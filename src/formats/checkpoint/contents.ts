import { entriesOf, entry, is, itemsOf, type Pickled } from '../../wire/pickle/index.js';
import type { StoredTensor } from '../weights-only/ledger.js';
import { Budget, moduleState, moduleTensors, NESTING_LIMIT } from './modules.js';
import { isPackedLayer, packedTensors } from './packed.js';
import type { TensorReader } from './tensors.js';

/** A network in a checkpoint: a state dict, or a whole module. */
export interface Network {
  /** Keys that lead to it: `['model']`; empty if it is the file itself. */
  readonly keys: readonly string[];
  readonly tensors: readonly StoredTensor[];
  /** Classes of modules by path; only whole modules have them. */
  readonly types: ReadonlyMap<string, string> | null;
}

export interface Contents {
  readonly networks: readonly Network[];
  /** Keys of what was passed over: optimizers, schedulers. */
  readonly passed: readonly string[];
}

/** Keys of checkpoints under which trainers put what is not a network, though it may be full of tensors. */
const NO_NETWORK = new RegExp(
  `^(?:${[
    '.*optim(izer|iser)?s?(_?(state|states|dict|state_dict))?',
    '.*sched(uler)?s?(_?(state|states|dict|state_dict))?',
    '.*scaler(_?(state|state_dict))?',
    'amp',
    '.*grads?',
    '.*rng(_?states?)?(_\\w+)?',
    'random(_?states?)?',
    'callbacks?',
    'loops?',
    'hparams|hyper_?param(eter)?s',
    'args?|cfg|config|opt|options',
    '.*(history|metrics?|loss|losses|accuracy|acc1?|fitness|score|epochs?|steps?|iter(ation)?s?)',
    'meta|metadata|_metadata|extra_state|train_results|sampler|dataloader',
  ].join('|')})$`,
  'i',
);

/** Everything in a pickle that could be a network, in order. Cyclic and shared values are walked once. */
export function contentsOf(value: Pickled, reader: TensorReader, format: string): Contents {
  const budget = new Budget(format);
  const seen = new Set<Pickled>();
  const networks: Network[] = [];
  const passed: string[] = [];

  const find = (at: Pickled, keys: readonly string[]): void => {
    if (typeof at !== 'object' || at === null || seen.has(at) || keys.length > NESTING_LIMIT) return;
    seen.add(at);
    if (is(at, 'object') && moduleState(at) !== null) {
      networks.push({ keys, ...moduleTensors(at, reader, budget) });
      return;
    }
    const entries = entriesOf(at);
    if (entries !== null) {
      budget.steps(entries.length);
      if (isOptimizer(entries)) {
        passed.push(keys.join('.'));
        return;
      }
      const own = stateTensors(at, reader, budget, seen);
      if (own !== null) {
        networks.push({ keys, tensors: own, types: null });
        return;
      }
      for (const [key, below] of entries) {
        if (typeof key !== 'string' && typeof key !== 'number') continue;
        const path = [...keys, String(key)];
        if (!NO_NETWORK.test(String(key))) find(below, path);
        else if (holdsTensors(below, reader, budget, 0)) passed.push(path.join('.'));
      }
      return;
    }
    // A tuple of state dicts, or an object that keeps its own in attributes.
    const items = itemsOf(at) ?? (is(at, 'object') ? at.states : null);
    budget.steps(items?.length ?? 0);
    for (const [i, item] of (items ?? []).entries()) find(item, is(at, 'object') ? keys : [...keys, String(i)]);
  };
  find(value, []);
  return { networks, passed };
}

/** `optimizer.state_dict()`. */
function isOptimizer(entries: NonNullable<ReturnType<typeof entriesOf>>): boolean {
  return entry(entries, 'param_groups') !== undefined && entry(entries, 'state') !== undefined;
}

/**
 * The tensors of a state dict: a dictionary with tensors in it, those in dictionaries below it included. Null for one that
 * only holds others, as a training checkpoint does; a lone tensor among them (a random state, a best loss) makes no network.
 */
function stateTensors(value: Pickled, reader: TensorReader, budget: Budget, seen: Set<Pickled>): StoredTensor[] | null {
  const entries = entriesOf(value) ?? [];
  let direct = 0;
  let nested = 0;
  for (const [key, item] of entries) {
    if (typeof key !== 'string') continue;
    if (reader.read(item) !== null || isPackedLayer(key, item)) direct += NO_NETWORK.test(key) ? 0 : 1;
    else if (is(item, 'dict') || is(item, 'object')) nested = Math.max(nested, tensorsWithin(item, reader, budget));
  }
  if (direct === 0 || nested > direct) return null;
  const tensors: StoredTensor[] = [];
  const collect = (at: Pickled, prefix: string, depth: number): void => {
    const list = entriesOf(at) ?? [];
    budget.steps(list.length);
    for (const [key, item] of list) {
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const name = prefix === '' ? String(key) : `${prefix}.${key}`;
      const tensor = reader.read(item);
      if (tensor !== null) {
        budget.name(name);
        tensors.push({
          name,
          dtype: tensor.dtype,
          shape: tensor.shape,
          ...(tensor.parameter ? { kind: 'parameter' as const, trainable: tensor.requiresGrad } : {}),
          ...(tensor.requiresGrad ? { trainable: true } : {}),
          ...(tensor.memory === null ? {} : { memory: tensor.memory }),
        });
      } else if (isPackedLayer(name, item)) {
        for (const packed of packedTensors(name, item, reader, budget)) {
          budget.name(packed.name);
          tensors.push(packed);
        }
      } else if (depth < NESTING_LIMIT && !seen.has(item) && entriesOf(item) !== null) {
        seen.add(item);
        collect(item, name, depth + 1);
      }
    }
  };
  collect(value, '', 0);
  return tensors;
}

/** Tensors directly in a dictionary, or in a module. */
function tensorsWithin(value: Pickled, reader: TensorReader, budget: Budget): number {
  if (moduleState(value) !== null) return Number.POSITIVE_INFINITY;
  const entries = entriesOf(value) ?? [];
  budget.steps(entries.length);
  return isOptimizer(entries) ? 0 : entries.filter(([, item]) => reader.read(item) !== null).length;
}

/** Whether there is a tensor somewhere in a value, as far down as optimizers keep theirs. */
function holdsTensors(value: Pickled, reader: TensorReader, budget: Budget, depth: number): boolean {
  if (reader.read(value) !== null) return true;
  const below = entriesOf(value)?.map(([, item]) => item) ?? itemsOf(value) ?? [];
  budget.steps(below.length);
  return depth < 4 && below.some((item) => holdsTensors(item, reader, budget, depth + 1));
}
