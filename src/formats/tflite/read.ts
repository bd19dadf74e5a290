import { endModel, type Graph, GraphRunner, ModuleTree } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { planIn } from './arena.js';
import { modelIn } from './bundle.js';
import { tfliteFormat } from './dispatch.js';
import { settleInputs, typeOf } from './inputs.js';
import { FORMAT, readFile, type SubGraph, type TfliteNode } from './schema.js';
import { hasScopes, scopeOf } from './scopes.js';
import { StoredTensors } from './stored-tensors.js';
import { resolveVariables } from './variables.js';

/**
 * What a TensorFlow Lite model does: its main subgraph and those that it calls, shapes recomputed from the inputs. Contents
 * of weights are not read. Throws ModelError.
 */
export function readTflite(source: Source, options: ReadOptions = {}): Ledger {
  const file = readFile(modelIn(source));
  resolveVariables(file.subgraphs);
  const main = file.subgraphs[0] as SubGraph;
  const settled = settleInputs(main, options);
  const trace = new Trace(options.formulas);
  const plan = planIn(file, settled.inputs);
  for (const note of [...settled.notes, ...plan.notes]) trace.note(note);
  const modules = new ModuleTree(trace, 'tflite');
  const scoped = hasScopes(main.nodes);
  const graphs = file.subgraphs.map(graphOf);
  const runner = new GraphRunner<TfliteNode, SubGraph>({
    trace,
    format: tfliteFormat({
      stored: new StoredTensors(trace, file),
      graphs,
      stated: (name, graph) => (settled.asStated ? statedType(name, graph) : null),
    }),
    places: modules.places((node) => (scoped ? scopeOf(node) : [])),
    bindings: settled.bindings,
  });
  const root = modules.open(
    main.name,
    settled.inputs.map((i) => i.type),
  );
  const inputs = settled.inputs.map(({ name, type }) => ({ name, value: trace.input(name, type) }));
  const results = trace.collecting(() =>
    runner.top(
      graphs[0] as Graph<TfliteNode, SubGraph>,
      inputs.map((i) => i.value),
      root,
    ),
  );
  const names = main.outputs.map((i) => main.names[i] as string);
  const outputs = endModel(trace, modules, root, names, results);
  return trace.ledger({
    name: source.name,
    format: FORMAT,
    producer: file.description === '' ? null : file.description,
    file: { bytes: source.size, bytesRead: source.bytesRead },
    inputs,
    outputs,
    ...(plan.arena === undefined ? {} : { arena: plan.arena }),
    bound: boundNames(options, settled.names, runner.bound),
    weights: runner.weights,
    modules: scoped ? 'names' : 'none',
  });
}

/** A subgraph sees nothing of the one that calls it. */
function graphOf(graph: SubGraph): Graph<TfliteNode, SubGraph> {
  const named = (i: number): string => graph.names[i] as string;
  return {
    nodes: graph.nodes,
    inputs: graph.inputs.map(named),
    outputs: graph.outputs.map(named),
    isolated: true,
    info: graph,
  };
}

/** What the file states of a tensor; a rank of 0 may also be one that is not known. */
function statedType(name: string, graph: SubGraph): TensorType | null {
  const tensor = graph.byName.get(name);
  if (tensor === undefined || tensor.shape.length === 0) return null;
  const free = tensor.signature?.findIndex((d, i) => d === -1 && i > 0) ?? -1;
  return free < 0 ? typeOf(tensor, name) : null;
}
