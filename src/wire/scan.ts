import { isModelError } from '../source/errors.js';
import { memorySource } from '../source/memory.js';
import type { Source } from '../source/source.js';
import { Cursor, FIXED64, type Int64, LENGTH, VARINT, WIRE_NAMES } from './cursor.js';
import { type Run, TEXT_LIMIT } from './protobuf.js';

/** A field as it is in the file. */
export interface Field {
  readonly number: number;
  readonly wire: number;
  /** The contents: the payload of a length-delimited field, the bytes of a number. */
  readonly start: number;
  readonly end: number;
  /** Of a varint. */
  readonly value?: Int64;
}

/**
 * The fields of the message at [start, end), without a table: to recognise a format, to look into an unknown one.
 * `partial`: the bytes are only the head of something, so a field may run past the end (it is given up to there) or break off.
 */
export function* scan(
  source: Source,
  options: { readonly start?: number; readonly end?: number; readonly partial?: boolean } = {},
): Generator<Field, void> {
  const cursor = new Cursor(source, null);
  const end = options.end ?? source.size;
  cursor.seek(options.start ?? 0);
  while (cursor.offset < end) {
    let field: Field;
    try {
      field = scanOne(cursor, end, options.partial === true);
    } catch (error) {
      if (options.partial === true && isModelError(error) && error.code === 'truncated') return;
      throw error;
    }
    yield field;
    cursor.seek(field.end);
  }
}

function scanOne(cursor: Cursor, end: number, partial: boolean): Field {
  const at = cursor.offset;
  const key = cursor.unsigned();
  const wire = key & 7;
  const number = Math.floor(key / 8);
  const start = cursor.offset;
  if (number === 0) throw cursor.error('malformed', 'field number 0', undefined, at);
  if (wire === VARINT) {
    const value = cursor.uint64();
    return { number, wire, start, end: cursor.offset, value };
  }
  if (wire === 3 || wire === 4 || wire > 5)
    throw cursor.error('malformed', `field ${number} has ${WIRE_NAMES[wire]}`, undefined, at);
  const length = wire === LENGTH ? cursor.unsigned() : wire === FIXED64 ? 8 : 4;
  const { offset } = cursor;
  if (length > end - offset) {
    if (!partial)
      throw cursor.error('truncated', `field ${number} states ${length} bytes, but ${end - offset} are left`);
    return { number, wire, start: offset, end };
  }
  return { number, wire, start: offset, end: offset + length };
}

/** The numbers of a lazily kept repeated field, at most `limit` of them: undefined when there are more. */
export function decodeRuns(
  source: Source,
  runs: readonly Run[],
  kind: 'int32' | 'int64' | 'uint64' | 'float' | 'double',
  limit: number,
): Int64[] | undefined {
  const file = new Cursor(source, null);
  const values: Int64[] = [];
  for (const run of runs) {
    const cursor = run.bytes === undefined ? file : new Cursor(memorySource(run.bytes), null);
    const start = run.bytes === undefined ? run.offset : 0;
    const end = start + run.length;
    cursor.seek(start);
    while (cursor.offset < end) {
      if (!run.packed) cursor.unsigned();
      if (values.length === limit) return undefined;
      values.push(cursor[kind]());
    }
    if (cursor.offset !== end) throw cursor.error('malformed', 'a packed list ends within a value');
  }
  return values;
}

/** The texts of a lazily kept repeated field: undefined when there are more than `limit`, or they are long. */
export function decodeTexts(source: Source, runs: readonly Run[], limit: number): string[] | undefined {
  const texts: string[] = [];
  const decoder = new TextDecoder();
  for (const run of runs) {
    if (run.length > TEXT_LIMIT) return undefined;
    const bytes = run.bytes ?? source.read(run.offset, run.offset + run.length);
    const cursor = new Cursor(memorySource(bytes), null);
    while (cursor.offset < bytes.length) {
      cursor.unsigned(); // the key
      const length = cursor.unsigned();
      const start = cursor.offset;
      if (texts.length === limit || length > bytes.length - start) return undefined;
      texts.push(decoder.decode(bytes.subarray(start, start + length)));
      cursor.seek(start + length);
    }
  }
  return texts;
}
