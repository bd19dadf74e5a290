import { type Dim, sub } from '../../dim/index.js';
import { branch, type Graph, type GraphValue, iterate, recordOutputs, scalarOf } from '../../graph/index.js';
import { argOf, graphValueOf, type PteCall } from './arguments.js';
import { nameOf, type PteLoop, type PteNode } from './node.js';
import type { PteMethod } from './schema.js';

/** Two stretches of instructions, of which one runs. */
export function either(node: PteNode, call: PteCall, method: PteMethod): readonly GraphValue[] {
  const { runner, frame } = call;
  const take = (first: boolean): GraphValue[] =>
    runner.run({ nodes: node.arms?.[first ? 0 : 1] ?? [], inputs: [], outputs: node.output, info: method }, [], frame);
  const condition = graphValueOf(node.args[0] as number, call, method);
  return recordOutputs(call, branch(call, condition, take));
}

/**
 * Instructions that are repeated. What they write that had a value before is the state; the file has one of every integer.
 * Of the rest what the last round made is what comes out.
 */
export function repeat(loop: PteLoop, node: PteNode, call: PteCall, method: PteMethod): readonly GraphValue[] {
  const { runner, frame } = call;
  const carried = node.outs.filter((out) => argOf(out, call, method) !== null);
  const names = carried.map((out) => nameOf(method, out));
  const kept = new Set(names);
  const made = node.output.filter((name) => !kept.has(name));
  const asked = nameOf(method, loop.condition);
  const graph = (nodes: readonly PteNode[], outputs: readonly string[]): Graph<PteNode, PteMethod> => ({
    nodes,
    inputs: names,
    outputs: [asked, ...outputs],
    info: method,
  });
  const goes = (condition: GraphValue | undefined): Dim | undefined => {
    const known = scalarOf(condition);
    return known === undefined || loop.goesWhere ? known : sub(1, known);
  };
  const start = carried.map((out) => graphValueOf(out, call, method));
  // Where nothing is asked before, a first round is run.
  const [first, ...checked] =
    loop.check.length === 0 ? [loop.goesWhere ? 1 : 0, ...start] : runner.run(graph(loop.check, names), start, frame);
  const round = graph([...loop.body, ...loop.check], [...names, ...made]);
  const { states, stacked } = iterate({
    call,
    states: checked,
    limit: null,
    first: goes(first),
    run: (_, now) => {
      const [go, ...results] = runner.run(round, now, frame);
      return { go: goes(go), states: results.slice(0, names.length), stacked: results.slice(names.length) };
    },
  });
  const last = new Map<string, GraphValue>(names.map((name, i) => [name, states[i] as GraphValue]));
  for (const [i, name] of made.entries()) last.set(name, stacked[i]?.element ?? runner.trace.opaque(name));
  return recordOutputs(
    call,
    node.output.map((name) => last.get(name) as GraphValue),
  );
}
