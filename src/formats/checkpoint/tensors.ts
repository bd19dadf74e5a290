import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { bitsOf } from '../../tensor/dtype.js';
import type { DType } from '../../tensor/index.js';
import {
  globalName,
  is,
  itemsOf,
  type Pickled,
  type PickleObject,
  type PicklePayload,
  readPickle,
} from '../../wire/pickle/index.js';
import { numpyDType, storageDType, torchDType } from './dtypes.js';

/** A tensor as a pickle describes it: extents, and which part of which storage they are laid over. */
export interface TorchTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The same for tensors that are the same values: one storage, one stretch of it. Null if the file does not say. */
  readonly memory: string | null;
  /** Where its bytes are, for who wants to read a small one. */
  readonly data: { readonly key: string; readonly offset: number; readonly stride: readonly number[] } | null;
  /** Rebuilt as `torch.nn.Parameter`; state dicts hold plain tensors even of parameters. */
  readonly parameter: boolean;
  readonly requiresGrad: boolean;
}

interface Storage {
  readonly key: string;
  readonly dtype: DType;
  /** Elements, or bytes where the storage has no type; null if it is not said. */
  readonly elements: number | null;
  readonly untyped: boolean;
  /** Elements before a view of another storage (files before 1.6). */
  readonly offset: number;
}

type Rebuild = (args: readonly Pickled[], reader: TensorReader) => TorchTensor | null;

/** How PyTorch and NumPy write tensors: functions that would rebuild them, of which only the arguments are looked at. */
const REBUILD: Readonly<Record<string, Rebuild>> = byName({
  'torch._utils._rebuild_tensor': (args, r) => r.strided(args, null, false),
  'torch._utils._rebuild_tensor_v2': (args, r) => r.strided(args, null, args[4] === true),
  'torch._utils._rebuild_tensor_v3': (args, r) => r.strided(args, args[6], args[4] === true),
  'torch._utils._rebuild_qtensor': (args, r) => r.strided(args, null, args[5] === true),
  'torch._utils._rebuild_parameter': (args, r) => r.parameter(args),
  'torch._utils._rebuild_parameter_with_state': (args, r) => r.parameter(args),
  'torch._utils._rebuild_sparse_tensor': (args, r) => r.sparse(args),
  'torch._utils._rebuild_sparse_csr_tensor': (args, r) => r.sparse(args),
  'torch._utils._rebuild_meta_tensor_no_storage': (args, r) => r.plain(args[0], args[1], args[3] === true),
  'torch._utils._rebuild_device_tensor_from_numpy': (args, r) => r.retyped(args[0], args[1]),
  'torch._utils._rebuild_device_tensor_from_cpu_tensor': (args, r) => r.retyped(args[0], args[1]),
  'torch._utils._rebuild_xla_tensor': (args, r) => r.retyped(args[0], args[1]),
  // A subclass of Tensor: the function that rebuilds the plain one, then its arguments.
  'torch._tensor._rebuild_from_type_v2': (args, r) => r.nested(args[0], itemsOf(args[2])),
  'torch.tensor._rebuild_from_type_v2': (args, r) => r.nested(args[0], itemsOf(args[2])),
  'torch._tensor._rebuild_from_type': (args, r) => r.nested(args[0], itemsOf(args[2])),
  'torch.nn.parameter.Parameter': (args, r) => r.parameter(args),
});

const NUMPY_RECONSTRUCT = /^numpy\._?core\.multiarray\._reconstruct$/;
const NUMPY_FROM_BUFFER = /^numpy\._?core\.numeric\._frombuffer$/;
/** A tensor within a tensor within … : PyTorch itself goes two deep. */
const MAX_NESTING = 8;
const MAX_RANK = 64;
/** Of a sparse tensor: indices, values, extents and the like. */
const MAX_PARTS = 8;

/** Finds tensors in a pickle's values. `source` is what the pickle was read from: some storages are pickles within it. */
export class TensorReader {
  readonly #source: Source;
  readonly #format: string;
  readonly #tensors = new Map<PickleObject, TorchTensor | null>();
  readonly #storages = new Map<Pickled, Storage | null>();
  readonly #embedded = new Map<number, Storage | null>();
  #depth = 0;

  constructor(source: Source, format: string) {
    this.#source = source;
    this.#format = format;
  }

  /** The tensor that a value would be, or null if it would be something else. Throws ModelError `malformed`. */
  read(value: Pickled | undefined): TorchTensor | null {
    if (!is(value, 'object')) return null;
    // Each object once, however often it is shared: what refers to itself or doubles itself costs no more than its bytes.
    const known = this.#tensors.get(value);
    if (known !== undefined || this.#depth >= MAX_NESTING) return known ?? null;
    this.#depth++;
    try {
      const tensor = this.#rebuild(value);
      this.#tensors.set(value, tensor);
      return tensor;
    } finally {
      this.#depth--;
    }
  }

  #rebuild(value: PickleObject): TorchTensor | null {
    const name = globalName(value.callee) ?? '';
    if (Object.hasOwn(REBUILD, name)) return REBUILD[name]!(value.args, this);
    if (NUMPY_RECONSTRUCT.test(name)) return this.#array(itemsOf(value.states[0])?.slice(1, 3) ?? []);
    if (NUMPY_FROM_BUFFER.test(name)) return this.#array([value.args[2] ?? null, value.args[1] ?? null]);
    return null;
  }

  strided(args: readonly Pickled[], dtype: Pickled | undefined, requiresGrad: boolean): TorchTensor | null {
    const storage = this.#storage(args[0]);
    if (storage === null) return null;
    const shape = this.#extents(args[2]);
    const stride = this.#extents(args[3]);
    const offset = typeof args[1] === 'number' ? args[1] : Number.NaN;
    if (stride.length !== shape.length || !Number.isSafeInteger(offset) || offset < 0)
      throw this.#wrong('a tensor has other strides than extents, or no place in its storage');
    const type = dtype == null ? storage.dtype : this.#dtype(dtype);
    const span = shape.some((d) => d === 0) ? 0 : shape.reduce((n, d, i) => n + (d - 1) * stride[i]!, 1);
    const unit = storage.untyped ? bitsOf(type) / 8 : 1;
    if (span > 0 && storage.elements !== null && !((offset + span) * unit <= storage.elements))
      throw this.#wrong(
        `a tensor of ${shape.join('×')} ends at element ${offset + span}, and its storage has ${storage.elements / unit}`,
      );
    const start = storage.offset + offset;
    return {
      dtype: type,
      shape,
      memory: span === 0 ? null : `${storage.key} ${start} ${span} ${shape.reduce((n, d) => n * d, 1)}`,
      data: { key: storage.key, offset: start, stride },
      parameter: false,
      requiresGrad,
    };
  }

  parameter(args: readonly Pickled[]): TorchTensor | null {
    const data = this.read(args[0]);
    return data === null ? null : { ...data, parameter: true, requiresGrad: args[1] !== false };
  }

  /** Sparse: its values are what it stores, and what is learned; its extents are those of the values. */
  sparse(args: readonly Pickled[]): TorchTensor | null {
    const parts = (itemsOf(args[1]) ?? []).slice(0, MAX_PARTS);
    const tensors = parts.map((part) => this.read(part)).filter((t) => t !== null);
    const values = tensors.at(-1);
    return values === undefined ? null : { ...values, data: null };
  }

  plain(dtype: Pickled | undefined, shape: Pickled | undefined, requiresGrad: boolean): TorchTensor {
    return {
      dtype: this.#dtype(dtype ?? null),
      shape: this.#extents(shape),
      memory: null,
      data: null,
      parameter: false,
      requiresGrad,
    };
  }

  retyped(value: Pickled | undefined, dtype: Pickled | undefined): TorchTensor | null {
    const data = this.read(value);
    return data === null ? null : { ...data, dtype: is(dtype, 'global') ? this.#dtype(dtype) : data.dtype, data: null };
  }

  nested(callee: Pickled | undefined, args: readonly Pickled[] | null): TorchTensor | null {
    if (callee === undefined || args === null) return null;
    return this.read({ kind: 'object', made: 'call', callee, args, kwargs: null, states: [], items: [], entries: [] });
  }

  #array([shape, dtype]: readonly Pickled[]): TorchTensor | null {
    const code = is(dtype, 'object') && globalName(dtype.callee) === 'numpy.dtype' ? dtype.args[0] : undefined;
    const type = typeof code === 'string' ? numpyDType(code) : undefined;
    if (type === undefined) return null; // text, dates, records: no weights
    return {
      dtype: type,
      shape: this.#extents(shape),
      memory: null,
      data: null,
      parameter: false,
      requiresGrad: false,
    };
  }

  #storage(value: Pickled | undefined): Storage | null {
    if (value === undefined) return null;
    let storage = this.#storages.get(value);
    if (storage === undefined) {
      storage = this.#storageOf(value);
      this.#storages.set(value, storage);
    }
    return storage;
  }

  #storageOf(value: Pickled): Storage | null {
    if (is(value, 'persistent')) return this.#persistent(value.id, '');
    if (!is(value, 'object')) return null;
    const name = globalName(value.callee);
    // A typed view of an untyped storage.
    if (name === 'torch.storage.TypedStorage') return this.#storage(value.args[0]);
    // A storage that was pickled on its own: its bytes are a file of torch.save.
    const bytes = value.args[0];
    if (name === 'torch.storage._load_from_bytes' && is(bytes, 'bytes')) return this.#within(bytes);
    return null;
  }

  #within(bytes: PicklePayload): Storage | null {
    const known = this.#embedded.get(bytes.offset);
    if (known !== undefined) return known;
    const end = bytes.offset + bytes.length;
    let start = bytes.offset;
    let value: Pickled = null;
    for (let i = 0; i < 4; i++) {
      const read = readPickle(this.#source, { format: this.#format, start, end });
      start = read.end;
      value = read.value;
    }
    const storage = is(value, 'persistent') ? this.#persistent(value.id, `@${bytes.offset} `) : null;
    this.#embedded.set(bytes.offset, storage);
    return storage;
  }

  /** ('storage', torch.FloatStorage, key, 'cpu', elements[, view of another: (key, offset, elements)]). */
  #persistent(id: Pickled, prefix: string): Storage | null {
    const parts = itemsOf(id);
    if (parts?.[0] !== 'storage') return null;
    const [, cls, key, , elements, view] = parts;
    const dtype = is(cls, 'global') ? storageDType(cls.name) : undefined;
    if (dtype === undefined || (typeof key !== 'string' && typeof key !== 'number'))
      throw this.#wrong(`a storage of ${globalName(cls) ?? 'an unnamed class'} is of no dtype that is known`);
    const shift = itemsOf(view)?.[1];
    return {
      key: `${prefix}${key}`,
      dtype,
      elements: typeof elements === 'number' && elements >= 0 ? elements : null,
      untyped: is(cls, 'global') && cls.name === 'UntypedStorage',
      offset: typeof shift === 'number' ? shift : 0,
    };
  }

  #dtype(value: Pickled): DType {
    const dtype = is(value, 'global') && value.module === 'torch' ? torchDType(value.name) : undefined;
    if (dtype === undefined) throw this.#wrong(`${globalName(value) ?? 'a value'} is not a known dtype`);
    return dtype;
  }

  /** A tuple, a list or a `torch.Size` of whole numbers. */
  #extents(value: Pickled | undefined): number[] {
    const items =
      is(value, 'object') && globalName(value.callee) === 'torch.Size' ? itemsOf(value.args[0]) : itemsOf(value);
    if (items === null || items.length > MAX_RANK) throw this.#wrong('the extents of a tensor are not a list');
    return items.map((d) => {
      if (typeof d !== 'number' || !Number.isSafeInteger(d) || d < 0)
        throw this.#wrong('an extent of a tensor is not a whole number');
      return d;
    });
  }

  #wrong(message: string): ModelError {
    return new ModelError('malformed', message, {
      format: this.#format,
      hint: 'save it again with torch.save; if PyTorch itself reads it, please report it',
    });
  }
}

/** `torch.nn.Conv2d` for the framework's own, the full name of any other class. */
export function className(module: string, name: string): string {
  return /^torch\.nn\.modules\.\w+$/.test(module) ? `torch.nn.${name}` : `${module}.${name}`;
}

/** The class of an object, whether it is named or, in files before 1.6, kept with its source: ('module', class, file, source). */
export function classOf(object: PickleObject): string | null {
  const { callee } = object;
  const cls = is(callee, 'persistent') ? itemsOf(callee.id)?.[1] : callee;
  return is(cls, 'global') ? className(cls.module, cls.name) : null;
}
