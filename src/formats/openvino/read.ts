import { type GraphFormat, GraphRunner, ModuleTree } from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { recorded } from '../record.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { bodiesOf } from './control.js';
import { irFormat } from './dispatch.js';
import { early } from './early.js';
import { settleInputs } from './inputs.js';
import { type IrGraph, type IrNode, irOf, OPSETS } from './ir.js';
import { hasScopes, scopeOf } from './scopes.js';
import { StoredTensors } from './stored.js';
import { FORMAT, parseXml } from './xml.js';

/**
 * Reads an OpenVINO network, shapes recomputed from its inputs. Weights are not read; of the `.bin` only the few
 * constants that decide shapes, and where it is not there the shapes that the file states stand for them. Throws ModelError.
 */
export function readOpenvino(source: Source, options: ReadOptions = {}): Ledger {
  const read = irOf(parseXml(source));
  const ir = read.version < OPSETS ? early(read) : read;
  const settled = settleInputs(ir, options);
  const trace = new Trace(options.formulas);
  for (const note of settled.notes) trace.note(note);
  const modules = new ModuleTree(trace, FORMAT);
  const scoped = hasScopes(ir.nodes);
  const stored = new StoredTensors(trace, source);
  for (const each of withBodies(ir)) stored.look(each);
  const runner = new GraphRunner<IrNode, IrGraph>({
    trace,
    format: formatOf(stored, settled.asStated),
    places: modules.places((node) => (scoped ? scopeOf(node) : [])),
    bindings: settled.bindings,
  });
  const graph = { nodes: ir.nodes, inputs: settled.inputs.map((i) => i.name), outputs: outputsOf(ir), info: ir };
  const made = recorded({ modules, runner, title: ir.name, inputs: settled.inputs, graph });
  return trace.ledger({
    name: ir.name,
    format: FORMAT,
    producer: `IR version ${ir.version}`,
    ...made,
    file: { bytes: source.size, bytesRead: source.bytesRead + stored.bytesRead },
    bound: boundNames(options, settled.names, runner.bound),
    modules: scoped ? 'names' : 'none',
  });
}

/** Shapes stated in the file hold at the file's own sizes alone. */
function formatOf(stored: StoredTensors, asStated: boolean): GraphFormat<IrNode, IrGraph> {
  return irFormat({ stored, asStated, stated: (name, of) => (asStated ? statedType(name, of) : null) });
}

/** Versions before 10 name no results: what nobody reads is one. */
function outputsOf(graph: IrGraph): string[] {
  if (graph.results.length > 0) return graph.results.map((r) => r.input[0] ?? '');
  const read = new Set(graph.nodes.flatMap((n) => n.input));
  return graph.nodes.flatMap((n) => n.output).filter((name) => !read.has(name));
}

function withBodies(graph: IrGraph): IrGraph[] {
  return [graph, ...graph.nodes.flatMap((node) => bodiesOf(node).flatMap(withBodies))];
}

/** A value's type as the file states it; without a free extent. */
function statedType(name: string, graph: IrGraph): TensorType | null {
  const port = graph.ports.get(name);
  if (port === undefined || port.dims === null || port.dtype === null || port.dims.some((d) => d < 0)) return null;
  return { dtype: port.dtype, shape: port.dims };
}
