import { existsSync, readFileSync } from 'node:fs';
import { comparedSizes } from '../api/compare.js';
import { profileOf } from '../api/profile.js';
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
import { UsageError } from './errors.js';
import { openOptions } from './opening.js';
import type { ColorMode, ModelFlags } from './options.js';
import { emit } from './output.js';
import { renderWide, styleFor } from './style.js';

export interface CompareFlags extends ModelFlags {
  /** What b is given in place of what both are. */
  readonly inputB?: readonly string[];
  readonly bindB?: Readonly<Record<string, string>>;
  readonly depth?: number;
  readonly format?: string;
  readonly output?: string;
  readonly units?: UnitMode;
  readonly color: ColorMode;
}

/** `opcount compare`: two models, modules side by side; the inputs given hold for both, where b has none of its own. */
export async function runCompare(a: string, b: string, flags: CompareFlags): Promise<number> {
  const [left, right] = await reportsOf(a, b, flags);
  const depth = flags.depth ?? 1;
  emit(
    flags.format === 'json'
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
  const [forA, forB] = [openOptions(flags), openOptions(own)];
  const [savedA, savedB] = [savedIn(a), savedIn(b)];
  for (const [saved, name, given] of [
    [savedA, a, savedB !== null && (flags.input ?? flags.bind)],
    [savedB, b, flags.inputB ?? flags.bindB],
  ] as const)
    if (saved !== null && given)
      throw new UsageError(`${name} is a report: it is of the sizes that it was made at`, 'give the model itself');
  if (savedA !== null || savedB !== null)
    return [
      savedA ?? (await profileOf(await read(a, forA), forA)),
      savedB ?? (await profileOf(await read(b, forB), forB)),
    ];
  const [first, second] = [await read(a, forA), await read(b, forB)];
  const sizes = comparedSizes(first, second);
  return [await profileOf(first, { ...forA, wanted: sizes.a }), await profileOf(second, { ...forB, wanted: sizes.b })];
}

/** A report that --format json wrote; null for anything else, which is a model. */
function savedIn(path: string): Report | null {
  if (!/\.json$/i.test(path) || !existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  return looksSaved(text.slice(0, 200)) ? savedReport(text, path) : null;
}
