import { existsSync } from 'node:fs';
import { nearest } from '../models/nearest.js';
import { BUILTIN } from '../models/registry.js';
import { profile } from '../node.js';
import {
  hasNumbers,
  inSeveral,
  notesText,
  PLAIN,
  type Report,
  renderSeveral,
  rowNames,
  type SeveralModel,
  severalOf,
} from '../report/index.js';
import { shownMessage } from '../report/shown.js';
import { isModelError, isSourceError } from '../source/errors.js';
import { deviceFlag } from './device.js';
import { checkGraph, formatNamed, refuse, SEVERAL_FORMATS, SEVERAL_RULES } from './effects.js';
import { EXIT, explainError, UsageError } from './errors.js';
import { checkPython } from './opening.js';
import type { ReportFlags } from './options.js';
import { emit, say } from './output.js';
import { servingOptions } from './profile.js';
import { beyondPositions, unusedFormulas } from './request-notes.js';
import { renderWide, styleFor } from './style.js';
import type { TrainingFlags } from './training.js';
import { VERBS } from './verbs.js';

type Flags = ReportFlags & TrainingFlags;

/** `opcount <model> <model> …`: a table, a row each. A model that cannot be read has a row that says why; the exit code does too. */
export async function runSeveral(given: readonly string[], flags: Flags): Promise<number> {
  checkNames(given);
  const format = flags.format ?? formatNamed(flags.output) ?? 'table';
  if (format === 'tree')
    throw new UsageError(
      'several models have no tree: they are the rows of a table',
      `leave --format out, or take ${SEVERAL_FORMATS.join(', ')}`,
    );
  refuse(SEVERAL_RULES, flags, format);
  checkPython(flags, given);
  const models: SeveralModel[] = [];
  const reports: Report[] = [];
  const failures: { readonly name: string; readonly error: Error; readonly text: string; readonly code: number }[] = [];
  for (const name of given) {
    try {
      const report = await reportOf(name, flags);
      reports.push(report);
      models.push(inSeveral(name, report));
    } catch (error) {
      if (!(isModelError(error) || isSourceError(error))) throw error;
      const { code, message, hint } = error;
      failures.push({ name, error, ...explainError(error, flags.input !== undefined || flags.bind !== undefined) });
      models.push({ given: name, error: { code, message, hint } });
    }
  }
  const [first] = failures;
  // An error that all of them share is the command's.
  if (first !== undefined && reports.length === 0 && failures.every((f) => f.error.message === first.error.message))
    throw first.error;
  if (reports.length > 0) checkGraph(flags, reports);
  const style = await styleFor(flags.color, flags.output !== undefined);
  const several = severalOf(models);
  const view = {
    ...(flags.units === undefined ? {} : { units: flags.units }),
    ...(flags.formula === undefined ? {} : { formula: flags.formula }),
    ...(flags.columns === undefined ? {} : { columns: flags.columns }),
    ...(flags.sort === undefined ? {} : { sort: flags.sort }),
    ...(flags.top === undefined ? {} : { top: flags.top }),
  };
  const text = await renderWide((s) => renderSeveral(several, format, { ...view, style: s }), style);
  emit(text, flags.output);
  for (const { name, text: told } of failures)
    say(told.includes(name) ? told : told.replace('error: ', () => `error: ${shownMessage(name)}: `));
  if (flags.quiet !== true) sayNotes(models, reports, flags, format);
  return Math.max(EXIT.fine, ...failures.map(({ code }) => code));
}

/** A first word that is nearly a command was meant as one; a model that is named twice was meant to be another. */
function checkNames(given: readonly string[]): void {
  const [first = '', ...others] = given;
  const [near] = BUILTIN.has(first) || existsSync(first) ? [] : nearest(first, VERBS, 1);
  if (near !== undefined)
    throw new UsageError(`there is no command "${first}"`, `did you mean opcount ${near} ${others.join(' ')}?`);
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UsageError(
      `${twice} is named twice`,
      'name each model once; one model at two sizes: opcount compare a a --input-b …',
    );
}

function reportOf(model: string, flags: Flags): Promise<Report> {
  return profile(model, {
    ...servingOptions(model, flags),
    conventions: flags.as ?? [],
    rows: false,
    ...(flags.device === undefined ? {} : { devices: flags.device.map(deviceFlag) }),
  });
}

/** Notes that change numbers are in the table; other notes are counted, or shown on request. */
function sayNotes(models: readonly SeveralModel[], reports: readonly Report[], flags: Flags, format: string): void {
  const unused = reports.map((report) => unusedFormulas(report.notes));
  for (const line of unused[0] ?? []) if (unused.every((lines) => lines.includes(line))) say(line);
  for (const { model, notes } of reports) for (const line of beyondPositions(notes, model.name)) say(line);
  if (format === 'json') return;
  const names = rowNames(models);
  let notes = 0;
  for (const model of models.filter(hasNumbers)) {
    if (flags.notes !== true) notes += model.notes.length;
    else for (const line of notesText(model, PLAIN)) say(`${names.get(model)}: ${line}`);
  }
  if (notes > 0)
    say(
      notes === 1 ? '1 note on these models: --notes shows it' : `${notes} notes on these models: --notes shows them`,
    );
}
