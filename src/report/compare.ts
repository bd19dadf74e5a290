import { approx, exactdiv, isStatic, mul, parse, sub } from '../dim/index.js';
import { byName } from '../source/by-name.js';
import type { UnitMode } from './choices.js';
import { type Cell, type GridColumn, grid, type Style } from './grid.js';
import { grouped, quantity, shapeText, bytes as showBytes, valueAt } from './numbers.js';
import { shownData } from './shown-data.js';
import { placesOf, uncountedNodes } from './summary.js';
import type { Report, ReportCount, ReportNode, ReportTraining } from './types.js';

/** A module of either model, or of both, beside each other. */
export interface Pair<N = ReportNode> {
  readonly name: string;
  readonly level: number;
  readonly a: N | null;
  readonly b: N | null;
}

interface Named<N> {
  readonly name: string;
  readonly children: readonly N[];
}

export interface Comparison {
  readonly schema: 1;
  readonly a: string;
  readonly b: string;
  readonly totals: readonly {
    readonly name: string;
    readonly a: ReportCount;
    readonly b: ReportCount;
    readonly delta: ReportCount;
  }[];
  readonly modules: readonly {
    readonly path: string;
    readonly a: { readonly macs: ReportCount; readonly params: ReportCount } | null;
    readonly b: { readonly macs: ReportCount; readonly params: ReportCount } | null;
    readonly delta: { readonly macs: ReportCount; readonly params: ReportCount };
  }[];
}

/** Modules of the same name under the same parent are side by side; what one lacks stands alone, in its place. */
export function pairsOf<N extends Named<N>>(a: N, b: N, depth: number): Pair<N>[] {
  const pairs: Pair<N>[] = [{ name: 'total', level: 0, a, b }];
  walk(a, b, 1, depth, pairs);
  return pairs;
}

function walk<N extends Named<N>>(a: N | null, b: N | null, level: number, depth: number, pairs: Pair<N>[]): void {
  if (level > depth) return;
  const [lefts, rights] = [a?.children ?? [], b?.children ?? []];
  // Of several children with one name the last stands for it, on either side.
  const twins = new Map(rights.map((child) => [child.name, child]));
  const names = new Set(lefts.map((child) => child.name));
  const placed = new Set<N>();
  const add = (x: N | null, y: N | null): void => {
    if (y !== null) placed.add(y);
    pairs.push({ name: (x ?? y)?.name ?? '', level, a: x, b: y });
    walk(x, y, level + 1, depth, pairs);
  };
  let next = 0;
  for (const child of lefts) {
    const twin = twins.get(child.name) ?? null;
    // Rows that only b has, and has before this one, come first.
    if (twin !== null && !placed.has(twin))
      for (; next < rights.length && rights[next] !== twin; next++) {
        const other = rights[next] as N;
        if (!placed.has(other) && !names.has(other.name)) add(null, other);
      }
    add(child, twin);
  }
  for (const other of rights) if (!placed.has(other)) add(null, other);
}

/** b − a, exact; a formula where either is one. */
export function delta(a: ReportCount, b: ReportCount): ReportCount {
  if (typeof a === 'bigint' && typeof b === 'bigint') return b - a;
  if (a === b) return 0n;
  const d = sub(parse(String(b)), parse(String(a)));
  return typeof d === 'object' ? String(d) : BigInt(d);
}

/** The cost of a training step, if both reports have it. */
function trainingTotals({ training: a }: Report, { training: b }: Report): Comparison['totals'] {
  if (a === undefined || b === undefined) return [];
  const macs = ({ forwardMacs, backwardMacs, recomputedMacs }: ReportTraining): ReportCount | null =>
    forwardMacs === null || backwardMacs === null
      ? null
      : delta(negative(forwardMacs), delta(negative(backwardMacs), recomputedMacs ?? 0n));
  return Object.entries(
    byName({
      trainableParams: (t: ReportTraining) => t.trainableParams,
      trainingMacs: macs,
      savedBytes: (t: ReportTraining) => t.savedBytes,
      gradientBytes: (t: ReportTraining) => t.gradientBytes,
      optimizerBytes: (t: ReportTraining) => t.optimizerBytes,
      trainingPeakBytes: (t: ReportTraining) => t.peakBytes,
    }),
  ).flatMap(([name, of]) => {
    const [x, y] = [of(a), of(b)];
    return x === null || y === null ? [] : [{ name, a: x, b: y, delta: delta(x, y) }];
  });
}

const negative = (count: ReportCount): ReportCount => delta(count, 0n);

export function compareReports(a: Report, b: Report, depth: number): Comparison {
  const totals = (['macs', 'flops', 'params', 'weightBytes', 'peakActivationBytes'] as const).flatMap((name) => {
    const [x, y] = [a.totals[name], b.totals[name]];
    return x === null || y === null ? [] : [{ name, a: x, b: y, delta: delta(x, y) }];
  });
  const side = (node: ReportNode | null) => (node === null ? null : { macs: node.macs, params: node.params });
  return {
    schema: 1,
    a: a.model.name,
    b: b.model.name,
    totals: [...totals, ...trainingTotals(a, b)],
    modules: pairsOf(a.modules, b.modules, depth)
      .slice(1)
      .map((pair) => ({
        path: (pair.a ?? pair.b)?.path ?? '',
        a: side(pair.a),
        b: side(pair.b),
        delta: {
          macs: delta(pair.a?.macs ?? 0n, pair.b?.macs ?? 0n),
          params: delta(pair.a?.params ?? 0n, pair.b?.params ?? 0n),
        },
      })),
  };
}

const LABELS: Readonly<Record<string, string>> = byName({
  macs: 'MACs',
  flops: 'FLOPs',
  params: 'Params',
  weightBytes: 'Weights',
  peakActivationBytes: 'Peak memory',
  trainableParams: 'Trained',
  trainingMacs: 'MACs of a step',
  savedBytes: 'Kept for backward',
  gradientBytes: 'Gradients',
  optimizerBytes: 'Optimizer',
  trainingPeakBytes: 'Peak of a step',
});

/** Two models on a screen: totals with their ratio, then module by module. */
export function compareText(left: Report, right: Report, depth: number, units: UnitMode, style: Style): string {
  const [a, b] = [shownData(left), shownData(right)];
  const { totals } = compareReports(a, b, depth);
  const [atA, atB] = [placesOf(a), placesOf(b)];
  const head: GridColumn[] = [
    { title: '', align: 'left' },
    numbers(a.model.name),
    numbers(b.model.name),
    numbers('Δ'),
    numbers('ratio'),
  ];
  const show = (name: string, n: ReportCount): string =>
    /bytes/i.test(name) ? showBytes(n, units) : quantity(n, units);
  const rows = totals.map((t): Cell[] => [
    { text: LABELS[t.name] ?? t.name },
    { text: show(t.name, t.a) },
    { text: show(t.name, t.b) },
    { text: change(t, atA, atB, (n) => show(t.name, n)) },
    { text: ratio(t.a, t.b, atA, atB) },
  ]);
  const lines = [
    ...grid(head, rows, style),
    '',
    ...moduleLines(a, b, depth, units, style),
    '',
    ...inputLines(a, b, style),
    ...sizesLine(a, style),
    ...sizesLine(b, style),
    ...uncounted(a, style),
    ...uncounted(b, style),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const numbers = (title: string): GridColumn => ({ title, align: 'right' });

/** The two models module by module. */
function moduleLines(a: Report, b: Report, depth: number, units: UnitMode, style: Style): string[] {
  const modules = foldedPairs(pairsOf(a.modules, b.modules, depth).slice(1));
  // Of a checkpoint only parameters are known.
  const graphs = a.totals.macs !== null && b.totals.macs !== null;
  const columns: GridColumn[] = [
    { title: 'module', align: 'left', cut: true },
    ...(graphs ? [numbers('MACs'), numbers('→'), numbers('Δ MACs')] : []),
    numbers('params'),
    numbers('→'),
    // The rest follows from the two before it.
    { ...numbers('Δ params'), drop: 1 },
  ];
  const cells = modules.map(({ name, level, a: x, b: y }): Cell[] => {
    const cell = (node: ReportNode | null, pick: 'macs' | 'params'): Cell => ({
      text: node === null ? '·' : zero(node[pick], units),
    });
    const change = (pick: 'macs' | 'params'): Cell => {
      const d = delta(x?.[pick] ?? 0n, y?.[pick] ?? 0n);
      return { text: d === 0n ? '' : signed(d, (n) => quantity(n, units)), paint: style.accent };
    };
    return [
      { text: `${'  '.repeat(level - 1)}${name}` },
      ...(graphs ? [cell(x, 'macs'), cell(y, 'macs'), change('macs')] : []),
      cell(x, 'params'),
      cell(y, 'params'),
      change('params'),
    ];
  });
  return grid(columns, cells, style);
}

function zero(n: ReportCount, units: UnitMode): string {
  return n === 0n ? '–' : quantity(n, units);
}

function signed(n: ReportCount, show: (n: ReportCount) => string): string {
  if (typeof n === 'string') return show(n);
  return n === 0n ? '=' : n > 0n ? `+${show(n)}` : `−${show(-n)}`;
}

/** The difference; if one has free dimensions that the other has not, at the sizes that both are shown at. */
function change(
  { a, b, delta: d }: { readonly a: ReportCount; readonly b: ReportCount; readonly delta: ReportCount },
  atA: ReadonlyMap<string, number>,
  atB: ReadonlyMap<string, number>,
  show: (n: ReportCount) => string,
): string {
  const [x, y] = [valueAt(a, atA), valueAt(b, atB)];
  if (typeof d !== 'string' || x === null || y === null) return signed(d, show);
  const value = BigInt(Math.round(y)) - BigInt(Math.round(x));
  return value === 0n ? '=' : `≈ ${signed(value, show)}`;
}

/** b ÷ a: of formulas exactly, where one divides the other, else at the sizes that both are shown at. */
function ratio(
  a: ReportCount,
  b: ReportCount,
  atA: ReadonlyMap<string, number>,
  atB: ReadonlyMap<string, number>,
): string {
  if (typeof a === 'string' && typeof b === 'string') {
    const exact = exactdiv(parse(b), parse(a));
    if (exact !== undefined && isStatic(exact)) return `${approx(exact).toFixed(3)}×`;
  }
  const [x, y] = [valueAt(a, atA), valueAt(b, atB)];
  return x === null || y === null || x === 0 ? '–' : `${(y / x).toFixed(3)}×`;
}

/** Rows in a row that show the same are one from this many on. */
const MIN_RUN = 3;

/** Neighbours that differ in nothing but their names are one row with the sums of theirs. */
function foldedPairs(pairs: readonly Pair[]): Pair[] {
  const runs: Pair[][] = [];
  for (const [i, pair] of pairs.entries()) {
    const run = runs.at(-1);
    // A row that has rows below it is not folded.
    const leaf = (pairs[i + 1]?.level ?? 0) <= pair.level;
    if (run !== undefined && leaf && alike(run[0] as Pair, pair)) run.push(pair);
    else runs.push([pair]);
  }
  return runs.flatMap((run) => (run.length < MIN_RUN ? run : [merged(run)]));
}

function alike(x: Pair, y: Pair): boolean {
  const same = (a: ReportNode | null, b: ReportNode | null): boolean =>
    a === null || b === null ? a === b : a.macs === b.macs && a.params === b.params && a.type === b.type;
  const costs = [x.a, x.b].some((node) => node !== null && (node.macs !== 0n || node.params !== 0n));
  return costs && x.level === y.level && same(x.a, y.a) && same(x.b, y.b);
}

function merged(run: readonly Pair[]): Pair {
  const [first, last] = [run[0] as Pair, run.at(-1) as Pair];
  const times = (node: ReportNode | null): ReportNode | null => {
    if (node === null) return null;
    const n = (count: ReportCount): ReportCount => {
      const product = mul(parse(String(count)), run.length);
      return typeof product === 'object' ? String(product) : BigInt(product);
    };
    return { ...node, macs: n(node.macs), params: n(node.params) };
  };
  return { ...first, name: `${first.name} … ${last.name} (×${run.length})`, a: times(first.a), b: times(first.b) };
}

/** Where the two are of other input sizes, that explains more than any row. */
function inputLines(a: Report, b: Report, style: Style): string[] {
  const text = (report: Report): string => report.inputs.map((i) => `${i.name} ${shapeText(i.shape)}`).join(', ');
  const [x, y] = [text(a), text(b)];
  return x === y || x === '' || y === '' ? [] : [style.dim(`${a.model.name} at ${x}; ${b.model.name} at ${y}`)];
}

/** At which sizes formulas were compared. */
function sizesLine(report: Report, style: Style): string[] {
  const sizes = Object.entries(report.shown ?? {}).map(([name, { size }]) => `${name} = ${size}`);
  return sizes.length === 0
    ? []
    : [style.dim(`${report.model.name} at ${sizes.join(', ')}, chosen for this comparison`)];
}

function uncounted(report: Report, style: Style): string[] {
  const n = uncountedNodes(report.coverage);
  return n === 0
    ? []
    : [
        style.warn(
          `NOT COUNTED in ${report.model.name}: ${grouped(n)} operators (${report.coverage.unknown.map((u) => u.op).join(', ')})`,
        ),
      ];
}
