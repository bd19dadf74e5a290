import type { Sort, UnitMode } from './choices.js';
import { inCell, largest, unknownColumn } from './columns.js';
import type { GridColumn } from './grid.js';
import { bytes, magnitude, quantity, seconds, shapeText } from './numbers.js';
import { hasNumbers, rowNames, type Several, type SeveralModel, type SeveralReport } from './several.js';
import { placesOf, uncountedNodes } from './summary.js';
import type { ReportCount } from './types.js';

export interface SeveralContext {
  readonly units: UnitMode;
  /** Formulas with all their terms. */
  readonly formula: boolean;
  readonly names: ReadonlyMap<SeveralModel, string>;
}

export interface SeveralColumn extends GridColumn {
  readonly id: string;
  /** For people. */
  text(model: SeveralModel, context: SeveralContext): string;
  /** For machines (CSV): all digits, no units. */
  raw(model: SeveralModel, context: SeveralContext): string;
}

type Amount = ReportCount | number | null | undefined;
type Show = (count: ReportCount, mode: UnitMode) => string;

/** A column of counts. `least`: operators that are not counted are missing in it. */
function amounts(
  id: string,
  title: string,
  of: (report: SeveralReport) => Amount,
  show: Show,
  more: { readonly drop?: number; readonly least?: boolean } = {},
): SeveralColumn {
  return {
    id,
    title,
    align: 'right',
    ...(more.drop === undefined ? {} : { drop: more.drop }),
    text: (model, { units, formula }) => {
      const count = hasNumbers(model) ? of(model) : null;
      if (!hasNumbers(model) || count === null || count === undefined) return '–';
      if (typeof count === 'number') return quantity(count, units);
      if (typeof count === 'string' && formula) return count;
      const least = more.least === true && model.coverage.unknown.length > 0 ? '≥ ' : '';
      return least + inCell(show, count, { units, at: placesOf(model) });
    },
    raw: (model) => String((hasNumbers(model) ? of(model) : null) ?? ''),
  };
}

function words(
  id: string,
  of: (model: SeveralModel, context: SeveralContext) => string,
  more: Partial<SeveralColumn> = {},
): SeveralColumn {
  return { id, title: id, align: 'left', cut: true, text: of, raw: of, ...more };
}

const shapes = (model: SeveralModel, show: (i: SeveralReport['inputs'][number]) => string): string =>
  hasNumbers(model) ? model.inputs.map(show).join(', ') : '';

const COLUMNS: readonly SeveralColumn[] = [
  words('model', (model, { names }) => names.get(model) ?? model.given),
  words('format', (model) => (hasNumbers(model) ? model.model.format : ''), { drop: 1 }),
  words('input', (model) => shapes(model, ({ shape }) => shapeText(shape)), {
    drop: 2,
    raw: (model) => shapes(model, ({ name, shape }) => `${name}=${shape?.join('x') ?? '?'}`),
  }),
  amounts('params', 'params', ({ totals }) => totals.params, quantity),
  amounts('buffers', 'buffers', ({ totals }) => totals.bufferElements, quantity, { drop: 1 }),
  amounts(
    'weights',
    'weights',
    ({ totals, serving }) => (serving?.weightFormat == null ? totals.weightBytes : serving.weightBytes),
    bytes,
    { drop: 3 },
  ),
  amounts('macs', 'MACs', ({ totals }) => totals.macs, quantity, { least: true }),
  amounts('flops', 'FLOPs', ({ totals }) => totals.flops, quantity, { least: true, drop: 5 }),
  amounts('peak', 'peak', ({ totals }) => totals.peakActivationBytes, bytes, { least: true, drop: 4 }),
  amounts('activations', 'activations', ({ totals }) => totals.activationBytes, bytes, { least: true }),
  amounts('read', 'read', ({ totals }) => totals.readBytes, bytes, { least: true }),
  amounts('write', 'written', ({ totals }) => totals.writeBytes, bytes, { least: true }),
  amounts('cache', 'KV cache', ({ serving }) => serving?.cacheBytesAtContext, bytes, { drop: 3 }),
  amounts('operators', 'operators', ({ coverage }) => BigInt(coverage.nodes), quantity),
  amounts('uncounted', 'uncounted', ({ coverage }) => BigInt(uncountedNodes(coverage)), quantity),
  words('error', (model) => (hasNumbers(model) ? '' : model.error.message), { drop: 0 }),
];

const IDS: readonly string[] = COLUMNS.map(({ id }) => id);
const PEOPLE = ['model', 'input', 'params', 'weights', 'macs', 'flops', 'peak'];
const MACHINES = [
  ...['model', 'format', 'input', 'params', 'weights', 'macs', 'flops', 'peak', 'activations', 'read', 'write'],
  ...['operators', 'uncounted', 'error'],
];

/** The columns that were requested, else those that say something of these models. Throws ModelError `argument`. */
export function severalColumns(
  { models }: Several,
  {
    ids,
    sort,
    machine,
  }: { readonly ids: readonly string[] | undefined; readonly sort?: Sort; readonly machine: boolean },
): SeveralColumn[] {
  const reports = models.filter(hasNumbers);
  const added = [...(reports.some(({ serving }) => serving !== undefined) ? ['cache'] : []), ...askedFor(reports)];
  const wanted = ids ?? [...(machine ? MACHINES : PEOPLE), ...added];
  const more = [...(sort === undefined ? [] : [SORTED_BY[sort]]), ...(reports.length < models.length ? ['error'] : [])];
  return [...new Set([...wanted, ...more])].map((id) => columnOf(id, reports, ids !== undefined));
}

/** Counts of the tools and times on the devices that were requested. */
function askedFor(reports: readonly SeveralReport[]): string[] {
  const counts = reports.flatMap(({ conventions }) =>
    Object.entries(conventions)
      .filter(([id]) => id !== 'exact')
      .flatMap(([id, tool]) => Object.keys(tool.counts).map((name) => `${id}.${name}`)),
  );
  const times = reports.flatMap(({ bounds = [] }) => bounds.map(({ device }) => `${device}.seconds`));
  return [...new Set([...counts, ...times])];
}

function columnOf(id: string, reports: readonly SeveralReport[], asked: boolean): SeveralColumn {
  const plain = COLUMNS.find((column) => column.id === id.toLowerCase());
  if (plain !== undefined) {
    // Requested columns stay, however narrow the screen is.
    const { drop: _, ...kept } = plain;
    return asked ? kept : plain;
  }
  if (!askedFor(reports).includes(id)) throw unknownColumn(`a table of models has no column "${id}"`, id, IDS);
  const dot = id.lastIndexOf('.');
  const [of, name] = [id.slice(0, dot), id.slice(dot + 1)];
  const bound = (report: SeveralReport) => report.bounds?.find(({ device }) => device === of);
  if (name !== 'seconds' || !reports.some((report) => bound(report) !== undefined))
    return amounts(id, `${of} ${name}`, ({ conventions }) => conventions[of]?.counts[name], quantity);
  const time = (model: SeveralModel): number | null => (hasNumbers(model) ? (bound(model)?.seconds ?? null) : null);
  return {
    ...{ id, title: `${of} ≥`, align: 'right' },
    text: (model) => {
      const n = time(model);
      return n === null ? '–' : seconds(n);
    },
    raw: (model) => time(model)?.toPrecision(6) ?? '',
  };
}

/** Of several models memory is what they hold at once: the peak of live activations. */
const SORTED_BY: Readonly<Record<Sort, string>> = { macs: 'macs', flops: 'flops', params: 'params', memory: 'peak' };

/** The largest first, what has no numbers last; in the order they were named where nothing else is requested. */
export function severalSorted(several: Several, sort: Sort | undefined, top: number | undefined): Several {
  if (sort === undefined && top === undefined) return several;
  const size = (model: SeveralModel): number => {
    if (!hasNumbers(model)) return -1;
    const { macs, flops, params, peakActivationBytes } = model.totals;
    return magnitude({ macs, flops, params, memory: peakActivationBytes }[sort ?? 'macs'], placesOf(model));
  };
  return { ...several, models: largest(several.models, size, top) };
}

export const contextOf = (several: Several, units: UnitMode, formula: boolean): SeveralContext => ({
  units,
  formula,
  names: rowNames(several.models),
});
