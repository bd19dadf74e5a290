import { ModelError } from '../source/errors.js';
import type { Source } from '../source/source.js';

/**
 * FlatBuffers (https://flatbuffers.dev/internals): tables whose fields are at offsets that a small table of their own lists.
 * Only what is requested is read, so that vectors of weights are passed over by their length.
 */
export interface FlatFile {
  readonly source: Source;
  /** Name of the format, for errors. */
  readonly format: string;
  /** The file that it is in, which was begun before: both together are read as much as that alone. */
  readonly within?: Source;
}

/**
 * A file and what may still be read of it. Any number of references may lead to one table or vector: a file of a megabyte
 * can so describe a million operators of a million inputs each. Honest files hold what they say once, and it is read a few
 * times; so all vectors together are bounded by the file's size.
 */
interface Reading extends FlatFile {
  readonly budget: Budget;
}

interface Budget {
  /** Bytes of vectors, each table of one taken as `TABLE_BYTES`. */
  left: number;
}
const budgets = new WeakMap<Source, Budget>();

/** How often each byte of a file may be read, and what a file of a few bytes may be read beside that. */
const MAX_READS = 4;
const FREE_BYTES = 1 << 18;
/** The least that a table takes which says anything: its place in a vector, and that of its list of fields, and a field. */
const TABLE_BYTES = 12;

/** More tables, numbers or characters in one vector than any model has; what a file says is checked against its size too. */
const MAX_LENGTH = 1 << 26;
/** Characters of one text. */
const MAX_TEXT = 1 << 20;

/** The table that a file begins with. Throws ModelError `truncated` or `malformed`. */
export function rootTable(file: FlatFile): FlatTable {
  const { source, within } = file;
  const budget = (within && budgets.get(within)) ?? { left: MAX_READS * source.size + FREE_BYTES };
  budgets.set(source, budget);
  return new FlatTable({ ...file, budget }, u32(file, 0));
}

function view(file: FlatFile, at: number, length: number): DataView {
  const bytes = file.source.read(at, at + length);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

function u32(file: FlatFile, at: number): number {
  return view(file, at, 4).getUint32(0, true);
}

/** One table of a file. Fields are named by their numbers in the schema. */
export class FlatTable {
  readonly #file: Reading;
  /** Where it begins; unique in its file. */
  readonly at: number;
  /** Offsets of the fields, by their numbers. */
  readonly #offsets: DataView;

  constructor(file: Reading, at: number) {
    this.#file = file;
    this.at = at;
    const vtable = at - view(file, at, 4).getInt32(0, true);
    if (vtable < 0 || vtable + 4 > file.source.size) throw this.#wrong('its list of fields is outside the file');
    const size = view(file, vtable, 2).getUint16(0, true);
    if (size < 4 || size % 2 !== 0) throw this.#wrong(`its list of fields has ${size} bytes`);
    this.#offsets = view(file, vtable + 4, size - 4);
  }

  #wrong(message: string): ModelError {
    return new ModelError('malformed', `a table of the file cannot be read: ${message}`, {
      format: this.#file.format,
      at: { offset: this.at },
      hint: 'The file is damaged: export or download it again.',
    });
  }

  /** Where a field lies; null if it is left out. */
  #field(id: number): number | null {
    if (2 * id + 2 > this.#offsets.byteLength) return null;
    const offset = this.#offsets.getUint16(2 * id, true);
    return offset === 0 ? null : this.at + offset;
  }

  has(id: number): boolean {
    return this.#field(id) !== null;
  }

  i8(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 1).getInt8(0);
  }

  u8(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 1).getUint8(0);
  }

  bool(id: number, otherwise = false): boolean {
    return this.u8(id, Number(otherwise)) !== 0;
  }

  i32(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 4).getInt32(0, true);
  }

  u32(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 4).getUint32(0, true);
  }

  f32(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 4).getFloat32(0, true);
  }

  f64(id: number, otherwise = 0): number {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 8).getFloat64(0, true);
  }

  u64(id: number, otherwise = 0n): bigint {
    const at = this.#field(id);
    return at === null ? otherwise : view(this.#file, at, 8).getBigUint64(0, true);
  }

  /** The target of a field's reference. */
  #target(id: number): number | null {
    const at = this.#field(id);
    return at === null ? null : at + u32(this.#file, at);
  }

  table(id: number): FlatTable | null {
    const at = this.#target(id);
    return at === null ? null : new FlatTable(this.#file, at);
  }

  /** Where the elements of a vector lie, and how many there are. */
  vector(id: number, elementBytes: number, most = MAX_LENGTH): { readonly start: number; readonly length: number } {
    const at = this.#target(id);
    if (at === null) return { start: 0, length: 0 };
    const length = u32(this.#file, at);
    if (at + 4 + length * elementBytes > this.#file.source.size)
      throw this.#wrong(`${length} elements of field ${id} do not fit into the file`);
    if (length > most)
      throw new ModelError('limit', `field ${id} of a table has ${length} elements; at most ${most} are read`, {
        format: this.#file.format,
        at: { offset: at },
        hint: 'No model is known to need as many: please report it if yours does.',
      });
    return { start: at + 4, length };
  }

  /** The same for what is going to be read whole. */
  #contents(id: number, elementBytes: number, most?: number): { readonly start: number; readonly length: number } {
    const found = this.vector(id, elementBytes, most);
    this.#spend(found.length * elementBytes);
    return found;
  }

  #spend(bytes: number): void {
    const { budget } = this.#file;
    budget.left -= bytes;
    if (budget.left >= 0) return;
    throw new ModelError(
      'limit',
      `the file says the same again and again: more than ${MAX_READS} times what it holds`,
      {
        format: this.#file.format,
        at: { offset: this.at },
        hint: 'Many references of it lead to one place, which no converter writes: the file is damaged, or made to exhaust who reads it.',
      },
    );
  }

  text(id: number): string | null {
    if (!this.has(id)) return null;
    const { start, length } = this.#contents(id, 1, MAX_TEXT);
    return new TextDecoder().decode(this.#file.source.read(start, start + length));
  }

  /** A vector of bytes; null if it is left out or longer than `most`. */
  bytes(id: number, most: number): DataView | null {
    if (!this.has(id)) return null;
    const { start, length } = this.vector(id, 1);
    return length > most ? null : view(this.#file, start, length);
  }

  /** The tables of a vector, each opened when it is requested. */
  tables(id: number): { readonly length: number; at(i: number): FlatTable } {
    const { start, length } = this.vector(id, 4);
    this.#spend(length * TABLE_BYTES);
    return {
      length,
      at: (i) => {
        const slot = start + 4 * i;
        return new FlatTable(this.#file, slot + u32(this.#file, slot));
      },
    };
  }

  /** A vector of 32-bit integers. */
  ints(id: number): number[] {
    const { start, length } = this.#contents(id, 4);
    if (length === 0) return [];
    const numbers = view(this.#file, start, 4 * length);
    return Array.from({ length }, (_, i) => numbers.getInt32(4 * i, true));
  }

  /** A vector of 64-bit integers, as numbers. */
  longs(id: number): number[] {
    const { start, length } = this.#contents(id, 8);
    if (length === 0) return [];
    const numbers = view(this.#file, start, 8 * length);
    return Array.from({ length }, (_, i) => Number(numbers.getBigInt64(8 * i, true)));
  }

  /** A vector of 32-bit floats. */
  floats(id: number): number[] {
    const { start, length } = this.#contents(id, 4);
    if (length === 0) return [];
    const numbers = view(this.#file, start, 4 * length);
    return Array.from({ length }, (_, i) => numbers.getFloat32(4 * i, true));
  }

  /** A vector of 64-bit floats. */
  doubles(id: number): number[] {
    const { start, length } = this.#contents(id, 8);
    if (length === 0) return [];
    const numbers = view(this.#file, start, 8 * length);
    return Array.from({ length }, (_, i) => numbers.getFloat64(8 * i, true));
  }

  /** A vector of texts. */
  texts(id: number): string[] {
    const { start, length } = this.#contents(id, 4);
    return Array.from({ length }, (_, i) => {
      const slot = start + 4 * i;
      const at = slot + u32(this.#file, slot);
      const size = u32(this.#file, at);
      if (size > MAX_TEXT) throw this.#wrong(`a text of it has ${size} bytes`);
      this.#spend(size);
      return new TextDecoder().decode(this.#file.source.read(at + 4, at + 4 + size));
    });
  }
}

/** Every table of a list, as `of` reads it. */
export function eachTable<T>(table: FlatTable, field: number, of: (one: FlatTable) => T): T[] {
  const list = table.tables(field);
  return Array.from({ length: list.length }, (_, i) => of(list.at(i)));
}
