import type { Ledger } from '../../ledger/index.js';
import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { memorySource } from '../../source/memory.js';
import { windowed } from '../../source/window.js';
import { decode, type Message } from '../../wire/protobuf.js';
import { encodeTree, type Spelling } from '../../wire/prototext/encode.js';
import { parseText } from '../../wire/prototext/parse.js';
import type { ReadOptions } from '../types.js';
import { kindOf } from './detect.js';
import { ledgerOfGraph, nothingComesOut, type Port, type TfModel } from './model.js';
import { nodeOf, tensorName } from './nodes.js';
import {
  FORMAT,
  GRAPH,
  type GraphProto,
  META_GRAPH,
  type MetaGraphProto,
  SAVED_MODEL,
  type SignatureDefProto,
} from './schema.js';
import { NUMBER_OF } from './types.js';

const HEAD = 4096;
/** A text of a model takes ten times its bytes: one beyond this holds weights. */
const MAX_TEXT = 1 << 28;

/**
 * What a TensorFlow graph does: a frozen one from its placeholders to what nothing reads, a SavedModel by one of its
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

/** Names and numbers as TensorFlow's text has them. */
export const SPELLING: Spelling = {
  format: FORMAT,
  runs: byName({ floatVal: 'float', doubleVal: 'double' }),
  enumerated: (name) => NUMBER_OF[name],
};

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

/** Operators that are no results: effects, and what training leaves in a graph. */
const NO_RESULT =
  /^(Const|NoOp|Placeholder\w*|Assert|Assign\w*|Apply\w*|Resource(Apply|Scatter|Sparse)\w*|Save\w*|Restore\w*|MergeV2Checkpoints|ShardedFilename|Variable\w*|VarHandleOp|VarIsInitializedOp|IsVariableInitialized|\w*Summary\w*|Print\w*|Scatter(Add|Sub|Update)|Queue\w*|\w+QueueV2|ReportUninitialized\w*|DestroyTemporaryVariable|HashTable\w*|LookupTableImport\w*|InitializeTable\w*|Exit|NextIteration|DisableCopyOnRead)$/;
const OF_TRAINING =
  /^(gradients|save|init|report_uninitialized|train|optimizer|training|Adam|global_step|Initializer)(_\d+)?(\/|$)|\/(Initializer|gradients)(\/|$)/;

function unread(graph: GraphProto): Port[] {
  const read = new Set<string>();
  for (const node of graph.node)
    for (const name of node.input) read.add(nodeOf(tensorName(name.replace(/^\^/, ''), () => undefined)));
  const loose = graph.node.filter((node) => !read.has(node.name) && !NO_RESULT.test(node.op));
  const own = loose.filter((node) => !OF_TRAINING.test(node.name));
  const results = own.length > 0 ? own : loose;
  // Behind what only holds things in order stands what they come from.
  const ports = (results.length > 0 ? results.map((node) => node.name) : behind(graph, read)).map((name) => ({
    name,
    tensor: name,
  }));
  if (ports.length === 0) throw nothingComesOut(FORMAT);
  return ports;
}

/** Where all ends in a node that only waits, what it waits for. */
function behind(graph: GraphProto, read: ReadonlySet<string>): string[] {
  const byName = new Map(graph.node.map((node) => [node.name, node]));
  return graph.node
    .filter((node) => node.op === 'NoOp' && !read.has(node.name))
    .flatMap((node) => node.input.map((name) => name.replace(/^\^/, '')))
    .filter((name) => !NO_RESULT.test(byName.get(name)?.op ?? 'NoOp'));
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
