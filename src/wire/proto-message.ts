import { ModelError } from '../source/errors.js';
import type { Source } from '../source/source.js';
import { Cursor, LENGTH, VARINT } from './cursor.js';
import { DEPTH_LIMIT } from './protobuf.js';
import { type Field, scan } from './scan.js';

/** Fields that are looked at while one file is read. */
const MAX_FIELDS = 1 << 24;
/** Bytes of one text. */
const MAX_TEXT = 1 << 20;
/** Numbers of one list. */
const MAX_NUMBERS = 1 << 16;

/** A file that is read message by message, and how much of it was. */
export interface ProtoFile {
  readonly source: Source;
  /** Name of the format, for errors. */
  readonly format: string;
  fields: number;
}

/**
 * A message without a table of its own: fields by their numbers, each looked at when it is requested. For schemas of
 * hundreds of messages that differ in a few numbers. What is not asked for is passed over by its length.
 */
export class ProtoMessage {
  readonly start: number;
  readonly end: number;
  readonly #file: ProtoFile;
  readonly #depth: number;
  #known: Map<number, Field[]> | null = null;

  constructor(file: ProtoFile, start: number, end: number, depth = 0) {
    this.#file = file;
    this.start = start;
    this.end = end;
    this.#depth = depth;
    if (depth > DEPTH_LIMIT) throw this.#limit(`messages are nested more than ${DEPTH_LIMIT} deep`);
  }

  get source(): Source {
    return this.#file.source;
  }

  #limit(message: string): ModelError {
    return new ModelError('limit', message, {
      format: this.#file.format,
      at: { offset: this.start },
      hint: 'no model is known to need as many: the file is likely damaged',
    });
  }

  get #fields(): Map<number, Field[]> {
    if (this.#known !== null) return this.#known;
    const known = new Map<number, Field[]>();
    for (const field of scan(this.#file.source, { start: this.start, end: this.end })) {
      if (++this.#file.fields > MAX_FIELDS) throw this.#limit(`more than ${MAX_FIELDS} fields are looked at`);
      const list = known.get(field.number);
      if (list === undefined) known.set(field.number, [field]);
      else list.push(field);
    }
    this.#known = known;
    return known;
  }

  /** Numbers of the fields that are there, in no order. */
  get numbers(): number[] {
    return [...this.#fields.keys()];
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  #last(number: number, wire: number): Field | undefined {
    return this.#fields.get(number)?.findLast((f) => f.wire === wire);
  }

  /** An integer of any width, signed as int64 is. */
  int(number: number, otherwise = 0): number {
    const value = this.#last(number, VARINT)?.value;
    return value === undefined ? otherwise : Number(BigInt.asIntN(64, BigInt(value)));
  }

  bool(number: number): boolean {
    return this.int(number) !== 0;
  }

  float(number: number, otherwise = 0): number {
    const field = this.#last(number, 5);
    if (field === undefined) return otherwise;
    const cursor = new Cursor(this.#file.source, this.#file.format);
    cursor.seek(field.start);
    return cursor.float();
  }

  text(number: number): string {
    const field = this.#last(number, LENGTH);
    return field === undefined ? '' : this.#text(field);
  }

  texts(number: number): string[] {
    return this.#all(number).map((field) => this.#text(field));
  }

  #text({ start, end }: Field): string {
    if (end - start > MAX_TEXT) throw this.#limit(`a text has ${end - start} bytes`);
    return new TextDecoder().decode(this.#file.source.read(start, end));
  }

  #all(number: number): Field[] {
    return this.#fields.get(number)?.filter((f) => f.wire === LENGTH) ?? [];
  }

  message(number: number): ProtoMessage | null {
    const field = this.#last(number, LENGTH);
    return field === undefined ? null : this.#inner(field);
  }

  messages(number: number): ProtoMessage[] {
    return this.#all(number).map((field) => this.#inner(field));
  }

  #inner({ start, end }: Field): ProtoMessage {
    return new ProtoMessage(this.#file, start, end, this.#depth + 1);
  }

  /** How many bytes a field has, over all that it occurs; numbers that are one by one among them. */
  bytes(number: number): number {
    return this.#fields.get(number)?.reduce((sum, f) => sum + f.end - f.start, 0) ?? 0;
  }

  /** Where the contents of a field lie; null if it is not there. */
  place(number: number): { readonly start: number; readonly end: number } | null {
    return this.#last(number, LENGTH) ?? null;
  }

  /** Integers, packed or one by one. Throws ModelError `limit` for more than any shape has. */
  ints(number: number): number[] {
    return this.#list(number, VARINT, (cursor) => Number(cursor.int64()));
  }

  floats(number: number): number[] {
    return this.#list(number, 5, (cursor) => cursor.float());
  }

  doubles(number: number): number[] {
    return this.#list(number, 1, (cursor) => cursor.double());
  }

  #list(number: number, wire: number, read: (cursor: Cursor) => number): number[] {
    const values: number[] = [];
    const cursor = new Cursor(this.#file.source, this.#file.format);
    for (const field of this.#fields.get(number) ?? []) {
      if (field.wire !== wire && field.wire !== LENGTH) continue;
      cursor.seek(field.start);
      while (cursor.offset < field.end) {
        values.push(read(cursor));
        if (values.length > MAX_NUMBERS) throw this.#limit(`a list has more than ${MAX_NUMBERS} numbers`);
      }
    }
    return values;
  }

  /** The entries of a map of texts to messages. */
  entries(number: number): [string, ProtoMessage][] {
    return this.messages(number).flatMap((entry) => {
      const value = entry.message(2);
      return value === null ? [] : [[entry.text(1), value] as [string, ProtoMessage]];
    });
  }
}

/** The message that a whole file is. */
export function rootMessage(source: Source, format: string): ProtoMessage {
  return new ProtoMessage({ source, format, fields: 0 }, 0, source.size);
}
