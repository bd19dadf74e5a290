import { exact } from '../conventions/exact.js';
import type { Convention, ConventionOptions, ConventionResult } from '../conventions/types.js';
import type { Dim } from '../dim/index.js';
import {
  type AnyLedger,
  coverageOf,
  type Grouping,
  isGraphless,
  NONE,
  namesDuring,
  type Row,
  rowsOf,
  type Totals,
  type TreeNode,
  totalsOf,
  treeOf,
  whole,
} from '../ledger/index.js';
import { bounds, choiceId, type DeviceChoice, unfusedBound } from '../machine/index.js';
import { freeSymbols, shownSizes } from '../transforms/index.js';
import { type Encode, shapeOut, TEXT, tensorOut } from './encode.js';
import { LateList } from './json.js';
import { headOut, LateNode, storedOut } from './late-node.js';
import { lateParts, unmade } from './late-parts.js';
import { scheduleOut } from './schedule.js';
import type {
  Report,
  ReportConvention,
  ReportCount,
  ReportExtent,
  ReportNode,
  ReportRow,
  ReportStored,
  ReportTotals,
} from './types.js';
import { VERSION } from './version.js';

export interface ReportOptions extends ConventionOptions {
  /** Conventions beside `exact`. */
  readonly conventions?: readonly Convention[];
  /** The kind of rows in `layers`; `layer` by default (`module` gives the same rows, the tree is always there). */
  readonly by?: Grouping;
  /** Sizes that were bound before the model was read, to be shown with those that are still free. */
  readonly bound?: ReadonlyMap<string, Dim>;
  /** Peak memory where functions of each element write over inputs that nobody reads afterwards. */
  readonly inplace?: boolean;
  /** Sizes to show numbers at where the model takes them: those of a model beside it. */
  readonly wanted?: ReadonlyMap<string, number>;
  /** Devices to bound the time of a run on. */
  readonly devices?: readonly DeviceChoice[];
  /** Operators one by one, with edges and lifetimes, in place of rows: what a drawing needs. */
  readonly schedule?: boolean;
  /** False if nobody looks at the rows: a tree has the numbers of its nodes. */
  readonly rows?: boolean;
  /** Nodes of the module tree are made as they are looked at: for a report that is shown, and handed to nobody. */
  readonly onScreen?: boolean;
}

/** Everything there is to say of a ledger, with exact integers and formulas as text. */
export function buildReport(ledger: AnyLedger, options?: ReportOptions): Report;
/** The same with counts and extents as `encode` writes them: the page keeps places in a program that it runs. */
export function buildReport<N, E>(ledger: AnyLedger, options: ReportOptions, encode: Encode<N, E>): Report<N, E>;
export function buildReport<N, E>(
  ledger: AnyLedger,
  options: ReportOptions = {},
  encode: Encode<N, E> = TEXT as unknown as Encode<N, E>,
): Report<N, E> {
  const graph = !isGraphless(ledger);
  const results = resultsOf(ledger, options);
  const devices = options.devices ?? [];
  const schedule = options.schedule ?? false;
  const totals = totalsOf(ledger, { inplace: options.inplace ?? false });
  const report: Report<N, E> = {
    schema: 1,
    opcount: VERSION,
    model: modelOut(ledger),
    inputs: ledger.inputs.map(({ name, value }) => tensorOut(name, value, encode)),
    outputs: ledger.outputs.map(({ name, value }) => tensorOut(name, value, encode)),
    symbols: symbolsOf(ledger, options.bound, encode),
    ...shownOf(ledger, options.wanted),
    totals: totalsOut(totals, graph, encode),
    peak: LATER,
    ...(ledger.arena === undefined ? {} : { arena: ledger.arena }),
    coverage: coverageOf(ledger),
    conventions: Object.fromEntries(
      results.map(([convention, result]) => [convention.id, conventionOut(convention, result, encode)]),
    ),
    layers: LATER,
    modules: LATER,
    ...(schedule ? { schedule: scheduleOut(whole(ledger), encode) } : {}),
    ...(devices.length === 0 || !graph ? {} : { bounds: bounds(ledger, devices, totals) }),
    notes: ledger.notes,
  };
  return withDetails(report as Report, { ledger, options, totals, results, encode: encode as AnyEncode }) as Report<
    N,
    E
  >;
}

function modelOut({ name, format, producer, file }: AnyLedger): Report['model'] {
  return { name, format, producer, bytes: file?.bytes ?? null, bytesRead: file?.bytesRead ?? null };
}

/** The counts of each convention that was asked for, `exact` first. */
function resultsOf(ledger: AnyLedger, options: ReportOptions): [Convention, ConventionResult][] {
  const graph = !isGraphless(ledger);
  const chosen = [...new Set([exact, ...(options.conventions ?? [])])];
  return chosen.map((convention) => [
    convention,
    graph ? runOf(convention, ledger, options) : withoutGraph(convention, ledger),
  ]);
}

/** The long parts of a report are made from these. */
interface Details {
  readonly ledger: AnyLedger;
  readonly options: ReportOptions;
  readonly totals: Totals;
  readonly results: readonly (readonly [Convention, ConventionResult])[];
  readonly encode: AnyEncode;
}
/** Of a report of any counts and extents: the parts are as `encode` makes them. */
type AnyEncode = Encode<ReportCount, ReportExtent>;

/** Where one of them is among the others. */
const LATER = undefined as never;

/** The parts that grow with the model are made for those who look at them. */
const withDetails = lateParts<Report, Details>({
  peak: ({ ledger, totals, encode }) => peakOut(ledger, totals, encode),
  layers: layersOut,
  modules: modulesOut,
});

function layersOut(details: Details): Report['layers'] {
  return layersFrom(details).map((row) => rowFrom(row, details));
}

function layersFrom({ ledger, options }: Details): readonly Row[] {
  // A schedule has more than the rows, which are sums over it.
  if (options.schedule === true || options.rows === false) return NONE;
  return rowsOf(ledger, options.by === undefined || options.by === 'module' ? 'layer' : options.by);
}

function rowFrom(row: Row, { options, results, encode }: Details): Report['layers'][number] {
  return rowOut(row, results, options.devices ?? [], encode);
}

function modulesOut({ ledger, options, encode }: Details): ReportNode {
  const tree = treeOf(ledger);
  if (options.schedule === true) return scheduledNode(tree, encode);
  return options.onScreen === true ? new LateNode(tree, encode) : nodeOut(tree, encode);
}

/** A report for who writes it once, from front to back: rows and nodes are made when they are reached, and not kept. */
export function inPassing(report: Report): unknown {
  const details = unmade<Details>(report, ['layers', 'modules']);
  if (details === null || details.options.schedule === true) return report;
  const { ledger, encode } = details;
  const late: Readonly<Record<string, unknown>> = {
    layers: new LateList(
      () => layersFrom(details),
      (row: Row) => rowFrom(row, details),
    ),
    modules: passingNode(treeOf(ledger), encode),
  };
  return Object.fromEntries(Object.keys(report).map((key) => [key, late[key] ?? report[key as keyof Report]]));
}

function passingNode(node: TreeNode, encode: AnyEncode): object {
  const head = headOut(node, encode) as { children?: unknown };
  const { children } = node;
  head.children =
    children.length === 0
      ? NONE
      : new LateList(
          () => children,
          (child: TreeNode) => passingNode(child, encode),
        );
  return head;
}

function shownOf(ledger: AnyLedger, wanted?: ReadonlyMap<string, number>): Pick<Report, 'shown'> {
  const sizes = shownSizes(ledger, wanted);
  if (sizes === null) return { shown: null };
  return sizes.size === 0 ? {} : { shown: Object.fromEntries(sizes) };
}

/** Free dimensions by name: the number each was bound to, or null if it stays free. */
export function symbolsOf<E>(
  ledger: AnyLedger,
  bound: ReadonlyMap<string, Dim> = new Map(),
  { extent }: Encode<unknown, E>,
): Record<string, E | null> {
  const found = new Map<string, E | null>([...bound].map(([name, value]) => [name, extent(value)]));
  for (const name of freeSymbols(ledger)) if (!found.has(name)) found.set(name, null);
  return Object.fromEntries(found);
}

/** Tools count layer by layer, so that they are asked only of ledgers that have all layers. */
function runOf(convention: Convention, ledger: AnyLedger, options: ReportOptions): ConventionResult {
  if (convention === exact) return exact.run(ledger);
  return convention.run(whole(ledger), options);
}

/** Every tool runs a model; of weights alone there is nothing that it could count. */
function withoutGraph(convention: Convention, ledger: AnyLedger): ConventionResult {
  return {
    id: convention.id,
    version: convention.version,
    title: convention.title,
    counts: {},
    units: {},
    items: [],
    params: totalsOf(ledger).params,
    notes: [{ code: 'no-graph', message: `${convention.title} needs a graph, and this file holds weights alone` }],
  };
}

function totalsOut<N>(t: Totals, graph: boolean, { count }: Encode<N, unknown>): ReportTotals<N> {
  const counted = (d: Dim | null): N | null => (graph && d !== null ? count(d) : null);
  return {
    params: count(t.params),
    trainableParams: t.trainableParams === null ? null : count(t.trainableParams),
    bufferElements: count(t.bufferElements),
    weightBytes: count(t.weightBytes),
    macs: counted(t.macs),
    macsUnpadded: counted(t.macsUnpadded),
    macsByOperands: Object.fromEntries([...t.macsByOperands].map(([types, n]) => [types, count(n)])),
    flops: counted(t.flops),
    primitives: Object.fromEntries(Object.entries(t.primitives).map(([name, n]) => [name, count(n)])),
    activationBytes: counted(t.activationBytes),
    peakActivationBytes: counted(t.peak.bytes),
    readBytes: counted(t.readBytes),
    writeBytes: counted(t.writeBytes),
  };
}

function peakOut<N, E>(ledger: AnyLedger, { peak }: Totals, encode: Encode<N, E>): Report<N, E>['peak'] {
  if (peak.entry === null) return null;
  const nameOf = namesDuring(ledger, peak.entry);
  return {
    path: peak.entry.call.path,
    op: peak.entry.op,
    alive: peak.alive.map(({ value, maker, bytes }) => ({
      ...tensorOut(value.name ?? (maker === null ? 'input' : nameOf(maker)), value, encode),
      bytes: encode.count(bytes),
    })),
  };
}

function conventionOut<N>(
  { title, description: words }: Convention,
  r: ConventionResult,
  encode: Encode<N, unknown>,
): ReportConvention<N> {
  return {
    title,
    version: r.version,
    words,
    counts: countsOut(r.counts, encode),
    units: r.units,
    params: encode.count(r.params),
    notes: r.notes,
  };
}

/** MB alone are fractions, and stay numbers. */
function countsOut<N>(
  counts: Readonly<Record<string, Dim>>,
  { count }: Encode<N, unknown>,
): Record<string, N | number> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, n]) => [name, typeof n === 'number' && !Number.isInteger(n) ? n : count(n)]),
  );
}

function rowOut<N, E>(
  row: Row,
  results: readonly (readonly [Convention, ConventionResult])[],
  devices: readonly DeviceChoice[],
  encode: Encode<N, E>,
): ReportRow<N, E> {
  const { count } = encode;
  if (row.stored !== undefined) return storedRow(row, encode);
  const conventions: Record<string, Record<string, N | number>> = {};
  for (const [convention, result] of results) {
    const own = convention.id === 'exact' ? undefined : result.layers?.get(row.path);
    if (own !== undefined) conventions[convention.id] = countsOut(own, encode);
  }
  return {
    path: row.path,
    type: row.type,
    op: row.op,
    calls: row.calls,
    inputs: row.inputs.map((shape) => shapeOut(shape, encode)),
    outputs: row.outputs.map((shape) => shapeOut(shape, encode)),
    params: count(row.params),
    macs: count(row.tally.macs),
    flops: count(row.tally.flops),
    readBytes: count(row.readBytes),
    writeBytes: count(row.writeBytes),
    unknown: row.unknown,
    ...(devices.length === 0 ? {} : { bounds: rowBounds(row, devices) }),
    conventions,
  };
}

/** Of a file of weights: written out in full and with nothing of its own that all have, since there may be a million. */
function storedRow<N, E>(row: Row, encode: Encode<N, E>): ReportRow<N, E> {
  const nothing = encode.count(0);
  return {
    path: row.path,
    type: row.type,
    op: row.op,
    calls: row.calls,
    inputs: NONE,
    outputs: NONE,
    params: encode.count(row.params),
    macs: nothing,
    flops: nothing,
    readBytes: nothing,
    writeBytes: nothing,
    unknown: row.unknown,
    stored: storedOut(row.stored, encode).stored as ReportStored<N, E>,
    conventions: NO_CONVENTIONS,
  };
}
const NO_CONVENTIONS: Readonly<Record<string, never>> = Object.freeze({});

function rowBounds(row: Row, devices: readonly DeviceChoice[]): NonNullable<ReportRow['bounds']> {
  return Object.fromEntries(
    devices.map((choice) => {
      const time = unfusedBound(row.operators, choice);
      return [choiceId(choice), time === null ? null : { seconds: time.seconds, by: time.by }];
    }),
  );
}

function nodeOut<N, E>(node: TreeNode, encode: Encode<N, E>): ReportNode<N, E> {
  const head = headOut(node, encode) as Open<ReportNode<N, E>>;
  head.children = node.children.length === 0 ? NONE : node.children.map((child) => nodeOut(child, encode));
  return head;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** The same with the operators of each node, for a report that has a schedule. */
function scheduledNode<N, E>(node: TreeNode, encode: Encode<N, E>): ReportNode<N, E> {
  return {
    ...headOut(node, encode),
    entries: node.entries.map((entry) => entry.index),
    children: node.children.map((child) => scheduledNode(child, encode)),
  };
}
