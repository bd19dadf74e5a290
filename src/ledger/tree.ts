import { type Dim, add as plus, sum } from '../dim/index.js';
import { NOTHING, type Tally, TallySum } from '../ops/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { copiesIn, foldOf, moved, times, unfolded } from './folds.js';
import { appended, NONE } from './lists.js';
import { isGraphless, type TreeNode } from './node.js';
import { isLeaf, nodePath } from './rows.js';
import type { AnyLedger, Fold, ModuleCall, OpEntry, Step, Weight } from './types.js';
import { weightTree } from './weights.js';

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** A node under construction: the same object as the finished one, which a large model has a hundred thousand of. */
type Draft = Omit<Open<TreeNode>, 'children'> & { children: readonly Draft[] };

/** The module tree with inclusive costs. Children add up to their parent; the root is the model. */
export function treeOf(ledger: AnyLedger): TreeNode {
  if (isGraphless(ledger)) return weightTree(ledger);
  const { facts, unused } = factsOf(ledger);
  const node = draftOf('module', ledger.root.path, ledger.root.module.type, ledger.root.outputs[0]);
  fill({ ledger, among: new Map() }, node, ledger.root);
  finish(node, facts, ledger.folds ?? NONE);
  if (unused.length === 0) return node;
  const copies = copiesIn(ledger);
  const idle = idleNode(sum(unused.map((w) => times(copies(w.name), numel(w.shape)))));
  return { ...node, params: plus(node.params, idle.params), children: [...node.children, idle] };
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

/** A module by its path, or an operator in it by its name. */
function draftOf(
  kind: 'module' | 'op',
  path: string,
  type: string,
  output: TensorType | null | undefined,
  name: string = path.slice(path.lastIndexOf('.') + 1),
): Draft {
  return {
    kind,
    name,
    path,
    type,
    calls: 0,
    params: 0,
    tally: NOTHING,
    readBytes: 0,
    writeBytes: 0,
    unknown: 0,
    output: output?.shape ?? null,
    children: NONE,
    entries: NONE,
  };
}

interface Filling {
  readonly ledger: AnyLedger;
  /** Children of nodes that have many: modules by path, operators by name. */
  readonly among: Map<Draft, Map<string, Draft>>;
}

/** Several calls of one path are one node. */
function fill(filling: Filling, draft: Draft, call: ModuleCall): void {
  const { ledger } = filling;
  draft.calls++;
  const plain = isLeaf(call) && (call.parent !== null || ledger.modules === 'exact');
  const { steps } = call;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    if (step.kind === 'call') {
      const { path } = step.call;
      let child = childOf(filling, draft, 'module', path);
      if (child === undefined) {
        child = draftOf('module', path, step.call.module.type, step.call.outputs[0]);
        add(filling, draft, child);
      }
      fill(filling, child, step.call);
      continue;
    }
    const { entry } = step;
    const own = plain ? draft : opDraft(filling, draft, entry);
    own.entries = appended(own.entries, entry);
  }
}

function opDraft(filling: Filling, draft: Draft, entry: OpEntry): Draft {
  const { ledger } = filling;
  const single = ledger.modules !== 'exact' && entry.call.parent === null;
  const name = single ? nodePath(ledger, entry) : entry.op;
  let child = single ? undefined : childOf(filling, draft, 'op', name);
  if (child === undefined) {
    child = draftOf('op', draft.path, entry.type, entry.outputs[0]?.type, name);
    if (single) draft.children = appended(draft.children, child);
    else add(filling, draft, child);
  }
  child.calls++;
  return child;
}

/** From so many children on they are found by their keys. */
const MANY = 8;

function keyOf({ kind, name, path }: Draft): string {
  return kind === 'module' ? `module ${path}` : `op ${name}`;
}

function childOf(filling: Filling, draft: Draft, kind: Draft['kind'], key: string): Draft | undefined {
  const { children } = draft;
  if (children.length > MANY) return indexOf(filling, draft).get(`${kind} ${key}`);
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as Draft;
    if (child.kind === kind && (kind === 'module' ? child.path : child.name) === key) return child;
  }
  return undefined;
}

function indexOf({ among }: Filling, draft: Draft): Map<string, Draft> {
  let index = among.get(draft);
  if (index === undefined) {
    index = new Map(draft.children.map((child) => [keyOf(child), child]));
    among.set(draft, index);
  }
  return index;
}

function add({ among }: Filling, draft: Draft, child: Draft): void {
  draft.children = appended(draft.children, child);
  among.get(draft)?.set(keyOf(child), child);
}

/** Adds up a node and all below it. */
function finish(draft: Draft, facts: readonly OpCost[], folds: readonly Fold[]): void {
  const { entries, children } = draft;
  let [readBytes, writeBytes, params]: [Dim, Dim, Dim] = [0, 0, 0];
  let unknown = 0;
  for (let i = 0; i < entries.length; i++) {
    const { entry, params: weights, kind } = facts[(entries[i] as OpEntry).index] as OpCost;
    readBytes = plus(readBytes, entry.readBytes);
    writeBytes = plus(writeBytes, entry.writeBytes);
    for (let k = 0; k < weights.length; k++) params = plus(params, numel((weights[k] as Weight).shape));
    if (kind === 'unknown') unknown++;
  }
  let folded = false;
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as Draft;
    finish(child, facts, folds);
    const copies = copiesOf(child, folds);
    folded ||= copies > 1;
    readBytes = plus(readBytes, times(copies, child.readBytes));
    writeBytes = plus(writeBytes, times(copies, child.writeBytes));
    params = plus(params, times(copies, child.params));
    unknown += copies * child.unknown;
  }
  draft.readBytes = readBytes;
  draft.writeBytes = writeBytes;
  draft.params = params;
  draft.unknown = unknown;
  draft.tally = tallyOf(draft, facts, folds);
  if (folded) draft.children = unfolded(folds, children, (child) => child.path, copied);
}

/** How many equal layers a node stands for. */
function copiesOf({ kind, path }: Pick<TreeNode, 'kind' | 'path'>, folds: readonly Fold[]): number {
  const fold = kind === 'module' && folds.length > 0 ? foldOf(folds, path) : null;
  return fold?.path === path ? fold.copies.length : 1;
}

/** Of a node that is one operator, or holds one node, that one's own. */
function tallyOf({ entries, children }: Draft, facts: readonly OpCost[], folds: readonly Fold[]): Tally {
  const first = entries[0];
  if (entries.length === 1 && children.length === 0) return (facts[(first as OpEntry).index] as OpCost).tally;
  const only = children[0];
  if (entries.length === 0 && children.length === 1 && only !== undefined && copiesOf(only, folds) === 1)
    return only.tally;
  const sum = new TallySum();
  for (const { index } of entries) sum.add((facts[index] as OpCost).tally);
  for (const child of children) sum.add(child.tally, copiesOf(child, folds));
  return sum.total();
}

/** The same node in another copy of its layer. */
function copied(node: Draft, from: string, to: string): Draft {
  if (from === to) return node;
  const path = moved(node.path, from, to);
  return {
    ...node,
    name: node.kind === 'module' && node.path === from ? to.slice(to.lastIndexOf('.') + 1) : node.name,
    path,
    children: node.children.length === 0 ? NONE : node.children.map((child) => copied(child, from, to)),
  };
}
