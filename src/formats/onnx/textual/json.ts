import { ModelError } from '../../../source/errors.js';
import { base64 } from '../../../wire/base64.js';
import { DEPTH_LIMIT } from '../../../wire/protobuf.js';
import type { Scalar, Tree } from '../../../wire/prototext/encode.js';

/** Fields of bytes, which JSON spells in base64. */
const BINARY = new Set(['rawData', 'raw_data', 's', 'strings', 'stringData', 'string_data']);

/** Protobuf's JSON form: names in either case, 64-bit integers as texts, bytes in base64. Throws ModelError `malformed`. */
export function parseJson(text: string): Tree {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrong(`this is not JSON: ${why.slice(0, 120)}`);
  }
  return treeOf(value, 0);
}

function treeOf(value: unknown, depth: number): Tree {
  if (depth > DEPTH_LIMIT) throw wrong(`messages lie more than ${DEPTH_LIMIT} within each other`);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('an object is expected for a message');
  const fields: (readonly [string, Scalar | Tree])[] = [];
  for (const [name, member] of Object.entries(value))
    for (const one of Array.isArray(member) ? member : [member]) {
      if (one === null) continue;
      fields.push([name, typeof one === 'object' ? treeOf(one, depth + 1) : scalarOf(name, one)]);
    }
  return { fields };
}

function scalarOf(name: string, value: unknown): Scalar {
  if (typeof value === 'string' && BINARY.has(name)) return { bytes: bytesOf(value) };
  return { text: String(value) };
}

function wrong(message: string): ModelError {
  return new ModelError('malformed', message, { format: 'onnx', hint: 'write the model again, or give its .onnx' });
}

function bytesOf(text: string): Uint8Array {
  const bytes = base64(text);
  if (bytes === null) throw wrong(`"${text.slice(0, 40)}" is not base64`);
  return bytes;
}
