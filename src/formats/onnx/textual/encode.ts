import { byName } from '../../../source/by-name.js';
import { ModelError } from '../../../source/errors.js';
import type { Message } from '../../../wire/protobuf.js';
import { dtypeNumber } from '../dtype.js';
import { ATTRIBUTE_TYPE, MODEL } from '../schema.js';

/** A message as a text spells it: fields in order, repeated ones as often as they stand there. */
export interface Tree {
  readonly fields: readonly (readonly [name: string, value: Scalar | Tree])[];
}

/** Numbers keep their spelling until their field's type is known; bytes are what an escaped or base64 text stands for. */
export type Scalar = { readonly text: string } | { readonly bytes: Uint8Array };

/** How the numbers of fields that the reader leaves in the file are encoded. */
const RUNS: Readonly<Record<string, Numeric>> = byName({
  floatData: 'float',
  int32Data: 'int32',
  int64Data: 'int64',
  doubleData: 'double',
  uint64Data: 'uint64',
});
type Numeric = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'bool';

interface Step {
  readonly at: number;
  readonly kind: string;
  readonly of?: () => Message<unknown>;
}

/** The same model in protobuf's binary form. Fields that the schema does not have are left out. Throws ModelError `malformed`. */
export function encodeModel(tree: Tree): Uint8Array {
  const out = new Bytes();
  message(tree, MODEL as Message<unknown>, out);
  return out.taken();
}

function message(tree: Tree, type: Message<unknown>, out: Bytes): void {
  for (const [spelled, value] of tree.fields) {
    // Text has `op_type`, JSON `opType`; the table has the latter.
    const name = spelled.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
    const step = (type.fields as Readonly<Record<string, Step | undefined>>)[name];
    if (step === undefined || !Object.hasOwn(type.fields, name)) continue;
    if (step.kind === 'message' && step.of !== undefined) {
      if (!('fields' in value)) throw wrong(`${type.name}.${spelled} should be a message`);
      const inner = new Bytes();
      message(value, step.of(), inner);
      out.lengthDelimited(step.at, inner.taken());
    } else if ('fields' in value)
      continue; // a message that is left unread
    else field(step, name, value, `${type.name}.${spelled}`, out);
  }
}

function field(step: Step, name: string, value: Scalar, label: string, out: Bytes): void {
  switch (step.kind) {
    case 'string':
    case 'text':
    case 'payload':
    case 'texts':
      out.lengthDelimited(step.at, 'bytes' in value ? value.bytes : new TextEncoder().encode(value.text));
      return;
    case 'runs':
      numeric(step.at, RUNS[name] ?? 'int64', value, label, out);
      return;
    default:
      numeric(step.at, step.kind as Numeric, value, label, out);
  }
}

function numeric(at: number, kind: Numeric, value: Scalar, label: string, out: Bytes): void {
  if ('bytes' in value) throw wrong(`${label} should be a number`);
  if (kind === 'float' || kind === 'double') {
    out.real(at, kind, floating(value.text, label));
    return;
  }
  out.varint(at, integer(value.text, label));
}

function floating(text: string, label: string): number {
  const plain = text.replace(/f$/i, '');
  if (/^-?(inf|infinity)$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const number = Number(plain);
  if (plain === '' || Number.isNaN(number)) throw wrong(`${label}: "${text.slice(0, 40)}" is not a number`);
  return number;
}

function integer(text: string, label: string): bigint {
  if (text === 'true') return 1n;
  if (text === 'false') return 0n;
  const digits = text.replace(/^-/, '');
  if (/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(digits)) {
    const octal = /^0[0-7]+$/.test(digits);
    const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
    return text.startsWith('-') ? -value : value;
  }
  const named = enumerated(text);
  if (named === undefined) throw wrong(`${label}: "${text.slice(0, 40)}" is not an integer`);
  return BigInt(named);
}

/** Names of enumerations: data types, kinds of attributes, places of data. */
function enumerated(text: string): number | undefined {
  if (Object.hasOwn(ATTRIBUTE_TYPE, text) && /^(TENSOR|GRAPH|SPARSE|TYPE|INTS?$|FLOATS|STRINGS)/.test(text))
    return ATTRIBUTE_TYPE[text as keyof typeof ATTRIBUTE_TYPE];
  if (text === 'EXTERNAL') return 1;
  if (text === 'DEFAULT' || text === 'UNDEFINED') return 0;
  // FLOAT and STRING name both a data type and a kind of attribute; FLOAT is 1 in both.
  return dtypeNumber(text) || undefined;
}

function wrong(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: 'onnx',
    hint: 'the text does not follow ONNX’s schema: write it again',
  });
}

/** Bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(256);
  #length = 0;

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  varint(at: number, value: bigint): void {
    this.#number(BigInt(at * 8));
    this.#number(BigInt.asUintN(64, value));
  }

  real(at: number, kind: 'float' | 'double', value: number): void {
    const size = kind === 'float' ? 4 : 8;
    this.#number(BigInt(at * 8 + (kind === 'float' ? 5 : 1)));
    this.#room(size);
    const view = new DataView(this.#bytes.buffer, this.#length, size);
    if (kind === 'float') view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    this.#length += size;
  }

  lengthDelimited(at: number, bytes: Uint8Array): void {
    this.#number(BigInt(at * 8 + 2));
    this.#number(BigInt(bytes.length));
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #number(value: bigint): void {
    this.#room(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
