import { type Dim, isStatic, parse, sum } from '../dim/index.js';
import type { TreeNode } from '../ledger/index.js';
import { LateNode } from './late-node.js';
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
  // Nodes of the report are made of lines alone: a hundred thousand operators may be one line together.
  const late = node instanceof LateNode;
  const reported = (child: Foldable): ReportNode => (late ? node.of(child as TreeNode) : (child as ReportNode));
  const runs = runsOf(late ? node.tree.children : node.children);
  const operators = runs.filter(([first]) => first.kind === 'op');
  const kept = new Set(operators.length <= MAX_OPERATORS ? operators : largest(operators));
  const lines = runs
    .filter((run) => run[0].kind !== 'op' || kept.has(run))
    .map((run): Folded => {
      const first = reported(run[0]);
      if (run.length === 1) return { name: first.name, node: first, whole: true };
      const last = reported(run[run.length - 1] as Foldable);
      return { name: `${first.name} … ${last.name} (×${run.length})`, node: merged(first, run), whole: false };
    });
  const small = operators.flatMap((run) => (kept.has(run) ? [] : run));
  const [first] = small;
  if (first === undefined) return lines;
  const number = callsOf(small);
  const rest = merged(reported(first), small, { type: '', path: node.path });
  return [...lines, { name: `… ${number} ${kept.size === 0 ? '' : 'smaller '}operators`, node: rest, whole: false }];
}

/** A node of a report, or what one is made from. */
type Foldable = ReportNode | TreeNode;
/** Siblings that are alike; one that is like none of its neighbours is alone. */
type Run = readonly [Foldable, ...Foldable[]];

/** Identical neighbours, several of them together. */
function runsOf(nodes: readonly Foldable[]): Run[] {
  const runs: Run[] = [];
  for (let start = 0, end = 0; start < nodes.length; start = end) {
    const first = nodes[start] as Foldable;
    for (end = start + 1; end < nodes.length && alike(first, nodes[end] as Foldable); ) end++;
    if (end - start >= MIN_RUN) runs.push(nodes.slice(start, end) as readonly Foldable[] as Run);
    else for (let i = start; i < end; i++) runs.push([nodes[i] as Foldable]);
  }
  return runs;
}

/** Those that are listed by themselves: what is not counted is never folded away; then the largest come first. */
function largest(operators: readonly Run[]): Run[] {
  const ranked: { readonly run: Run; readonly rank: number }[] = [];
  for (const run of operators) {
    const size = sizeOf(run, 'macs') + sizeOf(run, 'params');
    const unknown = run.some((node) => node.unknown > 0);
    if (size !== 0 || unknown) ranked.push({ run, rank: (unknown ? 1e40 : 0) + size });
  }
  ranked.sort((a, b) => b.rank - a.rank);
  return ranked.slice(0, MAX_OPERATORS - 1).map(({ run }) => run);
}

/** For an order; a formula is larger than a number. */
function sizeOf(run: Run, name: Counted): number {
  const count = countOf(run[0], name);
  return typeof count === 'object' || typeof count === 'string' ? 1e30 : Number(count) * run.length;
}

function alike(a: Foldable, b: Foldable): boolean {
  if (a.stored !== undefined || b.stored !== undefined) return alikeStored(a, b);
  if (a.kind !== b.kind || a.type !== b.type) return false;
  const macs = countOf(a, 'macs');
  if (macs === 0 || macs === 0n) return false;
  return same(macs, countOf(b, 'macs')) && sameCount(a, b, 'flops') && sameCount(a, b, 'params');
}

function sameCount(a: Foldable, b: Foldable, name: Counted): boolean {
  return same(countOf(a, name), countOf(b, name));
}

function same(a: Dim | string, b: Dim | string): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && a.key === b.key);
}

/** Without classes to go by: numbered modules that hold the same under the same names. */
function alikeStored(a: Foldable, b: Foldable): boolean {
  return (
    a.kind === 'module' && b.kind === 'module' && /^\d+$/.test(a.name) && /^\d+$/.test(b.name) && sameContents(a, b)
  );
}

function sameContents(a: Foldable, b: Foldable): boolean {
  return (
    a.params === b.params &&
    a.type === b.type &&
    a.stored?.bytes === b.stored?.bytes &&
    a.children.length === b.children.length &&
    a.children.every((child, i) => {
      const other = b.children[i] as Foldable;
      return child.name === other.name && sameContents(child, other);
    })
  );
}

/** Several nodes as one: their sums, each made when it is looked at. */
function merged(first: ReportNode, run: readonly Foldable[], own: Partial<ReportNode> = {}): ReportNode {
  const head: ReportNode = {
    ...first,
    calls: callsOf(run),
    unknown: run.reduce((n, node) => n + node.unknown, 0),
    ...own,
  };
  return withSums(head, run);
}

function callsOf(run: readonly Foldable[]): number {
  return run.reduce((n, node) => n + node.calls, 0);
}

const withSums = lateParts<ReportNode, readonly Foldable[]>({
  params: (run) => summed(run, 'params'),
  macs: (run) => summed(run, 'macs'),
  flops: (run) => summed(run, 'flops'),
  readBytes: (run) => summed(run, 'readBytes'),
  writeBytes: (run) => summed(run, 'writeBytes'),
  stored: (run) => {
    const [first] = run;
    if (first?.stored === undefined) return undefined;
    const all = (name: 'buffers' | 'bytes'): ReportCount => total(run.map((node) => node.stored?.[name] ?? 0));
    return { dtypes: first.stored.dtypes, shape: null, buffers: all('buffers'), bytes: all('bytes') };
  },
});

type Counted = 'params' | 'macs' | 'flops' | 'readBytes' | 'writeBytes';

/** A formula that is text has to be read again; what a report is made from has it as it is. */
function countOf(node: Foldable, name: Counted): Dim | string {
  if (!('tally' in node)) return node[name];
  return name === 'macs' || name === 'flops' ? node.tally[name] : node[name];
}

function summed(run: readonly Foldable[], name: Counted): ReportCount {
  return total(run.map((node) => countOf(node, name)));
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
