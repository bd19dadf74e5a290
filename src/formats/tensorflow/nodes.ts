import { type Graph, type GraphNode, inOrder } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import { OUTPUT_ARGS } from './output-args.js';
import { type AttrProto, FORMAT, type NodeProto } from './schema.js';

/** A node of a graph, with the names of tensors as they are in all graphs: `node`, `node:1`. */
export interface TfNode extends GraphNode {
  readonly attrs: ReadonlyMap<string, AttrProto>;
  /** A loop that was put together of its parts; null for others. */
  readonly loop: Loop | null;
  /** A branch that was put together of its parts. */
  readonly arms: Arms | null;
}

export interface Loop {
  readonly condition: TfGraph;
  readonly body: TfGraph;
}

export interface Arms {
  /** Where the condition holds. */
  readonly on: TfGraph;
  readonly off: TfGraph;
}

/** The nodes of a graph that are values and not operators, by name. */
export interface TfInfo {
  /** Which graph of the file it is: a function's name, or empty. */
  readonly key: string;
  readonly stored: ReadonlyMap<string, NodeProto>;
}

export type TfGraph = Graph<TfNode, TfInfo>;

/** Operators that are values: constants, variables and what is fed. */
export function isStored({ op }: NodeProto): boolean {
  return STORED.has(op);
}
/** Whether a node stands for a variable, whose contents are beside the graph. */
export function isVariable({ op }: NodeProto): boolean {
  return VARIABLES.has(op);
}
const VARIABLES: ReadonlySet<string> = new Set(['VarHandleOp', 'Variable', 'VariableV2']);
const STORED: ReadonlySet<string> = new Set(['Const', ...VARIABLES, 'HashTableV2', 'MutableHashTableV2']);

/** `node:0` is `node`, and inside functions `node:output:1` is `node:1`. */
export function tensorName(written: string, opOf: (node: string) => string | undefined): string {
  const [node = '', ...rest] = written.split(':');
  if (rest.length === 0) return node;
  const last = Number(rest.at(-1));
  const within = Number.isInteger(last) && last >= 0 ? last : 0;
  const index =
    rest.length === 1 && /^\d+$/.test(rest[0] as string) ? within : within + argIndex(opOf(node), rest[0] as string);
  return index === 0 ? node : `${node}:${index}`;
}

/** Which output an output argument is: all that have one are the first. */
function argIndex(op: string | undefined, arg: string): number {
  const args = op === undefined ? undefined : OUTPUT_ARGS[op];
  return Math.max(0, args?.indexOf(arg) ?? 0);
}

/** The node that a tensor is made by. */
export function nodeOf(tensor: string): string {
  const colon = tensor.lastIndexOf(':');
  return colon < 0 ? tensor : tensor.slice(0, colon);
}

/** Outputs of one node; While has one for each of its states. */
const MAX_OUTPUTS = 1 << 14;
/** Outputs of all nodes beside one each: a few bytes ask for the last of thousands. */
const MAX_MORE_OUTPUTS = 1 << 20;

/** Nodes as the runner has them: control inputs left out, outputs as many as somebody reads. */
export function nodesOf(written: readonly NodeProto[], results: readonly string[]): TfNode[] {
  const ops = new Map(written.map((node) => [node.name, node.op]));
  const opOf = (name: string): string | undefined => ops.get(name);
  const inputs = written.map((node) =>
    node.input.filter((name) => !name.startsWith('^')).map((name) => tensorName(name, opOf)),
  );
  const count = new Map<string, number>();
  for (const name of [...inputs.flat(), ...results]) {
    const node = nodeOf(name);
    const index = node === name ? 0 : Number(name.slice(node.length + 1));
    count.set(node, Math.max(count.get(node) ?? 1, Math.min(index, MAX_OUTPUTS) + 1));
  }
  checkOutputs(count);
  return written.map((node, i) => ({
    name: node.name,
    opType: node.op,
    input: inputs[i] as readonly string[],
    output: Array.from({ length: count.get(node.name) ?? 1 }, (_, k) => (k === 0 ? node.name : `${node.name}:${k}`)),
    attrs: new Map(node.attr.map(({ key, value }) => [key, value ?? {}])),
    loop: null,
    arms: null,
  }));
}

function checkOutputs(count: ReadonlyMap<string, number>): void {
  const more = [...count.values()].reduce((sum, n) => sum + n - 1, 0);
  if (more > MAX_MORE_OUTPUTS)
    throw new ModelError('limit', `nodes are read as if they had ${more} outputs beside their first ones`, {
      format: FORMAT,
      hint: 'The graph is damaged: freeze it again.',
    });
}

/** Which node of a graph makes each value, and where each node is. */
export interface Made {
  readonly maker: ReadonlyMap<string, TfNode>;
  readonly places: ReadonlyMap<TfNode, number>;
}

export function madeBy(nodes: readonly TfNode[]): Made {
  const maker = new Map<string, TfNode>();
  for (const node of nodes) for (const name of node.output) maker.set(name, node);
  return { maker, places: new Map(nodes.map((node, i) => [node, i])) };
}

/** The nodes that results need, in the order of the file: loops may be circles still. */
export function reached(
  { maker, places }: Made,
  results: readonly string[],
  given: ReadonlySet<string>,
): readonly TfNode[] {
  const kept = new Set<TfNode>();
  const waiting = [...results];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (given.has(name)) continue;
    const node = maker.get(name);
    if (node === undefined || kept.has(node)) continue;
    kept.add(node);
    for (const input of node.input) waiting.push(input);
  }
  return [...kept].sort((a, b) => (places.get(a) as number) - (places.get(b) as number));
}

/** The nodes that results need, each after those that it reads. */
export function needed(made: Made, results: readonly string[], given: ReadonlySet<string>): readonly TfNode[] {
  return inOrder(reached(made, results, given), FORMAT);
}
