import { ModelError } from '../source/errors.js';

/**
 * Values of one document, if its bytes are fewer: a program of ten thousand nodes has some hundred thousand. A value
 * takes some fifty bytes of memory, so that this many stay below half a gigabyte.
 */
const MAX_VALUES = 8_000_000;
/**
 * The same of a document that is compressed in its file, where a hundred bytes can hold thousands of equal layers: time is
 * what they take then. The largest model of Keras Applications has 120,000 values.
 */
const MAX_UNFOLDED = 500_000;
/** Levels of lists and objects; real documents have some twenty. */
const MAX_DEPTH = 500;

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
];

export interface JsonBounds {
  /** Its name and its format, for errors. */
  readonly name: string;
  readonly format: string;
  /** Bytes that the file holds of it; fewer than `bytes` where it is compressed. */
  readonly stored?: number;
}

/**
 * Throws ModelError `limit` for a document that would take memory out of all proportion to the file, or that is nested
 * without bound. One pass over the bytes, before anything is made of them.
 */
export function checkJson(bytes: Uint8Array, { name, format, stored = bytes.length }: JsonBounds): void {
  const most = Math.max(stored < bytes.length ? MAX_UNFOLDED : MAX_VALUES, stored);
  let [values, depth, at] = [0, 0, 0];
  while (at < bytes.length) {
    const byte = bytes[at++];
    if (byte === QUOTE) {
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
      at++;
    } else if (byte === COMMA || byte === COLON) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      depth++;
      if (depth > MAX_DEPTH)
        throw new ModelError('limit', `${name} is nested more than ${MAX_DEPTH} levels deep`, {
          format,
          at: { field: name, offset: at - 1 },
        });
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  if (values > most)
    throw new ModelError('limit', `${name} has ${values} values in ${stored} bytes, more than ${most}`, {
      format,
      at: { field: name },
    });
}

/** Texts and whole numbers of JSON, each as one match: what looks like a long integer may be the tail of a fraction. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * JSON as JSON.parse reads it, except for integers of sixteen digits and more: those stay exact, as texts of digits. Throws
 * SyntaxError.
 */
export function parseExact(text: string): unknown {
  if (!/[\s:,[-]\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(TOKEN, (found) => (LONG_INTEGER.test(found) ? `"${found}"` : found)));
}
