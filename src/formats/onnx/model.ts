import {
  type Choices,
  endModel,
  GraphRunner,
  type GraphValue,
  inOrder,
  ModuleTree,
  type Values,
  type Wires,
  withChoices,
} from '../../graph/index.js';
import { type Ledger, Trace } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { bodiesOf, deadNodes, deadNotes } from './dead.js';
import { declaredOf, rangesOf } from './declared.js';
import { onnxFormat } from './dispatch.js';
import { functionKey, isStandard } from './functions.js';
import { hintsOf } from './hints.js';
import type { OnnxFrame, OnnxInterpreter } from './info.js';
import { Initializers, weightNotes } from './initializers.js';
import { packedOf } from './packed.js';
import { type OnnxFile, readOnnx } from './read.js';
import { rolesOf } from './roles.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto } from './schema.js';
import { scopesOf } from './scopes.js';
import { type Ranges, settleInputs, statedType } from './symbols.js';
import { isOrdered, NamedValues, type Wiring, wiringOf } from './wiring.js';

/**
 * What an ONNX model does: its graph, every shape recomputed from the inputs. Weights are not read. Throws ModelError:
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

function ledgerOf(
  { model, graph, tensors, source, file }: OnnxFile,
  options: ReadOptions,
  choices: Choices,
  format: string,
): Ledger {
  const trace = new Trace(options.formulas);
  const modules = new ModuleTree(trace, 'onnx');
  const initializers = initializersOf(graph);
  for (const nodes of [graph.node, ...model.functions.map((f) => f.node)]) checkOperators(nodes);
  const stated = wiringOf(graph.node);
  const wired = isOrdered(stated) ? stated : wiringOf(inOrder(graph.node, 'onnx'));
  const own = wired.nodes;
  const nodes = withBodies(own);
  const wiring = nodes === own ? wired : wiringOf(nodes, wired.names);
  const scopes = scopesOf(graph);
  const functions = new Map(model.functions.map((f) => [functionKey(f.domain, f.name, f.overload), f]));
  const declared = declaredOf(graph, source);
  const ranges = rangesOf(graph, source);
  const inner = nodes === own ? [] : nodes.flatMap((n) => bodiesOf(n).flatMap((b) => [...initializersOf(b)]));
  const outputs = graph.output.map((o) => o.name);
  const all = inner.length === 0 ? initializers : new Map([...inner, ...initializers]);
  const roles = rolesOf({
    wiring,
    functions,
    outputs,
    initializers: all,
    constants: constantsOf(
      model.functions.length === 0 ? nodes : [...nodes, ...model.functions.flatMap((f) => withBodies(f.node))],
    ),
    declared,
    moduleOf: (node) => scopes.stated(node).at(-1)?.path ?? '',
  });
  const settled = settleInputs(
    graph.input.filter((i) => !initializers.has(i.name)),
    options,
    ranges,
  );
  for (const note of settled.notes) trace.note(note);
  const stored = new Initializers(trace, tensors, roles, packedOf(nodes, all));
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
  const infos = new Map(graph.input.map((info) => [info.name, info]));
  const inputs = settled.inputs.map(({ name, type }) => {
    const value = trace.input(name, type === null ? null : symbolicInput(name, type, runner));
    values.set(name, type === null ? (containerOf(infos.get(name), runner) ?? value) : value);
    return { name, value };
  });
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
  const question = { wiring, outputs, initializers, roles, declared: declared?.parameters ?? null };
  const notes = weightNotes(question);
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
    file: { bytes: file.size, bytesRead: file.bytesRead },
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

/** A node without an operator is no node: two bytes could else stand for one, and a small file for a huge graph. */
function checkOperators(nodes: readonly NodeProto[]): void {
  const index = nodes.findIndex((n) => n.opType === '');
  if (index < 0) return;
  const name = nodes[index]?.name ?? '';
  throw new ModelError('malformed', `node ${index}${name === '' ? '' : ` (${name})`} names no operator`, {
    format: 'onnx',
    at: { node: name === '' ? `#${index}` : name },
    hint: 'the file is damaged or cut: export it again, or check it with onnx.checker',
  });
}

function initializersOf(graph: GraphProto): Map<string, TensorProto> {
  const all = new Map<string, TensorProto>();
  for (let i = 0; i < graph.initializer.length; i++) {
    const tensor = graph.initializer[i] as TensorProto;
    all.set(tensor.name, tensor);
  }
  for (const { values, dims } of graph.sparseInitializer)
    if (values !== undefined) all.set(values.name, { ...values, dims });
  return all;
}

function constantsOf(nodes: readonly NodeProto[]): Map<string, TensorProto> {
  const all = new Map<string, TensorProto>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as NodeProto;
    if (node.opType !== 'Constant') continue;
    const tensor = node.attribute.find((a) => a.name === 'value')?.t;
    const [name] = node.output;
    if (tensor !== undefined && name !== undefined) all.set(name, tensor);
  }
  return all;
}

/** The nodes of bodies too, before the node that has them. */
function withBodies(nodes: readonly NodeProto[]): readonly NodeProto[] {
  if (!nodes.some((n) => bodiesOf(n).length > 0)) return nodes;
  return nodes.flatMap((n) => [...bodiesOf(n).flatMap((body) => withBodies(body.node)), n]);
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

/** Integers that the caller chooses, where they are few: they may be sizes, and are symbols of the input's name. */
const MAX_SYMBOLIC = 8;

function symbolicInput(name: string, type: TensorType, runner: OnnxInterpreter): TensorType {
  const { dtype, shape } = type;
  const [count = 1] = shape;
  if (!['int64', 'int32', 'bool'].includes(dtype) || shape.length > 1) return type;
  if (typeof count !== 'number' || count < 1 || count > MAX_SYMBOLIC) return type;
  const range = dtype === 'bool' ? { min: 0, max: 1 } : { min: null };
  const value = Array.from({ length: count }, (_, i) => runner.symbol(count === 1 ? name : `${name}.${i}`, range));
  return { dtype, shape, value };
}

const NO_RANGES: Ranges = new Map();

/** An input that is a list or an optional: of a length, or an existence, that the caller decides. */
function containerOf(info: ValueInfoProto | undefined, runner: OnnxInterpreter): GraphValue | undefined {
  const of = (name: string, type: TypeProto | undefined): GraphValue | undefined => {
    if (type?.sequenceType !== undefined) {
      const item = statedType(name, type.sequenceType.elemType, NO_RANGES);
      const length = runner.symbol(`${name}.length`, { min: 0 });
      return { kind: 'sequence', items: null, length, item };
    }
    if (type?.optionalType === undefined) return undefined;
    const inner = type.optionalType.elemType;
    const content = of(name, inner) ?? runner.trace.input(name, statedType(name, inner, NO_RANGES));
    return { kind: 'optional', content, certain: false };
  };
  return info === undefined ? undefined : of(info.name, info.type);
}
