import { ModelError } from '../../source/errors.js';
import { ProtoWriter } from '../proto-writer.js';
import type { Message } from '../protobuf.js';

/** A message as a text spells it: fields in order, repeated ones as often as they are there. */
export interface Tree {
  readonly fields: readonly (readonly [name: string, value: Scalar | Tree])[];
}

/** Numbers keep their spelling until their field's type is known; bytes are what an escaped or base64 text stands for. */
export type Scalar = { readonly text: string } | { readonly bytes: Uint8Array };

export type Numeric = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'bool';

interface Step {
  readonly at: number;
  readonly kind: string;
  readonly of?: () => Message<unknown>;
}

/** Facts that the text states and the tables of messages lack. */
export interface Spelling {
  readonly format: string;
  /** How the numbers of fields that the reader leaves in the file are encoded; int64 for those that are not named. */
  readonly runs: Readonly<Record<string, Numeric>>;
  /** The number of a name of an enumeration; undefined for none. */
  enumerated(name: string): number | undefined;
}

/** A message in protobuf's binary form. Fields that its table does not have are left out. Throws ModelError `malformed`. */
export function encodeTree<T>(tree: Tree, type: Message<T>, spelling: Spelling): Uint8Array {
  const out = new ProtoWriter();
  message(tree, type as Message<unknown>, out, spelling);
  return out.taken();
}

function message(tree: Tree, type: Message<unknown>, out: ProtoWriter, spelling: Spelling): void {
  for (const [spelled, value] of tree.fields) {
    // Text has `op_type`, JSON `opType`; the table has the latter.
    const name = spelled.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
    const step = (type.fields as Readonly<Record<string, Step | undefined>>)[name];
    if (step === undefined || !Object.hasOwn(type.fields, name)) continue;
    if (step.kind === 'message' && step.of !== undefined) {
      if (!('fields' in value)) throw wrong(`${type.name}.${spelled} should be a message`, spelling);
      const inner = new ProtoWriter();
      message(value, step.of(), inner, spelling);
      out.lengthDelimited(step.at, inner.taken());
    } else if ('fields' in value)
      continue; // a message that is left unread
    else field(step, name, value, `${type.name}.${spelled}`, out, spelling);
  }
}

function field(step: Step, name: string, value: Scalar, label: string, out: ProtoWriter, spelling: Spelling): void {
  switch (step.kind) {
    case 'string':
    case 'text':
    case 'payload':
    case 'texts':
      out.lengthDelimited(step.at, 'bytes' in value ? value.bytes : new TextEncoder().encode(value.text));
      return;
    case 'runs':
      numeric(
        step.at,
        Object.hasOwn(spelling.runs, name) ? (spelling.runs[name] as Numeric) : 'int64',
        value,
        label,
        out,
        spelling,
      );
      return;
    default:
      numeric(step.at, step.kind as Numeric, value, label, out, spelling);
  }
}

function numeric(at: number, kind: Numeric, value: Scalar, label: string, out: ProtoWriter, spelling: Spelling): void {
  if ('bytes' in value) throw wrong(`${label} should be a number`, spelling);
  if (kind === 'float' || kind === 'double') {
    out.real(at, kind, floating(value.text, label, spelling));
    return;
  }
  out.varint(at, integer(value.text, label, spelling));
}

function floating(text: string, label: string, spelling: Spelling): number {
  const plain = text.replace(/f$/i, '');
  if (/^-?(inf|infinity)$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const number = Number(plain);
  if (plain === '' || Number.isNaN(number)) throw wrong(`${label}: "${text.slice(0, 40)}" is not a number`, spelling);
  return number;
}

function integer(text: string, label: string, spelling: Spelling): bigint {
  if (text === 'true') return 1n;
  if (text === 'false') return 0n;
  const digits = text.replace(/^-/, '');
  if (/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(digits)) {
    const octal = /^0[0-7]+$/.test(digits);
    const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
    return text.startsWith('-') ? -value : value;
  }
  const named = spelling.enumerated(text);
  if (named === undefined) throw wrong(`${label}: "${text.slice(0, 40)}" is not an integer`, spelling);
  return BigInt(named);
}

function wrong(message: string, { format }: Spelling): ModelError {
  return new ModelError('malformed', message, { format, hint: 'the text does not follow its schema: write it again' });
}
