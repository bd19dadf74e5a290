import type { NodeSheet } from '../../sheet.js';

/** Nodes that are drawn as one, of the same class and cost, and how that is called. */
export interface Members {
  readonly ids: readonly number[];
  readonly name: string;
}

export function totalOf(value: Float64Array, { ids }: Members): number {
  return ids.reduce((sum, id) => sum + (value[id] ?? 0), 0);
}

/** The parts of one module, or of several equal ones taken together, that have any of what is drawn. */
export function partsOf(
  nodes: readonly NodeSheet[],
  value: Float64Array,
  { ids }: Members,
  fold: boolean,
): readonly Members[] {
  const [first] = ids;
  const children = nodes[first ?? -1]?.children ?? [];
  const all: Members[] = [];
  for (const [i, child] of children.entries()) {
    const some = ids.map((id) => nodes[id]?.children[i] ?? child);
    if (some.some((id) => (value[id] ?? 0) > 0)) all.push({ ids: some, name: nodes[child]?.name ?? '' });
  }
  return fold ? folded(nodes, value, all) : all;
}

/** Runs of equal modules as one: `1–5`. */
function folded(nodes: readonly NodeSheet[], value: Float64Array, parts: readonly Members[]): Members[] {
  const runs: Members[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run !== undefined && alike(nodes, value, run[0] as Members, part)) run.push(part);
    else runs.push([part]);
  }
  return runs.map((run) => {
    const [first] = run;
    if (run.length === 1) return first as Members;
    return {
      ids: run.flatMap(({ ids }) => ids),
      name: `${first?.name}–${run.at(-1)?.name}`,
    };
  });
}

function alike(nodes: readonly NodeSheet[], value: Float64Array, a: Members, b: Members): boolean {
  const [x, y] = [nodes[a.ids[0] ?? -1], nodes[b.ids[0] ?? -1]];
  return (
    x !== undefined &&
    y !== undefined &&
    x.kind === 'module' &&
    y.kind === 'module' &&
    x.type === y.type &&
    x.children.length === y.children.length &&
    x.params === y.params &&
    x.flops === y.flops &&
    value[x.id] === value[y.id]
  );
}

/** The one child that has all of its parent's value. */
export function soleChild(nodes: readonly NodeSheet[], value: Float64Array, { ids, name }: Members): Members | null {
  const node = nodes[ids[0] ?? -1];
  if (node === undefined || node.children.length !== 1) return null;
  const child = node.children[0] as number;
  if (!((value[child] ?? 0) > 0)) return null;
  const below = nodes[child]?.name ?? '';
  return {
    ids: ids.map((id) => nodes[id]?.children[0] ?? child),
    name: name === '' ? below : `${name}.${below}`,
  };
}
