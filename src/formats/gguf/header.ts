import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { HeaderBytes } from './bytes.js';
import { removedType, type TensorType, tensorType } from './types.js';

/** A model has some thousand tensors and some hundred keys: more than this is a broken or hostile file. */
const MAX_TENSORS = 1_000_000;
const MAX_KEYS = 100_000;
const MAX_NAME = 65_535;
/** A chat template, or a whole tokenizer as JSON. */
const MAX_TEXT = 1 << 26;
/** Strings are gone through one by one: a vocabulary has up to some millions. */
const MAX_STRINGS = 20_000_000;
/** Lists of lists are allowed, and used by nobody. */
const MAX_NESTING = 4;
/** Lists of at most this many values are kept: one value a layer. Of longer ones only the length is. */
const MAX_KEPT = 4096;
/** The format allows 4 dimensions. */
const MAX_RANK = 8;

/** A list of the metadata: its values where they are few, and how many there are. */
export interface List {
  readonly length: number;
  readonly values: readonly Scalar[] | null;
}
export type Scalar = number | boolean | string;
export type Value = Scalar | List;

export interface TensorInfo {
  readonly name: string;
  /** As the file has them: the fastest first, `[inputs, outputs]` of a matrix. */
  readonly dims: readonly number[];
  readonly type: TensorType;
  readonly elements: number;
  readonly bytes: number;
  /** From the start of the data. */
  readonly offset: number;
}

export interface Header {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, Value>;
  readonly tensors: readonly TensorInfo[];
  /** Where the data begins, and where it should end. */
  readonly data: number;
  readonly end: number;
}

/** Bytes of a value by its type; null for strings and lists. */
const SIZES: readonly (number | null)[] = [1, 1, 2, 2, 4, 4, 4, 1, null, null, 8, 8, 8];

/**
 * Metadata and tensor infos of one file; the tensors themselves are not read. Layout: ggml's `docs/gguf.md`, versions 1 to
 * 3, either byte order. Throws ModelError `truncated`, `limit`, `malformed` or `unsupported`.
 */
export function readHeader(source: Source): Header {
  const bytes = new HeaderBytes(source);
  bytes.skip(4);
  let version = bytes.u32();
  // Written on a machine of the other byte order: the version looks enormous.
  if (version > 0xffff) {
    bytes.little = false;
    bytes.offset = 4;
    version = bytes.u32();
  }
  if (version < 1 || version > 3)
    throw new ModelError('unsupported', `${source.name} is GGUF of version ${version}`, {
      format: 'gguf',
      at: { offset: 4 },
      hint: 'versions 1 to 3 are read: convert the model with a current llama.cpp',
    });
  const reader = new HeaderReader(bytes, version);
  const tensors = reader.count('tensors', MAX_TENSORS);
  const keys = reader.count('keys', MAX_KEYS);
  const metadata = new Map<string, Value>();
  for (let i = 0; i < keys; i++) {
    const key = reader.name('a key');
    metadata.set(key, reader.value(key));
  }
  const infos: TensorInfo[] = [];
  for (let i = 0; i < tensors; i++) infos.push(reader.tensor());
  const data = aligned(bytes.offset, metadata);
  return { version, metadata, tensors: infos, data, end: data + checkPlaces(infos) };
}

class HeaderReader {
  #strings = 0;
  readonly bytes: HeaderBytes;
  readonly version: number;

  constructor(bytes: HeaderBytes, version: number) {
    this.bytes = bytes;
    this.version = version;
  }

  /** Version 1 has lengths of 32 bits. */
  #length(what: string): number {
    const n = this.version === 1 ? this.bytes.u32() : this.bytes.u64();
    if (n > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#limit(`${what} has a length of ${n}`);
    return Number(n);
  }

  #limit(message: string): ModelError {
    return new ModelError('limit', message, {
      format: 'gguf',
      at: { offset: this.bytes.offset },
      hint: 'the file is damaged: download or copy it again',
    });
  }

  #wrong(message: string, field: string): ModelError {
    return new ModelError('malformed', message, {
      format: 'gguf',
      at: { field: field.slice(0, 200), offset: this.bytes.offset },
      hint: 'the file is damaged, or was written by something else than llama.cpp',
    });
  }

  count(what: string, most: number): number {
    const n = this.#length(`the list of ${what}`);
    if (n > most) throw this.#limit(`the header says ${n} ${what}: at most ${most} are read`);
    return n;
  }

  name(what: string): string {
    const length = this.#length(what);
    if (length > MAX_NAME) throw this.#limit(`${what} has a name of ${length} bytes`);
    return this.bytes.text(length);
  }

  value(key: string): Value {
    return this.#typed(key, this.bytes.u32(), 0);
  }

  #typed(key: string, kind: number, depth: number): Value {
    const b = this.bytes;
    switch (kind) {
      case 0:
        return b.u8();
      case 1:
        return b.i8();
      case 2:
        return b.u16();
      case 3:
        return b.i16();
      case 4:
        return b.u32();
      case 5:
        return b.i32();
      case 6:
        return b.f32();
      case 7:
        return b.u8() !== 0;
      case 8:
        return this.#text(key);
      case 9:
        return this.#list(key, depth);
      case 10:
        return Number(b.u64());
      case 11:
        return Number(b.i64());
      case 12:
        return b.f64();
      default:
        throw this.#wrong(`${key.slice(0, 80)} has a value of type ${kind}, which the format does not have`, key);
    }
  }

  #text(key: string): string {
    const length = this.#length(key.slice(0, 80));
    if (length > MAX_TEXT) throw this.#limit(`${key.slice(0, 80)} is a text of ${length} bytes`);
    return this.bytes.text(length);
  }

  #list(key: string, depth: number): List {
    if (depth >= MAX_NESTING) throw this.#limit(`${key.slice(0, 80)} has lists more than ${MAX_NESTING} deep`);
    const kind = this.bytes.u32();
    const length = this.#length(key.slice(0, 80));
    const size = SIZES[kind];
    if (size === undefined)
      throw this.#wrong(`${key.slice(0, 80)} is a list of type ${kind}, which the format does not have`, key);
    if (size !== null && length > MAX_KEPT) {
      this.bytes.skip(size * length);
      return { length, values: null };
    }
    this.#strings += length;
    if (this.#strings > MAX_STRINGS) throw this.#limit(`the lists of the header have more than ${MAX_STRINGS} entries`);
    const values: Scalar[] = [];
    for (let i = 0; i < length; i++) {
      if (kind === 8 && length > MAX_KEPT) {
        this.bytes.skip(this.#length(key.slice(0, 80)));
        continue;
      }
      const value = this.#typed(key, kind, depth + 1);
      if (typeof value !== 'object' && values.length < MAX_KEPT) values.push(value);
    }
    return { length, values: values.length === length ? values : null };
  }

  tensor(): TensorInfo {
    const name = this.name('a tensor');
    const rank = this.bytes.u32();
    if (rank > MAX_RANK) throw this.#limit(`tensor ${name.slice(0, 80)} has ${rank} dimensions: the format allows 4`);
    const dims = Array.from({ length: rank }, () => this.#length(`tensor ${name.slice(0, 80)}`));
    const id = this.bytes.u32();
    const place = this.bytes.u64();
    const type = tensorType(id);
    if (type === undefined) {
      const removed = removedType(id);
      throw new ModelError(
        'unsupported',
        `tensor ${name.slice(0, 80)} has the type ${id}${removed === undefined ? '' : ` (${removed}), which the format no longer has`}`,
        {
          format: 'gguf',
          at: { field: name.slice(0, 200) },
          hint:
            removed === undefined
              ? 'the file is damaged, or newer than this version of opcount'
              : 'convert the model again with a current llama.cpp',
        },
      );
    }
    const elements = dims.reduce((n, d) => n * BigInt(d), 1n);
    const first = dims[0] ?? 1;
    if (first % type.block !== 0)
      throw this.#wrong(
        `tensor ${name.slice(0, 80)} has rows of ${first} values, and ${type.name} has blocks of ${type.block}`,
        name,
      );
    const size = (elements / BigInt(type.block)) * BigInt(type.bytes);
    if (size + place > BigInt(Number.MAX_SAFE_INTEGER) || elements > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.#limit(`tensor ${name.slice(0, 80)} is ${dims.join('×')} of ${type.name}`);
    return { name, dims, type, elements: Number(elements), bytes: Number(size), offset: Number(place) };
  }
}

/** The data begins at the next multiple of the alignment. */
function aligned(offset: number, metadata: ReadonlyMap<string, Value>): number {
  const stated = metadata.get('general.alignment');
  const to = typeof stated === 'number' && Number.isInteger(stated) && stated >= 1 && stated <= 1 << 24 ? stated : 32;
  return Math.ceil(offset / to) * to;
}

/** Bytes of data up to the last tensor's end. Throws ModelError for two names alike and for tensors within each other. */
function checkPlaces(infos: readonly TensorInfo[]): number {
  const names = new Set<string>();
  for (const { name } of infos) {
    if (names.has(name)) throw misplaced(`two tensors are called ${name.slice(0, 80)}`, name);
    names.add(name);
  }
  let end = 0;
  for (const info of [...infos].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (info.offset < end && info.bytes > 0)
      throw misplaced(`tensor ${info.name.slice(0, 80)} begins at ${info.offset}, within the one before it`, info.name);
    end = Math.max(end, info.offset + info.bytes);
  }
  return end;
}

function misplaced(message: string, name: string): ModelError {
  return new ModelError('malformed', message, {
    format: 'gguf',
    at: { field: name.slice(0, 200) },
    hint: 'the file is damaged: download or copy it again',
  });
}
