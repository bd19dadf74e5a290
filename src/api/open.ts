import { metered } from '../dim/index.js';
import { HEAD_BYTES } from '../formats/index.js';
import type { AnyLedger } from '../ledger/index.js';
import { ModelError, memorySource, type Source, withAsyncBytes } from '../source/index.js';
import { opened } from './container.js';
import { type AnyReadOptions, FORMATS } from './formats.js';

/** Bytes of a model, in any of the ways in which a program may have them. */
export type Bytes = Source | Uint8Array | ArrayBuffer | Blob | URL;

/** Reads a synchronous source: a file, memory, a worker's blob. */
export async function readSource(source: Source, options: AnyReadOptions): Promise<AnyLedger> {
  const { source: model, format } = opened(source);
  const read = await format.load();
  return metered(model.size, () => read(model, options));
}

/** Reads bytes that only come asynchronously; the reader runs again whenever more of them have come. */
export async function readAsync(from: Blob | URL, options: AnyReadOptions): Promise<AnyLedger> {
  const format = await withAsyncBytes(from, (source) => {
    source.read(0, Math.min(source.size, HEAD_BYTES));
    return opened(source).format;
  });
  const read = await format.load();
  return withAsyncBytes(from, (source) => {
    const model = opened(source).source;
    return metered(model.size, () => read(model, options));
  });
}

export function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && 'read' in value && 'size' in value && 'bytesRead' in value;
}

/** Reads a model from bytes. Throws ModelError `argument` for anything else. */
export async function readBytes(from: Bytes, options: AnyReadOptions): Promise<AnyLedger> {
  if (from instanceof Uint8Array || from instanceof ArrayBuffer) return readSource(memorySource(from), options);
  if (isSource(from)) return readSource(from, options);
  if (from instanceof URL || (typeof Blob !== 'undefined' && from instanceof Blob)) return readAsync(from, options);
  throw new ModelError('argument', 'not a model', {
    hint: `give a module of opcount/nn, a built-in name, bytes, a File, a URL, or in Node a path (${FORMATS.map((d) => d.title).join(', ')})`,
  });
}
