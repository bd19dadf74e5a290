import { type Dim, parse, sum } from '../dim/index.js';
import type { Report, ReportCount, ReportNode, ReportRow } from './types.js';

/**
 * The module tree cut at a depth, as rows that never overlap: modules at that depth, and what ends above it. Every total is
 * the sum of its column. For a table by stages in a paper: `--by module --depth 1`.
 */
export function moduleRows(report: Report, depth: number): ReportRow[] {
  const nodes: ReportNode[] = [];
  const cut = (node: ReportNode, level: number): void => {
    if (level >= depth || node.children.length === 0) nodes.push(node);
    else for (const child of node.children) cut(child, level + 1);
  };
  cut(report.modules, 0);
  const below = layersBelow(new Set(nodes.map((node) => node.path)), report.layers);
  return nodes.map((node) => rowOf(node, below.get(node.path) ?? [], report));
}

/** The layers of each of these modules, in one pass over all layers: each is looked for under its own path and those above. */
function layersBelow(
  paths: ReadonlySet<string>,
  layers: readonly ReportRow[],
): ReadonlyMap<string, readonly ReportRow[]> {
  const below = new Map<string, ReportRow[]>();
  const put = (path: string, row: ReportRow): void => {
    if (!paths.has(path)) return;
    const rows = below.get(path);
    if (rows === undefined) below.set(path, [row]);
    else rows.push(row);
  };
  for (const row of layers) {
    put('', row);
    if (row.path === '') continue;
    for (let dot = row.path.indexOf('.', 1); dot >= 0; dot = row.path.indexOf('.', dot + 1))
      put(row.path.slice(0, dot), row);
    put(row.path, row);
  }
  return below;
}

function rowOf(node: ReportNode, layers: readonly ReportRow[], report: Report): ReportRow {
  const { children: _, entries: __, name, kind, output, ...rest } = node;
  const seconds = boundsBelow(layers, report);
  return {
    ...rest,
    path: node.path === '' && kind !== 'module' ? name : node.path,
    op: kind === 'op' ? name : '',
    inputs: [],
    outputs: [output],
    conventions: kind === 'module' ? conventionsOf(layers) : {},
    ...(seconds === null || kind !== 'module' ? {} : { bounds: seconds }),
  };
}

/** Tools' numbers of the layers below, added up; each layer once, however many rows it has. */
function conventionsOf(rows: readonly ReportRow[]): ReportRow['conventions'] {
  const layers = new Map(rows.map((row) => [row.path, row]));
  const found = new Map<string, Map<string, (ReportCount | number)[]>>();
  for (const row of layers.values())
    for (const [tool, counts] of Object.entries(row.conventions))
      for (const [name, n] of Object.entries(counts)) {
        const own = found.get(tool) ?? new Map<string, (ReportCount | number)[]>();
        found.set(tool, own);
        const all = own.get(name);
        if (all === undefined) own.set(name, [n]);
        else all.push(n);
      }
  return Object.fromEntries(
    [...found].map(([tool, counts]) => [
      tool,
      Object.fromEntries([...counts].map(([name, all]) => [name, added(all)])),
    ]),
  );
}

/** Fractions (MB) stay numbers; anything else is added exactly. */
function added(all: readonly (ReportCount | number)[]): ReportCount | number {
  if (all.some((n) => typeof n === 'number')) return all.reduce<number>((a, b) => a + Number(b), 0);
  const total: Dim = sum(all.map((n) => (typeof n === 'string' ? parse(n) : (n as bigint))));
  return typeof total === 'object' ? String(total) : BigInt(total);
}

/** Least times of the layers below, added up; null if none were requested. */
function boundsBelow(rows: readonly ReportRow[], report: Report): NonNullable<ReportRow['bounds']> | null {
  if (report.bounds === undefined) return null;
  return Object.fromEntries(
    report.bounds.map(({ device }) => {
      const own = rows.map((row) => row.bounds?.[device] ?? null);
      if (own.length === 0 || own.includes(null)) return [device, null];
      const known = own.flatMap((b) => b ?? []);
      const seconds = known.reduce((n, b) => n + b.seconds, 0);
      const memory = known.reduce((n, b) => n + (b.by === 'memory' ? b.seconds : 0), 0);
      return [device, { seconds, by: memory * 2 > seconds ? 'memory' : 'compute' } as const];
    }),
  );
}
