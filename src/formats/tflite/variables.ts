import type { OpenGraph, SubGraph, TfliteTensor } from './schema.js';

/** Fields of the options that name the graphs that a node runs, and how many of its inputs are not theirs. */
const CALLS: Readonly<Record<string, { readonly graphs: readonly number[]; readonly own: number }>> = {
  IF: { graphs: [0, 1], own: 1 },
  WHILE: { graphs: [0, 1], own: 0 },
  CALL: { graphs: [0], own: 0 },
  CALL_ONCE: { graphs: [0], own: 0 },
  STABLEHLO_COMPOSITE: { graphs: [1], own: 0 },
};

/**
 * Weights that a file keeps as variables: a graph that runs once assigns a stored tensor to each, and others read it by its
 * handle. What such a read gives becomes that tensor, and the read is gone; a variable that is assigned elsewhere too is a
 * state, and stays.
 */
export function resolveVariables(graphs: readonly OpenGraph[]): void {
  const handles = handlesOf(graphs);
  const assigned = new Map<string, TfliteTensor | null>();
  for (const graph of graphs)
    for (const { opType, input } of graph.nodes) {
      if (opType !== 'ASSIGN_VARIABLE') continue;
      const name = handles.get(graph)?.get(input[0] ?? '');
      if (name === undefined || name === null) continue;
      const value = graph.byName.get(input[1] ?? '');
      const stored = value !== undefined && value.buffer > 0 && !makes(graph, input[1] ?? '');
      assigned.set(name, stored && !assigned.has(name) ? value : null);
    }
  for (const graph of graphs) {
    const kept = graph.nodes.filter(({ opType, input, output }) => {
      if (opType !== 'READ_VARIABLE') return true;
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
    graph.nodes.splice(0, graph.nodes.length, ...kept);
  }
}

function makes(graph: SubGraph, name: string): boolean {
  return graph.nodes.some(({ output }) => output.includes(name));
}

/** In each graph the variable that a name is the handle of, also where it comes in as an argument; null: more than one. */
function handlesOf(graphs: readonly OpenGraph[]): Map<SubGraph, Map<string, string | null>> {
  const found = new Map<SubGraph, Map<string, string | null>>(graphs.map((graph) => [graph, new Map()]));
  const open: OpenGraph[] = [...graphs];
  const tell = (graph: OpenGraph, name: string, variable: string | null): void => {
    const names = found.get(graph) as Map<string, string | null>;
    const known = names.get(name);
    if (known === variable || known === null) return;
    names.set(name, known === undefined ? variable : null);
    open.push(graph);
  };
  for (const graph of graphs)
    for (const { opType, output, options } of graph.nodes)
      if (opType === 'VAR_HANDLE') tell(graph, output[0] ?? '', `${options?.text(0) ?? ''}/${options?.text(1) ?? ''}`);
  // A handle is told at most twice: its variable, then that it is more than one.
  for (let graph = open.pop(); graph !== undefined; graph = open.pop()) {
    const names = found.get(graph) as Map<string, string | null>;
    for (const { opType, input, options } of graph.nodes) {
      const call = Object.hasOwn(CALLS, opType) ? CALLS[opType] : undefined;
      if (call === undefined) continue;
      for (const field of call.graphs) {
        const target = graphs[options?.i32(field) ?? 0];
        if (target === undefined) continue;
        for (const [i, at] of target.inputs.entries()) {
          const variable = names.get(input[i + call.own] ?? '');
          if (variable !== undefined) tell(target, target.names[at] ?? '', variable);
        }
      }
    }
  }
  return found;
}
