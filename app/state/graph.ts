import { INPUT, type NodeSheet, OUTPUT, type PageModel } from '../sheet.js';

/** A part of a module, or the world outside it. */
export interface Part {
  /** Node of the sheet, `INPUT`, `OUTPUT`, or beyond all nodes an operator of the module itself. */
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly node: number | null;
  readonly op: number | null;
}

export interface ModuleGraph {
  readonly parts: readonly Part[];
  readonly edges: readonly (readonly [number, number])[];
}

/** A module of more parts than this is shown without those that compute nothing. */
export const CROWDED = 24;
/** Larger than this takes long to lay out, and nobody can read it. */
export const MOST_PARTS = 260;

/** The parts of a module and what flows between them: its children, or its operators where it has none. */
export function graphOf(sheet: PageModel, focus: number): ModuleGraph {
  const { nodes, ops } = sheet;
  const node = nodes[focus] as NodeSheet;
  const partOf = new Map<number, number>();
  const parts: Part[] = [];
  if (node.children.length === 0) {
    for (const index of node.ops) {
      const op = ops[index];
      partOf.set(index, nodes.length + index);
      parts.push({
        id: nodes.length + index,
        label: op?.name ?? op?.op ?? '',
        type: op?.type ?? '',
        node: focus,
        op: index,
      });
    }
  } else {
    for (const [i, child] of node.children.entries()) {
      const end = node.children[i + 1] ?? endOf(nodes, focus);
      let any = false;
      for (let id = child; id < end; id++)
        for (const index of (nodes[id] as NodeSheet).ops) {
          partOf.set(index, child);
          any = true;
        }
      if (!any) continue; // parameters that nothing uses
      const own = nodes[child] as NodeSheet;
      parts.push({ id: child, label: own.name, type: own.type, node: child, op: null });
    }
  }
  const seen = new Set<string>();
  const edges: (readonly [number, number])[] = [];
  let [enters, leaves] = [false, false];
  for (let i = 0; i < sheet.edges.length; i += 2) {
    const [from, to] = [sheet.edges[i] as number, sheet.edges[i + 1] as number];
    const [a, b] = [partOf.get(from) ?? INPUT, partOf.get(to) ?? OUTPUT];
    if (a === b || (a === INPUT && b === OUTPUT)) continue;
    const key = `${a} ${b}`;
    if (seen.has(key)) continue;
    seen.add(key);
    enters ||= a === INPUT;
    leaves ||= b === OUTPUT;
    edges.push([a, b]);
  }
  const outside = (id: number, label: string): Part => ({ id, label, type: '', node: null, op: null });
  return {
    parts: [...(enters ? [outside(INPUT, 'in')] : []), ...parts, ...(leaves ? [outside(OUTPUT, 'out')] : [])],
    edges,
  };
}

function endOf(nodes: readonly NodeSheet[], id: number): number {
  const level = (nodes[id] as NodeSheet).level;
  let end = id + 1;
  while (end < nodes.length && (nodes[end] as NodeSheet).level > level) end++;
  return end;
}

/** Whether nothing is computed in a part, at any size: shapes, views, copies. */
function movesOnly(sheet: PageModel, { node, op }: Part): boolean {
  const counts = op === null ? sheet.nodes[node ?? -1] : sheet.ops[op];
  if (counts === undefined) return false;
  const gap = 'gap' in counts ? counts.gap !== null : counts.unknown > 0;
  return !gap && sheet.program.formulas[counts.flops] === 0 && sheet.program.formulas[counts.params] === 0;
}

/** The graph without the parts that only move data; what flowed through them flows past them. */
export function computing(sheet: PageModel, graph: ModuleGraph): ModuleGraph {
  const hidden = new Set(
    graph.parts.filter((part) => part.node !== null && movesOnly(sheet, part)).map(({ id }) => id),
  );
  const next = new Map<number, number[]>();
  for (const [from, to] of graph.edges) next.set(from, [...(next.get(from) ?? []), to]);
  const edges: (readonly [number, number])[] = [];
  for (const { id } of graph.parts) {
    if (hidden.has(id)) continue;
    const seen = new Set<number>();
    const stack = [...(next.get(id) ?? [])];
    for (let to = stack.pop(); to !== undefined; to = stack.pop()) {
      if (seen.has(to)) continue;
      seen.add(to);
      if (hidden.has(to)) stack.push(...(next.get(to) ?? []));
      else if (to !== id && !(id === INPUT && to === OUTPUT)) edges.push([id, to]);
    }
  }
  return { parts: graph.parts.filter(({ id }) => !hidden.has(id)), edges };
}
