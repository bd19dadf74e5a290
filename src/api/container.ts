import { Gunzip, Inflate } from 'fflate/browser';
import { detectFormat, HEAD_BYTES } from '../formats/index.js';
import { describeArchive } from '../formats/unread/index.js';
import { isModelError, ModelError } from '../source/errors.js';
import { memorySource, type Source } from '../source/index.js';
import { windowed } from '../source/window.js';
import { isZip, MAX_CONTENTS, type ZipEntry } from '../wire/zip/entry.js';
import { openZip } from '../wire/zip/index.js';
import { modelsAmong } from './folder.js';
import { FORMATS } from './formats.js';
import { filesOfTar, isTar, TAR_HEADER } from './tar.js';

/** Containers within containers: `model.tar.gz` is two. */
const MAX_DEPTH = 4;
/**
 * What a container may unfold to beside its size: a graph without weights. Weights hardly compress, so what has some is within
 * `UNFOLDED` times its size. A few bytes could hold a million operators otherwise, each of which takes memory when it is read.
 */
const FREE_UNFOLDED = 2 * 2 ** 20;
const UNFOLDED = 2;
const MAX_LISTED = 6;
const STEP = 1 << 16;

/** A file of an archive: its first bytes, and itself. */
interface Packed {
  readonly path: string;
  head(): Uint8Array;
  open(): Source;
}

/** A model and the format that claims it. */
export interface Opened {
  readonly source: Source;
  readonly format: (typeof FORMATS)[number];
}

/**
 * The model that a source is, or that is in it where it is compressed or an archive. A zip that is itself a model (PyTorch, Keras)
 * is left as it is. Throws ModelError if it holds several models, or none, and for what no format claims.
 */
export function opened(source: Source): Opened {
  return openedWithin(source, 0, Math.min(MAX_CONTENTS, FREE_UNFOLDED + UNFOLDED * source.size));
}

/** `most`: bytes that contents may have, by the size of the outermost container. */
function openedWithin(source: Source, depth: number, most: number): Opened {
  const head = source.read(0, Math.min(source.size, TAR_HEADER));
  const inner = isGzip(head) ? gunzipped(source, most) : isTar(head) ? chosen(source, filesOfTar(source)) : null;
  if (inner !== null) return within(source, inner, depth, most);
  try {
    return { source, format: detectFormat(source, FORMATS) };
  } catch (error) {
    if (!isZip(head) || !isModelError(error) || error.code !== 'unsupported') throw error;
    return within(source, chosen(source, filesOfZip(source, most)), depth, most);
  }
}

function within(source: Source, inner: Source, depth: number, most: number): Opened {
  if (depth === MAX_DEPTH)
    throw new ModelError('limit', `${source.name} holds archives within archives, more than ${MAX_DEPTH}`, {
      hint: 'Unpack it and give the model.',
    });
  return openedWithin(inner, depth + 1, most);
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** The contents of a gzip file. Throws ModelError `limit` if it unfolds beyond reason, `malformed` where they are damaged. */
function gunzipped(source: Source, most: number): Source {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Gunzip((part) => {
    total += part.length;
    if (total > most)
      throw new ModelError('limit', `${source.name} unfolds to more than ${most} bytes`, {
        hint: 'Unpack it with gunzip, and give the file that comes out.',
      });
    parts.push(part);
  });
  try {
    for (let at = 0; at < source.size; at += STEP) {
      const end = Math.min(source.size, at + STEP);
      // The bytes are handed over: what a source gives may be shared.
      stream.push(source.read(at, end).slice(), end === source.size);
    }
  } catch (error) {
    if (isModelError(error)) throw error;
    throw new ModelError('malformed', `${source.name} is not a whole gzip file`, {
      hint: 'Download or copy it again.',
      cause: error,
    });
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const name = source.name.replace(/\.(gz|gzip)$/i, '').replace(/\.tgz$/i, '.tar');
  return memorySource(bytes, { name });
}

/** The one model among the files of an archive. Throws ModelError if there is none, or more than one. */
function chosen(archive: Source, files: readonly Packed[]): Source {
  const models = modelsAmong(files.map((file) => ({ path: file.path, head: file.head() })));
  const inner =
    models.length > 0
      ? models
      : files.filter(({ path }) => /\.(gz|zip|tar|keras|pth?|task)$/i.test(path)).map((f) => f.path);
  const [only] = inner;
  if (only !== undefined && inner.length === 1) return (files.find((file) => file.path === only) as Packed).open();
  const listed = inner.slice(0, MAX_LISTED).join(', ') + (inner.length > MAX_LISTED ? ', …' : '');
  if (inner.length > 1)
    throw new ModelError('argument', `${archive.name} holds ${inner.length} models`, {
      hint: `unpack it and name one of them: ${listed}`,
    });
  const known = describeArchive(files.map(({ path }) => path));
  if (known !== null)
    throw new ModelError('unsupported', `${archive.name} is ${known.what}, which opcount does not read`, {
      hint: known.instead,
    });
  const seen = files.slice(0, MAX_LISTED).map((file) => file.path);
  throw new ModelError('unsupported', `${archive.name} is an archive without a model that opcount reads`, {
    hint: seen.length === 0 ? 'it is empty' : `it holds ${seen.join(', ')}${files.length > seen.length ? ', …' : ''}`,
  });
}

function filesOfZip(source: Source, most: number): Packed[] {
  const window = windowed(source);
  const zip = openZip(window);
  const read = (entry: ZipEntry): Source =>
    memorySource(zip.read(entry, most, 'Unpack it, and give the file that comes out.'), { name: entry.name });
  return zip.entries
    .filter((entry) => !entry.name.endsWith('/') && !/(^|\/)(__MACOSX|\.(?!\/))/.test(entry.name))
    .map((entry) => ({ path: entry.name, head: () => headOf(window, entry), open: () => read(entry) }));
}

/** The first bytes of an entry: of a compressed one as many as its first bytes give. */
function headOf(source: Source, entry: ZipEntry): Uint8Array {
  // The local header repeats the name; what else it has is short.
  const start = entry.headerOffset + 30 + new TextEncoder().encode(entry.name).length + extraOf(source, entry);
  const stored = source.read(start, Math.min(source.size, start + Math.min(entry.storedSize, 2 * HEAD_BYTES)));
  if (entry.method === 0) return stored.slice(0, HEAD_BYTES);
  const parts: number[] = [];
  const stream = new Inflate((part) => {
    for (const byte of part.subarray(0, HEAD_BYTES - parts.length)) parts.push(byte);
  });
  try {
    stream.push(stored.slice(), false);
  } catch {
    return new Uint8Array();
  }
  return Uint8Array.from(parts);
}

function extraOf(source: Source, { headerOffset }: ZipEntry): number {
  const at = source.read(headerOffset + 28, headerOffset + 30);
  return (at[0] as number) + 256 * (at[1] as number);
}
