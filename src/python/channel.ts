import { ModelError } from '../source/errors.js';
import { joinBytes } from '../source/join.js';

/**
 * The two ends of what leads out of a confined interpreter: frames over a stream of bytes, each a length (4 bytes, little
 * endian), a kind (1 byte) and a payload. The interpreter asks and waits for the answer; nothing is ever sent unasked.
 */
export const KIND = {
  /** Interpreter: it is there. Answered with what it may do (JSON `Start`). */
  hello: 1,
  /** A request of Python's, JSON. Answered with JSON. */
  request: 2,
  /** `{call, path}` of the file system. Answered with JSON, or with `bytes`. */
  file: 3,
  /** Output of the program. Answered with nothing. */
  stdout: 4,
  stderr: 5,
  /** The job is done: JSON `Finish`. */
  finish: 6,
  json: 7,
  bytes: 8,
} as const;

/** Settings of an interpreter. */
export interface Start {
  readonly mounts: readonly { readonly folder: string; readonly at: string }[];
  /** Seconds after which it interrupts the program itself, so that the program's place can be told. */
  readonly seconds: number;
}

/** How it ended by its own account. */
export interface Finish {
  readonly stopped: 'done' | 'time';
  /** An error of ours outside of the program. */
  readonly error: string | null;
}

export const HEADER = 5;
/** The largest frame: the modules of a model with some 100,000 of them, or a file. */
export const MAX_FRAME = 64 * 2 ** 20;

/** A frame as bytes. */
export function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length, true);
  bytes[4] = kind;
  bytes.set(payload, HEADER);
  return bytes;
}

/** Cuts a stream into frames. `push` gives those that are complete; throws ModelError `limit` for one that is too large. */
export function frameReader(): (chunk: Uint8Array) => { kind: number; payload: Uint8Array }[] {
  let parts: Uint8Array[] = [];
  let size = 0;
  let needed = HEADER;
  return (chunk) => {
    parts.push(chunk);
    size += chunk.length;
    const frames: { kind: number; payload: Uint8Array }[] = [];
    if (size < needed) return frames;
    let rest = joinBytes(parts);
    for (;;) {
      needed = HEADER;
      if (rest.length < HEADER) break;
      const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
      const length = view.getUint32(0, true);
      if (length > MAX_FRAME)
        throw new ModelError('limit', `the program sends ${length} bytes at once, more than ${MAX_FRAME}`, {
          format: 'python',
          hint: 'profile a smaller part of the model',
        });
      needed = HEADER + length;
      if (rest.length < needed) break;
      frames.push({ kind: view.getUint8(4), payload: rest.subarray(HEADER, needed) });
      rest = rest.subarray(needed);
    }
    parts = rest.length === 0 ? [] : [rest];
    size = rest.length;
    return frames;
  };
}

/** The file system as a confined interpreter asks for it. */
export type FileCall = 'stat' | 'list' | 'read';

/** Reads a call of the file system. Throws ModelError `malformed`. */
export function parseFileCall(json: string): { readonly call: FileCall; readonly path: string } {
  const { call, path } = parseObject(json);
  if ((call === 'stat' || call === 'list' || call === 'read') && typeof path === 'string') return { call, path };
  throw malformed('a call of the file system');
}

/** Reads how an interpreter says it ended. Throws ModelError `malformed`. */
export function parseFinish(json: string): Finish {
  const { stopped, error } = parseObject(json);
  return {
    stopped: stopped === 'time' ? 'time' : 'done',
    error: error === null || error === undefined ? null : typeof error === 'string' ? error : 'without a reason',
  };
}

/** Longer than any path, and than what an interpreter says of its end. */
const MAX_TEXT = 1 << 20;

function parseObject(json: string): Readonly<Record<string, unknown>> {
  if (json.length > MAX_TEXT) throw malformed('a short text');
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw malformed('JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw malformed('an object');
  return parsed as Readonly<Record<string, unknown>>;
}

function malformed(expected: string): ModelError {
  return new ModelError('malformed', `the interpreter sent something else than ${expected}`, {
    format: 'python',
    hint: 'if the program does not talk to opcount itself, please report this',
  });
}
