import type { Source } from '../../source/source.js';

/** Entries of one archive: the largest sharded checkpoints have some thousands. */
export const MAX_ENTRIES = 200_000;
/** Bytes of the directory: a hundred or two an entry. */
export const MAX_DIRECTORY = 64 * 2 ** 20;
/** Bytes of one entry that is read whole: graphs of tens of thousands of nodes take tens of megabytes. */
export const MAX_CONTENTS = 512 * 2 ** 20;
/** DEFLATE cannot make more than 1032 bytes of one (258 bytes in two bits); a file that claims more is not an archive. */
export const MAX_EXPANSION = 1032;

/** No text that a model was written in compresses better than this: the best of those come to some forty. */
export const MAX_RATIO = 100;
/** Contents of this size may come from any number of bytes. */
export const FREE_CONTENTS = 16 * 2 ** 20;

/** An archive as it is being read; `format` is named in errors. */
export interface Archive {
  readonly source: Source;
  readonly format: string | null;
}

/** One entry of the directory. */
export interface ZipEntry {
  /** Path inside the archive, with `/`; ends in `/` for a folder. */
  readonly name: string;
  /** 0 stored, 8 DEFLATE; others are listed but cannot be read. */
  readonly method: number;
  readonly crc: number;
  /** Bytes of the contents, and of what is stored of them. */
  readonly size: number;
  readonly storedSize: number;
  /** Absolute offset of the local header, and of what comes after the entry at the latest. */
  readonly headerOffset: number;
  readonly limit: number;
}

/** Why a name is refused, or null: entries are never unpacked to disk, but a name that tries is an attack. */
export function entryNameError(name: string): string | null {
  if (name === '') return 'it has no name';
  if (name.includes('\0')) return 'a name with a NUL';
  if (name.startsWith('/') || name.startsWith('\\') || /^[a-z]:/i.test(name)) return 'an absolute path';
  if (name.split(/[/\\]/).includes('..')) return 'a path that leaves the archive';
  return null;
}

/** Whether a file begins as zip archives do. */
export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}
