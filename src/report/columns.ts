import { didYouMean } from '../models/nearest.js';
import { ModelError } from '../source/errors.js';
import type { Sort, UnitMode } from './choices.js';
import { bytes, magnitude, percent, quantity, seconds, shapeText, valueAt } from './numbers.js';
import type { Report, ReportCount, ReportNode, ReportRow, ReportShape } from './types.js';

/** A line of a table or of a tree: a row, or a node. */
export type Item = ReportRow | ReportNode;

export interface ColumnContext {
  readonly report: Report;
  readonly units: UnitMode;
  /** Where free dimensions are put for shares and sorting. */
  readonly at: ReadonlyMap<string, number>;
}

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly align: 'left' | 'right';
  /** For people. */
  text(item: Item, context: ColumnContext): string;
  /** For machines (CSV): all digits, no units. */
  raw(item: Item, context: ColumnContext): string;
}

const output = (item: Item): ReportShape | null =>
  'output' in item ? item.output : item.outputs.length === 0 ? null : (item.outputs[0] ?? null);
const input = (item: Item): ReportShape | null => ('inputs' in item ? (item.inputs[0] ?? null) : null);
const hasShape = (item: Item): boolean => !('inputs' in item) || item.inputs.length + item.outputs.length > 0;

const rawShape = (shape: ReportShape | null): string => (shape === null ? '' : shape.map((d) => String(d)).join('x'));

/** A longer formula would push all other columns off the screen. */
const MAX_CELL = 28;

/** A count in a cell; a formula that is too long for one is given as its value where shares are taken, marked with ≈. */
export function inCell(
  show: (n: ReportCount, mode: UnitMode) => string,
  count: ReportCount,
  c: Pick<ColumnContext, 'units' | 'at'>,
): string {
  const text = show(count, c.units);
  if (typeof count !== 'string' || text.length <= MAX_CELL) return text;
  const value = valueAt(count, c.at);
  return value === null ? text : `≈ ${show(BigInt(Math.round(value)), c.units)}`;
}

function counted(id: string, title: string, of: (item: Item) => ReportCount): Column {
  return {
    id,
    title,
    align: 'right',
    text: (item, c) => (of(item) === 0n ? '–' : inCell(quantity, of(item), c)),
    raw: (item) => String(of(item)),
  };
}

/** A count that operators without a formula are left out of: at least so much, or not known at all. */
function partly(column: Column, of: (item: Item) => ReportCount): Column {
  return {
    ...column,
    text: (item, c) => {
      if (item.unknown === 0) return column.text(item, c);
      return of(item) === 0n ? '?' : `≥ ${column.text(item, c)}`;
    },
    raw: (item, c) => (item.unknown > 0 && of(item) === 0n ? '' : column.raw(item, c)),
  };
}

function sized(id: string, title: string, of: (item: Item) => ReportCount): Column {
  return {
    id,
    title,
    align: 'right',
    text: (item, c) => (of(item) === 0n ? '–' : inCell(bytes, of(item), c)),
    raw: (item) => String(of(item)),
  };
}

function text(id: string, title: string, of: (item: Item) => string): Column {
  return { id, title, align: 'left', text: of, raw: of };
}

/** `torch.nn.Conv2d` is known as Conv2d, the overload `aten.add.Tensor` as aten.add. */
const classOf = (type: string): string => /^aten\.\w+(?=\.)/.exec(type)?.[0] ?? type.slice(type.lastIndexOf('.') + 1);

const COLUMNS: readonly Column[] = [
  text('path', 'path', (item) => item.path),
  { ...text('type', 'type', (item) => classOf(item.type)), raw: (item) => item.type },
  text('op', 'op', (item) => ('op' in item ? item.op : item.kind === 'op' ? item.name : '')),
  { ...text('calls', 'calls', (item) => String(item.calls)), align: 'right' },
  {
    ...text('input', 'input', (item) => (hasShape(item) ? shapeText(input(item)) : '')),
    raw: (item) => rawShape(input(item)),
  },
  {
    ...text('output', 'output', (item) => (hasShape(item) ? shapeText(output(item)) : '')),
    raw: (item) => rawShape(output(item)),
  },
  counted('params', 'params', (item) => item.params),
  partly(
    counted('macs', 'MACs', (item) => item.macs),
    (item) => item.macs,
  ),
  partly(
    counted('flops', 'FLOPs', (item) => item.flops),
    (item) => item.flops,
  ),
  {
    id: 'share',
    title: 'share',
    align: 'right',
    text: (item, c) => percent(shareOf(item, c), wholeOf(c)),
    raw: (item, c) => {
      const whole = wholeOf(c);
      return whole === 0 ? '' : (shareOf(item, c) / whole).toFixed(6);
    },
  },
  {
    ...text('shape', 'shape', (item) => (item.stored?.shape == null ? '' : shapeText(item.stored.shape))),
    raw: (item) => rawShape(item.stored?.shape ?? null),
  },
  counted('buffers', 'buffers', (item) => item.stored?.buffers ?? 0n),
  sized('bytes', 'bytes', (item) => item.stored?.bytes ?? 0n),
  text('dtype', 'dtype', (item) => item.stored?.dtypes.join(', ') ?? ''),
  sized('read', 'read', (item) => item.readBytes),
  sized('write', 'written', (item) => item.writeBytes),
  {
    id: 'intensity',
    title: 'FLOP/B',
    align: 'right',
    text: (item, c) => intensity(item, c)?.toFixed(2) ?? '–',
    raw: (item, c) => intensity(item, c)?.toFixed(6) ?? '',
  },
  { ...text('unknown', 'uncounted', (item) => (item.unknown === 0 ? '' : String(item.unknown))), align: 'right' },
];

/** The total that shares are taken of: MACs, and parameters if there is no graph. */
const shareOf = (item: Item, { at }: ColumnContext): number =>
  magnitude(item.stored === undefined ? item.macs : item.params, at);
export const wholeOf = ({ report, at }: Pick<ColumnContext, 'report' | 'at'>): number =>
  magnitude(report.totals.macs ?? report.totals.params, at);

/** FLOPs a byte read or written. */
function intensity(item: Item, c: ColumnContext): number | null {
  const moved = magnitude(item.readBytes, c.at) + magnitude(item.writeBytes, c.at);
  return moved === 0 ? null : magnitude(item.flops, c.at) / moved;
}

/** The least time on a device: `h100-sxm.seconds`. */
function deviceColumn(id: string, device: string): Column {
  const of = (item: Item): number | undefined => ('bounds' in item ? item.bounds?.[device]?.seconds : undefined);
  return {
    id,
    title: `${device} ≥`,
    align: 'right',
    text: (item) => {
      const n = of(item);
      return n === undefined ? '' : n === 0 ? '–' : seconds(n);
    },
    raw: (item) => {
      const n = of(item);
      return n === undefined ? '' : n.toPrecision(6);
    },
  };
}

/** A convention's number for the same path: `thop.macs`. */
function conventionColumn(id: string): Column | undefined {
  const [convention = '', name = ''] = id.split('.');
  if (name === '') return undefined;
  const of = (item: Item): ReportCount | number | undefined =>
    'conventions' in item ? item.conventions[convention]?.[name] : undefined;
  return {
    id,
    title: `${convention} ${name}`,
    align: 'right',
    text: (item, { units }) => {
      const n = of(item);
      return n === undefined ? '' : quantity(n, units);
    },
    raw: (item) => String(of(item) ?? ''),
  };
}

export const COLUMN_IDS: readonly string[] = COLUMNS.map((c) => c.id);

/** Columns by id. Throws ModelError `argument` for one that does not exist. */
export function columnsOf(ids: readonly string[], report: Report): Column[] {
  return ids.map((id) => {
    const plain = COLUMNS.find((c) => c.id === id.toLowerCase());
    if (plain !== undefined) return plain;
    const device = id.endsWith('.seconds') ? id.slice(0, -'.seconds'.length) : '';
    if (report.bounds?.some((b) => b.device === device) === true) return deviceColumn(id, device);
    const convention = id.split('.')[0] ?? '';
    const column = Object.hasOwn(report.conventions, convention) ? conventionColumn(id) : undefined;
    if (column !== undefined && id.split('.')[1] !== undefined) return column;
    throw unknownColumn(`there is no column "${id}"`, id, COLUMN_IDS);
  });
}

export function unknownColumn(message: string, id: string, known: readonly string[]): ModelError {
  return new ModelError('argument', message, {
    hint: `${didYouMean(id, known)}known: ${known.join(', ')}, with --as also thop.macs and the like, with --device h100-sxm.seconds`,
  });
}

/** The number that a sort or a `--top` compares; memory is bytes read and written. */
export function weightOf(item: Item, sort: Sort, at: ReadonlyMap<string, number>): number {
  if (sort === 'memory') return magnitude(item.readBytes, at) + magnitude(item.writeBytes, at);
  // Without a graph the only weight is that of the parameters.
  return magnitude(item.stored === undefined ? item[sort] : item.params, at);
}

/** The largest first, those of one size in the order they have; only this many where `top` says so. */
export function largest<T>(all: readonly T[], sizeOf: (item: T) => number, top: number | undefined): T[] {
  // A size may be a formula's value: it is worked out once an item.
  const sizes = new Map(all.map((item) => [item, sizeOf(item)]));
  return [...all].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0)).slice(0, top);
}
