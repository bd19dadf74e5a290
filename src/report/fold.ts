import { type Dim, isStatic, parse, sum } from '../dim/index.js';
import type { TreeNode } from '../ledger/index.js';
import { everyNode } from './late-node.js';
import { lateParts } from './late-parts.js';
import type { ReportCount, ReportNode } from './types.js';

/** Siblings in a row with the same class and cost are one line from this many on. */
const MIN_RUN = 3;
/** Operators of one module that are listed; what goes beyond, those without MACs and parameters first, is one line. */
const MAX_OPERATORS = 16;

/** A line for one node or for several. */
export interface Folded {
  readonly name: string;
  readonly node: ReportNode;
  /** Whether it stands for the node alone, so that what is below it may be listed. */
  readonly whole: boolean;
}

/**
 * The children of a node as lines: runs of identical ones are one, and where a module holds more operators than a screen
 * (graphs without modules, exported shape arithmetic) the small ones are one at the end. Sums stay sums.
 */
export function foldedChildren(node: ReportNode): Folded[] {
  const lines = runsOf(node.children).map((run): Folded => {
    const first = run[0] as ReportNode;
    if (run.length === 1) return { name: first.name, node: first, whole: true };
    return {
      name: `${first.name} … ${(run.at(-1) as ReportNode).name} (×${run.length})`,
      node: merged(run),
      whole: false,
    };
  });
  const operators = lines.filter((l) => l.node.kind === 'op');
  if (operators.length <= MAX_OPERATORS) return lines;
  const kept = new Set(
    operators
      .filter((l) => l.node.macs !== 0n || l.node.params !== 0n || l.node.unknown > 0)
      .sort((a, b) => rank(b.node) - rank(a.node))
      .slice(0, MAX_OPERATORS - 1),
  );
  const small = operators.filter((l) => !kept.has(l));
  const number = small.reduce((n, l) => n + l.node.calls, 0);
  const rest: Folded = {
    name: `… ${number} ${kept.size === 0 ? '' : 'smaller '}operators`,
    node: merged(
      small.map((l) => l.node),
      { type: '', path: node.path },
    ),
    whole: false,
  };
  return [...lines.filter((l) => l.node.kind !== 'op' || kept.has(l)), rest];
}

/** What is not counted is never folded away; then the largest come first. A formula is larger than a number. */
function rank(node: ReportNode): number {
  const size = (count: ReportCount): number => (typeof count === 'string' ? 1e30 : Number(count));
  return (node.unknown > 0 ? 1e40 : 0) + size(node.macs) + size(node.params);
}

/** Identical neighbours, several of them together. */
function runsOf(nodes: readonly ReportNode[]): ReportNode[][] {
  const runs: ReportNode[][] = [];
  for (const node of nodes) {
    const run = runs.at(-1);
    if (run !== undefined && alike(run[0] as ReportNode, node)) run.push(node);
    else runs.push([node]);
  }
  return runs.flatMap((run) => (run.length < MIN_RUN ? run.map((node) => [node]) : [run]));
}

function alike(a: ReportNode, b: ReportNode): boolean {
  if (a.stored !== undefined || b.stored !== undefined) return alikeStored(a, b);
  return (
    a.kind === b.kind &&
    a.type === b.type &&
    a.macs === b.macs &&
    a.flops === b.flops &&
    a.params === b.params &&
    a.macs !== 0n
  );
}

/** Without classes to go by: numbered modules that hold the same under the same names. */
function alikeStored(a: ReportNode, b: ReportNode): boolean {
  return (
    a.kind === 'module' &&
    b.kind === 'module' &&
    /^\d+$/.test(a.name) &&
    /^\d+$/.test(b.name) &&
    sameContents(everyNode(a), everyNode(b))
  );
}

function sameContents(a: ReportNode | TreeNode, b: ReportNode | TreeNode): boolean {
  return (
    a.params === b.params &&
    a.type === b.type &&
    a.stored?.bytes === b.stored?.bytes &&
    a.children.length === b.children.length &&
    a.children.every((child, i) => {
      const other = b.children[i] as ReportNode | TreeNode;
      return child.name === other.name && sameContents(child, other);
    })
  );
}

/** Several nodes as one: their sums, each made when it is looked at. */
function merged(run: readonly ReportNode[], own: Partial<ReportNode> = {}): ReportNode {
  const head: ReportNode = {
    ...(run[0] as ReportNode),
    calls: run.reduce((n, node) => n + node.calls, 0),
    unknown: run.reduce((n, node) => n + node.unknown, 0),
    ...own,
  };
  return withSums(head, run);
}

const withSums = lateParts<ReportNode, readonly ReportNode[]>({
  params: (run) => summed(run, 'params'),
  macs: (run) => summed(run, 'macs'),
  flops: (run) => summed(run, 'flops'),
  readBytes: (run) => summed(run, 'readBytes'),
  writeBytes: (run) => summed(run, 'writeBytes'),
  stored: (run) => {
    const stored = run[0]?.stored;
    if (stored === undefined) return undefined;
    const all = (name: 'buffers' | 'bytes'): ReportCount => total(run.map((node) => node.stored?.[name] ?? 0n));
    return { ...stored, buffers: all('buffers'), bytes: all('bytes') };
  },
});

type Counted = 'params' | 'macs' | 'flops' | 'readBytes' | 'writeBytes';

/** From what the nodes are made from, where that is there: a formula that is text has to be read again. */
function summed(run: readonly ReportNode[], name: Counted): ReportCount {
  if (run.every((node) => typeof node[name] === 'bigint')) return total(run.map((node) => node[name]));
  const formulas = run.map((node): Dim | string => {
    const made = everyNode(node);
    if (!('tally' in made)) return made[name] as Dim | string;
    return name === 'macs' || name === 'flops' ? made.tally[name] : made[name];
  });
  return total(formulas);
}

function total(counts: readonly (Dim | string)[]): ReportCount {
  // Layers of one kind have the same formula.
  const read = new Map<string, Dim>();
  const all = sum(
    counts.map((count) => {
      if (typeof count !== 'string') return count;
      const dim = read.get(count) ?? parse(count);
      read.set(count, dim);
      return dim;
    }),
  );
  return isStatic(all) ? BigInt(all) : String(all);
}
