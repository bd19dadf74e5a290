import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { memorySource } from '../../source/memory.js';
import { base64 } from '../../wire/base64.js';
import { decode } from '../../wire/protobuf.js';
import { encodeTree, type Scalar, type Tree } from '../../wire/prototext/encode.js';
import { isArray, isObject, type Json, type JsonObject } from '../keras/config.js';
import { GRAPH, type GraphProto, type NodeProto } from '../tensorflow/schema.js';
import { SPELLING } from '../tensorflow/spelling.js';
import { NUMBER_OF } from '../tensorflow/types.js';
import { FORMAT, malformed } from './manifest.js';
import type { ManifestEntry } from './manifest-entry.js';

/** Fields that are maps: JSON writes them as objects, protobuf as entries. */
const MAPS: ReadonlySet<string> = new Set(['attr', 'ret']);
/** Fields whose bytes JSON spells in base64. */
const BINARY: ReadonlySet<string> = new Set(['s', 'tensorContent', 'tensor_content', 'stringVal', 'string_val']);
const MAX_DEPTH = 64;

/** A graph as protobuf's JSON form has it. Throws ModelError `malformed`. */
export function graphOfJson(topology: JsonObject): { readonly graph: GraphProto; readonly source: Source } {
  const source = memorySource(encodeTree(treeOf(topology, 0), GRAPH, { ...SPELLING, format: FORMAT }));
  return { graph: decode(source, GRAPH, { format: FORMAT }), source };
}

function treeOf(object: JsonObject, depth: number): Tree {
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `messages lie more than ${MAX_DEPTH} within each other`, { format: FORMAT });
  const fields: (readonly [string, Scalar | Tree])[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (MAPS.has(name) && isObject(value)) {
      for (const [key, member] of Object.entries(value))
        if (member !== null)
          fields.push([
            name,
            {
              fields: [
                ['key', { text: key }],
                ['value', memberOf('value', member, depth)],
              ],
            },
          ]);
      continue;
    }
    for (const one of isArray(value) ? value : [value])
      if (one !== null) fields.push([name, memberOf(name, one, depth)]);
  }
  return { fields };
}

function memberOf(name: string, value: Json, depth: number): Scalar | Tree {
  if (isObject(value)) return treeOf(value, depth + 1);
  if (isArray(value)) throw malformed(`${name} holds a list within a list`);
  if (typeof value === 'string' && BINARY.has(name)) return { bytes: bytesOf(value) };
  return { text: String(value) };
}

/** Constants with the types that the manifest states: the graph may leave them out, or have those before the conversion. */
export function typedConstants(graph: GraphProto, entries: ReadonlyMap<string, ManifestEntry>): GraphProto {
  const typed = (node: NodeProto): NodeProto => {
    const entry = node.op === 'Const' ? entries.get(node.name) : undefined;
    const dtype = entry === undefined ? undefined : NUMBER_OF[NAMES[entry.dtype] ?? ''];
    if (entry === undefined || dtype === undefined) return node;
    const value = node.attr.find((a) => a.key === 'value')?.value?.tensor;
    const tensor = {
      halfVal: [],
      floatVal: [],
      doubleVal: [],
      intVal: [],
      stringVal: [],
      int64Val: [],
      boolVal: [],
      uint32Val: [],
      uint64Val: [],
      ...value,
      dtype,
      tensorShape: { dim: entry.shape.map((size) => ({ size })), unknownRank: false },
    };
    return { ...node, attr: [...node.attr.filter((a) => a.key !== 'value'), { key: 'value', value: { tensor } }] };
  };
  return {
    ...graph,
    node: graph.node.map(typed),
    ...(graph.library === undefined
      ? {}
      : { library: { function: graph.library.function.map((fn) => ({ ...fn, nodeDef: fn.nodeDef.map(typed) })) } }),
  };
}

const NAMES: Readonly<Record<string, string>> = {
  float32: 'DT_FLOAT',
  int32: 'DT_INT32',
  bool: 'DT_BOOL',
  string: 'DT_STRING',
  complex64: 'DT_COMPLEX64',
  uint8: 'DT_UINT8',
};

function bytesOf(text: string): Uint8Array {
  const bytes = base64(text);
  if (bytes === null) throw malformed(`"${text.slice(0, 40)}" is not base64`);
  return bytes;
}
