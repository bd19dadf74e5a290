import { type Dim, isStatic } from '../../dim/index.js';
import type { TensorType } from '../../tensor/index.js';
import { type Arg, isValue } from '../../torch/operators/index.js';
import type { GraphReader, Node } from './graph.js';
import type { Json } from './json.js';
import { argOf, type Names } from './values.js';

/** Operators that take graphs: each decides how often, and on what, the graphs inside it run. */
type HigherOrder = (reader: GraphReader, call: Call) => readonly Arg[];

interface Call {
  readonly node: Node;
  readonly names: Names;
  /** Its graphs, in order, and everything else. */
  readonly graphs: readonly Json[];
  readonly before: readonly Arg[];
  /** Arguments behind the last graph. */
  readonly after: readonly Arg[];
}

/** One graph, run as it stands on the arguments behind it: what is wrapped so has other rules for gradients or precision. */
const inline: HigherOrder = (reader, { graphs, after }) => {
  const [graph] = graphs;
  return graph === undefined ? [] : reader.run(graph, laidOut(after));
};

/** One of two graphs: the one that is known to be taken, else the first, and a note says so. */
const cond: HigherOrder = (reader, { node, graphs, before, after }) => {
  const [pred] = before;
  const known = truth(pred ?? null);
  if (known === null)
    reader.trace.note({
      code: 'branch',
      message: `which of two branches is taken depends on the data; the first one is counted`,
      at: { node: node.spelling.name ?? node.target },
    });
  const graph = known === false ? graphs[1] : graphs[0];
  return graph === undefined ? [] : reader.run(graph, laidOut(after));
};

function truth(arg: Arg): boolean | null {
  if (typeof arg === 'boolean') return arg;
  if (isValue(arg)) {
    const [only] = arg.type?.value ?? [];
    return only === undefined || !isStatic(only) ? null : Number(only) !== 0;
  }
  return typeof arg === 'number' ? arg !== 0 : null;
}

/** A loop that runs until the data says so: its body is counted once, and a gap says how much is missing. */
const whileLoop: HigherOrder = (reader, { node, names, graphs, after }) => {
  const body = graphs[1] ?? graphs[0];
  if (body === undefined) return [];
  const results = reader.run(body, laidOut(after));
  reader.gap(
    { ...node, outputs: [], stated: [] },
    names,
    'how often it repeats depends on the data; its body is counted once',
  );
  return results;
};

/** A graph for each position of the first axis: of the tensors that are mapped; what is carried stays as it is. */
const mapped: HigherOrder = (reader, { node, graphs, after }) => {
  const [graph] = graphs;
  const [xs = [], ...rest] = after;
  if (graph === undefined) return [];
  const over = listOf(xs);
  const times = extentOf(over);
  const rows = over.map((x) => row(reader, x));
  reader.trace.repeated(times, () => reader.run(graph, [...rows, ...laidOut(rest)]));
  return outputsOf(reader, node);
};

/** A graph for each position of an axis, handing on a state: init, xs, then what every step sees. */
const scan: HigherOrder = (reader, { node, graphs, after }) => {
  const [graph] = graphs;
  const [init = [], xs = [], ...rest] = after;
  if (graph === undefined) return [];
  const over = listOf(xs);
  const rows = over.map((x) => row(reader, x));
  reader.trace.repeated(extentOf(over), () => reader.run(graph, [...listOf(init), ...rows, ...laidOut(rest)]));
  return outputsOf(reader, node);
};

/** The results have the types that the file states; they are made once, whatever makes them. */
function outputsOf(reader: GraphReader, node: Node): readonly Arg[] {
  return node.outputs.map((o, i) => {
    const type = node.stated[i];
    return type ? reader.trace.input(o.name ?? node.target, type) : reader.trace.opaque(o.name);
  });
}

function row(reader: GraphReader, x: Arg): Arg {
  if (!isValue(x) || x.type === null) return x;
  const type: TensorType = { dtype: x.type.dtype, shape: x.type.shape.slice(1) };
  return reader.trace.alias(x.name, type, x);
}

function extentOf(over: readonly Arg[]): Dim {
  const first = over.find(isValue);
  return first?.type?.shape[0] ?? 1;
}

function listOf(arg: Arg): readonly Arg[] {
  return Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
}

function laidOut(args: readonly Arg[]): Arg[] {
  return args.flatMap((arg) => listOf(arg));
}

const RULES: Readonly<Record<string, HigherOrder>> = {
  cond,
  while_loop: whileLoop,
  map_impl: mapped,
  map: mapped,
  scan,
};

/** Applies an operator of `torch.ops.higher_order`; one that is not known and takes one graph runs it once. */
export function higherOrder(reader: GraphReader, node: Node, names: Names): readonly Arg[] {
  const name = node.target.slice('torch.ops.higher_order.'.length);
  const graphs: Json[] = [];
  const before: Arg[] = [];
  let after: Arg[] = [];
  for (const { arg } of node.args) {
    const { tag, body } = arg.tagged();
    if (tag === 'as_graph') {
      graphs.push(body.get('graph'));
      after = [];
    } else (graphs.length === 0 ? before : after).push(argOf(names, arg, reader.sizes));
  }
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule === undefined && graphs.length !== 1)
    return reader.gap(node, names, 'no rule is known for this operator of graphs');
  return (rule ?? inline)(reader, { node, names, graphs, before, after });
}
