import { Bytes, type File, h5Error } from './bytes.js';
import { denseObjects } from './dense.js';
import { type HeaderMessage, LINK, LINK_INFO, SYMBOL_TABLE } from './header.js';

export interface H5Link {
  readonly name: string;
  readonly address: number;
}

/** Links of one file, and levels of the tree that holds those of a group. */
const MAX_LINKS = 1 << 20;
const MAX_LEVELS = 32;

/** The links of a group, from its header's messages. Throws ModelError. */
export function linksOf(file: File, messages: readonly HeaderMessage[]): H5Link[] {
  const links: H5Link[] = [];
  for (const { type, start, length } of messages) {
    if (type === SYMBOL_TABLE) symbolTable(new Bytes(file, start, length), links);
    else if (type === LINK) {
      const link = linkOf(new Bytes(file, start, length));
      if (link !== null) links.push(link);
    } else if (type === LINK_INFO) {
      for (const link of denseLinks(new Bytes(file, start, length))) links.push(link);
    }
  }
  return links;
}

/** Bytes of a record before its object's number: the hash of the name. */
const HASH = 4;

/** Links of a group that has many. */
function denseLinks(info: Bytes): H5Link[] {
  const { file } = info;
  info.skip(1);
  const flags = info.u8();
  if ((flags & 1) !== 0) info.skip(8);
  const heap = info.address();
  const tree = info.address();
  if (heap === null || tree === null) return [];
  return denseObjects(file, heap, tree, HASH).flatMap(({ start, length }) => {
    const link = linkOf(new Bytes(file, start, length));
    return link === null ? [] : [link];
  });
}

function linkOf(bytes: Bytes): H5Link | null {
  bytes.skip(1);
  const flags = bytes.u8();
  const type = (flags & 8) === 0 ? 0 : bytes.u8();
  if ((flags & 4) !== 0) bytes.skip(8);
  if ((flags & 0x10) !== 0) bytes.skip(1);
  const name = bytes.text(bytes.unsigned(2 ** (flags & 3)));
  if (type !== 0) return null; // to a name, or to another file
  const address = bytes.address();
  return address === null ? null : { name, address };
}

function symbolTable(bytes: Bytes, links: H5Link[]): void {
  const { file } = bytes;
  const tree = bytes.address();
  const heap = bytes.address();
  if (tree === null || heap === null) return;
  const names = localHeap(file, heap);
  const seen = new Set<number>();
  const walk = (address: number, depth: number): void => {
    if (seen.has(address) || depth > MAX_LEVELS)
      throw h5Error(file, 'malformed', 'the tree of a group feeds itself', address);
    seen.add(address);
    const head = new Bytes(file, address, 8 + 2 * file.offsetSize);
    head.expect('TREE');
    head.skip(1);
    const level = head.u8();
    const used = head.u16();
    const body = new Bytes(file, address + head.at + 2 * file.offsetSize, used * (file.lengthSize + file.offsetSize));
    for (let i = 0; i < used; i++) {
      body.skip(file.lengthSize);
      const child = body.address();
      if (child === null) continue;
      if (level > 0) walk(child, depth + 1);
      else symbols(file, child, names, links);
    }
  };
  walk(tree, 0);
}

function symbols(file: File, address: number, names: Bytes, links: H5Link[]): void {
  const head = new Bytes(file, address, 8);
  head.expect('SNOD');
  head.skip(2);
  const count = head.u16();
  const body = new Bytes(file, address + 8, count * (2 * file.offsetSize + 24));
  for (let i = 0; i < count; i++) {
    const name = body.unsigned(file.offsetSize);
    const object = body.address();
    body.skip(24);
    if (links.length >= MAX_LINKS) throw h5Error(file, 'limit', `a group has more than ${MAX_LINKS} links`, address);
    if (object === null) continue;
    names.at = Math.min(name, name + names.left);
    links.push({ name: names.text(names.left), address: object });
  }
}

/** The names of a group's links, end to end. */
function localHeap(file: File, address: number): Bytes {
  const head = new Bytes(file, address, 8 + 2 * file.lengthSize + file.offsetSize);
  head.expect('HEAP');
  head.skip(4);
  const size = head.length();
  head.skip(file.lengthSize);
  const data = head.address();
  if (data === null) throw h5Error(file, 'malformed', 'a group has no names', address);
  return new Bytes(file, data, size);
}
