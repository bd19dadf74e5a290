import { approx, exactdiv, isStatic, mul, parse } from '../dim/index.js';
import { byName } from '../source/by-name.js';
import type { UnitMode } from './choices.js';
import { compareReports, delta } from './compare.js';
import { type Cell, type GridColumn, grid, type Style } from './grid.js';
import { grouped, quantity, shapeText, bytes as showBytes, valueAt } from './numbers.js';
import { type Pair, pairsOf } from './pairs.js';
import { shownData } from './shown-data.js';
import { placesOf, uncountedNodes } from './summary.js';
import type { Report, ReportCount, ReportNode } from './types.js';

/** A row of modules. */
type Row = Pair<ReportNode>;

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
  const modules = foldedPairs(pairsOf(a.modules, b.modules, depth).slice(1).map(labelled));
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

/** Both names, where modules of different names stand for each other. */
function labelled(row: Row): Row {
  const { a, b } = row;
  return a === null || b === null || a.name === b.name ? row : { ...row, name: `${a.name} → ${b.name}` };
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
function foldedPairs(pairs: readonly Row[]): Row[] {
  const runs: Row[][] = [];
  for (const [i, pair] of pairs.entries()) {
    const run = runs.at(-1);
    // A row that has rows below it is not folded.
    const leaf = (pairs[i + 1]?.level ?? 0) <= pair.level;
    if (run !== undefined && leaf && alike(run[0] as Row, pair)) run.push(pair);
    else runs.push([pair]);
  }
  return runs.flatMap((run) => (run.length < MIN_RUN ? run : [merged(run)]));
}

function alike(x: Row, y: Row): boolean {
  const same = (a: ReportNode | null, b: ReportNode | null): boolean =>
    a === null || b === null ? a === b : a.macs === b.macs && a.params === b.params && a.type === b.type;
  const costs = [x.a, x.b].some((node) => node !== null && (node.macs !== 0n || node.params !== 0n));
  return costs && x.level === y.level && same(x.a, y.a) && same(x.b, y.b);
}

function merged(run: readonly Row[]): Row {
  const [first, last] = [run[0] as Row, run.at(-1) as Row];
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
