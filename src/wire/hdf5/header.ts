import { Bytes, type File, h5Error } from './bytes.js';

/** One message of an object header: what it says, by its number, and where. */
export interface HeaderMessage {
  readonly type: number;
  readonly start: number;
  readonly length: number;
  /** Kept elsewhere and only pointed to. */
  readonly shared: boolean;
}

export const DATASPACE = 0x01;
export const LINK_INFO = 0x02;
export const DATATYPE = 0x03;
export const LINK = 0x06;
export const ATTRIBUTE = 0x0c;
const CONTINUATION = 0x10;
export const SYMBOL_TABLE = 0x11;
export const ATTRIBUTE_INFO = 0x15;

/** Blocks of one header, and messages in it. */
const MAX_BLOCKS = 4096;
const MAX_MESSAGES = 1 << 20;
const PREFIX = 16;

/** The messages of the object at an address. Throws ModelError. */
export function messagesAt(file: File, address: number): HeaderMessage[] {
  const first = new Bytes(file, address, 4);
  const current = first.text(4) === 'OHDR';
  const messages: HeaderMessage[] = [];
  const blocks = [current ? currentPrefix(file, address) : firstPrefix(file, address)];
  const seen = new Set<number>();
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    if (seen.has(block.start) || seen.size >= MAX_BLOCKS)
      throw h5Error(file, 'malformed', 'the parts of an object header follow each other without end', block.start);
    seen.add(block.start);
    const bytes = new Bytes(file, block.start, block.length);
    const size = current ? 4 + (block.ordered ? 2 : 0) : 8;
    while (bytes.left >= size) {
      const type = current ? bytes.u8() : bytes.u16();
      const length = bytes.u16();
      const flags = bytes.u8();
      if (current) bytes.skip(block.ordered ? 2 : 0);
      else bytes.skip(3);
      const start = block.start + bytes.at;
      if (length > bytes.left) {
        if (current) break; // what is left over at the end of a block
        throw h5Error(file, 'malformed', 'a message of an object header runs past its block', start);
      }
      if (messages.length >= MAX_MESSAGES)
        throw h5Error(file, 'limit', 'an object header has messages without end', start);
      messages.push({ type, start, length, shared: (flags & 2) !== 0 });
      if (type === CONTINUATION) blocks.push(continuation(new Bytes(file, start, length), current, block.ordered));
      bytes.skip(length);
    }
  }
  return messages;
}

interface Block {
  readonly start: number;
  readonly length: number;
  /** Whether messages carry the order in which they were made. */
  readonly ordered: boolean;
}

function firstPrefix(file: File, address: number): Block {
  const bytes = new Bytes(file, address, PREFIX);
  const version = bytes.u8();
  if (version !== 1) throw h5Error(file, 'malformed', `there is no object at byte ${address}`, address);
  bytes.skip(7);
  return { start: address + PREFIX, length: bytes.u32(), ordered: false };
}

function currentPrefix(file: File, address: number): Block {
  const most = Math.min(64, file.source.size - address);
  const bytes = new Bytes(file, address, most);
  bytes.expect('OHDR');
  bytes.skip(1);
  const flags = bytes.u8();
  if ((flags & 0x20) !== 0) bytes.skip(16);
  if ((flags & 0x10) !== 0) bytes.skip(4);
  const length = bytes.unsigned(2 ** (flags & 3));
  return { start: address + bytes.at, length, ordered: (flags & 4) !== 0 };
}

function continuation(bytes: Bytes, current: boolean, ordered: boolean): Block {
  const address = bytes.address();
  const length = bytes.length();
  if (address === null) throw h5Error(bytes.file, 'malformed', 'an object header goes on nowhere', bytes.start);
  if (!current) return { start: address, length, ordered };
  // Between the letters OCHK and a checksum.
  return { start: address + 4, length: Math.max(0, length - 8), ordered };
}
