import { inflateSync } from 'fflate/browser';
import { memorySource } from '../../source/memory.js';
import { partOf } from '../../source/part.js';
import type { Source } from '../../source/source.js';
import { crc32 } from './crc.js';
import { readDirectory, zipError } from './directory.js';
import { type Archive, FREE_CONTENTS, MAX_CONTENTS, MAX_EXPANSION, MAX_RATIO, type ZipEntry } from './entry.js';

export type { ZipEntry } from './entry.js';

const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;
/** Flag of a local header whose sizes and checksum are after the contents. */
const SIZES_BEHIND = 8;
const STORED = 0;
const DEFLATE = 8;

/** A zip archive over random access: its directory is read at once, contents when they are requested. */
export interface Zip {
  /** In the directory's order. */
  readonly entries: readonly ZipEntry[];
  get(name: string): ZipEntry | undefined;
  /**
   * The contents of an entry, inflated and checked against their checksum. Throws ModelError `limit` beyond `limit`
   * bytes, `malformed` where the contents are not what the directory says, `unsupported` for other compressions.
   */
  read(entry: ZipEntry, limit?: number, hint?: string): Uint8Array;
  /**
   * Absolute offset of the first byte of a stored entry's contents, to read parts of it in place; [offset, offset +
   * size) is within the file. Throws ModelError `unsupported` for a compressed entry.
   */
  offsetOf(entry: ZipEntry): number;
  /** An entry as a source of its own: in place where it is stored as it is, else inflated. Throws as `read` does. */
  open(entry: ZipEntry): Source;
}

/**
 * Opens the zip archive that `source` is: plain and 64-bit ones. Reads the end of the file and the directory. Throws
 * ModelError `truncated`, `malformed`, `unsupported` (several parts, encryption) or `limit`; `format` is named in it.
 */
export function openZip(source: Source, format: string | null = null): Zip {
  const archive: Archive = { source, format };
  const entries = readDirectory(archive);
  const names = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    entries,
    get: (name) => names.get(name),
    read: (entry, limit = MAX_CONTENTS, hint) => contentsOf(archive, entry, limit, hint),
    open: (entry) =>
      entry.method === STORED
        ? partOf(source, entry.name, contentsAt(archive, entry), entry.size)
        : memorySource(contentsOf(archive, entry, MAX_CONTENTS), { name: entry.name }),
    offsetOf: (entry) => {
      if (entry.method !== STORED)
        throw zipError(archive, 'unsupported', `${entry.name} is compressed`, { entry: entry.name });
      return contentsAt(archive, entry);
    },
  };
}

function contentsOf(archive: Archive, entry: ZipEntry, limit: number, hint?: string): Uint8Array {
  const { name: entryName, size } = entry;
  if (size > limit)
    throw zipError(archive, 'limit', `${entryName} has ${size} bytes, more than ${limit}`, { entry: entryName, hint });
  if (entry.method === DEFLATE && size > MAX_EXPANSION * entry.storedSize)
    throw zipError(archive, 'malformed', `${entryName}: ${entry.storedSize} bytes cannot hold ${size}`, {
      entry: entryName,
    });
  if (size > Math.max(FREE_CONTENTS, MAX_RATIO * entry.storedSize))
    throw zipError(archive, 'limit', `${entryName} unfolds ${entry.storedSize} bytes to ${size}`, { entry: entryName });
  const start = contentsAt(archive, entry);
  const stored = archive.source.read(start, start + entry.storedSize);
  const bytes = entry.method === STORED ? stored : inflated(archive, entry, stored);
  if (crc32(bytes) !== entry.crc)
    throw zipError(archive, 'malformed', `the checksum of ${entryName} is wrong`, { offset: start, entry: entryName });
  return bytes;
}

/** Room for one byte more than announced, so that contents that go on are noticed, and never take more memory. */
function inflated(archive: Archive, entry: ZipEntry, stored: Uint8Array): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(stored, { out: new Uint8Array(entry.size + 1) });
  } catch {
    throw zipError(archive, 'malformed', `${entry.name} cannot be inflated`, {
      offset: entry.headerOffset,
      entry: entry.name,
    });
  }
  if (bytes.length !== entry.size)
    throw zipError(
      archive,
      'malformed',
      `${entry.name} inflates to ${bytes.length > entry.size ? 'more than' : `${bytes.length} bytes, not to`} the ${entry.size} bytes that the directory says`,
      { offset: entry.headerOffset, entry: entry.name },
    );
  return bytes;
}

/** Where the contents begin, by the local header, which has to agree with the directory. */
function contentsAt(archive: Archive, entry: ZipEntry): number {
  const at = entry.headerOffset;
  const wrong = (message: string) =>
    zipError(archive, 'malformed', `${entry.name}: ${message}`, { offset: at, entry: entry.name });
  if (entry.method !== STORED && entry.method !== DEFLATE)
    throw zipError(archive, 'unsupported', `${entry.name} is compressed by method ${entry.method}`, {
      entry: entry.name,
    });
  if (entry.method === STORED && entry.size !== entry.storedSize)
    throw wrong(`stored in ${entry.storedSize} bytes, ${entry.size} announced`);
  const encoded = new TextEncoder().encode(entry.name);
  const head = archive.source.read(at, Math.min(at + LOCAL_SIZE + encoded.length, entry.limit));
  const data = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (data.getUint32(0, true) !== LOCAL) throw wrong('no local header where the directory says');
  const nameLength = data.getUint16(26, true);
  const name = head.subarray(LOCAL_SIZE, LOCAL_SIZE + nameLength);
  if (nameLength !== encoded.length || name.some((byte, i) => byte !== encoded[i]))
    throw wrong('its local header has another name');
  if (data.getUint16(8, true) !== entry.method) throw wrong('its local header has another compression');
  const behind = (data.getUint16(6, true) & SIZES_BEHIND) !== 0;
  const sizes: readonly (readonly [number, number])[] = [
    [data.getUint32(18, true), entry.storedSize],
    [data.getUint32(22, true), entry.size],
  ];
  if (!behind && sizes.some(([local, said]) => local !== said && local !== 0xffffffff))
    throw wrong('its local header has other sizes');
  const start = at + LOCAL_SIZE + nameLength + data.getUint16(28, true);
  if (start + entry.storedSize > entry.limit) throw wrong('its contents run into what comes after');
  return start;
}
