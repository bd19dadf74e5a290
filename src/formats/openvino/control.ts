import { add, ceildiv, type Dim, mul, sub } from '../../dim/index.js';
import {
  branch,
  type Call,
  type Graph,
  type GraphValue,
  isTensor,
  iterate,
  type Rule,
  recordOutputs,
  scalarOf,
  Unsupported,
} from '../../graph/index.js';
import { moved } from '../../ops/index.js';
import { graphOf, type IrGraph, type IrNode } from './ir.js';
import { child, childrenOf, type Element } from './xml.js';

type IrCall = Call<IrNode, IrGraph>;

/** The rule of a layer that runs bodies. */
export function control(opType: string): Rule<IrNode, IrGraph> | undefined {
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

export function isControl(opType: string): boolean {
  return Object.hasOwn(RULES, opType);
}

/** Bodies by their elements: a body is taken apart once. */
const bodies = new WeakMap<Element, Body>();

interface Body {
  readonly ir: IrGraph;
  readonly graph: Graph<IrNode, IrGraph>;
}

/** The body of a layer under `name`. Throws ModelError. */
export function bodyOf(node: IrNode, name: string): Body {
  const element = child(node.layer.element, name);
  if (element === undefined) throw new Unsupported(`it has no ${name}`);
  const known = bodies.get(element);
  if (known !== undefined) return known;
  const ir = graphOf(element, node.name, node.graph.version);
  const graph: Graph<IrNode, IrGraph> = {
    nodes: ir.nodes,
    inputs: ir.parameters.map((p) => p.output[0] ?? ''),
    outputs: ir.results.map((r) => r.input[0] ?? ''),
    isolated: true,
    info: ir,
  };
  const body = { ir, graph };
  bodies.set(element, body);
  return body;
}

/** The bodies of a layer, to look through their constants. */
export function bodiesOf(node: IrNode): IrGraph[] {
  return ['body', 'then_body', 'else_body'].flatMap((name) =>
    child(node.layer.element, name) === undefined ? [] : [bodyOf(node, name).ir],
  );
}

const whole = (element: Element, name: string, otherwise: number): number => {
  const value = Number(element.attributes[name] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : otherwise;
};

/** Where the first of some things with each number is: bodies may have thousands, which are not searched one by one. */
function placesBy<T>(things: readonly T[], numberOf: (thing: T) => number): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const [i, thing] of things.entries()) {
    const number = numberOf(thing);
    if (!places.has(number)) places.set(number, i);
  }
  return places;
}

const resultPlaces = ({ results }: IrGraph): ReadonlyMap<number, number> => placesBy(results, (r) => r.id);

/** The elements that map the ports of a layer to its body, by a number that each states. */
function mapsBy(maps: readonly Element[], name: string): ReadonlyMap<number, Element> {
  return new Map([...placesBy(maps, (map) => whole(map, name, -1))].map(([id, at]) => [id, maps[at] as Element]));
}

/** The input of the layer that a port of it stands for. */
function outside(call: IrCall, ports: ReadonlyMap<number, number>, map: Element): GraphValue {
  const id = whole(map, 'external_port_id', -1);
  const at = ports.get(id);
  const value = at === undefined ? undefined : call.inputs[at];
  if (value === undefined || value === null) throw new Unsupported(`its input at port ${id} is not there`);
  return value;
}

const inputPorts = ({ node }: IrCall): ReadonlyMap<number, number> => placesBy(node.layer.inputs, (p) => p.id);

/** A loop over a body: TensorIterator runs over slices of an input, Loop as often as it is told. */
function loop(call: IrCall): GraphValue[] {
  const { node, runner, frame } = call;
  const { trace } = runner;
  const body = bodyOf(node, 'body');
  const maps = child(node.layer.element, 'port_map');
  const feeds = feedsOf(call, body.ir, maps);
  const states = feeds.flatMap((f) => (f.kind === 'state' ? [f] : []));
  const condition = conditionOf(body.ir, maps);
  const isLoop = node.opType === 'Loop';
  const limit = limitOf(call, feeds);
  if (limit === null && condition < 0) throw new Unsupported('how often it runs is not said');
  const out = childrenOf(maps, 'output').filter((m) => whole(m, 'external_port_id', -1) >= 0);
  const places = resultPlaces(body.ir);
  const results = out.map((m) => places.get(whole(m, 'internal_layer_id', -1)) ?? -1);
  const made = iterate({
    call,
    states: states.map((s) => s.start),
    limit,
    first: isLoop && condition >= 0 ? (scalarOf(call.inputs[1]) ?? 1) : 1,
    run: (round, now) => {
      const values = runner.run(body.graph, argumentsOf(call, feeds, round, now), frame);
      return {
        go: condition < 0 ? 1 : scalarOf(values[condition]),
        states: states.map((s) => values[s.from] ?? trace.opaque(null)),
        stacked: results.map((r) => values[r] ?? trace.opaque(null)),
      };
    },
  });
  const keptAt = placesBy(states, (s) => s.from);
  const values = out.map((map, k): GraphValue => {
    const kept = keptAt.get(results[k] as number);
    const { element, parts } = made.stacked[k] as { readonly element: GraphValue; readonly parts: Dim };
    if (map.attributes['axis'] !== undefined) return joined(call, element, parts, whole(map, 'axis', 0));
    return kept === undefined ? element : (made.states[kept] as GraphValue);
  });
  const recorded = recordOutputs(call, values);
  const comesOut = placesBy(out, (m) => whole(m, 'external_port_id', -1));
  return node.layer.outputs.map((port) => {
    const at = comesOut.get(port.id);
    return at === undefined ? trace.opaque(null) : (recorded[at] as GraphValue);
  });
}

/** How a parameter of the body is fed; `rounds` of a slice: how many parts there are. */
type Feed =
  | { readonly kind: 'round' }
  | { readonly kind: 'state'; readonly start: GraphValue; readonly from: number }
  | { readonly kind: 'same'; readonly value: GraphValue }
  | { readonly kind: 'slice'; readonly value: GraphValue; readonly rounds: Dim };

function feedsOf(call: IrCall, ir: IrGraph, maps: Element | undefined): Feed[] {
  const into = mapsBy(childrenOf(maps, 'input'), 'internal_layer_id');
  const edges = childrenOf(child(call.node.layer.element, 'back_edges'), 'edge');
  const back = mapsBy(edges, 'to-layer');
  const places = resultPlaces(ir);
  const ports = inputPorts(call);
  return ir.parameters.map((parameter): Feed => {
    const map = into.get(parameter.id);
    if (map === undefined) throw new Unsupported(`nothing goes into ${parameter.name} of its body`);
    if (map.attributes['purpose'] === 'current_iteration') return { kind: 'round' };
    const edge = back.get(parameter.id);
    if (edge !== undefined) {
      const from = places.get(whole(edge, 'from-layer', -1)) ?? -1;
      return { kind: 'state', start: outside(call, ports, map), from };
    }
    if (map.attributes['axis'] === undefined) return { kind: 'same', value: outside(call, ports, map) };
    return sliceOf(call, outside(call, ports, map), map);
  });
}

/** One part of an input along an axis, as each round takes it. */
function sliceOf(call: IrCall, value: GraphValue, map: Element): Feed {
  if (!isTensor(value) || value.type === null) throw new Unsupported('the shape of what it goes over is not known');
  const { type } = value;
  const axis = (whole(map, 'axis', 0) + type.shape.length) % type.shape.length;
  const size = whole(map, 'part_size', 1);
  const rounds = stepsOf(map, type.shape[axis] as Dim, size);
  const shape = type.shape.map((d, i) => (i === axis ? size : d));
  return { kind: 'slice', value: call.runner.trace.alias(null, { dtype: type.dtype, shape }, value), rounds };
}

/** The result of the body that says whether another round follows; −1 if there is none. */
function conditionOf(ir: IrGraph, maps: Element | undefined): number {
  const asked = childrenOf(maps, 'output').filter((m) => m.attributes['purpose'] === 'execution_condition');
  const ids = new Set(asked.map((m) => whole(m, 'internal_layer_id', -1)));
  return ir.results.findIndex((r) => ids.has(r.id));
}

/** Rounds at most: as many as there are parts, else what a Loop is told; null without a limit. */
function limitOf(call: IrCall, feeds: readonly Feed[]): Dim | 'unknown' | null {
  const slice = feeds.find((f) => f.kind === 'slice');
  if (slice !== undefined) return slice.rounds;
  if (call.node.opType !== 'Loop') return null;
  const most = scalarOf(call.inputs[0]);
  return typeof most === 'number' && most < 0 ? null : (most ?? 'unknown');
}

/** Arguments of the body in a round; `now` are the states, in the order of the parameters. */
function argumentsOf(
  call: IrCall,
  feeds: readonly Feed[],
  round: Dim | undefined,
  now: readonly GraphValue[],
): GraphValue[] {
  const { trace } = call.runner;
  let next = 0;
  return feeds.map((feed): GraphValue => {
    if (feed.kind === 'state') return now[next++] as GraphValue;
    if (feed.kind !== 'round') return feed.value;
    const known = round === undefined ? {} : { value: [round] };
    return trace.constant(null, { dtype: 'int64', shape: [], ...known });
  });
}

/** How many parts of `size` are between the ends that are stated, −1 being the last. */
function stepsOf(map: Element, extent: Dim, size: number): Dim {
  const place = (at: number): Dim => (at < 0 ? add(extent, at + 1) : at);
  const [start, end] = [place(whole(map, 'start', 0)), place(whole(map, 'end', -1))];
  const backwards = whole(map, 'stride', 1) < 0;
  return ceildiv(backwards ? sub(start, end) : sub(end, start), Math.max(1, size));
}

/** The results of all rounds, after one another along an axis that each has. */
function joined({ runner: { trace } }: IrCall, element: GraphValue, parts: Dim, axis: number): GraphValue {
  if (!isTensor(element) || element.type === null) return trace.opaque(null);
  const { dtype, shape } = element.type;
  const at = (axis + shape.length) % Math.max(1, shape.length);
  const out = { dtype, shape: shape.map((d, i) => (i === at ? mul(d, parts) : d)) };
  const [value] = trace.apply(moved('concat', out, 'copy'), [element], { type: 'Concat', name: null, outputs: [null] });
  return value as GraphValue;
}

/** One of two bodies, each with inputs and outputs of its own. */
function either(call: IrCall): GraphValue[] {
  const { node, runner, frame } = call;
  const arm = (which: 'then' | 'else') => {
    const { ir, graph } = bodyOf(node, `${which}_body`);
    const maps = child(node.layer.element, `${which}_port_map`);
    return {
      ir,
      graph,
      into: mapsBy(childrenOf(maps, 'input'), 'internal_layer_id'),
      out: mapsBy(childrenOf(maps, 'output'), 'external_port_id'),
    };
  };
  const ports = inputPorts(call);
  const arms = { true: arm('then'), false: arm('else') };
  const run = (first: boolean): GraphValue[] => {
    const { ir, graph, into, out } = arms[`${first}`];
    const args = ir.parameters.map((p) => {
      const map = into.get(p.id);
      if (map === undefined) throw new Unsupported(`nothing goes into ${p.name} of its body`);
      return outside(call, ports, map);
    });
    const places = resultPlaces(ir);
    const values = runner.run(graph, args, frame);
    return node.layer.outputs.map((port) => {
      const map = out.get(port.id);
      const at = map === undefined ? undefined : places.get(whole(map, 'internal_layer_id', -1));
      return values[at ?? -1] ?? runner.trace.opaque(null);
    });
  };
  return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
}

const RULES: Readonly<Record<string, Rule<IrNode, IrGraph>>> = { TensorIterator: loop, Loop: loop, If: either };
