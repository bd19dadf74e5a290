import { type Dim, DimSum, add as plus, sum } from '../dim/index.js';
import { NOTHING, type Tally } from '../ops/index.js';
import { numel, type Shape } from '../tensor/index.js';
import { CostSum, costsOf, type OpCost } from './costs.js';
import { copiesIn, foldOf, moved, times, unfolded } from './folds.js';
import { appended, NONE } from './lists.js';
import { isGraphless, type TreeNode } from './node.js';
import { isFlat, isLayer, nodePath } from './rows.js';
import { sumsOf } from './sums.js';
import type { AnyLedger, Fold, ModuleCall, OpEntry, Step, Weight } from './types.js';
import { weightTree } from './weights.js';

/**
 * The module tree with inclusive costs. Children add up to their parent; the root is the model. What is below a node is
 * made when it is looked at: a screen shows some twenty of what may be a hundred thousand.
 */
export function treeOf(ledger: AnyLedger): TreeNode {
  if (isGraphless(ledger)) return weightTree(ledger);
  const { operators, unused } = costsOf(ledger);
  const total = { ...sumsOf(ledger), params: parametersOf(operators) };
  const { root } = ledger;
  const part: Part = { ...partOf('module', root.path, root.module.type, root), calls: [root] };
  const tree = { ledger, operators, folds: ledger.folds ?? NONE };
  if (unused.length === 0) return new Branch(tree, part, null, total);
  const copies = copiesIn(ledger);
  const idle = idleNode(sum(unused.map((w) => times(copies(w.name), numel(w.shape)))));
  return new Branch(tree, part, idle, total);
}

/** Elements of the parameters that operators use. */
function parametersOf(operators: readonly OpCost[]): Dim {
  const params = new DimSum();
  for (const { params: own, copies } of operators)
    for (let k = 0; k < own.length; k++) params.add(times(copies, numel((own[k] as Weight).shape)));
  return params.total();
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

/** The parts of a node: calls of a module under one path, or operators of one name in a module. */
interface Part {
  readonly kind: 'module' | 'op';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly output: Shape | null;
  calls: readonly ModuleCall[];
  entries: readonly OpEntry[];
}

interface Tree {
  readonly ledger: AnyLedger;
  readonly operators: readonly OpCost[];
  readonly folds: readonly Fold[];
}

/** A module by its path, or an operator in it by its name; the output is the first one's. */
function partOf(
  kind: 'module' | 'op',
  path: string,
  type: string,
  first: ModuleCall | OpEntry,
  name: string = path.slice(path.lastIndexOf('.') + 1),
): Part {
  const output = 'steps' in first ? first.outputs[0] : first.outputs[0]?.type;
  return { kind, name, path, type, output: output?.shape ?? null, calls: NONE, entries: NONE };
}

type Cost = Pick<CostSum, 'params' | 'tally' | 'readBytes' | 'writeBytes' | 'unknown'>;

class Branch implements TreeNode {
  readonly kind: 'module' | 'op';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly params: Dim;
  readonly tally: Tally;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  readonly unknown: number;
  readonly output: Shape | null;
  readonly #tree: Tree;
  /** Calls of a module, or operators. */
  readonly #of: readonly ModuleCall[] | readonly OpEntry[];
  /** A child that stands for what no operator uses. */
  readonly #idle: TreeNode | null;
  #children: readonly TreeNode[] | null = null;

  constructor(tree: Tree, part: Part, idle: TreeNode | null, cost: Cost) {
    const { kind, calls, entries } = part;
    this.kind = kind;
    this.name = part.name;
    this.path = part.path;
    this.type = part.type;
    this.output = part.output;
    this.calls = kind === 'op' ? entries.length : calls.length;
    this.params = idle === null ? cost.params : plus(cost.params, idle.params);
    this.tally = cost.tally;
    this.readBytes = cost.readBytes;
    this.writeBytes = cost.writeBytes;
    this.unknown = cost.unknown;
    this.#tree = tree;
    this.#of = kind === 'op' ? entries : calls;
    this.#idle = idle;
  }

  get children(): readonly TreeNode[] {
    if (this.kind === 'op') return NONE;
    this.#children ??= childrenOf(this.#tree, this.#of as readonly ModuleCall[], this.path, this.#idle);
    return this.#children;
  }

  get entries(): readonly OpEntry[] {
    if (this.kind === 'op') return this.#of as readonly OpEntry[];
    const calls = this.#of as readonly ModuleCall[];
    return calls.filter((call) => isLayer(this.#tree.ledger, call)).flatMap(operatorsOf);
  }
}

/** An operator of a graph without modules: a large one has a million of them, each a node of the tree. */
class Single implements TreeNode {
  readonly kind = 'op';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls = 1;
  readonly params: Dim;
  readonly tally: Tally;
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  readonly unknown: number;
  readonly output: Shape | null;
  readonly #entry: OpEntry;

  constructor(ledger: AnyLedger, { entry, params, tally, kind }: OpCost, path: string) {
    this.name = nodePath(ledger, entry);
    this.path = path;
    this.type = entry.type;
    this.params = params.length === 0 ? 0 : sum(params.map((weight) => numel(weight.shape)));
    this.tally = tally;
    this.readBytes = entry.readBytes;
    this.writeBytes = entry.writeBytes;
    this.unknown = kind === 'unknown' ? 1 : 0;
    this.output = entry.outputs[0]?.type?.shape ?? null;
    this.#entry = entry;
  }

  get children(): readonly TreeNode[] {
    return NONE;
  }

  get entries(): readonly OpEntry[] {
    return [this.#entry];
  }
}

function costOf(tree: Tree, { calls, entries }: Part): CostSum {
  const cost = new CostSum();
  for (const { index } of entries) cost.add(tree.operators[index] as OpCost, 1);
  for (const call of calls) addCall(cost, tree, call, 1);
  return cost;
}

/** Adds all operators of a call and of the calls in it, as often as each layer is there. */
function addCall(cost: CostSum, tree: Tree, { steps }: ModuleCall, copies: number): void {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    if (step.kind === 'op') cost.add(tree.operators[step.entry.index] as OpCost, copies);
    else addCall(cost, tree, step.call, copies * copiesOf('module', step.call.path, tree.folds));
  }
}

function operatorsOf({ steps }: ModuleCall): OpEntry[] {
  return steps.flatMap((step) => (step.kind === 'op' ? [step.entry] : []));
}

/** The contents of some calls of one path: modules by their paths, operators by their names, in the order of the schedule. */
function childrenOf(tree: Tree, calls: readonly ModuleCall[], path: string, idle: TreeNode | null): TreeNode[] {
  const { ledger, folds } = tree;
  const parts: (Part | Single)[] = [];
  const modules = new Map<string, Part>();
  const operators = new Map<string, Part>();
  const within = (among: Map<string, Part>, key: string, made: () => Part): Part => {
    let part = among.get(key);
    if (part === undefined) {
      part = made();
      among.set(key, part);
      parts.push(part);
    }
    return part;
  };
  for (const call of calls) {
    if (isLayer(ledger, call)) continue;
    for (const step of call.steps) {
      if (step.kind === 'call') {
        const inner = step.call;
        const part = within(modules, inner.path, () => partOf('module', inner.path, inner.module.type, inner));
        part.calls = appended(part.calls, inner);
        continue;
      }
      const { entry } = step;
      if (isFlat(ledger, entry.call)) {
        parts.push(new Single(ledger, tree.operators[entry.index] as OpCost, path));
        continue;
      }
      const part = within(operators, entry.op, () => partOf('op', path, entry.type, entry, entry.op));
      part.entries = appended(part.entries, entry);
    }
  }
  const nodes = parts.map((part): TreeNode => {
    return part instanceof Single ? part : new Branch(tree, part, null, costOf(tree, part));
  });
  const folded = nodes.some((node) => copiesOf(node.kind, node.path, folds) > 1);
  const all = folded ? unfolded(folds, nodes, (node) => node.path, copied) : nodes;
  return idle === null ? all : [...all, idle];
}

/** How many equal layers a node stands for. */
function copiesOf(kind: TreeNode['kind'], path: string, folds: readonly Fold[]): number {
  const fold = kind === 'module' && folds.length > 0 ? foldOf(folds, path) : null;
  return fold?.path === path ? fold.copies.length : 1;
}

/** The same node in another copy of its layer. */
function copied(node: TreeNode, from: string, to: string): TreeNode {
  if (from === to) return node;
  const { kind, type, calls, params, tally, readBytes, writeBytes, unknown, output, entries } = node;
  return {
    kind,
    name: kind === 'module' && node.path === from ? to.slice(to.lastIndexOf('.') + 1) : node.name,
    path: moved(node.path, from, to),
    type,
    calls,
    params,
    tally,
    readBytes,
    writeBytes,
    unknown,
    output,
    children: node.children.length === 0 ? NONE : node.children.map((child) => copied(child, from, to)),
    entries,
  };
}
