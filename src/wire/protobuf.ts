import type { Source } from '../source/source.js';
import { Cursor, FIXED32, FIXED64, LENGTH, VARINT, WIRE_NAMES } from './cursor.js';
import { type Compiled, compile, type Message, type Payload, type Step } from './message.js';

export type { Message, Payload, Run, Text } from './message.js';

/**
 * Protocol buffers, lazily: a message's table says which fields to build and which to leave in the file as ranges.
 * Encoding: https://protobuf.dev/programming-guides/encoding/
 */

/** Bytes of a payload that are kept while passing by: thirty-two 64-bit numbers. */
export const KEPT_BYTES: number = 256;
/** Those of many payloads are one piece of memory: a buffer for each would take as much again. */
const ROOM = 1 << 14;
/** Of payloads longer than shapes and axes are, this many bytes in all: a large model has small weights without end. */
const MOST_KEPT = 1 << 20;
const SHORT = 64;

/** Bytes of text that are decoded without being asked for. */
export const TEXT_LIMIT: number = 65_536;
/** Bytes of a name; the longest seen in real models have a few hundred. */
export const NAME_LIMIT: number = 1 << 20;
/** Messages within messages; the same limit as protobuf's own readers have. */
export const DEPTH_LIMIT: number = 100;
/**
 * Values that one call builds, a message counting as `MESSAGE_WEIGHT`: two bytes of file can become a hundred bytes of
 * memory, so a small hostile file could fill it. A graph of 100,000 nodes with all its shapes takes about a third.
 */
export const BUILD_LIMIT: number = 1 << 26;
const MESSAGE_WEIGHT = 16;

/**
 * Builds the message that [start, end) holds. Fields without an entry in the table are stepped over, unread.
 * Throws `ModelError` with the byte offset for anything that the encoding does not allow.
 */
export function decode<T>(
  source: Source,
  type: Message<T>,
  options: { readonly format?: string; readonly start?: number; readonly end?: number } = {},
): T {
  const cursor = new Cursor(source, options.format ?? null);
  const end = options.end ?? source.size;
  cursor.seek(options.start ?? 0);
  const compiled = compile(type);
  const object = compiled.empty();
  new Decoder(cursor).into(object, compiled, end, 1);
  return object as T;
}

/** Bytes of a message that is looked up among those that were read before, and how many of those are kept. */
const MAX_REPEATED = 96;
const REPEAT_SLOTS = 1024;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

class Decoder {
  private readonly cursor: Cursor;
  private built = 0;
  private room = new Uint8Array(0);
  private kept = 0;
  private keptLong = 0;
  private readonly repeats: ({ type: Compiled; bytes: Uint8Array; message: unknown } | undefined)[] = [];

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /** Reads fields into `object` up to `end`. A field that comes twice: lists grow, messages merge, else the last one wins. */
  into(object: Record<string, unknown>, type: Compiled, end: number, depth: number): void {
    const { cursor } = this;
    if (depth > DEPTH_LIMIT) throw cursor.error('limit', `messages are nested deeper than ${DEPTH_LIMIT}`, type.name);
    this.count(MESSAGE_WEIGHT, type.name);
    while (cursor.offset < end) {
      const start = cursor.offset;
      const key = cursor.unsigned();
      const wire = key & 7;
      const number = Math.floor(key / 8);
      const step = type.steps[number];
      if (step === undefined) {
        this.skip(type, number, wire, end, start);
      } else if (step.unread) {
        this.run(object, step, wire, end, start);
      } else if (wire === step.wire) {
        const value = this.value(object, step, end, depth);
        if (step.repeated) {
          this.count(1, step.label);
          push(object, step.name, value);
        } else object[step.name] = value;
      } else if (wire === LENGTH && step.repeated) {
        this.packed(object, step, end);
      } else {
        throw cursor.error(
          'malformed',
          `${step.label} should be ${WIRE_NAMES[step.wire]}, found ${WIRE_NAMES[wire]}`,
          step.label,
          start,
        );
      }
    }
    if (cursor.offset !== end)
      throw cursor.error('malformed', `a field of ${type.name} runs past its end, byte ${end}`, type.name);
  }

  private value(object: Record<string, unknown>, step: Step, end: number, depth: number): unknown {
    const { cursor } = this;
    switch (step.kind) {
      case 'string': {
        const length = this.length(end, step.label);
        if (length > NAME_LIMIT)
          throw cursor.error(
            'limit',
            `${step.label} is a text of ${length} bytes, more than ${NAME_LIMIT}`,
            step.label,
          );
        return cursor.text(length);
      }
      case 'text': {
        const length = this.length(end, step.label);
        return length > TEXT_LIMIT ? this.leave(length) : cursor.text(length);
      }
      case 'payload':
        return this.keep(this.length(end, step.label));
      case 'message': {
        const length = this.length(end, step.label);
        step.compiled ??= compile(step.of!());
        const type = step.compiled;
        if (type.repeats && step.repeated && length <= MAX_REPEATED) return this.repeated(type, length, depth);
        const before = step.repeated ? undefined : object[step.name];
        const inner = (before as Record<string, unknown> | undefined) ?? type.empty();
        this.into(inner, type, cursor.offset + length, depth + 1);
        return inner;
      }
      case 'runs':
      case 'texts':
        return undefined;
      default:
        return cursor[step.kind]();
    }
  }

  /** A short message, or the one of equal bytes that was read before. */
  private repeated(type: Compiled, length: number, depth: number): unknown {
    const { cursor } = this;
    const start = cursor.offset;
    const bytes = cursor.slice(length);
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 12)) & (REPEAT_SLOTS - 1);
    const known = this.repeats[slot];
    if (known !== undefined && known.type === type && sameBytes(known.bytes, bytes)) {
      this.count(MESSAGE_WEIGHT, type.name);
      return known.message;
    }
    cursor.seek(start);
    const message = type.empty();
    this.into(message, type, start + length, depth + 1);
    this.repeats[slot] = { type, bytes: bytes.slice(), message };
    return message;
  }

  /** A list in one length-delimited piece: readers must take it for any repeated number. */
  private packed(object: Record<string, unknown>, step: Step, end: number): void {
    const { cursor } = this;
    const length = this.length(end, step.label);
    const stop = cursor.offset + length;
    const kind = step.kind as 'bool' | 'int32' | 'int64' | 'uint64' | 'float' | 'double';
    while (cursor.offset < stop) {
      this.count(1, step.label);
      push(object, step.name, cursor[kind]());
    }
    if (cursor.offset !== stop)
      throw cursor.error('malformed', `the packed list ${step.label} ends within a value`, step.label);
  }

  private run(object: Record<string, unknown>, step: Step, wire: number, end: number, start: number): void {
    const { cursor } = this;
    if (wire === LENGTH && step.kind === 'runs') {
      this.count(1, step.label);
      push(object, step.name, { ...this.keep(this.length(end, step.label)), packed: true });
      return;
    }
    this.over(wire, end, step.label, start);
    const runs = object[step.name] as { offset: number; length: number; packed: boolean }[] | undefined;
    const last = runs?.at(-1);
    if (last !== undefined && !last.packed && last.offset + last.length === start)
      last.length = cursor.offset - last.offset;
    else {
      this.count(1, step.label);
      push(object, step.name, { offset: start, length: cursor.offset - start, packed: false });
    }
  }

  private skip(type: Compiled, number: number, wire: number, end: number, start: number): void {
    if (number === 0) throw this.cursor.error('malformed', `field number 0 in ${type.name}`, type.name, start);
    this.over(wire, end, `${type.name} field ${number}`, start);
  }

  private over(wire: number, end: number, label: string, start: number): void {
    const { cursor } = this;
    if (wire === VARINT) cursor.uint64();
    else if (wire === FIXED64) cursor.seek(cursor.offset + 8);
    else if (wire === FIXED32) cursor.seek(cursor.offset + 4);
    else if (wire === LENGTH) this.leave(this.length(end, label));
    else
      throw cursor.error(
        'malformed',
        `${label} has ${WIRE_NAMES[wire]}, which is not used in this format`,
        label,
        start,
      );
    // A fixed-size value cut off by the end of the file has not been looked at: the position tells.
    if (cursor.offset > cursor.size) throw cursor.error('truncated', `the file ends within ${label}`, label, start);
  }

  private leave(length: number): Payload {
    const { offset } = this.cursor;
    this.cursor.seek(offset + length);
    return { offset, length };
  }

  /** As `leave`, but few bytes are copied on the way: going back for each would cost a window. */
  private keep(length: number): Payload {
    if (length > KEPT_BYTES || (length > SHORT && this.keptLong > MOST_KEPT)) return this.leave(length);
    if (length > SHORT) this.keptLong += length;
    const { offset } = this.cursor;
    const found = this.cursor.slice(length);
    if (this.kept + length > this.room.length) {
      this.room = new Uint8Array(ROOM);
      this.kept = 0;
    }
    const bytes = this.room.subarray(this.kept, this.kept + length);
    bytes.set(found);
    this.kept += length;
    return { offset, length, bytes };
  }

  /** Reads a length and checks that its bytes are within the parent. */
  private length(end: number, label: string): number {
    const { cursor } = this;
    const length = cursor.unsigned();
    const { offset } = cursor;
    if (length > end - offset) {
      const rest = Math.max(0, end - offset);
      throw end >= cursor.size
        ? cursor.error(
            'truncated',
            `${label} states ${length} bytes, but the file has ${rest} more: length overruns the file`,
            label,
          )
        : cursor.error(
            'malformed',
            `${label} states ${length} bytes, but ${rest} are left: length overruns parent`,
            label,
          );
    }
    return length;
  }

  private count(weight: number, label: string): void {
    this.built += weight;
    if (this.built > BUILD_LIMIT)
      throw this.cursor.error('limit', `${label}: more than ${BUILD_LIMIT} values in one file`, label);
  }
}

/** Most lists are short. An array literal has just the room it needs; the first `push` makes room for sixteen more. */
function push(object: Record<string, unknown>, name: string, value: unknown): void {
  const list = object[name] as unknown[] | undefined;
  switch (list?.length ?? 0) {
    case 0:
      object[name] = [value];
      break;
    case 1:
      object[name] = [list![0], value];
      break;
    case 2:
      object[name] = [list![0], list![1], value];
      break;
    case 3:
      object[name] = [list![0], list![1], list![2], value];
      break;
    default:
      list!.push(value);
  }
}
