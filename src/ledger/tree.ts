import { add, type Dim, sum } from '../dim/index.js';
import { NOTHING, TallySum } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { factsOf, type OpCost } from './facts.js';
import { isGraphless, type TreeNode } from './node.js';
import { isLeaf, nodePath } from './rows.js';
import type { Ledger, ModuleCall, OpEntry } from './types.js';
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
export function treeOf(ledger: Ledger): TreeNode {
  if (isGraphless(ledger)) return weightTree(ledger);
  const { facts, unused } = factsOf(ledger);
  const root = draftOf(ledger.root);
  fill(ledger, root, [ledger.root], facts);
  const node = finish(root);
  return unused.length === 0
    ? node
    : {
        ...node,
        params: add(node.params, sum(unused.map((w) => numel(w.shape)))),
        children: [...node.children, idle(unused)],
      };
}

function idle(unused: ReturnType<typeof factsOf>['unused']): TreeNode {
  return {
    kind: 'op',
    name: 'unused parameters',
    path: '',
    type: '',
    calls: 0,
    params: sum(unused.map((w) => numel(w.shape))),
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
function fill(ledger: Ledger, draft: Draft, calls: readonly ModuleCall[], facts: readonly OpCost[]): void {
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

function opDraft(ledger: Ledger, draft: Draft, entry: OpEntry): Draft {
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

function finish(draft: Draft): TreeNode {
  const children = draft.children.size === 0 ? NO_NODES : [...draft.children.values()].map(finish);
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
  for (const child of children) {
    sum.add(child.tally);
    readBytes = add(readBytes, child.readBytes);
    writeBytes = add(writeBytes, child.writeBytes);
    params = add(params, child.params);
    unknown += child.unknown;
  }
  const { kind, name, path, type, calls, output } = draft;
  const entries = draft.facts.map((fact) => fact.entry);
  const single = draft.facts.length === 1 && children.length === 0;
  const tally = single ? (draft.facts[0] as OpCost).tally : sum.total();
  return { kind, name, path, type, calls, params, tally, readBytes, writeBytes, unknown, output, children, entries };
}
