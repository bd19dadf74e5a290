import { comparedSizes } from '../api/compare.js';
import { profileOf } from '../api/profile.js';
import { read } from '../node.js';
import { compareReports, compareText, toJson, type UnitMode } from '../report/index.js';
import { type ModelFlags, openOptions } from './options.js';
import { type ColorMode, emit, renderWide, styleFor } from './output.js';

export interface CompareFlags extends ModelFlags {
  readonly depth?: number;
  readonly format?: string;
  readonly output?: string;
  readonly units?: UnitMode;
  readonly color: ColorMode;
}

/** `opcount compare`: two models, modules side by side; the inputs given hold for both. */
export async function runCompare(a: string, b: string, flags: CompareFlags): Promise<number> {
  const options = openOptions(flags);
  const [first, second] = [await read(a, options), await read(b, options)];
  const sizes = comparedSizes(first, second);
  const left = await profileOf(first, { ...options, wanted: sizes.a });
  const right = await profileOf(second, { ...options, wanted: sizes.b });
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
