import { existsSync } from 'node:fs';
import { comparedSizes } from '../api/compare.js';
import { type ProfileOptions, profileOf } from '../api/profile.js';
import type { AnyLedger } from '../ledger/index.js';
import { read } from '../node.js';
import {
  compareReports,
  compareText,
  looksSaved,
  type Report,
  savedReport,
  toJson,
  type UnitMode,
} from '../report/index.js';
import { textFile } from '../source/node/text.js';
import { checkGraph, formatFor } from './effects.js';
import { UsageError } from './errors.js';
import { checkPython, openOptions } from './opening.js';
import type { ColorMode, ModelFlags } from './options.js';
import { emit, say } from './output.js';
import { requestNotes } from './request-notes.js';
import { renderWide, styleFor } from './style.js';
import { type TrainingFlags, trainingAsked } from './training.js';

export interface CompareFlags extends ModelFlags, TrainingFlags {
  /** Options of b alone, in place of those of both. */
  readonly inputB?: readonly string[];
  readonly bindB?: Readonly<Record<string, string>>;
  readonly depth?: number;
  readonly format?: 'table' | 'json';
  readonly output?: string;
  readonly units?: UnitMode;
  readonly color: ColorMode;
  readonly quiet?: boolean;
}

/** `opcount compare`: two models, modules side by side; the inputs given hold for both, where b has none of its own. */
export async function runCompare(a: string, b: string, flags: CompareFlags): Promise<number> {
  const format = formatFor('compare', flags, ['table', 'json']);
  checkPython(flags, [a, b]);
  const [left, right] = await reportsOf(a, b, flags);
  checkGraph(flags, [left, right]);
  if (flags.quiet !== true)
    for (const line of new Set([left, right].flatMap((r) => requestNotes(r.notes, r.model.name)))) say(line);
  const depth = flags.depth ?? 1;
  emit(
    format === 'json'
      ? toJson(compareReports(left, right, depth))
      : await renderWide(
          (style) => compareText(left, right, depth, flags.units ?? 'auto', style),
          await styleFor(flags.color, flags.output !== undefined),
        ),
    flags.output,
  );
  return 0;
}

async function reportsOf(a: string, b: string, flags: CompareFlags): Promise<[Report, Report]> {
  const own = {
    ...flags,
    ...(flags.inputB === undefined ? {} : { input: flags.inputB }),
    ...(flags.bindB === undefined ? {} : { bind: flags.bindB }),
  };
  const [forA, forB] = [openOptions(flags, [a]), openOptions(own, [b])];
  const asked = trainingAsked(flags, flags.training !== undefined, false, 'write it with --training');
  const [savedA, savedB] = [savedIn(a), savedIn(b)];
  for (const [saved, name, given] of [
    [savedA, a, savedB !== null && (flags.input ?? flags.bind)],
    [savedB, b, flags.inputB ?? flags.bindB],
  ] as const) {
    if (saved !== null && given)
      throw new UsageError(`${name} is a report: it is of the sizes that it was made at`, 'give the model itself');
    if (saved !== null && asked.training !== undefined)
      throw new UsageError(
        `${name} is a report: it has the training that it was made with`,
        'give the model itself, or leave --training out: what both reports have of it is compared',
      );
  }
  const of = async (model: string, options: ProfileOptions, ledger: AnyLedger): Promise<Report> =>
    profileOf(ledger, { ...options, ...asked }, (other) => read(model, other));
  if (savedA !== null || savedB !== null)
    return [savedA ?? (await of(a, forA, await read(a, forA))), savedB ?? (await of(b, forB, await read(b, forB)))];
  const [first, second] = [await read(a, forA), await read(b, forB)];
  const sizes = comparedSizes(first, second);
  return [await of(a, { ...forA, wanted: sizes.a }, first), await of(b, { ...forB, wanted: sizes.b }, second)];
}

/** A report that --format json wrote; null for anything else, which is a model. */
function savedIn(path: string): Report | null {
  if (!/\.json$/i.test(path) || !existsSync(path)) return null;
  let text: string;
  try {
    text = textFile(path, 'report');
  } catch {
    return null; // what is wrong with it is said by whoever reads it as a model
  }
  return looksSaved(text.slice(0, 200)) ? savedReport(text, path) : null;
}
