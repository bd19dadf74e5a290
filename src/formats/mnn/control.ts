import {
  branch,
  type Call,
  flowingIn,
  type Graph,
  type GraphValue,
  inputAt,
  inputsFrom,
  insertItem,
  itemAt,
  iterate,
  joinItems,
  type Rule,
  recordOutputs,
  repeatCounted,
  reserveItems,
  scalarOf,
  sequenceLength,
  setItem,
  splitItems,
  Unsupported,
} from '../../graph/index.js';
import type { FlatTable } from '../../wire/flatbuffers.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { runCommands } from './commands.js';
import type { Settings } from './operators/table.js';

// Operators that run graphs of the file, which name each other's tensors, and lists of tensors.

export type MnnGraph = Graph<LayerNode<Settings>, null>;
type MnnCall = Call<LayerNode<Settings>, null>;
type Graphs = ReadonlyMap<string, MnnGraph>;
type MnnRule = ReturnType<Rule<LayerNode<Settings>, null>>;
type ControlRule = (call: MnnCall, graphs: Graphs) => MnnRule;

/** The rule of an operator that runs graphs or handles lists of tensors; null for others. */
export function controlFor({ opType }: LayerNode<Settings>, graphs: Graphs): Rule<LayerNode<Settings>, null> | null {
  const rule = Object.hasOwn(RULES, opType) ? (RULES[opType] as ControlRule) : null;
  return rule === null ? null : (call) => rule(call, graphs);
}

/** Kinds of settings of a `While`: graphs, or commands with a count. */
const COMMANDS = 92;

function settingsOf({ node }: MnnCall): FlatTable {
  const { main } = node.attrs;
  if (main === null) throw new Unsupported('it has no settings');
  return main;
}

function graphAt(call: MnnCall, graphs: Graphs, field: number): MnnGraph {
  const name = settingsOf(call).text(field) ?? '';
  const graph = graphs.get(name);
  if (graph === undefined) throw new Unsupported(`the file has no graph "${name}"`);
  return graph;
}

/** Lists of names, one for each of something. */
function aliases(table: FlatTable, field: number): string[][] {
  const list = table.tables(field);
  return Array.from({ length: list.length }, (_, i) => list.at(i).texts(0));
}

/** Values of the `wanted` names: each input of the operator goes to those among its names. */
function handed(call: MnnCall, wanted: readonly string[], names: readonly (readonly string[])[]): GraphValue[] {
  const inputs = inputsFrom(call, 0);
  const places = firstPlaces(names.flatMap((own, i) => own.map((name) => [name, i] as const)));
  return wanted.map((name) => inputs[places.get(name) ?? -1] ?? call.runner.trace.opaque(name));
}

/** Where each name stands first: networks may have thousands, which are not searched for one by one. */
function firstPlaces(places: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  return new Map([...places].reverse());
}

/** Where each result of a graph stands among its results. */
function resultsOf({ outputs }: MnnGraph): ReadonlyMap<string, number> {
  return firstPlaces(typeof outputs === 'function' ? [] : outputs.map((name, i) => [name, i] as const));
}

const either: ControlRule = (call, graphs) => {
  const arms = [graphAt(call, graphs, 0), graphAt(call, graphs, 1)] as const;
  const [inputs, outputs] = [aliases(settingsOf(call), 2), aliases(settingsOf(call), 3)];
  const run = (first: boolean): GraphValue[] => {
    const graph = arms[first ? 0 : 1];
    const made = call.runner.run(graph, handed(call, graph.inputs, inputs), call.frame);
    const places = resultsOf(graph);
    return outputs.map((names) => made[places.get(names[first ? 0 : 1] ?? '') ?? -1] ?? call.runner.trace.opaque(null));
  };
  return recordOutputs(call, branch(call, call.inputs[0] ?? null, run));
};

const repeat: ControlRule = (call, graphs) => {
  if (call.node.attrs.kind === COMMANDS) return runCommands(settingsOf(call), call);
  const body = graphAt(call, graphs, 1);
  // ONNX's loops have no graph for the condition.
  if (settingsOf(call).text(0) === null) return repeatCounted(call, body);
  return repeatBoth(call, graphAt(call, graphs, 0), body);
};

/**
 * A condition and a body with inputs of their own. Pairs of names say which result of the body, or of the condition, becomes
 * which input in the next round; outputs go by names of results or of inputs.
 */
function repeatBoth(call: MnnCall, condition: MnnGraph, body: MnnGraph): GraphValue[] {
  const { runner, frame } = call;
  const settings = settingsOf(call);
  const [names, results, pairs] = [aliases(settings, 2), settings.texts(3), aliases(settings, 4)];
  const inputs = [...condition.inputs, ...body.inputs];
  const asked = condition.inputs.length;
  const made = resultsOf(body);
  const sources = new Map<string | undefined, string | undefined>([...pairs].reverse().map(([from, to]) => [to, from]));
  const own = firstPlaces(body.inputs.map((name, i) => [name, i] as const));
  // Results of the condition are rarely passed on, and it is run again only where they are.
  const keepsCondition = pairs.some(([from = '']) => !made.has(from));
  const go = (state: readonly GraphValue[]): GraphValue[] => runner.run(condition, state.slice(0, asked), frame);
  const states = handed(call, [...inputs, ...results], names);
  const { states: last } = iterate({
    call,
    states,
    limit: null,
    first: scalarOf(go(states)[0]),
    run: (_, now) => {
      const values = runner.run(body, now.slice(asked, inputs.length), frame);
      const held = keepsCondition ? runner.dryRun(() => go(now))[0] : undefined;
      const passed = inputs.map((input, i): GraphValue => {
        const [from, old] = [sources.get(input), now[i] as GraphValue];
        if (from === undefined) return old;
        return values[made.get(from) ?? -1] ?? held ?? old;
      });
      const outputs = results.map((name, i): GraphValue => {
        const input = own.get(name);
        if (input !== undefined) return passed[asked + input] as GraphValue;
        return values[made.get(sources.get(name) ?? name) ?? -1] ?? (now[inputs.length + i] as GraphValue);
      });
      const after = [...passed, ...outputs];
      return { go: scalarOf(go(after)[0]), states: after, stacked: [] };
    },
  });
  return recordOutputs(call, last.slice(inputs.length));
}

const axisOf = ({ node }: MnnCall): number => node.attrs.main?.i32(4) ?? 0;

/** Along an axis: parts that keep it, or slices that do not. */
const apart = (call: MnnCall, from: number, sizes: GraphValue | null, keepAxis: boolean): GraphValue[] =>
  splitItems({ ...call, inputs: [call.inputs[from] ?? null] }, { axis: axisOf(call), sizes, keepAxis });

const RULES: Readonly<Record<string, ControlRule>> = {
  While: repeat,
  If: either,
  TensorArray: (call) => {
    const list = reserveItems(call, scalarOf(call.inputs[0]));
    return [list, list];
  },
  TensorArraySize: (call) => sequenceLength(call, flowingIn(call, 1)),
  TensorArrayRead: (call) => itemAt(call, flowingIn(call, 2), scalarOf(call.inputs[1])),
  TensorArrayWrite: (call) => [setItem(call, flowingIn(call, 3), inputAt(call, 2))],
  TensorArrayInsert: (call) => [insertItem(call, flowingIn(call, 3), inputAt(call, 2), scalarOf(call.inputs[1]))],
  TensorArrayGather: (call) => joinItems(call, flowingIn(call, 2), axisOf(call), true),
  TensorArrayConcat: (call) =>
    joinItems(call, flowingIn(call, 1), axisOf(call), call.node.attrs.main?.bool(6) ?? false),
  TensorArrayScatter: (call) => apart(call, 2, null, false),
  TensorArraySplit: (call) => apart(call, 1, call.inputs[2] ?? null, call.node.attrs.main?.bool(5, true) ?? true),
};
