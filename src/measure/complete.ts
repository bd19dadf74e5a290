import { ModelError } from '../source/errors.js';
import { bytesField, type Field, fieldsIn, joined, type Pieces, varintField } from './proto.js';

/** Missing parts of a model, and where they are found: the questions of `completeModel`. */
export interface Beside {
  /** Whether a file beside the model holds these bytes. */
  has(path: string, offset: number, bytes: number | null): boolean;
}

/** A model that a runtime can load. */
export interface Completion {
  /** Null if the file needs no change. */
  readonly model: Uint8Array | null;
  /** Files of zeros that the model refers to, by name. */
  readonly zeros: readonly { readonly path: string; readonly bytes: number }[];
  /** Weights that were missing. */
  readonly missing: { readonly tensors: number; readonly bytes: number };
  /** Inputs whose stated sizes are others now. */
  readonly resized: readonly string[];
}

/** Zeros are in pieces of at most this many bytes, which every runtime can hold. */
const PIECE = 1 << 30;
/** Shorter ones go into the model. */
const INLINE = 1024;
/** Bits of an element, by ONNX's number of its type: https://onnx.ai/onnx/repo-docs/IR.html (TensorProto.DataType). */
const BITS: readonly number[] = [
  0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4, 4, 8, 2, 2,
];

/**
 * An ONNX model with zeros for weights that it has neither inside nor beside it, names for nodes that have none (that of
 * their first result, so that a profile can be joined to them), and other sizes of its inputs where those asked for are not
 * those stated. What is complete is taken as it is. Throws ModelError.
 */
export function completeModel(
  model: Uint8Array,
  beside: Beside,
  inputs: ReadonlyMap<string, readonly number[]> = new Map(),
): Completion {
  const work = new Completing(model, beside, inputs);
  const pieces = work.message(0, model.length, (field) => work.modelField(field));
  return {
    model: pieces === null ? null : joined(pieces),
    zeros: work.zeros,
    missing: { tensors: work.tensors, bytes: work.bytes },
    resized: work.resized,
  };
}

/** The new content of a field; null leaves it as it is. */
type Change = Pieces | null;

class Completing {
  readonly zeros: { path: string; bytes: number }[] = [];
  tensors = 0;
  bytes = 0;
  readonly resized: string[] = [];
  readonly #model: Uint8Array;
  readonly #beside: Beside;
  readonly #inputs: ReadonlyMap<string, readonly number[]>;

  constructor(model: Uint8Array, beside: Beside, inputs: ReadonlyMap<string, readonly number[]>) {
    this.#model = model;
    this.#beside = beside;
    this.#inputs = inputs;
  }

  /** A message with some of its fields changed; null if none is. */
  message(start: number, end: number, change: (field: Field) => Change, more: Pieces = []): Change {
    const pieces: Uint8Array[] = [];
    let kept = start;
    let changed = more.length > 0;
    for (const field of fieldsIn(this.#model, start, end)) {
      const other = change(field);
      if (other === null) continue;
      changed = true;
      pieces.push(this.#model.subarray(kept, field.start), ...other);
      kept = field.end;
    }
    return changed ? [...pieces, this.#model.subarray(kept, end), ...more] : null;
  }

  /** The same, as a field of the message around it. */
  #within({ number, from, end }: Field, change: (field: Field) => Change, more: Pieces = []): Change {
    const pieces = this.message(from, end, change, more);
    return pieces === null ? null : bytesField(number, pieces);
  }

  modelField(field: Field): Change {
    if (field.number === 7) return this.#graph(field, true);
    if (field.number === 25) return this.#within(field, (own) => (own.number === 7 ? this.#node(own) : null));
    return null;
  }

  #graph(graph: Field, main: boolean): Change {
    // With other sizes of the inputs, what the file says of those after them is no longer true.
    const other = main && this.#resizes(graph);
    return this.#within(graph, (field) => {
      if (field.number === 1) return this.#node(field);
      if (field.number === 5) return this.#tensor(field, true);
      if (!other) return null;
      if (field.number === 11) return this.#input(field);
      if (field.number === 12) return this.#shapeless(field);
      return field.number === 13 ? [] : null;
    });
  }

  #node(node: Field): Change {
    let name = '';
    let result = '';
    for (const { number, from, end } of fieldsIn(this.#model, node.from, node.end)) {
      if (number === 3) name = this.#text(from, end);
      if (number === 2 && result === '') result = this.#text(from, end);
    }
    const named = name === '' && result !== '' ? bytesField(3, result) : [];
    return this.#within(
      node,
      (field) =>
        field.number === 5
          ? this.#within(field, (own) => {
              if (own.number === 5 || own.number === 10) return this.#tensor(own, false);
              return own.number === 6 || own.number === 11 ? this.#graph(own, false) : null;
            })
          : null,
      named,
    );
  }

  #text(from: number, end: number): string {
    return new TextDecoder().decode(this.#model.subarray(from, end));
  }

  /** A stored tensor: zeros where its contents are not there. `apart`: whether they may be in another file. */
  #tensor(field: Field, apart: boolean): Change {
    const stored = this.#stored(field);
    const { elements, type, name } = stored;
    if (elements === 0n || this.#isThere(stored)) return null;
    const bits = BITS[type] ?? 0;
    if (bits === 0)
      throw new ModelError('unsupported', `the tensor ${name} has no contents, and its type has no zeros`, {
        format: 'onnx',
        at: { field: name },
        hint: 'give the file with its weights',
      });
    const bytes = Number((elements * BigInt(bits) + 7n) / 8n);
    this.tensors++;
    this.bytes += bytes;
    const head = [...stored.dims.flatMap((d) => varintField(1, d)), ...varintField(2, type), ...bytesField(8, name)];
    if (!apart || bytes < INLINE) return bytesField(field.number, [...head, ...bytesField(9, new Uint8Array(bytes))]);
    const { path, offset } = this.#place(bytes);
    const entry = (key: string, value: string | number): Pieces =>
      bytesField(13, [...bytesField(1, key), ...bytesField(2, String(value))]);
    return bytesField(field.number, [
      ...head,
      ...entry('location', path),
      ...entry('offset', offset),
      ...entry('length', bytes),
      ...varintField(14, 1),
    ]);
  }

  #stored(field: Field): Stored {
    const dims: bigint[] = [];
    let type = 0;
    let name = '';
    let inside = false;
    let location = 0n;
    const beside = new Map<string, string>();
    for (const { number, wire, from, end, value } of fieldsIn(this.#model, field.from, field.end)) {
      if (number === 1 && wire === 0) dims.push(value);
      else if (number === 1) for (const dim of packed(this.#model.subarray(from, end))) dims.push(dim);
      else if (number === 2) type = Number(value);
      else if (number === 8) name = this.#text(from, end);
      else if (number === 13) beside.set(...this.#entry(from, end));
      else if (number === 14) location = value;
      else if ([4, 5, 6, 7, 9, 10, 11].includes(number)) inside ||= wire !== 2 || end > from || number === 6;
    }
    const elements = dims.reduce((n, d) => n * d, 1n);
    return { dims, elements, type, name, inside, beside: location === 1n ? beside : null };
  }

  #isThere({ inside, beside }: Stored): boolean {
    if (beside === null) return inside;
    const number = (key: string): number | null => (beside.has(key) ? Number(beside.get(key)) : null);
    return this.#beside.has(beside.get('location') ?? '', number('offset') ?? 0, number('length'));
  }

  #entry(start: number, end: number): [string, string] {
    const entry: [string, string] = ['', ''];
    for (const { number, from, end: to } of fieldsIn(this.#model, start, end))
      if (number === 1 || number === 2) entry[number - 1] = this.#text(from, to);
    return entry;
  }

  /** Where this many zeros are: those of each tensor its own, as weights are; the same ones again would stay in the cache. */
  #place(bytes: number): { path: string; offset: number } {
    const last = this.zeros.at(-1);
    if (last !== undefined && last.bytes + bytes <= PIECE) {
      const offset = last.bytes;
      last.bytes += aligned(bytes);
      return { path: last.path, offset };
    }
    const path = `zeros-${this.zeros.length}`;
    this.zeros.push({ path, bytes: aligned(bytes) });
    return { path, offset: 0 };
  }

  /** Whether an input is requested at other numbers than those that the file states. */
  #resizes(graph: Field): boolean {
    for (const field of fieldsIn(this.#model, graph.from, graph.end))
      if (field.number === 11 && this.#input(field, false) !== null) return true;
    return false;
  }

  #input(field: Field, note = true): Change {
    const { name, dims, type } = this.#value(field);
    const asked = this.#inputs.get(name);
    const same = asked?.every((d, axis) => dims[axis] === null || dims[axis] === BigInt(d)) ?? true;
    if (asked === undefined || (same && (dims.length === 0 || dims.length === asked.length))) return null;
    if (note) this.resized.push(name);
    return bytesField(field.number, [
      ...bytesField(1, name),
      ...tensorType(
        type,
        bytesField(
          2,
          asked.flatMap((d) => bytesField(1, varintField(1, d))),
        ),
      ),
    ]);
  }

  /** A result without its shape, which the runtime works out. */
  #shapeless(field: Field): Change {
    const { name, type } = this.#value(field);
    return type === 0 ? null : bytesField(field.number, [...bytesField(1, name), ...tensorType(type, [])]);
  }

  /** Name, element type (0 if it is not a tensor) and stated extents; null for one that is left open. */
  #value(field: Field): { name: string; type: number; dims: (bigint | null)[] } {
    const found = { name: '', type: 0, dims: [] as (bigint | null)[] };
    const inside = ({ from, end }: Field, number: number, then: (field: Field) => void): void => {
      for (const own of fieldsIn(this.#model, from, end)) if (own.number === number) then(own);
    };
    inside(field, 1, ({ from, end }) => {
      found.name = this.#text(from, end);
    });
    inside(field, 2, (type) =>
      inside(type, 1, (tensor) => {
        inside(tensor, 1, ({ value }) => {
          found.type = Number(value);
        });
        inside(tensor, 2, (shape) =>
          inside(shape, 1, (dim) => {
            let size: bigint | null = null;
            inside(dim, 1, ({ value }) => {
              size = value;
            });
            found.dims.push(size);
          }),
        );
      }),
    );
    return found;
  }
}

interface Stored {
  readonly dims: readonly bigint[];
  readonly elements: bigint;
  readonly type: number;
  readonly name: string;
  /** Contents in the message itself. */
  readonly inside: boolean;
  /** The file that has its contents, by its own statement; null if it names none. */
  readonly beside: ReadonlyMap<string, string> | null;
}

function packed(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0n;
    shift = 0n;
  }
  return values;
}

/** Runtimes read weights where they are: at whole cache lines. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** `ValueInfoProto.type` of a tensor. */
function tensorType(type: number, shape: Pieces): Pieces {
  return bytesField(2, bytesField(1, [...varintField(1, type), ...shape]));
}
