import { existsSync } from 'node:fs';
import { extname, isAbsolute, join, relative } from 'node:path';
import type { ProfileOptions } from '../api/profile.js';
import {
  type Baseline,
  baselineFrom,
  baselineText,
  type Checked,
  type CheckFormat,
  checkReport,
  entryOf,
  type MeasureId,
  renderChecks,
} from '../check/index.js';
import { profile } from '../node.js';
import type { Report } from '../report/index.js';
import { byName } from '../source/by-name.js';
import { isModelError, isSourceError } from '../source/errors.js';
import { textFile } from '../source/node/text.js';
import type { CheckModel } from './check-plan.js';
import { EXIT, explainError, UsageError } from './errors.js';
import { formulasFile } from './formulas.js';
import { checkPython, openOptions } from './opening.js';
import type { ModelFlags } from './options.js';
import { emit, say } from './output.js';
import { requestNotes } from './request-notes.js';
import { fitted } from './style.js';
import { TRAINING_FLAGS, type TrainingFlags, trainingAsked } from './training.js';

export interface CheckFlags extends ModelFlags, TrainingFlags {
  readonly config?: string;
  readonly maxMacs?: bigint;
  readonly maxFlops?: bigint;
  readonly maxParams?: bigint;
  readonly maxWeights?: bigint;
  readonly maxPeak?: bigint;
  readonly maxCache?: bigint;
  readonly maxTraining?: bigint;
  readonly context?: number;
  readonly weights?: string;
  readonly kv?: string;
  readonly baseline?: string;
  readonly update?: boolean;
  /** Growth over the baseline that is let pass, in percent. */
  readonly tolerance?: number;
  readonly format?: CheckFormat;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** Flags that say something of a model, which a configuration says of each of its models. */
const OF_MODELS = [
  ...[
    'input',
    'bind',
    'causal',
    'logits',
    'inplace',
    'pythonPath',
    'timeLimit',
    'formulas',
    'context',
    'weights',
    'kv',
  ],
  ...['maxMacs', 'maxFlops', 'maxParams', 'maxWeights', 'maxPeak', 'maxCache', 'maxTraining'],
  ...TRAINING_FLAGS,
] as const;

/** Formats by the ends of file names. */
const CHECK_BY_NAME: Readonly<Record<string, CheckFormat>> = byName({
  '.json': 'json',
  '.md': 'md',
  '.markdown': 'md',
  '.xml': 'junit',
});

/** The models to check, and where the baseline is. */
interface Plan {
  readonly models: readonly (CheckModel & { readonly options: ProfileOptions })[];
  readonly folder: string;
  readonly baseline: string | null;
}

/** `opcount check`: budgets to keep in CI. Without models, those of the project's configuration. */
export async function runCheck(models: string | readonly string[], flags: CheckFlags): Promise<number> {
  const named = typeof models === 'string' ? [models] : models;
  const plan = named.length === 0 ? await planOf(flags) : planFromFlags(named, flags);
  if (flags.update === true && plan.baseline === null)
    throw new UsageError('--update has no baseline to write', 'say where it is: --baseline opcount-baseline.json');
  if (flags.tolerance !== undefined && plan.baseline === null)
    throw new UsageError(
      '--tolerance has no effect: there is no baseline to grow from',
      'say where it is: --baseline opcount-baseline.json',
    );
  const format = flags.format ?? CHECK_BY_NAME[extname(flags.output ?? '').toLowerCase()] ?? 'table';
  const before =
    plan.baseline === null
      ? undefined
      : readBaseline(plan.baseline, flags.update === true, updateCommand(named, flags));
  const single = named.length === 1;
  const checked: Checked[] = [];
  const reports = new Map<string, Report>();
  let code: number = EXIT.fine;
  for (const model of plan.models) {
    try {
      const report = await reportOf(model, plan.folder);
      reports.set(model.name, report);
      if (flags.quiet !== true) for (const line of requestNotes(report.notes, single ? null : model.name)) say(line);
      const baseline = before === undefined || flags.update === true ? undefined : entryIn(before, model.name, single);
      const checks = checkReport(report, {
        budgets: model.budgets,
        tolerance: model.tolerance,
        ...(baseline === undefined ? {} : { baseline }),
      });
      const passed = checks.every((v) => v.passed);
      if (!passed && code === EXIT.fine) code = EXIT.overBudget;
      checked.push({
        name: single ? report.model.name : model.name,
        model: fromHere(model.model, plan.folder),
        passed,
        checks,
      });
    } catch (error) {
      // Of several models each is looked at: one that cannot be read must not hide what the others cost.
      if (single || !(isModelError(error) || isSourceError(error))) throw error;
      code = Math.max(code, explainError(error).code);
      const { message, hint } = error;
      const place = fromHere(model.model, plan.folder);
      checked.push({ name: model.name, model: place, passed: false, checks: [], error: { message, hint } });
    }
  }
  const text = renderChecks(checked, format, single);
  emit(
    format === 'table' ? await fitted(text, flags.output !== undefined, (line) => line.search(/\S|$/) + 6) : text,
    flags.output,
  );
  if (flags.update === true && plan.baseline !== null)
    update(plan.baseline, before ?? { models: {} }, reports, flags.quiet === true);
  return code;
}

async function planOf(flags: CheckFlags): Promise<Plan> {
  const given = OF_MODELS.find((name) => flags[name] !== undefined);
  const { findPlan } = await import('./check-config.js');
  const plan = await findPlan(process.cwd(), flags.config);
  if (given !== undefined)
    throw new UsageError(
      `--${given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} says something of one model, and the configuration has ${plan.models.length}`,
      'write it beside the model in the configuration, or name the model: opcount check model.onnx …',
    );
  const path = flags.baseline ?? (plan.baseline === null ? null : inFolder(plan.folder, plan.baseline));
  const models = flags.tolerance === undefined ? plan.models : plan.models.map((m) => ({ ...m, ...tolerated(flags) }));
  return { models, folder: plan.folder, baseline: path };
}

const tolerated = (flags: CheckFlags): { tolerance: number } => ({ tolerance: flags.tolerance ?? 0 });

function planFromFlags(named: readonly string[], flags: CheckFlags): Plan {
  if (flags.config !== undefined)
    throw new UsageError('--config is for opcount check without models', 'leave the models out, or the configuration');
  const twice = named.find((name, i) => named.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`${twice} is named twice`, 'name each model once');
  checkPython(flags, named);
  const budgets: Partial<Record<MeasureId, bigint>> = {};
  for (const [id, limit] of [
    ['macs', flags.maxMacs],
    ['flops', flags.maxFlops],
    ['params', flags.maxParams],
    ['weights', flags.maxWeights],
    ['peak', flags.maxPeak],
    ['cache', flags.maxCache],
    ['training', flags.maxTraining],
  ] as const)
    if (limit !== undefined) budgets[id] = limit;
  const options: ProfileOptions = {
    ...openOptions(flags, named),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    ...(flags.weights === undefined ? {} : { weights: flags.weights }),
    ...(flags.kv === undefined ? {} : { kv: flags.kv }),
    ...trainingAsked(flags, flags.maxTraining !== undefined, false, 'say the budget of it: --max-training 24GiB'),
  };
  const models = named.map((model) => ({
    name: model,
    model,
    options,
    formulas: null,
    pythonPath: [],
    budgets,
    ...tolerated(flags),
  }));
  return { models, folder: '.', baseline: flags.baseline ?? null };
}

async function reportOf(model: CheckModel, folder: string): Promise<Report> {
  const options: ProfileOptions = {
    ...model.options,
    rows: false,
    ...(model.formulas === null ? {} : { formulas: formulasFile(inFolder(folder, model.formulas)) }),
    ...(model.pythonPath.length === 0 ? {} : { python: { paths: model.pythonPath.map((p) => inFolder(folder, p)) } }),
  };
  const path = inFolder(folder, model.model);
  return profile(folder !== '.' && existsSync(path) ? path : model.model, options);
}

const inFolder = (folder: string, path: string): string =>
  folder === '.' || isAbsolute(path) || /^[a-z]+:/i.test(path) ? path : join(folder, path);

/** The path of a model's file as servers show it, from where the command runs; another name as it is. */
function fromHere(model: string, folder: string): string {
  const path = inFolder(folder, model);
  if (!existsSync(path)) return model;
  const near = relative('.', path);
  return near.startsWith('..') || isAbsolute(near) ? model : near;
}

/** A report is a baseline of the one model that it is of, whatever name that was checked under. */
function entryIn(baseline: Baseline, name: string, single: boolean): Baseline['models'][string] | null {
  const all = Object.keys(baseline.models);
  const alone = all[0];
  const own = baseline.models[name] ?? baseline.models[name.replace(/^.*[/\\]/, '')];
  return own ?? (single && baseline.ofReport === true && alone !== undefined ? (baseline.models[alone] ?? null) : null);
}

/** The command that writes the baseline of this run: at the same sizes, for a baseline of others is refused. */
function updateCommand(named: readonly string[], flags: CheckFlags): string {
  const { config, input = [], bind = {}, context, weights, kv, baseline } = flags;
  const bound = Object.entries(bind).map(([name, size]) => `${name}=${size}`);
  return [
    'opcount check',
    ...named.map(quoted),
    ...(config === undefined ? [] : ['--config', quoted(config)]),
    ...input.flatMap((text) => ['--input', quoted(text)]),
    ...(bound.length === 0 ? [] : ['--bind', quoted(bound.join(','))]),
    ...(context === undefined ? [] : ['--context', String(context)]),
    ...(weights === undefined ? [] : ['--weights', weights]),
    ...(kv === undefined ? [] : ['--kv', kv]),
    ...(baseline === undefined ? [] : ['--baseline', quoted(baseline)]),
    '--update',
  ].join(' ');
}

/** As a shell reads it back. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function readBaseline(path: string, fresh: boolean, command: string): Baseline | undefined {
  const there = existsSync(path);
  if (fresh && !there) return undefined;
  return baselineFrom(textFile(path, 'baseline', there ? null : `make it, and commit it: ${command}`), path);
}

/** The present cost of models, in place of the remembered one; models that this run did not look at stay. */
function update(path: string, before: Baseline, reports: ReadonlyMap<string, Report>, quiet: boolean): void {
  const now = [...reports].map(([name, report]) => [name, entryOf(report)] as const);
  emit(baselineText({ models: byName({ ...before.models, ...Object.fromEntries(now) }) }), path);
  if (!quiet) say(`${path}: ${now.length} ${now.length === 1 ? 'model' : 'models'} written`);
}
