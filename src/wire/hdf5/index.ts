// Comes in: a Source with an HDF5 file. Goes out: its tree of groups and datasets, with attributes that are texts, and the
// shapes and types of datasets. Contents of datasets are not read. Specification: the HDF5 file format, versions 1.0 to 3.0.
// Add here: what a Keras file keeps elsewhere. Links and attributes are read in the plain and in the dense form.

import { paged } from '../../source/pages.js';
import type { Source } from '../../source/source.js';
import { Bytes, type File, h5Error } from './bytes.js';
import { type Datatype, datatypeOf, extentsOf } from './datatype.js';
import { denseObjects } from './dense.js';
import { type H5Link, linksOf } from './group.js';
import { ATTRIBUTE, ATTRIBUTE_INFO, DATASPACE, DATATYPE, type HeaderMessage, messagesAt } from './header.js';
import type { HeapObject } from './heap.js';
import { superblockAt } from './signature.js';

export type { H5Link } from './group.js';

/** A group or a dataset. */
export interface H5Object {
  readonly address: number;
  /** Groups and datasets below it; of a dataset none. */
  links(): H5Link[];
  /** An attribute that is one text or a list of texts; null if there is none of the name. */
  texts(name: string): readonly string[] | null;
  /** Shape and type where it is a dataset. */
  dataset(): { readonly shape: readonly number[]; readonly dtype: string | null } | null;
}

export interface Hdf5 {
  readonly root: H5Object;
  at(link: H5Link): H5Object;
}

/** Texts of one attribute, and bytes of one of them. */
const MAX_TEXTS = 1 << 20;
const MAX_TEXT = 1 << 28;

/** Opens an HDF5 file. Throws ModelError `malformed`, `truncated` or `unsupported`. */
export function openHdf5(given: Source, format: string): Hdf5 {
  const source = paged(given);
  const head = source.read(0, Math.min(source.size, 4096));
  const start = superblockAt(head);
  const none: File = { source, format, base: 0, offsetSize: 8, lengthSize: 8 };
  if (start === null) throw h5Error(none, 'wrong-format', 'this is not an HDF5 file', 0);
  const block = new Bytes(none, start + 8, Math.min(120, source.size - start - 8));
  const version = block.u8();
  if (version > 3) throw h5Error(none, 'unsupported', `version ${version} of HDF5's superblock is not read`, start);
  if (version < 2) block.skip(4);
  const [offsetSize, lengthSize] = [block.u8(), block.u8()];
  if (![2, 4, 8].includes(offsetSize) || ![2, 4, 8].includes(lengthSize))
    throw h5Error(none, 'malformed', `addresses of ${offsetSize} bytes and lengths of ${lengthSize}`, start);
  block.skip(version < 2 ? 9 + (version === 1 ? 4 : 0) : 1);
  const base = block.unsigned(offsetSize);
  const file: File = { source, format, base, offsetSize, lengthSize };
  block.skip(2 * offsetSize);
  if (version < 2) block.skip(2 * offsetSize); // and the root's link name
  const root = base + block.unsigned(offsetSize);
  return { root: objectAt(file, root), at: (link) => objectAt(file, link.address) };
}

function objectAt(file: File, address: number): H5Object {
  let known: HeaderMessage[] | null = null;
  const messages = (): HeaderMessage[] => {
    known ??= messagesAt(file, address);
    return known;
  };
  const message = (type: number): Bytes | null => {
    const found = messages().find((m) => m.type === type && !m.shared);
    return found === undefined ? null : new Bytes(file, found.start, found.length);
  };
  return {
    address,
    links: () => linksOf(file, messages()),
    texts: (name) => textsOf(file, messages(), name),
    dataset: () => {
      const space = message(DATASPACE);
      const type = message(DATATYPE);
      if (space === null || type === null) return null;
      const shape = extentsOf(space);
      return shape === null ? null : { shape, dtype: datatypeOf(type).dtype };
    },
  };
}

function textsOf(file: File, messages: readonly HeaderMessage[], wanted: string): readonly string[] | null {
  for (const { type, start, length } of messages) {
    const places =
      type === ATTRIBUTE
        ? [{ start, length }]
        : type === ATTRIBUTE_INFO
          ? denseAttributes(new Bytes(file, start, length))
          : [];
    for (const place of places) {
      const found = attributeText(new Bytes(file, place.start, place.length), wanted);
      if (found !== undefined) return found;
    }
  }
  return null;
}

/** The texts of an attribute of a name; undefined for another one. */
function attributeText(bytes: Bytes, wanted: string): readonly string[] | null | undefined {
  const { file, start } = bytes;
  const version = bytes.u8();
  const flags = bytes.u8();
  const [nameSize, typeSize, spaceSize] = [bytes.u16(), bytes.u16(), bytes.u16()];
  if (version === 3) bytes.skip(1);
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = bytes.text(padded(nameSize));
  if (name !== wanted || (flags & 1) !== 0) return undefined;
  const typeAt = start + bytes.at;
  bytes.skip(padded(typeSize));
  const spaceAt = start + bytes.at;
  bytes.skip(padded(spaceSize));
  const shape = extentsOf(new Bytes(file, spaceAt, spaceSize)) ?? [];
  return elements(
    bytes,
    datatypeOf(new Bytes(file, typeAt, typeSize)),
    shape.reduce((a, b) => a * b, 1),
  );
}

/** Attributes of an object that has many: their records begin with the object's number. */
function denseAttributes(info: Bytes): readonly HeapObject[] {
  info.skip(1);
  const flags = info.u8();
  if ((flags & 1) !== 0) info.skip(2);
  const heap = info.address();
  const tree = info.address();
  return heap === null || tree === null ? [] : denseObjects(info.file, heap, tree, 0);
}

function elements(bytes: Bytes, type: Datatype, count: number): readonly string[] | null {
  if (type.kind !== 'text' && type.kind !== 'texts') return null;
  if (!(count <= MAX_TEXTS) || count * type.size > bytes.left)
    throw h5Error(bytes.file, 'malformed', `an attribute of ${count} texts does not fit its header`, bytes.start);
  return Array.from({ length: count }, () => {
    if (type.kind === 'text') return bytes.text(type.size);
    const length = bytes.u32();
    const collection = bytes.address();
    const index = bytes.u32();
    return collection === null || index === 0 || length === 0 ? '' : heapText(bytes.file, collection, index, length);
  });
}

/** A text of the global heap: object `index` of the collection at an address. */
function heapText(file: File, address: number, index: number, length: number): string {
  const head = new Bytes(file, address, 8 + file.lengthSize);
  head.expect('GCOL');
  head.skip(4);
  const end = address + head.length();
  const prefix = 8 + file.lengthSize;
  for (let at = address + prefix; at + prefix <= end; ) {
    const object = new Bytes(file, at, prefix);
    const own = object.u16();
    object.skip(6);
    const size = object.length();
    if (own === 0) break; // what is free
    if (own === index) {
      if (length > size || length > MAX_TEXT) throw h5Error(file, 'malformed', 'a text is longer than its place', at);
      return new Bytes(file, at + prefix, length).text(length);
    }
    at += prefix + Math.ceil(size / 8) * 8;
  }
  throw h5Error(file, 'malformed', `the heap at byte ${address} has no object ${index}`, address);
}
