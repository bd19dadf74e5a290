import { SaxesParser } from 'saxes';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';

export const FORMAT = 'openvino';

/** An element of a document. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** Bytes decoded at a time. */
const CHUNK = 1 << 18;
/** Elements within elements: bodies within bodies have some ten each. */
const MAX_DEPTH = 256;
const MAX_BYTES = 1 << 29;
/** Elements of a document; a layer takes some twenty. */
const MAX_ELEMENTS = 1 << 23;

/** The outermost element of a document. Entities are not expanded. Throws ModelError `malformed` or `limit`. */
export function parseXml(source: Source): Element {
  if (source.size > MAX_BYTES) throw limit(`it has ${source.size} bytes of text; at most ${MAX_BYTES} are read`);
  const parser = new SaxesParser({ position: true });
  type Open = { name: string; attributes: Record<string, string>; children: Element[]; text: string };
  const open: Open[] = [];
  let root: Element | null = null;
  let count = 0;
  parser.on('error', (error) => {
    throw new ModelError('malformed', `the document is not well-formed: ${error.message}`, {
      format: FORMAT,
      at: { offset: parser.position },
      hint: 'the file is damaged or cut short: export or download it again',
    });
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length >= MAX_DEPTH) throw limit(`its elements are nested more than ${MAX_DEPTH} deep`);
    if (++count > MAX_ELEMENTS) throw limit(`it has more than ${MAX_ELEMENTS} elements`);
    open.push({ name, attributes: attributes as Record<string, string>, children: [], text: '' });
  });
  parser.on('text', (text) => {
    const top = open.at(-1);
    if (top !== undefined && top.children.length === 0) top.text += text;
  });
  parser.on('closetag', () => {
    const element = open.pop() as Open;
    element.text = element.text.trim();
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  const decoder = new TextDecoder();
  for (let at = 0; at < source.size; at += CHUNK) {
    const end = Math.min(source.size, at + CHUNK);
    parser.write(decoder.decode(source.read(at, end), { stream: end < source.size }));
  }
  parser.close();
  if (root === null) throw new ModelError('malformed', 'the document is empty', { format: FORMAT, at: { offset: 0 } });
  return root;
}

function limit(message: string): ModelError {
  return new ModelError('limit', message, { format: FORMAT, hint: 'no network is known to need as much' });
}

/** The first child of a name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((c) => c.name === name);
}

export function childrenOf(element: Element | undefined, name: string): Element[] {
  return element?.children.filter((c) => c.name === name) ?? [];
}
