import { type Graph, type GraphFormat, GraphRunner, ModuleTree } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { modelIn } from '../archived.js';
import { type NamedGraph, recorded } from '../record.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { planIn } from './arena.js';
import { hasModel } from './detect.js';
import { tfliteFormat } from './dispatch.js';
import { settleInputs, typeOf } from './inputs.js';
import { FORMAT, readFile, type SubGraph, type TfliteFile, type TfliteNode } from './schema.js';
import { hasScopes, scopeOf } from './scopes.js';
import { StoredTensors } from './stored-tensors.js';
import { resolveVariables } from './variables.js';

/**
 * Reads a TensorFlow Lite model: its main subgraph and those that it calls, shapes recomputed from the inputs. Contents
 * of weights are not read. Throws ModelError.
 */
export function readTflite(source: Source, options: ReadOptions = {}): Ledger {
  const file = readFile(modelIn(source, FORMAT, (path) => hasModel([path])));
  resolveVariables(file.subgraphs);
  const main = file.subgraphs[0] as SubGraph;
  const settled = settleInputs(main, options);
  const plan = planIn(file, settled.inputs);
  const trace = new Trace(options.formulas);
  for (const note of [...settled.notes, ...plan.notes]) trace.note(note);
  const modules = new ModuleTree(trace, FORMAT);
  const scoped = hasScopes(main.nodes);
  const graphs = file.subgraphs.map(graphOf);
  const runner = new GraphRunner<TfliteNode, SubGraph>({
    trace,
    format: formatOf(file, graphs, trace, settled.asStated),
    places: modules.places((node) => (scoped ? scopeOf(node) : [])),
    bindings: settled.bindings,
  });
  const graph = graphs[0] as NamedGraph<TfliteNode, SubGraph>;
  return trace.ledger({
    name: source.name,
    format: FORMAT,
    producer: file.description === '' ? null : file.description,
    ...recorded({ modules, runner, title: main.name, inputs: settled.inputs, graph }),
    file: { bytes: source.size, bytesRead: source.bytesRead },
    bound: boundNames(options, settled.names, runner.bound),
    modules: scoped ? 'names' : 'none',
    ...(plan.arena === undefined ? {} : { arena: plan.arena }),
  });
}

/** Shapes stated in the file hold at the file's own sizes alone. */
function formatOf(
  file: TfliteFile,
  graphs: readonly Graph<TfliteNode, SubGraph>[],
  trace: Trace,
  asStated: boolean,
): GraphFormat<TfliteNode, SubGraph> {
  return tfliteFormat({
    stored: new StoredTensors(trace, file),
    graphs,
    stated: (name, graph) => (asStated ? statedType(name, graph) : null),
  });
}

/** A subgraph sees nothing of the one that calls it. */
function graphOf(graph: SubGraph): NamedGraph<TfliteNode, SubGraph> {
  const named = (i: number): string => graph.names[i] as string;
  return {
    nodes: graph.nodes,
    inputs: graph.inputs.map(named),
    outputs: graph.outputs.map(named),
    isolated: true,
    info: graph,
  };
}

/** A tensor's type as the file states it; a rank of 0 may also be one that is not known. */
function statedType(name: string, graph: SubGraph): TensorType | null {
  const tensor = graph.byName.get(name);
  if (tensor === undefined || tensor.shape.length === 0) return null;
  const free = tensor.signature?.findIndex((d, i) => d === -1 && i > 0) ?? -1;
  return free < 0 ? typeOf(tensor, name) : null;
}
