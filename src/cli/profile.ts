import type { OpenOptions } from '../api/read.js';
import type { ServingAsked } from '../api/serving.js';
import { profile } from '../node.js';
import { inPassing, jsonChunks, notesText, type Report, render, SHOWN_NOTES } from '../report/index.js';
import { deviceFlag, jsonFile } from './device.js';
import { checkEffects, checkGraph, formatOf } from './effects.js';
import { UsageError } from './errors.js';
import { checkPython, openOptions } from './opening.js';
import type { ReportFlags } from './options.js';
import { emit, say } from './output.js';
import { requestNotes } from './request-notes.js';
import { renderWide, styleFor } from './style.js';
import { type TrainingFlags, trainingAsked } from './training.js';

/** `opcount <model>`: the report. */
export async function runProfile(model: string, flags: ReportFlags & TrainingFlags): Promise<number> {
  const serving = flags.by === 'serving';
  const by = flags.by === undefined || flags.by === 'serving' ? 'module' : flags.by;
  const format = formatOf(flags);
  checkEffects(flags, format);
  checkPython(flags, [model]);
  const asked = trainingAsked(flags, flags.training !== undefined, flags.device !== undefined);
  const options = { ...servingOptions(model, flags), ...asked };
  const report = await profile(model, {
    ...options,
    conventions: flags.as ?? [],
    by: by === 'module' ? 'layer' : by,
    rows: !serving && (format !== 'tree' || flags.depth !== undefined),
    onScreen: true,
    ...(flags.device === undefined ? {} : { devices: flags.device.map(deviceFlag) }),
    ...(flags.measured === undefined ? {} : { measured: jsonFile('profile', flags.measured) }),
  });
  checkGraph(flags, [report]);
  if (by === 'line' && report.layers.every(({ path }) => path === ''))
    throw new UsageError(
      'this model does not say which lines of a source its operators come from',
      'rows by --by layer, type, op or node',
    );
  if (serving && report.serving === undefined)
    throw new UsageError(
      'this model has no serving figures',
      'they are those of language models from their description',
    );
  if (format === 'csv' && flags.quiet !== true)
    for (const line of [...withoutLayers(report), ...requestNotes(report.notes)]) say(line);
  if (flags.formula === true && flags.quiet !== true && Object.values(report.symbols).every((size) => size !== null))
    say('note --formula changes nothing: no dimension is free');
  const view = {
    ...(flags.units === undefined ? {} : { units: flags.units }),
    ...(flags.depth === undefined ? {} : { depth: flags.depth }),
    ...(flags.top === undefined ? {} : { top: flags.top }),
    ...(flags.sort === undefined ? {} : { sort: flags.sort }),
    ...(flags.columns === undefined ? {} : { columns: flags.columns }),
    ...(flags.formula === undefined ? {} : { formula: flags.formula }),
    ...(flags.training === 'only' ? { only: 'training' as const } : serving ? { only: 'serving' as const } : {}),
  };
  const style = await styleFor(flags.color, flags.output !== undefined);
  // The result alone goes to stdout; notes go beside it, but into files, which are read on their own.
  const apart = flags.output === undefined && (format === 'tree' || format === 'table');
  const text =
    format === 'json'
      ? jsonChunks(inPassing(report))
      : await renderWide((s) => render(report, format, { ...view, style: s, notes: !apart }), style);
  emit(text, flags.output);
  if (apart && flags.quiet !== true)
    for (const line of notesText(report, style, flags.notes === true ? undefined : SHOWN_NOTES)) say(line);
  return 0;
}

/** How the model is opened and served: a context is the prefill of this many tokens, unless other sizes are bound. */
export function servingOptions(model: string, flags: ReportFlags): OpenOptions & ServingAsked {
  const { context, weights, kv, tp } = flags;
  const options = openOptions(flags, [model]);
  return {
    ...options,
    ...(context === undefined ? {} : { context }),
    ...(weights === undefined ? {} : { weights }),
    ...(kv === undefined ? {} : { kv }),
    ...(tp === undefined ? {} : { tensorParallel: tp }),
  };
}

/** Tools that were requested and print nothing by layer have no column. */
function withoutLayers(report: Report): string[] {
  const shown = new Set(report.layers.flatMap((row) => Object.keys(row.conventions)));
  return Object.entries(report.conventions)
    .filter(([id]) => id !== 'exact' && !shown.has(id))
    .map(([, { title }]) => `note ${title} has no numbers by layer: --format json has its totals`);
}
