import type { Format, Report } from '../report/index.js';
import { UsageError } from './errors.js';
import type { ModelFlags, ReportFlags } from './options.js';
import { TRAINING_FLAGS } from './training.js';

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

/** The format that a file's name asks for; undefined if it asks for none. */
export function formatNamed(file: string | undefined): Format | undefined {
  const end = /\.([a-z]+)$/i.exec(file ?? '')?.[1]?.toLowerCase() ?? '';
  return new Map(Object.entries(BY_NAME)).get(end);
}

/** The form of a report without --format: rows if rows were requested, else the tree. */
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
    flag: '--color always',
    given: (f) => f.color === 'always',
    formats: ['table', 'tree'],
    why: 'it has no colours',
  },
  {
    flag: '--weights',
    given: (f) => f.weights !== undefined && f.by !== 'serving',
    formats: [...PEOPLE, 'json'],
    why: 'its rows have no bytes of weights (--by serving has)',
  },
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

/** Options that a table of several models has no place for, whatever its format. */
const NOT_OF_SEVERAL = ['by', 'depth', 'tp', 'measured', 'training', 'batch', ...TRAINING_FLAGS] as const;
const SEVERAL_TEXT = ['table', 'md', 'html', 'latex'] as const;
export const SEVERAL_FORMATS = [...SEVERAL_TEXT, 'csv', 'json'] as const;

/** The same of several models in one table. */
export const SEVERAL_RULES: readonly Rule[] = [
  ...NOT_OF_SEVERAL.map((name) => ({
    flag: `--${name}`,
    given: (flags: ReportFlags) => name in flags,
    formats: [],
    why: 'several models in one table, a row each',
  })),
  {
    flag: '--columns',
    given: (f) => f.columns !== undefined,
    formats: [...SEVERAL_TEXT, 'csv'],
    why: 'JSON has every field',
  },
  { flag: '--units', given: (f) => f.units !== undefined, formats: SEVERAL_TEXT, why: 'it has all digits' },
  {
    flag: '--formula',
    given: (f) => f.formula !== undefined,
    formats: SEVERAL_TEXT,
    why: 'it has whole formulas anyway',
  },
  {
    flag: '--notes',
    given: (f) => f.notes !== undefined,
    formats: [...SEVERAL_TEXT, 'csv'],
    why: 'it has all notes anyway',
  },
  { flag: '--color always', given: (f) => f.color === 'always', formats: ['table'], why: 'it has no colours' },
];

/** Options that have no effect on a screen that shows a training step alone. */
const NOT_OF_TRAINING = ['depth', 'columns', 'as', 'weights', 'kv', 'tp', 'measured', 'formula', 'inplace'] as const;

/**
 * The format that a command writes: the one asked for, the one that the file's name says, else a table. Throws UsageError
 * where the command has no such format, or the format no such option.
 */
export function formatFor<F extends string>(
  command: string,
  flags: { readonly format?: F; readonly output?: string; readonly color?: string; readonly units?: string },
  formats: readonly F[],
): F {
  const named = formatNamed(flags.output);
  const format = flags.format ?? named ?? (formats[0] as F);
  if (!formats.includes(format as F))
    throw new UsageError(
      `opcount ${command} does not write ${format}, which ${flags.output} asks for`,
      `take another name, or say --format ${formats.join(' or ')}`,
    );
  if (format !== 'table' && flags.color === 'always')
    throw new UsageError(`--color always has no effect on --format ${format}: it has no colours`, 'leave it out');
  if (format === 'json' && flags.units !== undefined)
    throw new UsageError('--units has no effect on --format json: it has all digits', 'leave it out');
  return format as F;
}

/** Options that are about a graph, where none of the models has one. Throws UsageError. */
export function checkGraph(
  flags: ModelFlags & { readonly batch?: unknown; readonly inputB?: unknown; readonly checkpointing?: unknown },
  reports: readonly Report[],
): void {
  if (reports.some((report) => report.totals.macs !== null)) return;
  const flag = (
    ['input', 'inputB', 'bind', 'batch', 'causal', 'logits', 'latent', 'inplace', 'checkpointing'] as const
  ).find((name) => flags[name] !== undefined);
  if (flag !== undefined)
    throw new UsageError(
      `--${flag.replace('B', '-b')} has no effect: ${reports[0]?.model.name ?? 'the file'} holds weights and no graph`,
      'give the model itself: an exported file, a built-in name or a source',
    );
}

/** Throws UsageError for the first option that has no effect on a format. */
export function refuse(rules: readonly Rule[], flags: ReportFlags, format: Format): void {
  const rule = rules.find(({ given, formats }) => given(flags) && !formats.includes(format));
  if (rule === undefined) return;
  if (rule.formats.length === 0)
    throw new UsageError(`${rule.flag} has no effect on ${rule.why}`, 'leave it out, or give one model');
  throw new UsageError(
    `${rule.flag} has no effect on --format ${format}: ${rule.why}`,
    `leave it out, or take another format: ${rule.formats.join(', ')}`,
  );
}

/** Throws UsageError for an option that would have no effect. */
export function checkEffects(flags: ReportFlags & { readonly training?: true | 'only' }, format: Format): void {
  const unused = NOT_OF_TRAINING.find((name) => flags[name] !== undefined);
  if (flags.training === 'only' && format === 'tree' && unused !== undefined)
    throw new UsageError(
      `--${unused} has no effect on opcount train, which shows a training step and nothing else`,
      unused === 'inplace'
        ? 'leave it out: training keeps what it needs'
        : `leave it out, or take both: opcount <model> --training --${unused}`,
    );
  refuse([...RULES, TRAINING, MEASURED], flags, format);
  const choice = (['depth', 'top', 'sort', 'columns'] as const).find((name) => flags[name] !== undefined);
  if (flags.by === 'serving' && choice !== undefined)
    throw new UsageError(`--${choice} has no effect on --by serving: each figure is a row`, 'leave it out');
  if (flags.depth !== undefined && flags.by !== undefined && flags.by !== 'module')
    throw new UsageError(
      `--depth is of the module tree, and rows are by ${flags.by}`,
      'use --by module, or leave --depth out',
    );
}
