import { mul, parse, sum } from '../dim/index.js';
import type { TreeNode } from '../ledger/index.js';
import { everyNode } from './late-node.js';
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
    node: { ...merged(small.map((l) => l.node)), type: '', path: node.path },
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

/** Several nodes as one: their sums. */
function merged(run: readonly ReportNode[]): ReportNode {
  const first = run[0] as ReportNode;
  const all = (pick: (node: ReportNode) => ReportCount): ReportCount => {
    const values = run.map(pick);
    const formula = values.some((v) => typeof v === 'string');
    if (!formula) return (values as bigint[]).reduce((a, b) => a + b, 0n);
    // Layers of one kind have the same formula.
    const times = new Map<string, number>();
    for (const v of values) times.set(String(v), (times.get(String(v)) ?? 0) + 1);
    return String(sum([...times].map(([text, n]) => mul(n, parse(text)))));
  };
  return {
    ...first,
    calls: run.reduce((n, node) => n + node.calls, 0),
    unknown: run.reduce((n, node) => n + node.unknown, 0),
    params: all((node) => node.params),
    macs: all((node) => node.macs),
    flops: all((node) => node.flops),
    readBytes: all((node) => node.readBytes),
    writeBytes: all((node) => node.writeBytes),
    ...(first.stored === undefined
      ? {}
      : {
          stored: {
            ...first.stored,
            buffers: all((node) => node.stored?.buffers ?? 0n),
            bytes: all((node) => node.stored?.bytes ?? 0n),
          },
        }),
  };
}
