import { memorySource } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import { flexTexts } from '../../wire/flexbuffers.js';
import { decode } from '../../wire/protobuf.js';
import type { TfNode } from '../tensorflow/nodes.js';
import type { Entry } from '../tensorflow/operator.js';
import { entryOf } from '../tensorflow/operators/index.js';
import { NODE } from '../tensorflow/schema.js';
import { FORMAT, type TfliteNode } from './schema.js';

/** An operator of TensorFlow's that the converter has left as it was. */
export interface FlexNode {
  readonly node: TfNode;
  readonly entry: Entry;
}

/** Prefix of the operator's own name. */
export const FLEX = 'Flex';
const KNOWN = new WeakMap<TfliteNode, FlexNode | null>();

/** A custom operator `FlexNAME` with TensorFlow's formula for NAME; null for others. Its options hold the whole node. */
export function flexNode(node: TfliteNode): FlexNode | null {
  if (!node.custom || !node.opType.startsWith(FLEX)) return null;
  let found = KNOWN.get(node);
  if (found === undefined) {
    found = read(node);
    KNOWN.set(node, found);
  }
  return found;
}

function read(written: TfliteNode): FlexNode | null {
  const opType = written.opType.slice(FLEX.length);
  const entry = entryOf(opType);
  const attrs = entry === undefined ? null : attrsOf(written);
  if (entry === undefined || attrs === null) return null;
  const { name, input, output } = written;
  return { entry, node: { name, opType, input, output, attrs, loop: null, arms: null } };
}

/** Attributes of the node that the options of a custom operator hold; null where they hold none. */
function attrsOf({ opType, customOptions }: TfliteNode): TfNode['attrs'] | null {
  const [, bytes] = (customOptions === null ? null : flexTexts(customOptions)) ?? [];
  if (bytes === undefined) return null;
  const proto = decode(windowed(memorySource(bytes, { name: opType })), NODE, { format: FORMAT });
  return new Map(proto.attr.map(({ key, value }) => [key, value ?? {}]));
}

/** The name of the variable that TensorFlow's own operator makes the handle of. */
export function flexVariable(node: TfliteNode): string {
  const attrs = attrsOf(node);
  return ['container', 'shared_name'].map((key) => attrs?.get(key)?.s ?? '').join('/');
}
