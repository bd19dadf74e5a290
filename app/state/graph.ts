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
 * flows never goes back; operators that stand in the module itself are parts of their own.
 */
export function graphOf(sheet: PageModel, focus: number): ModuleGraph {
  const { drafts, partOf } = draftsOf(sheet, focus);
  const edges = edgesBetween(sheet.edges, partOf);
  const atTop = (sheet.nodes[focus] as NodeSheet).parent < 0;
  const port = (id: number, label: string): Part[] =>
    edges.some((edge) => edge.includes(id)) ? [{ id, label, type: '', node: null, op: null, call: 0, calls: 1 }] : [];
  return {
    parts: [
      ...port(INPUT, atTop ? 'input' : 'in'),
      ...partsOf(sheet, focus, drafts),
      ...port(OUTPUT, atTop ? 'output' : 'out'),
    ],
    edges,
  };
}

/** A part before its calls are counted: a child at one of its calls, or one operator. */
interface Draft {
  readonly node: number;
  readonly op: number | null;
}

/** The parts in the order in which they run, and which of them each operator belongs to. */
function draftsOf({ nodes, ops, calls }: PageModel, focus: number) {
  const end = endOf(nodes, focus);
  const childOf = childLookup(nodes, focus, end);
  const drafts: Draft[] = [];
  const partOf = new Map<number, number>();
  const known = new Map<string, number>();
  for (const index of operatorsWithin(nodes, focus, end)) {
    const op = ops[index];
    if (op === undefined) continue;
    const child = childOf(op.node);
    const own = child === null || nodes[child]?.kind !== 'module';
    const key = own ? `op ${index}` : `${child} ${outermost(calls, op.call, nodes[child] as NodeSheet)}`;
    let part = known.get(key);
    if (part === undefined) {
      part = drafts.length;
      known.set(key, part);
      drafts.push({ node: child ?? focus, op: own ? index : null });
    }
    partOf.set(index, part);
  }
  return { drafts, partOf };
}

function operatorsWithin(nodes: readonly NodeSheet[], focus: number, end: number): readonly number[] {
  return nodes
    .slice(focus, end)
    .flatMap(({ ops }) => ops)
    .sort((a, b) => a - b);
}

function partsOf({ nodes, ops }: PageModel, focus: number, drafts: readonly Draft[]): Part[] {
  const calls = new Map<number, number>();
  for (const { node, op } of drafts) if (op === null) calls.set(node, (calls.get(node) ?? 0) + 1);
  const called = new Map<number, number>();
  return drafts.map(({ node, op: index }, id): Part => {
    if (index !== null) {
      const op = ops[index];
      const named = node !== focus && nodes[node]?.kind === 'op' ? nodes[node]?.name : null;
      const label = op?.name ?? named ?? op?.op ?? '';
      return { id, label, type: op?.type ?? '', node, op: index, call: 0, calls: 1 };
    }
    const { name, type } = nodes[node] as NodeSheet;
    const call = called.get(node) ?? 0;
    called.set(node, call + 1);
    return { id, label: name, type, node, op: null, call, calls: calls.get(node) ?? 1 };
  });
}

/** Flows between parts, each pair once; flows from or to the outside start or end at the ports. */
function edgesBetween(flows: PageModel['edges'], partOf: ReadonlyMap<number, number>): ModuleGraph['edges'] {
  const edges = new Map<string, readonly [number, number]>();
  for (let i = 0; i < flows.length; i += 2) {
    const from = partOf.get(flows[i] as number) ?? INPUT;
    const to = partOf.get(flows[i + 1] as number) ?? OUTPUT;
    if (from !== to && !(from === INPUT && to === OUTPUT)) edges.set(`${from} ${to}`, [from, to]);
  }
  return [...edges.values()];
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
  const isHidden = (part: Part): boolean => part.node !== null && movesOnly(sheet, part);
  const hidden = new Set(graph.parts.filter(isHidden).map(({ id }) => id));
  const next = new Map<number, number[]>();
  for (const [from, to] of graph.edges) {
    const some = next.get(from);
    if (some === undefined) next.set(from, [to]);
    else some.push(to);
  }
  const parts = graph.parts.filter(({ id }) => !hidden.has(id));
  return { parts, edges: parts.flatMap(({ id }) => edgesPast(id, next, hidden)) };
}

/** The edges from a part to those that are reached from it by way of hidden parts alone. */
function edgesPast(id: number, next: ReadonlyMap<number, readonly number[]>, hidden: ReadonlySet<number>) {
  const edges: (readonly [number, number])[] = [];
  const seen = new Set<number>();
  const stack = [...(next.get(id) ?? [])];
  for (let to = stack.pop(); to !== undefined; to = stack.pop()) {
    if (seen.has(to)) continue;
    seen.add(to);
    if (hidden.has(to)) stack.push(...(next.get(to) ?? []));
    else if (to !== id && !(id === INPUT && to === OUTPUT)) edges.push([id, to]);
  }
  return edges;
}
