import { ModelError, type ModelErrorCode } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { type Archive, entryNameError, MAX_DIRECTORY, MAX_ENTRIES, type ZipEntry } from './entry.js';

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const FILE = 0x02014b50;
const END_SIZE = 22;
const LOCATOR_SIZE = 20;
const END64_SIZE = 56;
const FILE_SIZE = 46;
const LOCAL_SIZE = 30;
/** The comment after the end record has a 16-bit length. */
const MAX_COMMENT = 0xffff;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

const HINTS: Partial<Record<ModelErrorCode, string>> = {
  truncated: 'The file is incomplete: download or copy it again.',
  malformed: 'The file is damaged: save or download it again.',
  limit: 'No real model is known to need this; if yours does, please report it.',
  unsupported: 'Unpack it and pack it again as one plain zip.',
};

export function zipError(
  archive: Archive,
  code: ModelErrorCode,
  message: string,
  at: { offset?: number; entry?: string; hint?: string | undefined } = {},
): ModelError {
  return new ModelError(code, `${message} (zip archive ${archive.source.name})`, {
    format: archive.format,
    at: {
      ...(at.offset === undefined ? {} : { offset: at.offset }),
      ...(at.entry === undefined ? {} : { field: at.entry }),
    },
    hint: at.hint ?? HINTS[code] ?? null,
  });
}

/** Where the central directory lies and how much it lists. */
interface End {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/**
 * The entries of the archive's directory, in its order. Only the end of the file and the directory are read. Refuses what
 * no writer of models makes and what archives are attacked with: entries that overlap each other or the directory, two
 * of one name, names that leave the folder, encrypted ones, sizes that cannot be true, archives in several parts.
 */
export function readDirectory(archive: Archive): ZipEntry[] {
  const end = findEnd(archive);
  if (end.count > MAX_ENTRIES) throw zipError(archive, 'limit', `${end.count} entries, more than ${MAX_ENTRIES}`);
  if (end.size > MAX_DIRECTORY)
    throw zipError(archive, 'limit', `a directory of ${end.size} bytes, more than ${MAX_DIRECTORY}`);
  if (end.count * FILE_SIZE > end.size)
    throw zipError(archive, 'truncated', `the directory of ${end.size} bytes cannot list ${end.count} entries`, {
      offset: end.offset,
    });
  const bytes = archive.source.read(end.offset, end.offset + end.size);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    const { entry, next } = readEntry(archive, end, bytes, data, at);
    entries.push(entry);
    at = next;
  }
  if (at !== end.size)
    throw zipError(archive, 'malformed', `${end.size - at} bytes follow the last entry of the directory`, {
      offset: end.offset + at,
    });
  return bounded(archive, entries, end.offset);
}

function findEnd(archive: Archive): End {
  const { source } = archive;
  if (source.size < END_SIZE) throw zipError(archive, 'truncated', `${source.size} bytes are not a zip archive`);
  // Models have no comment, and their writers put the 64-bit records right before the end.
  const near = tail(source, END_SIZE + LOCATOR_SIZE + END64_SIZE);
  const found = endIn(near) ?? endIn(tail(source, END_SIZE + MAX_COMMENT));
  if (found === null)
    throw zipError(archive, 'truncated', 'no end record of a zip archive was found', { offset: source.size });
  const { data, at, offset } = found;
  const short = (position: number): number => data.getUint16(at + position, true);
  const long = (position: number): number => data.getUint32(at + position, true);
  const end = { disk: short(4), start: short(6), here: short(8), count: short(10), size: long(12), offset: long(16) };
  // PyTorch writes the 64-bit records whether they are needed or not.
  const wide = findEnd64(archive, offset);
  if (
    wide !== null &&
    ((end.count !== FULL16 && end.count !== wide.count) ||
      (end.size !== FULL32 && end.size !== wide.size) ||
      (end.offset !== FULL32 && end.offset !== wide.offset))
  )
    throw zipError(archive, 'malformed', 'the end record and its 64-bit one differ', { offset });
  const { disk, start, here } = wide ?? end;
  if (disk !== 0 || start !== 0 || here !== (wide ?? end).count)
    throw zipError(archive, 'unsupported', 'an archive in several parts', { offset });
  const directory = wide ?? end;
  const stop = wide === null ? offset : wide.at;
  if (directory.offset + directory.size !== stop)
    throw zipError(
      archive,
      directory.offset + directory.size > stop ? 'truncated' : 'malformed',
      `the directory should end at byte ${directory.offset + directory.size}, its end record is at byte ${stop}`,
      { offset: stop },
    );
  return directory;
}

interface Tail {
  readonly data: DataView;
  /** Absolute offset of the first byte. */
  readonly base: number;
}

function tail(source: Source, size: number): Tail {
  const base = Math.max(0, source.size - size);
  const bytes = source.read(base, source.size);
  return { data: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), base };
}

/** The last end record whose comment ends with the file. */
function endIn({ data, base }: Tail): { data: DataView; at: number; offset: number } | null {
  for (let at = data.byteLength - END_SIZE; at >= 0; at--)
    if (data.getUint32(at, true) === END && at + END_SIZE + data.getUint16(at + 20, true) === data.byteLength)
      return { data, at, offset: base + at };
  return null;
}

interface End64 extends End {
  readonly disk: number;
  readonly start: number;
  readonly here: number;
  /** Absolute offset of the record. */
  readonly at: number;
}

/** The 64-bit end record that a locator before the end record at `offset` points to; null if there is none. */
function findEnd64(archive: Archive, offset: number): End64 | null {
  const { source } = archive;
  if (offset < LOCATOR_SIZE) return null;
  const locator = view(source, offset - LOCATOR_SIZE, LOCATOR_SIZE);
  if (locator.getUint32(0, true) !== LOCATOR64) return null;
  const at = big(archive, locator, 8, offset - LOCATOR_SIZE + 8);
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1)
    throw zipError(archive, 'unsupported', 'an archive in several parts', { offset: offset - LOCATOR_SIZE });
  if (at + END64_SIZE > offset - LOCATOR_SIZE)
    throw zipError(archive, 'truncated', `the 64-bit end record should be at byte ${at}`, { offset });
  const record = view(source, at, END64_SIZE);
  if (record.getUint32(0, true) !== END64)
    throw zipError(archive, 'malformed', 'the 64-bit end record is not where its locator says', { offset: at });
  return {
    disk: record.getUint32(16, true),
    start: record.getUint32(20, true),
    here: big(archive, record, 24, at + 24),
    count: big(archive, record, 32, at + 32),
    size: big(archive, record, 40, at + 40),
    offset: big(archive, record, 48, at + 48),
    at,
  };
}

function view(source: Source, offset: number, length: number): DataView {
  const bytes = source.read(offset, offset + length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit position or length: none can be beyond the file. */
function big(archive: Archive, data: DataView, at: number, offset: number): number {
  const value = data.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw zipError(archive, 'truncated', `${value} is beyond any file`, { offset });
  return Number(value);
}

function readEntry(
  archive: Archive,
  end: End,
  bytes: Uint8Array,
  data: DataView,
  at: number,
): { entry: ZipEntry; next: number } {
  const offset = end.offset + at;
  if (at + FILE_SIZE > end.size) throw zipError(archive, 'truncated', 'the directory ends within an entry', { offset });
  if (data.getUint32(at, true) !== FILE)
    throw zipError(archive, 'malformed', 'the directory has something that is not an entry', { offset });
  const flags = data.getUint16(at + 8, true);
  const nameEnd = at + FILE_SIZE + data.getUint16(at + 28, true);
  const extraEnd = nameEnd + data.getUint16(at + 30, true);
  const next = extraEnd + data.getUint16(at + 32, true);
  if (next > end.size) throw zipError(archive, 'truncated', 'the directory ends within an entry', { offset });
  const name = new TextDecoder().decode(bytes.subarray(at + FILE_SIZE, nameEnd));
  const refusal = entryNameError(name);
  if (refusal !== null)
    throw zipError(archive, 'malformed', `an entry named ${JSON.stringify(name.slice(0, 200))}: ${refusal}`, {
      offset,
    });
  if ((flags & 0x2041) !== 0) throw zipError(archive, 'unsupported', `${name} is encrypted`, { offset, entry: name });
  const sizes = {
    size: data.getUint32(at + 24, true),
    stored: data.getUint32(at + 20, true),
    header: data.getUint32(at + 42, true),
    disk: data.getUint16(at + 34, true),
  };
  widen(archive, data, nameEnd, extraEnd, sizes, end.offset);
  if (sizes.disk !== 0) throw zipError(archive, 'unsupported', 'an archive in several parts', { offset, entry: name });
  return {
    entry: {
      name,
      method: data.getUint16(at + 10, true),
      crc: data.getUint32(at + 16, true),
      size: sizes.size,
      storedSize: sizes.stored,
      headerOffset: sizes.header,
      limit: 0,
    },
    next,
  };
}

/** Takes from the 64-bit extra field what does not fit into the entry itself: in this order, and only that. */
function widen(
  archive: Archive,
  data: DataView,
  start: number,
  end: number,
  sizes: { size: number; stored: number; header: number; disk: number },
  base: number,
): void {
  for (let at = start; at + 4 <= end; ) {
    const id = data.getUint16(at, true);
    const length = data.getUint16(at + 2, true);
    const stop = at + 4 + length;
    if (stop > end) return;
    if (id === 1) {
      let field = at + 4;
      const take = (): number => {
        if (field + 8 > stop)
          throw zipError(archive, 'malformed', 'a 64-bit field ends early', { offset: base + field });
        field += 8;
        return big(archive, data, field - 8, base + field - 8);
      };
      if (sizes.size === FULL32) sizes.size = take();
      if (sizes.stored === FULL32) sizes.stored = take();
      if (sizes.header === FULL32) sizes.header = take();
      if (sizes.disk === FULL16 && field + 4 <= stop) sizes.disk = data.getUint32(field, true);
      return;
    }
    at = stop;
  }
}

/** Gives each entry the byte at which the next begins, and refuses entries that cannot be apart from each other. */
function bounded(archive: Archive, entries: readonly ZipEntry[], directory: number): ZipEntry[] {
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) throw zipError(archive, 'malformed', `two entries are named ${name}`, { entry: name });
    names.add(name);
  }
  const order = [...entries.keys()].sort((a, b) => entries[a]!.headerOffset - entries[b]!.headerOffset);
  const limits = new Array<number>(entries.length).fill(directory);
  for (let i = 0; i + 1 < order.length; i++) limits[order[i]!] = entries[order[i + 1]!]!.headerOffset;
  return entries.map((entry, i) => {
    const limit = limits[i]!;
    // The local header repeats the name; how long its own extra field is, only reading the entry tells.
    const least = entry.headerOffset + LOCAL_SIZE + entry.storedSize;
    if (least > limit)
      throw zipError(
        archive,
        'malformed',
        `${entry.name} takes bytes ${entry.headerOffset} to ${least} at least, but ${limit === directory ? 'the directory' : 'another entry'} begins at ${limit}`,
        { offset: entry.headerOffset, entry: entry.name },
      );
    return { ...entry, limit };
  });
}
