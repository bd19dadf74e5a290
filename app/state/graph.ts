import { INPUT, type NodeSheet, OUTPUT, type PageModel } from '../sheet.js';

/** A part of a module at one of its calls, an operator of the module itself, or the world outside. */
export interface Part {
  /** Its place in the graph; `INPUT` and `OUTPUT` for the world outside. */
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly node: number | null;
  readonly op: number | null;
  /** Which call of its module this is, and of how many. */
  readonly call: number;
  readonly calls: number;
}

export interface ModuleGraph {
  readonly parts: readonly Part[];
  readonly edges: readonly (readonly [number, number])[];
}

/** A module of more parts than this is shown without those that compute nothing. */
export const CROWDED = 24;

/**
 * The parts of a module and what flows between them. A part that is called three times is there three times, so that what
 * flows never goes back: operators that stand in the module itself are parts of their own.
 */
export function graphOf(sheet: PageModel, focus: number): ModuleGraph {
  const { nodes, ops, calls } = sheet;
  const node = nodes[focus] as NodeSheet;
  const end = endOf(nodes, focus);
  const partOf = new Map<number, number>();
  const drafts: { node: number; op: number | null; key: string }[] = [];
  const known = new Map<string, number>();
  const inside: number[] = [];
  for (let id = focus; id < end; id++) inside.push(...(nodes[id] as NodeSheet).ops);
  inside.sort((a, b) => a - b);
  const childOf = childLookup(nodes, focus, end);
  for (const index of inside) {
    const op = ops[index];
    if (op === undefined) continue;
    const child = childOf(op.node);
    const own = child === null || nodes[child]?.kind !== 'module';
    const key = own ? `op ${index}` : `${child} ${outermost(calls, op.call, nodes[child] as NodeSheet)}`;
    let part = known.get(key);
    if (part === undefined) {
      part = drafts.length;
      known.set(key, part);
      drafts.push({ node: child ?? focus, op: own ? index : null, key });
    }
    partOf.set(index, part);
  }
  const times = new Map<number, number>();
  for (const draft of drafts) if (draft.op === null) times.set(draft.node, (times.get(draft.node) ?? 0) + 1);
  const seenCalls = new Map<number, number>();
  const parts = drafts.map(({ node: at, op: index }, id): Part => {
    if (index !== null) {
      const op = ops[index];
      const named = at !== focus && nodes[at]?.kind === 'op' ? nodes[at]?.name : null;
      return {
        id,
        label: op?.name ?? named ?? op?.op ?? '',
        type: op?.type ?? '',
        node: at,
        op: index,
        call: 0,
        calls: 1,
      };
    }
    const own = nodes[at] as NodeSheet;
    const call = seenCalls.get(at) ?? 0;
    seenCalls.set(at, call + 1);
    return { id, label: own.name, type: own.type, node: at, op: null, call, calls: times.get(at) ?? 1 };
  });
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
  const outside = (id: number, label: string): Part => ({
    id,
    label,
    type: '',
    node: null,
    op: null,
    call: 0,
    calls: 1,
  });
  const name = node.parent < 0 ? ['input', 'output'] : ['in', 'out'];
  return {
    parts: [
      ...(enters ? [outside(INPUT, name[0] as string)] : []),
      ...parts,
      ...(leaves ? [outside(OUTPUT, name[1] as string)] : []),
    ],
    edges,
  };
}

/** Which child of a module a node below it is in; null for the module itself. */
function childLookup(nodes: readonly NodeSheet[], focus: number, end: number): (id: number) => number | null {
  const level = (nodes[focus] as NodeSheet).level + 1;
  const of = new Map<number, number>();
  let now = focus;
  for (let id = focus + 1; id < end; id++) {
    if ((nodes[id] as NodeSheet).level === level) now = id;
    of.set(id, now);
  }
  return (id) => of.get(id) ?? null;
}

/** The call of a module in which another call happened. */
function outermost(calls: PageModel['calls'], call: number, { path }: NodeSheet): number {
  for (let at = call; at >= 0; at = calls[at]?.parent ?? -1) if (calls[at]?.path === path) return at;
  return -1;
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
  for (const [from, to] of graph.edges) {
    const some = next.get(from);
    if (some === undefined) next.set(from, [to]);
    else some.push(to);
  }
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
