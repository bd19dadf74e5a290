import { PathBudget } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { entriesOf, entry, is, type PickleDict, type Pickled, type PickleObject } from '../../wire/pickle/index.js';
import type { StoredTensor } from '../weights-only/ledger.js';
import { isPackedLayer, packedState, packedTensors } from './packed.js';
import { classOf, type TensorReader } from './tensors.js';

/** Names that one file may give to tensors and modules: a shared module has all of its again under each parent. */
export const NAMES_LIMIT = 1 << 20;
/** Steps of walking what a pickle built; sharing must not make a small file long work. */
const STEPS_LIMIT = 1 << 24;
/** Modules within modules, dictionaries within dictionaries. */
export const NESTING_LIMIT = 64;

/** JavaScript's tables take longer texts of one length for the same until they have compared them all. */
const LONGEST_NAME = 16_383;

/** Bounds the walk over a pickle's values. */
export class Budget {
  readonly #format: string;
  readonly #paths: PathBudget;
  #names = 0;
  #steps = 0;

  constructor(format: string) {
    this.#format = format;
    this.#paths = new PathBudget(format);
  }

  /** `path`: the name in full; long ones under long ones are more than memory holds. */
  name(path: string): void {
    if (path.length > LONGEST_NAME) throw this.#over(`a name of ${path.length} characters`);
    this.#paths.take(path);
    this.#names++;
    if (this.#names > NAMES_LIMIT) throw this.#over(`more than ${NAMES_LIMIT} names of tensors and modules`);
  }

  steps(n: number): void {
    this.#steps += n;
    if (this.#steps > STEPS_LIMIT) throw this.#over('values that refer to each other endlessly');
  }

  #over(what: string): ModelError {
    return new ModelError('limit', `the file holds ${what}`, {
      format: this.#format,
      hint: 'no real model is known to need this; if yours does, please report it',
    });
  }
}

/** The state of a pickled `torch.nn.Module`, or null for any other object. */
export function moduleState(value: Pickled | undefined): PickleDict['entries'] | null {
  if (!is(value, 'object')) return null;
  const known = states.get(value);
  if (known !== undefined) return known;
  let found: PickleDict['entries'] | null = null;
  // One dictionary may be set as the state again and again.
  for (const one of new Set([...value.states].reverse())) {
    const state = entriesOf(one);
    if (entry(state, '_modules') === undefined || entry(state, '_parameters') === undefined) continue;
    found = state;
    break;
  }
  states.set(value, found);
  return found;
}

/** Looked for once: an object may be at many places. */
const states = new WeakMap<PickleObject, PickleDict['entries'] | null>();

/** Tensors and classes of a module and all below it, as `named_parameters` and `named_buffers` list them. */
export function moduleTensors(
  root: PickleObject,
  reader: TensorReader,
  budget: Budget,
): { readonly tensors: StoredTensor[]; readonly types: Map<string, string> } {
  const tensors: StoredTensor[] = [];
  const types = new Map<string, string>();
  const own = (path: string, list: Pickled | undefined, kind: 'parameter' | 'buffer'): void => {
    for (const [name, value] of entriesOf(list) ?? []) {
      budget.steps(1);
      const tensor = reader.read(value);
      if (tensor === null || typeof name !== 'string') continue;
      const whole = path === '' ? name : `${path}.${name}`;
      budget.name(whole);
      tensors.push({
        name: whole,
        dtype: tensor.dtype,
        shape: tensor.shape,
        kind,
        trainable: kind === 'parameter' && tensor.requiresGrad,
        ...(tensor.memory === null ? {} : { memory: tensor.memory }),
      });
    }
  };
  const walk = (module: PickleObject, path: string, depth: number): void => {
    const state = moduleState(module);
    if (depth > NESTING_LIMIT) return;
    budget.name(path);
    if (state === null) {
      // A quantised layer keeps weight and bias in a tuple of its own.
      const packed = packedState(path.replace(/\._packed_params$/, ''), module.states, reader, budget);
      if (packed.length > 0 && !path.endsWith('._packed_params')) types.set(path, classOf(module) ?? '');
      for (const tensor of packed) tensors.push(tensor);
      return;
    }
    budget.steps(state.length);
    types.set(path, classOf(module) ?? '');
    own(path, entry(state, '_parameters'), 'parameter');
    own(path, entry(state, '_buffers'), 'buffer');
    for (const [key, value] of state)
      if (typeof key === 'string' && isPackedLayer(`${path}.${key}`, value))
        for (const tensor of packedTensors(path === '' ? key : `${path}.${key}`, value, reader, budget))
          tensors.push(tensor);
    for (const [name, child] of entriesOf(entry(state, '_modules')) ?? []) {
      budget.steps(1);
      if (typeof name === 'string' && is(child, 'object'))
        walk(child, path === '' ? name : `${path}.${name}`, depth + 1);
    }
  };
  walk(root, '', 0);
  return { tensors, types };
}
