import type { OnnxNode } from '../node.js';

/** An ensemble of decision trees: how many, and their depths added up. */
export interface Forest {
  readonly trees: number;
  readonly levels: number;
}

/** A tree node by its number within its tree, as both versions of the operator spell it. */
type Children = (node: number) => readonly number[];

/**
 * The depth of each tree is the longest way from its root to a leaf: what a row takes at most, and in a full tree always.
 * Versions 1 and 3 list nodes by tree and number with a branch each way; version 5 has the roots and points to nodes or leaves.
 */
export function forestOf(n: OnnxNode): Forest {
  const roots = n.ints('tree_roots');
  return roots === null ? listed(n) : pointed(n, roots);
}

function listed(n: OnnxNode): Forest {
  const trees = n.ints('nodes_treeids') ?? [];
  const ids = n.ints('nodes_nodeids') ?? [];
  const modes = n.attribute('nodes_modes')?.strings ?? [];
  const [yes, no] = [n.ints('nodes_truenodeids') ?? [], n.ints('nodes_falsenodeids') ?? []];
  const at = new Map<string, number>();
  const first = new Map<number, number>();
  for (const [i, tree] of trees.entries()) {
    at.set(`${tree}/${ids[i]}`, i);
    if (!first.has(tree)) first.set(tree, i);
  }
  const children: Children = (i) =>
    modes[i] === 'LEAF'
      ? []
      : [yes[i], no[i]].flatMap((id) => {
          const child = at.get(`${trees[i]}/${id}`);
          return child === undefined ? [] : [child];
        });
  return { trees: first.size, levels: depths([...first.values()], children, trees.length) };
}

function pointed(n: OnnxNode, roots: readonly number[]): Forest {
  const [yes, no] = [n.ints('nodes_truenodeids') ?? [], n.ints('nodes_falsenodeids') ?? []];
  const [yesLeaf, noLeaf] = [n.ints('nodes_trueleafs') ?? [], n.ints('nodes_falseleafs') ?? []];
  const leaf = -1;
  const children: Children = (i) =>
    i === leaf ? [] : [yesLeaf[i] === 1 ? leaf : (yes[i] ?? leaf), noLeaf[i] === 1 ? leaf : (no[i] ?? leaf)];
  // A root that is both of its own children is a single leaf.
  const bare = (i: number): boolean => yesLeaf[i] === 1 && noLeaf[i] === 1 && yes[i] === no[i];
  return {
    trees: roots.length,
    levels: depths(
      roots.filter((i) => !bare(i)),
      children,
      yes.length,
    ),
  };
}

/** The longest ways down from each root, added up; each node is looked at once a level, and no deeper than there are nodes. */
function depths(roots: readonly number[], children: Children, nodes: number): number {
  let total = 0;
  for (const root of roots) {
    const seen = new Set<number>([root]);
    let level = [root];
    for (let depth = 0; level.length > 0 && depth <= nodes; depth++) {
      const below = level.flatMap((i) => children(i)).filter((i) => i < 0 || !seen.has(i));
      if (below.length > 0) total++;
      level = [...new Set(below)];
      for (const i of level) if (i >= 0) seen.add(i);
    }
  }
  return total;
}
