/** Messages of protocol buffers, as the reader of programs takes them; a length stands in front of all that is nested. */

export type Part = number | bigint | string | readonly number[] | Message;
/** Fields with their numbers, in order. */
export type Message = readonly (readonly [field: number, part: Part])[] & { readonly message?: never };

function varint(value: number | bigint, out: number[]): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

function isBytes(part: readonly unknown[]): part is readonly number[] {
  return part.length > 0 && typeof part[0] === 'number';
}

/** The bytes of a message: numbers as varints, texts as UTF-8, lists of numbers as bytes. */
export function encoded(message: Message): number[] {
  const out: number[] = [];
  for (const [field, part] of message) {
    if (typeof part === 'number' || typeof part === 'bigint') {
      varint(field * 8, out);
      varint(part, out);
      continue;
    }
    const bytes =
      typeof part === 'string' ? [...new TextEncoder().encode(part)] : isBytes(part) ? part : encoded(part as Message);
    varint(field * 8 + 2, out);
    varint(bytes.length, out);
    for (const byte of bytes) out.push(byte);
  }
  return out;
}

/** Numbers as one packed field. */
export function packedInts(values: readonly (number | bigint)[]): number[] {
  const out: number[] = [];
  for (const value of values) varint(value, out);
  return out;
}

export function packedFloats(values: readonly number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}
