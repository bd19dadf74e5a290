import { flexVariable } from './flex.js';
import type { OpenGraph, SubGraph, TfliteNode, TfliteTensor } from './schema.js';

/** Fields of the options that name the graphs that a node runs, and how many of its inputs are not theirs. */
const CALLS: Readonly<Record<string, { readonly graphs: readonly number[]; readonly own: number }>> = {
  IF: { graphs: [0, 1], own: 1 },
  WHILE: { graphs: [0, 1], own: 0 },
  CALL: { graphs: [0], own: 0 },
  CALL_ONCE: { graphs: [0], own: 0 },
  STABLEHLO_COMPOSITE: { graphs: [1], own: 0 },
};

type Role = 'handle' | 'read' | 'assign';
/** Operators on variables; the converter leaves TensorFlow's own ones for types that TensorFlow Lite lacks. */
const ROLES: Readonly<Record<string, Role>> = {
  VAR_HANDLE: 'handle',
  FlexVarHandleOp: 'handle',
  READ_VARIABLE: 'read',
  FlexReadVariableOp: 'read',
  ASSIGN_VARIABLE: 'assign',
  FlexAssignVariableOp: 'assign',
};

function roleOf(opType: string): Role | null {
  return Object.hasOwn(ROLES, opType) ? (ROLES[opType] as Role) : null;
}

/**
 * Weights that a file keeps as variables: a graph that runs once assigns a stored tensor to each, and others read it by its
 * handle. What such a read gives becomes that tensor, and the read is gone; a variable that is assigned elsewhere too is a
 * state, and stays.
 */
export function resolveVariables(graphs: readonly OpenGraph[]): void {
  const handles = handlesOf(graphs);
  if (handles.size === 0) return;
  const assigned = new Map<string, TfliteTensor | null>();
  for (const graph of graphs) {
    const assigns = graph.nodes.filter(({ opType }) => roleOf(opType) === 'assign');
    const made = new Set(assigns.length === 0 ? [] : graph.nodes.flatMap(({ output }) => output));
    for (const { input } of assigns) {
      const name = handles.get(graph)?.get(input[0] ?? '');
      if (name === undefined || name === null) continue;
      const value = graph.byName.get(input[1] ?? '');
      const stored = value !== undefined && value.buffer > 0 && !made.has(input[1] ?? '');
      assigned.set(name, stored && !assigned.has(name) ? value : null);
    }
  }
  for (const graph of graphs) {
    const kept = graph.nodes.filter(({ opType, input, output }) => {
      if (roleOf(opType) !== 'read') return true;
      const name = handles.get(graph)?.get(input[0] ?? '');
      const value = name == null ? null : (assigned.get(name) ?? null);
      const stated = graph.byName.get(output[0] ?? '');
      if (value === null || stated === undefined) return true;
      graph.byName.set(output[0] as string, {
        ...stated,
        dtype: value.dtype,
        shape: value.shape,
        buffer: value.buffer,
      });
      return false;
    });
    for (const [i, node] of kept.entries()) graph.nodes[i] = node;
    graph.nodes.length = kept.length;
  }
}

/** A tensor by its name in a graph. */
type Place = readonly [graph: SubGraph, name: string];

/** The name of the variable that an operator makes the handle of. */
function variableOf(node: TfliteNode): string {
  return node.custom ? flexVariable(node) : `${node.options?.text(0) ?? ''}/${node.options?.text(1) ?? ''}`;
}

/** In each graph the variable that a name is the handle of, also where it comes in as an argument; null: more than one. */
function handlesOf(graphs: readonly OpenGraph[]): Map<SubGraph, Map<string, string | null>> {
  const found = new Map<SubGraph, Map<string, string | null>>();
  const open: Place[] = [];
  const tell = ([graph, name]: Place, variable: string | null): void => {
    const names = found.get(graph) ?? new Map<string, string | null>();
    const known = names.get(name);
    if (known === variable || known === null) return;
    found.set(graph, names.set(name, known === undefined ? variable : null));
    open.push([graph, name]);
  };
  for (const graph of graphs)
    for (const node of graph.nodes)
      if (roleOf(node.opType) === 'handle') tell([graph, node.output[0] ?? ''], variableOf(node));
  if (open.length === 0) return found;
  const passed = passedOn(graphs);
  // A place is told at most twice: its variable, then that it is more than one.
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const [graph, name] = place;
    const variable = found.get(graph)?.get(name) as string | null;
    for (const inner of passed.get(graph)?.get(name) ?? []) tell(inner, variable);
  }
  return found;
}

/** In each graph the inputs of other graphs that a name is handed to. */
function passedOn(graphs: readonly OpenGraph[]): Map<SubGraph, Map<string, Place[]>> {
  const found = new Map<SubGraph, Map<string, Place[]>>();
  for (const graph of graphs) {
    const places = new Map<string, Place[]>();
    for (const node of graph.nodes)
      for (const [name, place] of argumentsOf(node, graphs)) {
        const known = places.get(name);
        if (known === undefined) places.set(name, [place]);
        else known.push(place);
      }
    found.set(graph, places);
  }
  return found;
}

/** The inputs of a node by the places that they have in the graphs which it runs. */
function* argumentsOf(
  { opType, input, options }: TfliteNode,
  graphs: readonly OpenGraph[],
): Generator<[string, Place]> {
  const call = Object.hasOwn(CALLS, opType) ? CALLS[opType] : undefined;
  if (call === undefined) return;
  for (const field of call.graphs) {
    const target = graphs[options?.i32(field) ?? 0];
    for (const [i, name] of input.slice(call.own).entries()) {
      const at = target?.inputs[i];
      if (target !== undefined && at !== undefined) yield [name, [target, target.names[at] ?? '']];
    }
  }
}
