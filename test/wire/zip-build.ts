import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../src/wire/zip/crc.js';

/** What to put into an archive; the fields after `data` spoil it on purpose. */
export interface Part {
  readonly name: string;
  readonly data?: string | Uint8Array;
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** What the directory says instead of the truth. */
  readonly size?: number;
  readonly storedSize?: number;
  readonly offset?: number;
  readonly localName?: string;
  /** Bytes of extra field in the local header: how PyTorch aligns contents. */
  readonly padding?: number;
}

export interface BuildOptions {
  /** Sizes, offsets and the directory in 64-bit records. */
  readonly wide?: boolean;
  readonly comment?: string;
  readonly count?: number;
  readonly disk?: number;
  /** Overwrites the directory's stated size. */
  readonly directorySize?: number;
}

const text = new TextEncoder();
const bytesOf = (data: string | Uint8Array | undefined): Uint8Array =>
  typeof data === 'string' ? text.encode(data) : (data ?? new Uint8Array(0));

function record(...fields: readonly (readonly [size: 2 | 4 | 8, value: number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((n, [size]) => n + size, 0));
  const data = new DataView(out.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) data.setUint16(at, value, true);
    else if (size === 4) data.setUint32(at, value, true);
    else data.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return out;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A zip archive of these parts, byte by byte after the format's description. */
export function zipOf(parts: readonly Part[], options: BuildOptions = {}): Uint8Array {
  const { wide = false } = options;
  const out: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (...chunks: readonly Uint8Array[]): void => {
    for (const chunk of chunks) {
      out.push(chunk);
      at += chunk.length;
    }
  };
  for (const part of parts) {
    const data = bytesOf(part.data);
    const stored = part.deflate ? deflateRawSync(data) : data;
    const method = part.method ?? (part.deflate ? 8 : 0);
    const crc = part.crc ?? crc32(data);
    const offset = part.offset ?? at;
    const name = bytesOf(part.name);
    const local = bytesOf(part.localName ?? part.name);
    const padding = part.padding ?? 0;
    const flags = part.flags ?? 0;
    const behind = (flags & 8) !== 0;
    put(
      record([4, 0x04034b50], [2, 20], [2, flags], [2, method], [4, 0], [4, behind ? 0 : crc]),
      record([4, behind ? 0 : (part.storedSize ?? stored.length)], [4, behind ? 0 : (part.size ?? data.length)]),
      record([2, local.length], [2, padding]),
      local,
      new Uint8Array(padding),
      stored,
      behind ? record([4, 0x08074b50], [4, crc], [4, stored.length], [4, data.length]) : new Uint8Array(0),
    );
    const [size, storedSize] = [part.size ?? data.length, part.storedSize ?? stored.length];
    const extra = wide ? record([2, 1], [2, 24], [8, size], [8, storedSize], [8, offset]) : new Uint8Array(0);
    directory.push(
      record([4, 0x02014b50], [2, 20], [2, 45], [2, flags], [2, method], [4, 0], [4, crc]),
      record([4, wide ? 0xffffffff : storedSize], [4, wide ? 0xffffffff : size]),
      record([2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, wide ? 0xffffffff : offset]),
      name,
      extra,
    );
  }
  const start = at;
  put(...directory);
  const size = options.directorySize ?? at - start;
  const count = options.count ?? parts.length;
  const disk = options.disk ?? 0;
  if (wide) {
    const end64 = at;
    put(
      record([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, disk], [4, disk], [8, count], [8, count]),
      record([8, size], [8, start]),
      record([4, 0x07064b50], [4, 0], [8, end64], [4, 1]),
    );
  }
  const comment = bytesOf(options.comment);
  const [n, length, first] = wide ? [0xffff, 0xffffffff, 0xffffffff] : [count, size, start];
  put(
    record([4, 0x06054b50], [2, disk], [2, disk], [2, n], [2, n], [4, length], [4, first], [2, comment.length]),
    comment,
  );
  return join(out);
}
