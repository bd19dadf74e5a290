import { exact } from '../conventions/exact.js';
import type { Convention, ConventionOptions, ConventionResult } from '../conventions/types.js';
import { type Dim, isStatic, toBigInt } from '../dim/index.js';
import type { Ledger, Value } from '../ledger/index.js';
import {
  coverageOf,
  type Grouping,
  isGraphless,
  nodePath,
  type Row,
  rowsOf,
  type Stored,
  type Totals,
  type TreeNode,
  totalsOf,
  treeOf,
} from '../ledger/index.js';
import { bounds, choiceId, type DeviceChoice, unfusedBound } from '../machine/index.js';
import type { Shape } from '../tensor/index.js';
import { freeSymbols, shownSizes } from '../transforms/index.js';
import type {
  Report,
  ReportConvention,
  ReportCount,
  ReportExtent,
  ReportNode,
  ReportRow,
  ReportShape,
  ReportStored,
  ReportTensor,
  ReportTotals,
} from './types.js';
import { VERSION } from './version.js';

export interface ReportOptions extends ConventionOptions {
  /** Conventions beside `exact`. */
  readonly conventions?: readonly Convention[];
  /** What a row of `layers` is; `layer` by default (`module` gives the same rows, the tree is always there). */
  readonly by?: Grouping;
  /** What was bound before the model was read, to be shown with what is still free. */
  readonly bound?: ReadonlyMap<string, Dim>;
  /** Peak memory where functions of each element write over inputs that nobody reads afterwards. */
  readonly inplace?: boolean;
  /** Sizes to show numbers at where the model takes them: those of a model beside it. */
  readonly wanted?: ReadonlyMap<string, number>;
  /** Devices to bound the time of a run on. */
  readonly devices?: readonly DeviceChoice[];
}

/** Everything there is to say of a ledger. */
export function buildReport(ledger: Ledger, options: ReportOptions = {}): Report {
  const graph = !isGraphless(ledger);
  const lenses = [...new Set([exact, ...(options.conventions ?? [])])];
  const results = lenses.map((lens): [Convention, ConventionResult] => [
    lens,
    graph ? lens.run(ledger, options) : withoutGraph(lens, ledger),
  ]);
  const devices = options.devices ?? [];
  const totals = totalsOf(ledger, { inplace: options.inplace ?? false });
  const by = options.by === undefined || options.by === 'module' ? 'layer' : options.by;
  return {
    schema: 1,
    opcount: VERSION,
    model: {
      name: ledger.name,
      format: ledger.format,
      producer: ledger.producer,
      bytes: ledger.file?.bytes ?? null,
      bytesRead: ledger.file?.bytesRead ?? null,
    },
    inputs: ledger.inputs.map(({ name, value }) => tensorOf(name, value)),
    outputs: ledger.outputs.map(({ name, value }) => tensorOf(name, value)),
    symbols: symbolsOf(ledger, options.bound),
    ...shownOf(ledger, options.wanted),
    totals: totalsOut(totals, graph),
    peak: peakOut(ledger, totals),
    coverage: coverageOf(ledger),
    conventions: Object.fromEntries(results.map(([lens, result]) => [lens.id, conventionOut(lens, result)])),
    layers: rowsOf(ledger, by).map((row) => rowOut(row, results, devices)),
    modules: nodeOut(treeOf(ledger)),
    ...(devices.length === 0 || !graph ? {} : { bounds: bounds(ledger, devices, totals) }),
    notes: ledger.notes,
  };
}

function shownOf(ledger: Ledger, wanted?: ReadonlyMap<string, number>): Pick<Report, 'shown'> {
  const sizes = shownSizes(ledger, wanted);
  if (sizes === null) return { shown: null };
  return sizes.size === 0 ? {} : { shown: Object.fromEntries(sizes) };
}

/** An integer as bigint, a formula as text. */
export function countOf(d: Dim): ReportCount {
  return isStatic(d) ? toBigInt(d) : String(d);
}

export function symbolsOf(
  ledger: Ledger,
  bound: ReadonlyMap<string, Dim> = new Map(),
): Record<string, ReportExtent | null> {
  const found = new Map<string, ReportExtent | null>([...bound].map(([name, value]) => [name, extent(value)]));
  for (const name of freeSymbols(ledger)) if (!found.has(name)) found.set(name, null);
  return Object.fromEntries(found);
}

function extent(d: Dim): ReportExtent {
  return isStatic(d) ? d : String(d);
}

function shapeOut(shape: Shape): ReportShape {
  return shape.map(extent);
}

function orNull(shape: Shape | null): ReportShape | null {
  return shape === null ? null : shapeOut(shape);
}

export function tensorOf(name: string, value: Value): ReportTensor {
  return { name, dtype: value.type?.dtype ?? 'unknown', shape: orNull(value.type?.shape ?? null) };
}

/** Every tool runs a model; of weights alone there is nothing that it could count. */
function withoutGraph(lens: Convention, ledger: Ledger): ConventionResult {
  return {
    id: lens.id,
    version: lens.version,
    title: lens.title,
    counts: {},
    units: {},
    items: [],
    params: totalsOf(ledger).params,
    notes: [{ code: 'no-graph', message: `${lens.title} needs a graph, and this file holds weights alone` }],
  };
}

function totalsOut(t: Totals, graph: boolean): ReportTotals {
  const counted = (d: Dim): ReportCount | null => (graph ? countOf(d) : null);
  return {
    params: countOf(t.params),
    trainableParams: t.trainableParams === null ? null : countOf(t.trainableParams),
    bufferElements: countOf(t.bufferElements),
    weightBytes: countOf(t.weightBytes),
    macs: counted(t.macs),
    macsUnpadded: t.macsUnpadded === null ? null : counted(t.macsUnpadded),
    macsByOperands: Object.fromEntries([...t.macsByOperands].map(([types, n]) => [types, countOf(n)])),
    flops: counted(t.flops),
    primitives: Object.fromEntries(Object.entries(t.primitives).map(([name, n]) => [name, countOf(n)])),
    activationBytes: counted(t.activationBytes),
    peakActivationBytes: t.peak.bytes === null ? null : counted(t.peak.bytes),
    readBytes: counted(t.readBytes),
    writeBytes: counted(t.writeBytes),
  };
}

function peakOut(ledger: Ledger, { peak }: Totals): Report['peak'] {
  if (peak.entry === null) return null;
  return {
    path: peak.entry.call.path,
    op: peak.entry.op,
    alive: peak.alive.map(({ value, maker, bytes }) => ({
      ...tensorOf(value.name ?? (maker === null ? 'input' : nodePath(ledger, maker)), value),
      bytes: countOf(bytes),
    })),
  };
}

function conventionOut({ title, words }: Convention, r: ConventionResult): ReportConvention {
  return {
    title,
    version: r.version,
    words,
    counts: countsOut(r.counts),
    units: r.units,
    params: countOf(r.params),
    notes: r.notes,
  };
}

function countsOut(counts: Readonly<Record<string, Dim>>): Record<string, ReportCount | number> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, n]) => [name, typeof n === 'number' && !Number.isInteger(n) ? n : countOf(n)]),
  );
}

function rowOut(
  row: Row,
  results: readonly (readonly [Convention, ConventionResult])[],
  devices: readonly DeviceChoice[],
): ReportRow {
  const conventions: Record<string, Record<string, ReportCount | number>> = {};
  for (const [lens, result] of results) {
    const own = lens.id === 'exact' ? undefined : result.layers?.get(row.path);
    if (own !== undefined) conventions[lens.id] = countsOut(own);
  }
  return {
    path: row.path,
    type: row.type,
    op: row.op,
    calls: row.calls,
    inputs: row.inputs.map(orNull),
    outputs: row.outputs.map(orNull),
    params: countOf(row.params),
    macs: countOf(row.tally.macs),
    flops: countOf(row.tally.flops),
    readBytes: countOf(row.readBytes),
    writeBytes: countOf(row.writeBytes),
    unknown: row.unknown,
    ...storedOut(row.stored),
    ...(devices.length === 0 || row.stored !== undefined ? {} : { bounds: rowBounds(row, devices) }),
    conventions,
  };
}

function rowBounds(row: Row, devices: readonly DeviceChoice[]): NonNullable<ReportRow['bounds']> {
  return Object.fromEntries(
    devices.map((choice) => {
      const time = unfusedBound(row.facts, choice);
      return [choiceId(choice), time === null ? null : { seconds: time.seconds, by: time.by }];
    }),
  );
}

function storedOut(stored: Stored | undefined): { stored?: ReportStored } {
  if (stored === undefined) return {};
  const { buffers, bytes, dtypes, shape } = stored;
  return { stored: { buffers: countOf(buffers), bytes: countOf(bytes), dtypes, shape: orNull(shape) } };
}

function nodeOut(node: TreeNode): ReportNode {
  return {
    kind: node.kind,
    name: node.name,
    path: node.path,
    type: node.type,
    calls: node.calls,
    output: orNull(node.output),
    params: countOf(node.params),
    macs: countOf(node.tally.macs),
    flops: countOf(node.tally.flops),
    readBytes: countOf(node.readBytes),
    writeBytes: countOf(node.writeBytes),
    unknown: node.unknown,
    ...storedOut(node.stored),
    children: node.children.map(nodeOut),
  };
}
