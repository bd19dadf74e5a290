import type { Trace, Weight } from '../../ledger/index.js';
import type { TensorType } from '../../tensor/index.js';
import { entriesOf, globalName, is, itemsOf, type Pickled, type PickleObject } from '../../wire/pickle/index.js';
import type { PickledEntry, TorchArchive } from '../checkpoint/archive.js';
import { TensorReader, type TorchTensor } from '../checkpoint/tensors.js';
import type { Expression } from './code/ast.js';
import {
  dict,
  float,
  type Instance,
  isInt,
  isKind,
  type List,
  list,
  type ScriptValue,
  type Tensor,
  tuple,
} from './data.js';
import { malformed } from './errors.js';
import type { Library } from './library.js';
import { native } from './native.js';

const FORMAT = 'torchscript';
/** Objects within objects: modules nest some ten deep. */
const NESTING_LIMIT = 200;

/** Functions that PyTorch's pickles of TorchScript values call on a list, or on a value and its type. */
const PASSING = /^torch\.jit\._pickle\.(build_\w*list|restore_type_tag)$/;

/** A tensor of the archive before it has a name: what it is in the model is found by walking the modules. */
interface Stored {
  readonly tensor: TorchTensor;
  readonly weight: Weight;
  readonly type: TensorType;
  readonly box: Tensor;
}

/** An object that sets its own state, by the method that it has for it. */
export interface Pending {
  readonly instance: Instance;
  readonly state: ScriptValue;
}

/** Makes what an archive's pickles describe: modules, lists, numbers, tensors without data. Nothing in them is called. */
export class Objects {
  readonly stored = new Map<Tensor, Stored>();
  readonly pending: Pending[] = [];
  readonly #archive: TorchArchive;
  readonly #library: Library;
  readonly #trace: Trace;
  readonly #typeOf: (tensor: TorchTensor, folder: string) => TensorType;
  readonly #weights = new Map<string, Weight>();

  constructor(
    archive: TorchArchive,
    library: Library,
    trace: Trace,
    typeOf: (tensor: TorchTensor, folder: string) => TensorType,
  ) {
    this.#archive = archive;
    this.#library = library;
    this.#trace = trace;
    this.#typeOf = typeOf;
  }

  /** The value of one of the archive's pickles; `folder` is where its tensors' storages are. */
  read(path: string, folder: string): ScriptValue {
    const pickled = this.#archive.pickle(path);
    return new Conversion(this, pickled, folder, this.#library).convert(pickled.value);
  }

  /** Storages are shared: the same stretch of the same one is the same weight. */
  tensor(tensor: TorchTensor, folder: string): Tensor {
    const key = tensor.memory === null ? null : `${folder} ${tensor.memory}`;
    let weight = key === null ? undefined : this.#weights.get(key);
    if (weight === undefined) {
      weight = {
        name: '',
        aliases: [],
        kind: 'constant',
        trainable: false,
        dtype: tensor.dtype,
        shape: tensor.shape,
      };
      if (key !== null) this.#weights.set(key, weight);
    }
    const box: Tensor = { kind: 'tensor', value: this.#trace.opaque(null, 'weight') };
    this.stored.set(box, { tensor, weight, type: this.#typeOf(tensor, folder), box });
    return box;
  }

  /** Gives every tensor its value, once weights have their names. */
  settle(): void {
    for (const { weight, type, box } of this.stored.values()) {
      const value = this.#trace.weight(weight, type);
      box.value = value.type === type ? value : this.#trace.alias(weight.name, type, value);
    }
  }
}

class Conversion {
  readonly #objects: Objects;
  readonly #folder: string;
  readonly #library: Library;
  readonly #reader: TensorReader;
  readonly #known = new Map<Pickled, ScriptValue>();
  readonly #open = new Set<Pickled>();
  #depth = 0;

  constructor(objects: Objects, { source }: PickledEntry, folder: string, library: Library) {
    this.#objects = objects;
    this.#folder = folder;
    this.#library = library;
    this.#reader = new TensorReader(source, FORMAT);
  }

  convert(value: Pickled): ScriptValue {
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'number' && !Number.isSafeInteger(value) ? float(value) : value;
    }
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    if (this.#open.has(value)) throw malformed('a value of the archive is made of itself');
    if (this.#depth >= NESTING_LIMIT)
      throw malformed(`values of the archive are nested more than ${NESTING_LIMIT} deep`);
    this.#open.add(value);
    this.#depth++;
    try {
      return this.#compound(value);
    } finally {
      this.#depth--;
      this.#open.delete(value);
    }
  }

  #compound(value: Exclude<Pickled, null | boolean | number | bigint | string>): ScriptValue {
    const items = itemsOf(value);
    if (items !== null) {
      if (value.kind === 'list') return this.#list(value, items);
      return this.#keep(value, tuple(items.map((item) => this.convert(item))));
    }
    if (is(value, 'dict')) return this.#dict(value);
    if (is(value, 'object')) return this.#keep(value, this.#object(value));
    if (is(value, 'global')) return { kind: 'path', name: `${value.module}.${value.name}` };
    return { kind: 'unknown', of: 'any' };
  }

  #keep<T extends ScriptValue>(value: Pickled, datum: T): T {
    this.#known.set(value, datum);
    return datum;
  }

  /** Known before its items are: a list may contain what refers to it. */
  #list(value: Pickled, items: readonly Pickled[]): List {
    const made = this.#keep(value, list([]));
    for (const item of items) made.items.push(this.convert(item));
    return made;
  }

  #dict(value: Pickled): ScriptValue {
    const entries = entriesOf(value) ?? [];
    const made = this.#keep(value, dict([]));
    const filled = dict(entries.map(([key, item]) => [this.convert(key), this.convert(item)]));
    made.entries = filled.entries;
    return made;
  }

  #object(value: PickleObject): ScriptValue {
    const name = globalName(value.callee) ?? '';
    const tensor = this.#reader.read(value);
    if (tensor !== null) return this.#objects.tensor(tensor, this.#folder);
    if (PASSING.test(name)) return this.convert(value.args[0] ?? null);
    if (name === 'torch.device') return { kind: 'device', name: String(value.args[0] ?? 'cpu') };
    if (name === 'collections.OrderedDict') return this.#dict(value);
    if (name.startsWith('__torch__.')) return this.#instance(value, name);
    return { kind: 'unknown', of: 'any' };
  }

  #instance(value: PickleObject, className: string): ScriptValue {
    const type = this.#library.class(className) ?? native(className);
    const fields = new Map<string, ScriptValue>();
    const instance: Instance = { kind: 'object', type, className, fields, module: null };
    this.#keep(value, instance);
    if (type.base === 'NamedTuple') {
      const items = value.args.map((item) => this.convert(item));
      return tuple(items, [...type.attributes.keys()]);
    }
    if (type.base === 'Enum') {
      const bare = value.args[0] ?? null;
      const member = [...type.constants].find(([, e]) => e.kind === 'constant' && e.value === bare);
      return this.#keep(value, { kind: 'path', name: `${className}.${member?.[0] ?? String(bare)}` });
    }
    const state = value.states.at(-1) ?? value.args[0] ?? null;
    if (type.methods.has('__setstate__')) {
      this.#objects.pending.push({ instance, state: this.convert(state) });
      return instance;
    }
    const entries = entriesOf(state);
    if (entries === null) fields.set('__state__', this.convert(state));
    for (const [key, item] of entries ?? [])
      if (typeof key === 'string') fields.set(key, typed(this.convert(item), type.attributes.get(key)));
    return instance;
  }
}

/** A number as the type that is declared for it: `1.0` and `1` are one in a pickle that JavaScript reads. */
function typed(value: ScriptValue, type: Expression | undefined): ScriptValue {
  if (type === undefined) return value;
  if (isInt(value)) return wantsFloat(type) ? float(Number(value)) : value;
  if (isKind(value, 'list') && type.kind === 'item' && wantsFloat(type.at)) {
    value.items = value.items.map((item) => typed(item, type.at));
  }
  return value;
}

function wantsFloat(type: Expression): boolean {
  if (type.kind === 'name') return type.name === 'float';
  return type.kind === 'item' && type.of.kind === 'name' && type.of.name === 'Optional' && wantsFloat(type.at);
}

/** A value of a pickle without the calls that only hand it on; for readers of `traced_inputs.pkl`. */
export function unwrapped(value: Pickled | undefined): Pickled | undefined {
  let at = value;
  for (let i = 0; i < 8 && is(at, 'object') && PASSING.test(globalName(at.callee) ?? ''); i++) at = at.args[0];
  return at;
}
