import { ProtoWriter } from '../../../wire/proto-writer.js';

/** Contents of a field: a whole number, a text, bytes as they are, or a message of its own. */
export type Part = number | string | Uint8Array | Message;
/** Fields with their numbers, in order. */
export type Message = readonly (readonly [field: number, part: Part])[];

const TEXT = new TextEncoder();

/** The bytes of a message, as the reader of programs takes them. */
export function encoded(message: Message): Uint8Array {
  const out = new ProtoWriter();
  for (const [field, part] of message)
    if (typeof part === 'number') out.varint(field, BigInt(part));
    else out.lengthDelimited(field, bytesOf(part));
  return out.taken();
}

function bytesOf(part: Exclude<Part, number>): Uint8Array {
  if (typeof part === 'string') return TEXT.encode(part);
  return part instanceof Uint8Array ? part : encoded(part);
}

/** Whole numbers as one packed field. */
export function packedInts(values: readonly number[]): Uint8Array {
  const out = new ProtoWriter();
  for (const value of values) out.bare(BigInt(value));
  return out.taken();
}

export function packedFloats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
