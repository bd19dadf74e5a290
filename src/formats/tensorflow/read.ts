import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { memorySource } from '../../source/memory.js';
import { windowed } from '../../source/window.js';
import { decode, type Message } from '../../wire/protobuf.js';
import { encodeTree } from '../../wire/prototext/encode.js';
import { parseText } from '../../wire/prototext/parse.js';
import type { ReadOptions } from '../types.js';
import { kindOf } from './detect.js';
import { ledgerOfGraph, type Port, type TfModel } from './model.js';
import { unread } from './results.js';
import {
  FORMAT,
  GRAPH,
  type GraphProto,
  META_GRAPH,
  type MetaGraphProto,
  SAVED_MODEL,
  type SignatureDefProto,
} from './schema.js';
import { SPELLING } from './spelling.js';

const HEAD = 4096;
/** A text of a model takes ten times its bytes: one beyond this holds weights. */
const MAX_TEXT = 1 << 28;

/**
 * Reads a TensorFlow graph: a frozen one from its placeholders to what nothing reads, a SavedModel by one of its
 * signatures. Contents of weights are not read. Throws ModelError.
 */
export function readTensorflow(source: Source, options: ReadOptions = {}): Ledger {
  const kind = kindOf(source.read(0, Math.min(source.size, HEAD)));
  const of = kind?.of ?? 'graph';
  const text = kind?.text === true;
  if (of === 'graph') {
    const { message, from } = decoded(source, GRAPH, text);
    return ledgerOfGraph(frozen(source, from, message, options), source.name, options);
  }
  const { meta, from } = of === 'meta' ? metaOf(source, text) : savedOf(source, text);
  return ledgerOfGraph(signed(source, from, meta, options), source.name, options);
}

function decoded<T>(source: Source, type: Message<T>, text: boolean): { readonly message: T; readonly from: Source } {
  if (!text) {
    const from = windowed(source);
    return { message: decode(from, type, { format: FORMAT }), from };
  }
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_TEXT}`, {
      format: FORMAT,
      hint: 'Give the binary form.',
    });
  const tree = parseText(new TextDecoder().decode(source.read(0, source.size)), FORMAT);
  const from = memorySource(encodeTree(tree, type, SPELLING), { name: source.name });
  return { message: decode(from, type, { format: FORMAT }), from };
}

function metaOf(source: Source, text: boolean): { meta: MetaGraphProto; from: Source } {
  const { message, from } = decoded(source, META_GRAPH, text);
  return { meta: message, from };
}

/** The graph to serve, of several. */
function savedOf(source: Source, text: boolean): { meta: MetaGraphProto; from: Source } {
  const { message, from } = decoded(source, SAVED_MODEL, text);
  const graphs = message.metaGraphs;
  const meta = graphs.find((g) => g.metaInfoDef?.tags.includes('serve')) ?? graphs[0];
  if (meta === undefined)
    throw new ModelError('malformed', 'the SavedModel holds no graph', {
      format: FORMAT,
      hint: 'Export the model again.',
    });
  return { meta, from };
}

function modelOf(source: Source, from: Source, graph: GraphProto): Omit<TfModel, 'inputs' | 'outputs'> {
  return {
    format: FORMAT,
    graph,
    variables: new Map(),
    producer: null,
    source: from,
    file: () => ({ bytes: source.size, bytesRead: source.bytesRead }),
  };
}

/** A graph without signatures: what nothing reads comes out. */
function frozen(source: Source, from: Source, graph: GraphProto, options: ReadOptions): TfModel {
  if (options.signature !== undefined) throw noSignatures(options.signature);
  return { ...modelOf(source, from, graph), inputs: [], outputs: unread(graph) };
}

function noSignatures(name: string): ModelError {
  return new ModelError('argument', `the graph has no signatures, and none of the name "${name}"`, {
    format: FORMAT,
    hint: 'leave --signature out: the whole graph is read',
  });
}

function signed(source: Source, from: Source, meta: MetaGraphProto, options: ReadOptions): TfModel {
  const graph = meta.graphDef ?? { node: [] };
  const version = meta.metaInfoDef?.tensorflowVersion ?? '';
  const base = {
    ...modelOf(source, from, graph),
    producer: version === '' ? null : `TensorFlow ${version}`,
    variables: new Map(
      (meta.objectGraphDef?.nodes ?? []).flatMap(({ variable }) =>
        variable === undefined || variable.name === ''
          ? []
          : [[variable.name, { trainable: variable.trainable }] as const],
      ),
    ),
  };
  const signatures = new Map(
    meta.signatureDef.flatMap(({ key, value }) =>
      value === undefined || value.outputs.length === 0 || key.startsWith('__') ? [] : [[key, value] as const],
    ),
  );
  if (signatures.size === 0) {
    if (options.signature !== undefined) throw noSignatures(options.signature);
    return { ...base, inputs: [], outputs: unread(graph) };
  }
  const chosen = choose(signatures, options.signature);
  return { ...base, inputs: portsOf(chosen.inputs), outputs: portsOf(chosen.outputs) };
}

function choose(all: ReadonlyMap<string, SignatureDefProto>, name: string | undefined): SignatureDefProto {
  const found = name === undefined ? (all.get('serving_default') ?? [...all.values()][0]) : all.get(name);
  if (found !== undefined) return found;
  throw new ModelError('argument', `the model has no signature "${name}"`, {
    format: FORMAT,
    hint: `its signatures: ${[...all.keys()].join(', ')}`,
  });
}

function portsOf(entries: SignatureDefProto['inputs']): Port[] {
  return entries.map(({ key, value }) => ({
    name: key,
    tensor: value?.name ?? key,
    dtype: value?.dtype ?? 0,
    shape: value?.tensorShape,
  }));
}
