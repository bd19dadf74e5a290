import { exact } from '../conventions/exact.js';
import type { PrintedLine } from '../conventions/types.js';
import type { TreeNode } from '../ledger/index.js';
import type { SizeOrigin } from '../transforms/index.js';
import type { UnitMode } from './choices.js';
import { padTo, type Style, wrapped } from './grid.js';
import { everyNode } from './late-node.js';
import { bytes, countOf, grouped, quantity, shapeText, topLevelTerms } from './numbers.js';
import type { Report, ReportConvention, ReportCount, ReportNode, ReportTensor } from './types.js';

/** A line of the summary: what, how much for people, all digits, and what the number means. */
export interface SummaryLine {
  readonly label: string;
  readonly short: string;
  readonly exact: string;
  readonly words: string;
}

/** The numbers at the head of every report. `whole`: formulas with all their terms. */
export function summaryLines(report: Report, units: UnitMode, whole: boolean): SummaryLine[] {
  const { totals, coverage } = report;
  const least = coverage.unknown.length > 0 ? '≥ ' : '';
  const line = (
    label: string,
    count: ReportCount | null,
    show: (n: ReportCount, mode: UnitMode) => string,
    words: string,
  ) => ({
    label,
    short: count === null ? 'unknown' : typeof count === 'string' && whole ? count : least + show(count, units),
    exact: typeof count === 'bigint' && units !== 'raw' ? grouped(count) : '',
    words,
  });
  const lines: SummaryLine[] = [];
  const graph = totals.macs !== null;
  if (graph) {
    lines.push(line('MACs', totals.macs, quantity, macWords(report, units)));
    lines.push(line('FLOPs', totals.flops, quantity, flopWords(report, units)));
  }
  lines.push({
    ...line('Params', totals.params, quantity, paramWords(report, units)),
    short: quantity(totals.params, units),
  });
  if (graph) lines.push(memoryLine(report, units, whole), ...arenaLine(report, units));
  else if (report.modules.stored !== undefined)
    lines.push(line('Memory', totals.weightBytes, bytes, storedWords(report.modules)));
  return lines;
}

function macWords(report: Report, units: UnitMode): string {
  const { macs, macsUnpadded } = report.totals;
  const base = `multiply-accumulates${typesWords(report, units)}`;
  if (typeof macs !== 'bigint' || typeof macsUnpadded !== 'bigint' || macs === macsUnpadded) return base;
  return `${base}; ${quantity(macsUnpadded, units)} without those on zero padding`;
}

/** Of what types, where not all is in single precision: ` (1.814 G uint8×int8)`. */
function typesWords({ totals }: Report, units: UnitMode): string {
  const types = Object.entries(totals.macsByOperands);
  if (types.every(([name]) => name === 'float32×float32')) return '';
  if (types.length === 1) return ` of ${types[0]?.[0]}`;
  return ` (${types.map(([name, n]) => `${quantity(n, units)} ${name}`).join(', ')})`;
}

function flopWords(report: Report, units: UnitMode): string {
  const { macs, flops } = report.totals;
  if (typeof macs !== 'bigint' || typeof flops !== 'bigint') return '2 × MACs + other floating-point operations';
  return `2 × MACs + ${quantity(flops - 2n * macs, units)} other floating-point operations`;
}

/** Of a file without a graph: how many tensors, of what. */
function storedWords(root: ReportNode): string {
  const n = tensorsIn(everyNode(root));
  return `of weights in ${countOf(n, 'tensor')}: ${(root.stored?.dtypes ?? []).join(', ')}`;
}

function tensorsIn(node: ReportNode | TreeNode): number {
  if (node.kind === 'weight') return 1;
  let n = 0;
  for (const child of node.children) n += tensorsIn(child);
  return n;
}

function paramWords({ totals, coverage }: Report, units: UnitMode): string {
  const parts = coverage.nodes === 0 ? [] : [`${bytes(totals.weightBytes, units)} of weights`];
  if (totals.trainableParams !== null && totals.trainableParams !== totals.params)
    parts.push(`${quantity(totals.trainableParams, units)} trainable`);
  if (totals.bufferElements !== 0n) parts.push(`${quantity(totals.bufferElements, units)} buffer elements besides`);
  return parts.join('; ');
}

function memoryLine(report: Report, units: UnitMode, whole: boolean): SummaryLine {
  const { peakActivationBytes: peak, activationBytes, readBytes, writeBytes } = report.totals;
  const at = report.peak;
  const where = at === null ? '' : ` at ${at.path === '' ? at.op : `${at.path} (${at.op})`}`;
  const moved =
    typeof readBytes === 'bigint' && typeof writeBytes === 'bigint'
      ? `; ${bytes(readBytes + writeBytes, units)} read and written`
      : '';
  const all = bytes(activationBytes ?? 0n, units);
  return {
    label: 'Memory',
    short: peak === null ? 'open' : typeof peak === 'string' && whole ? peak : bytes(peak, units),
    exact: peak === null || typeof peak === 'string' || units === 'raw' ? '' : grouped(peak),
    words: `${peak === null ? 'the peak of live activations depends on how free dimensions compare: bind them' : `peak of live activations${where}`}${all.length > MAX_SHORT ? '' : `; ${all} in all`}${moved}`,
  };
}

/** The memory that the file's own plan takes, beside the peak that no plan can be below without writing over inputs. */
function arenaLine({ arena }: Report, units: UnitMode): SummaryLine[] {
  if (arena === undefined) return [];
  const n = arena.atLoad.length;
  const named = arena.atLoad.slice(0, MAX_TENSORS).join(', ');
  const rest = n === 0 ? '' : `; ${countOf(n, 'tensor')} placed at load: ${named}${n > MAX_TENSORS ? ', …' : ''}`;
  const end = arena.last === null ? '' : `, up to the end of ${arena.last}`;
  return [
    {
      label: 'Arena',
      short: bytes(BigInt(arena.bytes), units),
      exact: units === 'raw' ? '' : grouped(BigInt(arena.bytes)),
      words: `by the plan in the file: ${countOf(arena.placed.length, 'tensor')}${end}${rest}`,
    },
  ];
}

/** Name, format and what goes in and out. */
export function headLines(report: Report, style: Style): string[] {
  const { model } = report;
  const size =
    model.bytes === null
      ? ''
      : `, ${bytes(BigInt(model.bytes))}${model.bytesRead === null || model.bytesRead >= model.bytes ? '' : ` (${bytes(BigInt(model.bytesRead))} read)`}`;
  const producer = model.producer === null ? '' : `, ${model.producer}`;
  const head = `${style.bold(model.name)}${style.dim(`  ${model.format}${producer}${size}`)}`;
  if (report.inputs.length + report.outputs.length === 0) return [head];
  const bound = Object.entries(report.symbols)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} = ${value}`);
  return [
    head,
    `${style.dim('in ')} ${tensors(report.inputs)}`,
    `${style.dim('out')} ${tensors(report.outputs)}`,
    ...(bound.length === 0 ? [] : [`${style.dim('with')} ${bound.join(', ')}`]),
  ];
}

/** Tensors beyond this many are counted, not listed. */
const MAX_TENSORS = 4;

function tensors(list: readonly ReportTensor[]): string {
  const shown = list.slice(0, MAX_TENSORS).map((t) => `${t.name} ${shapeText(t.shape)} ${t.dtype}`);
  if (list.length > MAX_TENSORS) shown.push(`… ${list.length - MAX_TENSORS} more`);
  return shown.join(', ');
}

export function summaryText(report: Report, units: UnitMode, whole: boolean, style: Style): string[] {
  const lines = summaryLines(report, units, whole);
  const fits = lines.filter((l) => l.short.length <= MAX_SHORT);
  const short = Math.max(...fits.map((l) => l.short.length));
  const exact = Math.max(...fits.map((l) => l.exact.length));
  return lines.flatMap((l) => {
    if (l.short.length > MAX_SHORT)
      return [
        ...wrapped(`${padTo(l.label, 6)}  ${style.dim(l.words)}`, style, 8),
        ...wrappedTerms(l.short, Math.min(LINE, (style.columns ?? LINE) - 8)).map(
          (terms) => `        ${style.bold(terms)}`,
        ),
      ];
    const digits = exact === 0 ? '' : `${padTo(l.exact, exact, 'right')}  `;
    const line = `${padTo(l.label, 6)}  ${style.bold(padTo(l.short, short, 'right'))}  ${digits}${style.dim(l.words)}`;
    return wrapped(line.trimEnd(), style, 6 + 2 + short + 2 + (exact === 0 ? 0 : exact + 2));
  });
}

/** A longer formula is on lines of its own. */
const MAX_SHORT = 40;
const LINE = 88;

/** A sum over several lines, broken before the signs between its terms. */
function wrappedTerms(formula: string, room: number): string[] {
  const lines: string[] = [];
  for (const term of topLevelTerms(formula)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + term.length <= room) lines[lines.length - 1] = `${last} ${term}`;
    else lines.push(term);
  }
  return lines;
}

const NO_GRAPH =
  'This file holds weights and no graph: parameters are counted; MACs, FLOPs and activations need the model itself.';

/** The file to give instead of weights, by the framework that wrote them. */
const WITH_GRAPH: Readonly<Record<string, string>> = {
  keras: 'For those give what model.save("model.keras") writes, or model.to_json() in a file.',
  tfjs: 'For those give model.json, which has the layers or the graph.',
};
const ANY_GRAPH =
  'For those give what torch.export (.pt2), torch.jit (.pt) or torch.onnx (.onnx) saves, or a built-in name (opcount models).';

/** The operators that were counted, those that were not, and the definition. */
export function footLines(report: Report, style: Style): string[] {
  const { coverage } = report;
  const lines: string[] = [];
  if (report.totals.macs === null) lines.push(NO_GRAPH, WITH_GRAPH[report.model.format] ?? ANY_GRAPH);
  else if (coverage.nodes === 0) lines.push('The graph has no operators: it passes its inputs on.');
  else if (coverage.unknown.length === 0)
    lines.push(
      `All ${grouped(coverage.nodes)} operators counted: ${grouped(coverage.counted)} compute, ${grouped(coverage.free)} only move data.`,
    );
  else for (const line of uncountedLines(report, style)) lines.push(line);
  const free = freeNames(report);
  if (free.length > 0) lines.push(`Free: ${freeWords(free)}; ${shownWords(report, free)}.`);
  if (coverage.nodes > 0) lines.push(style.dim(exact.description));
  return lines;
}

/** The dimensions that have no number. */
export function freeNames({ symbols }: Pick<Report, 'symbols'>): string[] {
  return Object.keys(symbols).filter((name) => symbols[name] === null);
}

/** Their names, and how each is given a number. */
export function freeWords(names: readonly string[]): string {
  return `${names.join(', ')} (bind with --bind ${names.map((name) => `${name}=…`).join(',')})`;
}

/** How many operators have no formula. */
export function uncountedNodes({ unknown }: Report['coverage']): number {
  return unknown.reduce((n, u) => n + u.nodes, 0);
}

/** The operators that have no formula, and why; none if all have. */
export function uncountedLines({ coverage }: Pick<Report, 'coverage'>, style: Style): string[] {
  const { unknown } = coverage;
  if (unknown.length === 0) return [];
  const nodes = uncountedNodes(coverage);
  return [
    style.warn(
      `NOT COUNTED: ${grouped(nodes)} of ${grouped(coverage.nodes)} operators. MACs, FLOPs and memory leave them out:`,
    ),
    ...unknown.slice(0, 8).map(({ op, nodes: n, why }) => `  ${n} × ${op}: ${why}`),
    ...(unknown.length > 8 ? [`  … and ${unknown.length - 8} other kinds`] : []),
  ];
}

/** Which sizes shares and ≈ are taken at, and that nobody asked for them. */
function shownWords({ shown }: Report, names: readonly string[]): string {
  if (shown === null || shown === undefined)
    return 'no sizes were found at which the model runs, so shares and ≈ are left out';
  const of = (...origins: readonly SizeOrigin[]): string =>
    names.flatMap((n) => (origins.includes(shown[n]?.from ?? 'choice') ? [`${n} = ${shown[n]?.size}`] : [])).join(', ');
  const own = of('file');
  const chosen = of('batch', 'choice', 'given');
  const parts = [
    ...(chosen === '' ? [] : [`${chosen}, chosen by opcount`]),
    ...(own === '' ? [] : [`${own}, as in the file’s own example`]),
  ];
  return `shares and ≈ at ${parts.join('; ')}`;
}

/** The numbers of each convention that was asked for, its definition, and where it departs from what people expect. */
export function conventionLines(report: Report, units: UnitMode, style: Style): string[] {
  const lines: string[] = [];
  for (const [id, result] of Object.entries(report.conventions)) {
    if (id === 'exact') continue;
    lines.push('', `${style.bold(`As ${result.title} ${result.version} prints it`)}`);
    lines.push(...countLines(result, units));
    lines.push(`  ${style.dim(result.words)}`);
    for (const { message } of result.notes) lines.push(`  ${style.warn('note')} ${message}`);
  }
  return lines;
}

const UNIT_WORDS = { mac: 'MACs', flop: 'FLOPs', byte: 'bytes', MB: 'MB' } as const;

function countLines(result: ReportConvention, units: UnitMode): string[] {
  const rows = Object.entries(result.counts).map(([name, count]): [string, string, string, string] => [
    name,
    typeof count === 'number' ? count.toFixed(2) : quantity(count, units),
    typeof count === 'bigint' && units !== 'raw' ? grouped(count) : '',
    `the unit is ${UNIT_WORDS[result.units[name] ?? 'flop']}`,
  ]);
  rows.push([
    'params',
    quantity(result.params, units),
    typeof result.params === 'bigint' && units !== 'raw' ? grouped(result.params) : '',
    '',
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((r) => (r[i] as string).length)));
  return rows.map(([name, short, exact, unit]) =>
    `  ${padTo(name, widths[0] as number)}  ${padTo(short, widths[1] as number, 'right')}  ${padTo(exact, widths[2] as number, 'right')}  ${unit}`.trimEnd(),
  );
}

/** The lines that tools print of their own models by themselves, and what the numbers in them are. */
export function printedLines(report: Report, style: Style): string[] {
  const tools = new Map<string, PrintedLine[]>();
  for (const printed of report.printed ?? []) tools.set(printed.by, [...(tools.get(printed.by) ?? []), printed]);
  return [...tools].flatMap(([by, lines]) => [
    '',
    style.bold(`As ${by} prints it`),
    ...lines.map(({ version, line }) => `  ${padTo(version, 6)}  ${line}`),
    ...[...new Set(lines.flatMap(({ words }) => words))].flatMap((words) => wrapped(style.dim(`  ${words}`), style, 4)),
  ]);
}

/** Notes of the reader: what a person with a deadline should know before believing the numbers. */
export function noteLines(report: Pick<Report, 'notes'>): string[] {
  const groups = new Map<string, { message: string; more: number }>();
  for (const { code, message } of report.notes) {
    const group = groups.get(code);
    if (group === undefined) groups.set(code, { message, more: 0 });
    else group.more++;
  }
  const rank = (code: string): number => (WEIGHTY.has(code) ? 0 : MINOR.has(code) ? 2 : 1);
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([, { message, more }]) => (more === 0 ? message : `${message} (and ${more} more like it)`));
}

/** Notes on numbers that may not be what they seem. */
const WEIGHTY: ReadonlySet<string> = new Set([
  'beyond-positions',
  'not-counted',
  'silent-zero',
  'branch-excluded',
  'missing-parameters',
  'absent-part',
  'weights-cut-short',
  'truncated',
  'value-info-disagrees',
  'shape-differs',
  'params-differ',
  'assumed',
  'routed-experts',
  'frozen',
  'not-the-model',
  'formula-unused',
]);
/** Notes on where something was found. */
const MINOR: ReadonlySet<string> = new Set([
  'import-root',
  'other-programs',
  'sharded',
  'spelling-assumed',
  'first-profile',
]);

/** Sizes of free dimensions at which shares, ≈ and the order of rows are taken. */
export function placesOf({ shown }: Pick<Report, 'shown'>): ReadonlyMap<string, number> {
  return new Map(Object.entries(shown ?? {}).map(([name, { size }]) => [name, size]));
}
