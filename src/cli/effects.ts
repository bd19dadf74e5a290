import type { Format } from '../report/index.js';
import { UsageError } from './errors.js';
import type { ReportFlags } from './options.js';

/** Formats by the ends of file names: `-o table.csv` needs no --format. */
const BY_NAME: Readonly<Record<string, Format>> = {
  json: 'json',
  csv: 'csv',
  md: 'md',
  markdown: 'md',
  html: 'html',
  htm: 'html',
  tex: 'latex',
};

/** The format that a file's name asks for; undefined where it asks for none. */
export function formatNamed(file: string | undefined): Format | undefined {
  const end = /\.([a-z]+)$/i.exec(file ?? '')?.[1]?.toLowerCase() ?? '';
  return new Map(Object.entries(BY_NAME)).get(end);
}

/** What a report looks like where --format does not say: rows where rows were asked for, the tree elsewhere. */
export function formatOf(flags: ReportFlags): Format {
  const stated = flags.format ?? formatNamed(flags.output);
  if (stated !== undefined) return stated;
  if (flags.by === 'serving') return 'csv';
  const rows = flags.by !== undefined && flags.by !== 'module';
  return rows || flags.columns !== undefined || flags.top !== undefined || flags.sort !== undefined ? 'table' : 'tree';
}

interface Rule {
  readonly flag: string;
  readonly given: (flags: ReportFlags) => boolean;
  /** Formats in which it has an effect. */
  readonly formats: readonly Format[];
  readonly why: string;
}

const ROWS = ['table', 'csv'] as const;
const PEOPLE = ['table', 'tree', 'md', 'html', 'latex'] as const;

/** Where each option has its effect; elsewhere it is refused, for an option that is ignored is a wrong result. */
const RULES: readonly Rule[] = [
  {
    flag: '--by serving',
    given: (f) => f.by === 'serving',
    formats: ['csv'],
    why: 'it has these figures anyway',
  },
  {
    flag: '--by',
    given: (f) => f.by !== undefined && f.by !== 'module' && f.by !== 'serving',
    formats: ['table', 'csv', 'json'],
    why: 'it lists modules',
  },
  { flag: '--depth', given: (f) => f.depth !== undefined, formats: [...PEOPLE, 'csv'], why: 'JSON has every level' },
  { flag: '--top', given: (f) => f.top !== undefined, formats: ROWS, why: 'it has no rows to choose from' },
  { flag: '--sort', given: (f) => f.sort !== undefined, formats: ROWS, why: 'it keeps the order of the model' },
  {
    flag: '--columns',
    given: (f) => f.columns !== undefined,
    formats: [...PEOPLE, 'csv'],
    why: 'JSON has every field',
  },
  { flag: '--formula', given: (f) => f.formula !== undefined, formats: PEOPLE, why: 'it has whole formulas anyway' },
  { flag: '--units', given: (f) => f.units !== undefined, formats: PEOPLE, why: 'it has all digits' },
  {
    flag: '--kv',
    given: (f) => f.kv !== undefined && f.by !== 'serving',
    formats: [...PEOPLE, 'json'],
    why: 'its rows have no cache (--by serving has)',
  },
  {
    flag: '--tp',
    given: (f) => f.tp !== undefined && f.by !== 'serving',
    formats: [...PEOPLE, 'json'],
    why: 'its rows are of one device (--by serving has several)',
  },
  { flag: '--notes', given: (f) => f.notes !== undefined, formats: ['table', 'tree'], why: 'it has all notes anyway' },
  {
    flag: '--inplace',
    given: (f) => f.inplace !== undefined,
    formats: [...PEOPLE, 'json'],
    why: 'it has no peak memory',
  },
];

const MEASURED: Rule = {
  flag: '--measured',
  given: (f) => f.measured !== undefined,
  formats: ['table', 'tree', 'md', 'json'],
  why: 'it has no place for times',
};
const TRAINING: Rule = {
  flag: '--training',
  given: (f) => 'training' in f,
  formats: ['table', 'tree', 'md', 'json'],
  why: 'it has no place for it',
};

/** Throws UsageError for an option that would have no effect. */
export function checkEffects(flags: ReportFlags, format: Format): void {
  const rule = [...RULES, TRAINING, MEASURED].find(({ given, formats }) => given(flags) && !formats.includes(format));
  if (rule !== undefined)
    throw new UsageError(
      `${rule.flag} has no effect on --format ${format}: ${rule.why}`,
      `leave it out, or take another format: ${rule.formats.join(', ')}`,
    );
  const choice = (['depth', 'top', 'sort', 'columns'] as const).find((name) => flags[name] !== undefined);
  if (flags.by === 'serving' && choice !== undefined)
    throw new UsageError(`--${choice} has no effect on --by serving: each figure is a row`, 'leave it out');
  if (flags.depth !== undefined && flags.by !== undefined && flags.by !== 'module')
    throw new UsageError(
      `--depth is of the module tree, and rows are by ${flags.by}`,
      'use --by module, or leave --depth out',
    );
}
