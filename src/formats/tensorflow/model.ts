import { type Dim, sym } from '../../dim/index.js';
import { endModel, GraphRunner, ModuleTree } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { isFloating } from '../../tensor/index.js';
import { boundNames, type StatedInput, settleStated } from '../settle.js';
import { titleOf } from '../title.js';
import type { ReadOptions } from '../types.js';
import { withBranches } from './conditionals.js';
import type { Functions } from './control.js';
import { tensorflowFormat } from './dispatch.js';
import { withLoops } from './frames.js';
import {
  isStored,
  isVariable,
  madeBy,
  needed,
  nodeOf,
  nodesOf,
  reached,
  type TfGraph,
  type TfInfo,
  type TfNode,
  tensorName,
} from './nodes.js';
import { FORMAT, type FunctionProto, type GraphProto, type NodeProto, type ShapeProto } from './schema.js';
import { hasScopes, scopeOf } from './scopes.js';
import { type Elsewhere, StoredTensors, type Variables } from './stored.js';
import { dtypeOf } from './types.js';

/** An input or output of a model: its name for the caller, and the tensor that it is. */
export interface Port {
  readonly name: string;
  readonly tensor: string;
  readonly dtype?: number;
  readonly shape?: ShapeProto | undefined;
}

/** A graph with what goes in and comes out. */
export interface TfModel {
  readonly format: string;
  readonly graph: GraphProto;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly variables: Variables;
  readonly producer: string | null;
  readonly elsewhere?: Elsewhere;
  /** Bytes that a constant takes where it is kept; undefined if its type tells them. */
  readonly bytes?: (node: string) => number | undefined;
  /** What tensors of the graph are positions in. */
  readonly source: Source;
  /** The file as it was given, and what was read of it. */
  readonly file: () => { readonly bytes: number; readonly bytesRead: number };
}

const PLACEHOLDERS = new Set(['Placeholder', 'PlaceholderV2']);

/** The ledger of a graph from its inputs to its outputs. Throws ModelError. */
export function ledgerOfGraph(model: TfModel, name: string, options: ReadOptions): Ledger {
  const trace = new Trace(options.formulas);
  const stored = new StoredTensors(trace, model.source, model.variables, {
    contents: model.elsewhere,
    bytes: model.bytes,
    learned: model.graph.node.some(isVariable),
  });
  const { nodes, ports, results, info } = workingGraph(model, stored);
  const settled = settleStated(ports.map(statedInput(model.graph.node)), options, FORMAT);
  for (const note of settled.notes) trace.note(note);
  const modules = new ModuleTree(trace, 'tensorflow');
  const functions = functionsOf(model.graph.library?.function ?? [], stored);
  const scoped = hasScopes(nodes) || (model.graph.library?.function.length ?? 0) > 0;
  const runner = new GraphRunner<TfNode, TfInfo>({
    trace,
    format: tensorflowFormat(model.format, stored, functions),
    places: modules.places((node) => (scoped ? scopeOf(node) : [])),
    bindings: settled.bindings,
  });
  const root = modules.open(
    titleOf(name).replaceAll('.', '_'),
    settled.inputs.map((i) => i.type),
  );
  const inputs = settled.inputs.map((input) => ({
    name: input.name,
    value: trace.input(input.name, symbolic(input, runner)),
  }));
  const top: TfGraph = {
    nodes: nodes.filter((node) => !PLACEHOLDERS.has(node.opType)),
    inputs: ports.map((port) => tensorName(port.tensor, () => undefined)),
    outputs: results,
    info,
  };
  const made = trace.collecting(() =>
    runner.top(
      top,
      inputs.map((i) => i.value),
      root,
    ),
  );
  const names = model.outputs.map((port) => port.name);
  const outputs = endModel(trace, modules, root, names, made);
  return trace.ledger({
    name,
    format: model.format,
    producer: model.producer,
    file: model.file(),
    inputs,
    outputs,
    bound: boundNames(options, settled.names, runner.bound),
    weights: runner.weights,
    modules: scoped ? 'names' : 'none',
  });
}

/** The part of a graph that leads from its inputs to its outputs, with branches and loops as single nodes. */
interface WorkingGraph {
  readonly nodes: readonly TfNode[];
  readonly ports: TfModel['inputs'];
  /** Names of the output tensors. */
  readonly results: readonly string[];
  readonly info: TfInfo;
}

function workingGraph(model: TfModel, stored: StoredTensors): WorkingGraph {
  const written = model.graph.node;
  const results = model.outputs.map((port) => tensorName(port.tensor, () => undefined));
  const info = infoOf('', written);
  const plain = nodesOf(
    written.filter((node) => !isStored(node)),
    results,
  );
  stored.look(plain, '');
  const fed = new Set(model.inputs.map((port) => tensorName(port.tensor, () => undefined)));
  // Training leaves circles of its own in a graph: what results do not need is gone before loops are put together.
  const own = reached(madeBy(plain), results, fed);
  const nodes = needed(madeBy(withBranches(withLoops(own, info), info)), results, fed);
  return { nodes, ports: model.inputs.length > 0 ? model.inputs : placeholdersIn(nodes, written), results, info };
}

function infoOf(key: string, nodes: readonly NodeProto[]): TfInfo {
  return { key, stored: new Map(nodes.filter(isStored).map((node) => [node.name, node])) };
}

/** The functions of a file, each made a graph when it is first called. */
function functionsOf(all: readonly FunctionProto[], stored: StoredTensors): Functions {
  const written = new Map(all.map((fn) => [fn.signature?.name ?? '', fn]));
  const made = new Map<string, TfGraph>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fn = written.get(name);
    if (fn === undefined) return undefined;
    const ops = new Map(fn.nodeDef.map((node) => [node.name, node.op]));
    const returned = new Map(fn.ret.map(({ key, value }) => [key, tensorName(value, (node) => ops.get(node))]));
    const outputs = (fn.signature?.outputArg ?? []).map((arg) => returned.get(arg.name) ?? arg.name);
    const inputs = (fn.signature?.inputArg ?? []).map((arg) => arg.name);
    const info = infoOf(name, fn.nodeDef);
    const plain = nodesOf(
      fn.nodeDef.filter((node) => !isStored(node)),
      outputs,
    );
    stored.look(plain, name);
    const nodes = needed(madeBy(withBranches(withLoops(plain, info), info)), outputs, new Set(inputs));
    const graph: TfGraph = { nodes, inputs, outputs, isolated: true, info };
    made.set(name, graph);
    return graph;
  };
}

/** Placeholders that the results depend on. */
function placeholdersIn(
  nodes: readonly { readonly name: string; readonly opType: string }[],
  written: readonly NodeProto[],
): Port[] {
  const used = new Set(nodes.filter((node) => PLACEHOLDERS.has(node.opType)).map((node) => node.name));
  return written.filter((node) => used.has(node.name)).map((node) => ({ name: node.name, tensor: node.name }));
}

/** The type that a signature or the placeholder itself states. */
function statedInput(written: readonly NodeProto[]): (port: Port) => StatedInput {
  const byName = new Map(written.filter((node) => PLACEHOLDERS.has(node.op)).map((node) => [node.name, node]));
  return ({ name, tensor, dtype, shape }) => {
    const node = byName.get(nodeOf(tensorName(tensor, () => undefined)));
    const attr = (key: string) => node?.attr.find((a) => a.key === key)?.value;
    const type = dtypeOf(dtype ?? attr('dtype')?.type ?? 0);
    const own = shape ?? attr('shape')?.shape;
    if (type === null || own === undefined || own.unknownRank) return { name, type: null };
    const extents = own.dim.map((d, i): Dim => {
      const size = Number(d.size);
      return size >= 0 ? size : sym(i === 0 ? 'batch' : `${name}_${i}`);
    });
    return { name, type: { dtype: type, shape: extents } };
  };
}

/** A single integer or boolean that the caller gives is known by its name. */
function symbolic(
  { name, type }: StatedInput,
  runner: { symbol(name: string, range: { min: number | null; max?: number }): Dim },
): StatedInput['type'] {
  if (type === null || type.shape.length > 0 || isFloating(type.dtype) || type.dtype === 'string') return type;
  return { ...type, value: [runner.symbol(name, type.dtype === 'bool' ? { min: 0, max: 1 } : { min: null })] };
}

/** A model from which nothing comes out. */
export function nothingComesOut(format: string): ModelError {
  return new ModelError('malformed', 'the graph has no output: nothing in it is left unread', {
    format,
    hint: 'Name a signature (--signature), or freeze the graph with its outputs.',
  });
}
