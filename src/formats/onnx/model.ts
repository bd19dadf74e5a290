import {
  type Choices,
  endModel,
  GraphRunner,
  type GraphValue,
  ModuleTree,
  type Values,
  type Wires,
  withChoices,
} from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { beforeRun } from './before-run.js';
import { deadNodes, deadNotes } from './dead.js';
import { onnxFormat } from './dispatch.js';
import { isStandard } from './functions.js';
import { hintsOf } from './hints.js';
import type { OnnxFrame } from './info.js';
import { Initializers, weightNotes } from './initializers.js';
import { packedOf } from './packed.js';
import { type OnnxFile, readOnnx } from './read.js';
import { recordInputs } from './record-inputs.js';
import type { ModelProto, NodeProto, ValueInfoProto } from './schema.js';
import { type Ranges, settleInputs, statedType } from './symbols.js';
import { NamedValues, type Wiring } from './wiring.js';

/**
 * The ledger of an ONNX model: its graph, every shape recomputed from the inputs. Weights are not read. Throws ModelError:
 * `truncated`, `malformed`, `cycle`, `limit`, `shape` (with the node) or `argument` (a wrong input).
 */
export function readModel(source: Source, options: ReadOptions = {}): Ledger {
  return ledgerOfFile(readOnnx(source), options, 'onnx');
}

/** The same of a graph that a file of another format holds: `format` as in `model.format` of a report. */
export function ledgerOfFile(file: OnnxFile, options: ReadOptions, format: string): Ledger {
  return withChoices((choices) => ledgerOf(file, options, choices, format), troubleOf);
}

/** Operators that cannot be worked out, branches that cannot run, and values without the axes that the file states. */
function troubleOf({ entries, notes }: Ledger): number {
  let gaps = 0;
  for (const { result } of entries) if (result.kind === 'gap') gaps++;
  return gaps + notes.filter((n) => n.code === 'branch-excluded' || n.code === 'value-info-disagrees').length;
}

function ledgerOf(file: OnnxFile, options: ReadOptions, choices: Choices, format: string): Ledger {
  const { model, graph, tensors } = file;
  const trace = new Trace(options.formulas);
  const modules = new ModuleTree(trace, 'onnx');
  const known = beforeRun(file);
  const { initializers, functions, nodes, own, wired, scopes, ranges, outputs } = known;
  const settled = settleInputs(
    graph.input.filter((i) => !initializers.has(i.name)),
    options,
    ranges,
  );
  for (const note of settled.notes) trace.note(note);
  const stored = new Initializers(trace, tensors, known.roles, packedOf(nodes, known.stored));
  const runner = new GraphRunner({
    trace,
    format: onnxFormat({ reader: tensors, stored, modules, scopeOf: scopes.of, functions }),
    places: modules.places(scopes.of),
    bindings: settled.bindings,
    choices,
  });
  const root = modules.open(
    scopes.root || graph.name.replaceAll('.', '_') || 'graph',
    settled.inputs.map((i) => i.type),
  );
  // Only a graph of its own nodes alone is sure to be run once.
  const numbered = nodes === own && functions.size === 0 ? new NamedValues(wired.names) : null;
  const values: Values = numbered ?? new Map<string, GraphValue>();
  const inputs = recordInputs(settled.inputs, graph, runner, values);
  const opsets = opsetsOf(model);
  const frame: OnnxFrame = {
    values,
    parent: null,
    info: {
      initializers,
      stated: statedOf([...graph.valueInfo, ...graph.output], ranges),
      opsets,
      attributes: new Map(),
    },
    base: root,
  };
  const notes = weightNotes({ ...known, declared: known.declared?.parameters ?? null });
  const dead = deadNodes(wired, outputs);
  trace.collecting(() => {
    if (numbered === null) runner.start(own, frame);
    else runner.startLast(own as NodeProto[], frame, wiresOf(wired, numbered, frame.info.stated));
  });
  const results = endModel(
    trace,
    modules,
    root,
    outputs,
    outputs.map((name) => runner.lookup(name, frame, null)),
  );
  for (const note of [...notes, ...deadNotes(dead, trace.entries)]) trace.note(note);
  tensors.contents.settle();
  return trace.ledger({
    name: graph.name,
    format,
    producer: producerOf(model, opsets),
    file: { bytes: file.file.size, bytesRead: file.file.bytesRead },
    inputs,
    bound: boundNames(options, settled.names, runner.bound),
    outputs: results,
    weights: runner.weights,
    modules: scopes.kind,
    hints: hintsOf(frame.info.stated, frame.values),
  });
}

function wiresOf(wiring: Wiring, values: NamedValues, types: ReadonlyMap<string, TensorType>): Wires {
  const { names, reads, readsFrom, makes, makesFrom } = wiring;
  const stated = new Uint8Array(names.size);
  for (const name of types.keys()) stated[names.of(name)] = 1;
  return { reads, readsFrom, makes, makesFrom, values: values.all, stated };
}

function statedOf(infos: readonly ValueInfoProto[], ranges: Ranges): Map<string, TensorType> {
  const stated = new Map<string, TensorType>();
  for (const info of infos) {
    const type = statedType(info.name, info.type, ranges);
    if (type !== null) stated.set(info.name, type);
  }
  return stated;
}

function opsetsOf(model: ModelProto): Map<string, number> {
  return new Map(model.opsetImport.map((o) => [isStandard(o.domain) ? '' : o.domain, Number(o.version)]));
}

function producerOf({ producerName, producerVersion }: ModelProto, opsets: ReadonlyMap<string, number>): string | null {
  const opset = opsets.get('');
  const maker = [producerName, producerVersion].filter((t) => t !== '').join(' ');
  const parts = [...(maker === '' ? [] : [maker]), ...(opset === undefined ? [] : [`opset ${opset}`])];
  return parts.length === 0 ? null : parts.join(', ');
}
