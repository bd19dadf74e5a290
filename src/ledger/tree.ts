import { add, type Dim, sum } from '../dim/index.js';
import { NOTHING, type Tally, TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { copiesIn, foldOf, moved, times, unfolded } from './folds.js';
import { appended, NONE } from './lists.js';
import { isGraphless, type TreeNode } from './node.js';
import { isLeaf, nodePath } from './rows.js';
import type { AnyLedger, Fold, ModuleCall, OpEntry } from './types.js';
import { weightTree } from './weights.js';

interface Draft {
  readonly kind: 'module' | 'op';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  calls: number;
  facts: readonly OpCost[];
  readonly output: Shape | null;
  /** By path, and operators by `op` and what tells them apart; null where there are none. */
  children: Map<string, Draft> | null;
}

/** The module tree with inclusive costs. Children add up to their parent; the root is the model. */
export function treeOf(ledger: AnyLedger): TreeNode {
  if (isGraphless(ledger)) return weightTree(ledger);
  const { facts, unused } = factsOf(ledger);
  const root = draftOf(ledger.root);
  fill(ledger, root, [ledger.root], facts);
  const node = finish(root, ledger.folds ?? NONE);
  if (unused.length === 0) return node;
  const copies = copiesIn(ledger);
  const idle = idleNode(sum(unused.map((w) => times(copies(w.name), numel(w.shape)))));
  return { ...node, params: add(node.params, idle.params), children: [...node.children, idle] };
}

function idleNode(params: Dim): TreeNode {
  return {
    kind: 'op',
    name: 'unused parameters',
    path: '',
    type: '',
    calls: 0,
    params,
    tally: NOTHING,
    readBytes: 0,
    writeBytes: 0,
    unknown: 0,
    output: null,
    children: [],
    entries: [],
  };
}

function draftOf(call: ModuleCall): Draft {
  return {
    kind: 'module',
    name: call.path.slice(call.path.lastIndexOf('.') + 1),
    path: call.path,
    type: call.module.type,
    calls: 0,
    facts: NONE,
    output: call.outputs[0]?.shape ?? null,
    children: null,
  };
}

/** Several calls of one path are one node. */
function fill(ledger: AnyLedger, draft: Draft, calls: readonly ModuleCall[], facts: readonly OpCost[]): void {
  draft.calls += calls.length;
  let below: Map<string, readonly ModuleCall[]> | null = null;
  for (const call of calls) {
    const plain = isLeaf(call) && (call.parent !== null || ledger.modules === 'exact');
    for (const step of call.steps) {
      if (step.kind === 'call') {
        below ??= new Map();
        draft.children ??= new Map();
        const { path } = step.call;
        // Reserves the place in the order of first calls.
        if (!draft.children.has(path)) draft.children.set(path, draftOf(step.call));
        below.set(path, appended(below.get(path) ?? NONE, step.call));
        continue;
      }
      const fact = facts[step.entry.index] as OpCost;
      const own = plain ? draft : opDraft(ledger, draft, step.entry);
      own.facts = appended(own.facts, fact);
    }
  }
  if (below !== null) for (const [path, list] of below) fill(ledger, draft.children?.get(path) as Draft, list, facts);
}

function opDraft(ledger: AnyLedger, draft: Draft, entry: OpEntry): Draft {
  const single = ledger.modules !== 'exact' && entry.call.parent === null;
  const name = single ? nodePath(ledger, entry) : entry.op;
  const key = `op ${single ? entry.index : name}`;
  draft.children ??= new Map();
  let child = draft.children.get(key);
  if (child === undefined) {
    child = {
      kind: 'op',
      name,
      path: draft.path,
      type: entry.type,
      calls: 0,
      facts: NONE,
      output: entry.outputs[0]?.type?.shape ?? null,
      children: null,
    };
    draft.children.set(key, child);
  }
  child.calls++;
  return child;
}

function finish(draft: Draft, folds: readonly Fold[]): TreeNode {
  const { kind, name, path, type, calls, output, facts } = draft;
  const recorded =
    draft.children === null ? NONE : Array.from(draft.children.values(), (child) => finish(child, folds));
  const entries = facts.map((fact) => fact.entry);
  let [readBytes, writeBytes, params]: [Dim, Dim, Dim] = [0, 0, 0];
  let unknown = 0;
  for (const { entry, params: weights, kind: own } of facts) {
    readBytes = add(readBytes, entry.readBytes);
    writeBytes = add(writeBytes, entry.writeBytes);
    for (const weight of weights) params = add(params, numel(weight.shape));
    if (own === 'unknown') unknown++;
  }
  let folded = false;
  for (const child of recorded) {
    const copies = copiesOf(child, folds);
    folded ||= copies > 1;
    readBytes = add(readBytes, times(copies, child.readBytes));
    writeBytes = add(writeBytes, times(copies, child.writeBytes));
    params = add(params, times(copies, child.params));
    unknown += copies * child.unknown;
  }
  const children = folded ? unfolded(folds, recorded, (child) => child.path, copied) : recorded;
  const tally = tallyOf(facts, recorded, folds);
  return { kind, name, path, type, calls, params, tally, readBytes, writeBytes, unknown, output, children, entries };
}

/** How many equal layers a node stands for. */
function copiesOf({ kind, path }: TreeNode, folds: readonly Fold[]): number {
  const fold = kind === 'module' && folds.length > 0 ? foldOf(folds, path) : null;
  return fold?.path === path ? fold.copies.length : 1;
}

/** Of a node that is one operator the operator's own. */
function tallyOf(facts: readonly OpCost[], children: readonly TreeNode[], folds: readonly Fold[]): Tally {
  if (facts.length === 1 && children.length === 0) return (facts[0] as OpCost).tally;
  const sum = new TallySum();
  for (const fact of facts) sum.add(fact.tally);
  for (const child of children) sum.add(child.tally, copiesOf(child, folds));
  return sum.total();
}

/** The same node in another copy of its layer. */
function copied(node: TreeNode, from: string, to: string): TreeNode {
  if (from === to) return node;
  const path = moved(node.path, from, to);
  return {
    ...node,
    name: node.kind === 'module' && node.path === from ? to.slice(to.lastIndexOf('.') + 1) : node.name,
    path,
    children: node.children.length === 0 ? NONE : node.children.map((child) => copied(child, from, to)),
  };
}
