import { inOrder } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import { bodiesOf } from './dead.js';
import { type Declared, declaredOf, rangesOf } from './declared.js';
import { functionKey } from './functions.js';
import type { OnnxFile } from './read.js';
import { type Role, rolesOf } from './roles.js';
import type { FunctionProto, GraphProto, NodeProto, TensorProto } from './schema.js';
import { type Scopes, scopesOf } from './scopes.js';
import type { Ranges } from './symbols.js';
import { isOrdered, type Wiring, wiringOf } from './wiring.js';

/** The facts of a file that need no input sizes: they are worked out before any node runs. */
export interface BeforeRun {
  /** The graph's own nodes, each behind those that it reads from, with the numbers of their values. */
  readonly own: readonly NodeProto[];
  readonly wired: Wiring;
  /** The same with the nodes of bodies, which stand before the node that has them. */
  readonly nodes: readonly NodeProto[];
  readonly wiring: Wiring;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Stored tensors of the graph and of bodies. */
  readonly stored: ReadonlyMap<string, TensorProto>;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly outputs: readonly string[];
  readonly declared: Declared | null;
  readonly ranges: Ranges;
  readonly scopes: Scopes;
  readonly roles: ReadonlyMap<string, Role>;
}

/** Throws ModelError `malformed` for a node without an operator, `cycle`, and `limit`. */
export function beforeRun({ model, graph, source }: OnnxFile): BeforeRun {
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
  const stored = inner.length === 0 ? initializers : new Map([...inner, ...initializers]);
  const outputs = graph.output.map((o) => o.name);
  const roles = rolesOf({
    wiring,
    functions,
    outputs,
    initializers: stored,
    constants: constantsOf(
      model.functions.length === 0 ? nodes : [...nodes, ...model.functions.flatMap((f) => withBodies(f.node))],
    ),
    declared,
    moduleOf: (node) => scopes.stated(node).at(-1)?.path ?? '',
  });
  return { own, wired, nodes, wiring, initializers, stored, functions, outputs, declared, ranges, scopes, roles };
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
