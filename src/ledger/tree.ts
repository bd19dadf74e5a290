import { add, type Dim, sum } from '../dim/index.js';
import { NOTHING, TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { copiesIn, foldOf, moved, times, unfolded } from './folds.js';
import { isGraphless, type TreeNode } from './node.js';
import { isLeaf, nodePath } from './rows.js';
import type { AnyLedger, Fold, ModuleCall, OpEntry } from './types.js';
import { weightTree } from './weights.js';

interface Draft {
  kind: 'module' | 'op';
  name: string;
  path: string;
  type: string;
  calls: number;
  facts: OpCost[];
  output: Shape | null;
  children: Map<string, Draft>; // an operator has none: one map for all of them
}

/** The module tree with inclusive costs. Children add up to their parent; the root is the model. */
export function treeOf(ledger: AnyLedger): TreeNode {
  if (isGraphless(ledger)) return weightTree(ledger);
  const { facts, unused } = factsOf(ledger);
  const root = draftOf(ledger.root);
  fill(ledger, root, [ledger.root], facts);
  const node = finish(root, ledger.folds ?? []);
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
    facts: [],
    output: call.outputs[0]?.shape ?? null,
    children: new Map(),
  };
}

/** Several calls of one path are one node. */
function fill(ledger: AnyLedger, draft: Draft, calls: readonly ModuleCall[], facts: readonly OpCost[]): void {
  draft.calls += calls.length;
  const below = new Map<string, ModuleCall[]>();
  for (const call of calls) {
    const plain = isLeaf(call) && (call.parent !== null || ledger.modules === 'exact');
    for (const step of call.steps) {
      if (step.kind === 'call') {
        const list = below.get(step.call.path);
        if (list === undefined) {
          below.set(step.call.path, [step.call]);
          // Reserves the place in the order of first calls.
          if (!draft.children.has(step.call.path)) draft.children.set(step.call.path, draftOf(step.call));
        } else list.push(step.call);
        continue;
      }
      const fact = facts[step.entry.index] as OpCost;
      if (plain) draft.facts.push(fact);
      else opDraft(ledger, draft, step.entry).facts.push(fact);
    }
  }
  for (const [path, list] of below) fill(ledger, draft.children.get(path) as Draft, list, facts);
}

const NO_DRAFTS = new Map<string, Draft>();
const NO_NODES: readonly TreeNode[] = [];

function opDraft(ledger: AnyLedger, draft: Draft, entry: OpEntry): Draft {
  const single = ledger.modules !== 'exact' && entry.call.parent === null;
  const name = single ? nodePath(ledger, entry) : entry.op;
  const key = `op ${single ? entry.index : name}`;
  let child = draft.children.get(key);
  if (child === undefined) {
    child = {
      kind: 'op',
      name,
      path: draft.path,
      type: entry.type,
      calls: 0,
      facts: [],
      output: entry.outputs[0]?.type?.shape ?? null,
      children: NO_DRAFTS,
    };
    draft.children.set(key, child);
  }
  child.calls++;
  return child;
}

function finish(draft: Draft, folds: readonly Fold[]): TreeNode {
  const recorded =
    draft.children.size === 0 ? NO_NODES : [...draft.children.values()].map((child) => finish(child, folds));
  const sum = new TallySum();
  let readBytes: Dim = 0;
  let writeBytes: Dim = 0;
  let params: Dim = 0;
  let unknown = 0;
  for (const { entry, tally: own, params: weights, kind } of draft.facts) {
    sum.add(own);
    readBytes = add(readBytes, entry.readBytes);
    writeBytes = add(writeBytes, entry.writeBytes);
    for (const weight of weights) params = add(params, numel(weight.shape));
    if (kind === 'unknown') unknown++;
  }
  let folded = false;
  for (const child of recorded) {
    const fold = child.kind === 'module' ? foldOf(folds, child.path) : null;
    const copies = fold?.path === child.path ? fold.copies.length : 1;
    folded ||= copies > 1;
    sum.add(child.tally, copies);
    readBytes = add(readBytes, times(copies, child.readBytes));
    writeBytes = add(writeBytes, times(copies, child.writeBytes));
    params = add(params, times(copies, child.params));
    unknown += copies * child.unknown;
  }
  const children = folded ? unfolded(folds, recorded, (child) => child.path, copied) : recorded;
  const { kind, name, path, type, calls, output } = draft;
  const entries = draft.facts.map((fact) => fact.entry);
  const single = draft.facts.length === 1 && children.length === 0;
  const tally = single ? (draft.facts[0] as OpCost).tally : sum.total();
  return { kind, name, path, type, calls, params, tally, readBytes, writeBytes, unknown, output, children, entries };
}

/** The same node in another copy of its layer. */
function copied(node: TreeNode, from: string, to: string): TreeNode {
  if (from === to) return node;
  const path = moved(node.path, from, to);
  return {
    ...node,
    name: node.kind === 'module' && node.path === from ? to.slice(to.lastIndexOf('.') + 1) : node.name,
    path,
    children: node.children.length === 0 ? NO_NODES : node.children.map((child) => copied(child, from, to)),
  };
}
