import { loadConventions } from '../conventions/load.js';
import { printedLines } from '../conventions/printed.js';
import type { Convention, CustomOps } from '../conventions/types.js';
import { type AnyLedger, type Grouping, isGraphless, whole } from '../ledger/index.js';
import type { Device, DeviceChoice } from '../machine/index.js';
import { buildReport, jsonValue, type Report, type ReportCount, reportIn } from '../report/index.js';
import { ModelError } from '../source/errors.js';
import { withinBudget } from './budget.js';
import { checkOptions } from './known-options.js';
import { resolveBindings } from './options.js';
import { ownErrors } from './own-errors.js';
import {
  atContext,
  type ModelLike,
  OPEN_OPTIONS,
  type OpenOptions,
  type OpenText,
  readFoldedWith,
  readWith,
} from './read.js';
import { asServed, type ServingAsked, servingPart } from './serving.js';
import { atBatch, type ReadAgain, type TrainingAsked, trainingPart } from './training.js';

export interface ProfileOptions extends OpenOptions, ServingAsked, TrainingAsked {
  /** Whose number `macs`, `flops` and `params` are: `thop`, `torchstat`, …; `exact` by default. */
  readonly convention?: string;
  /** More conventions to put into the report. */
  readonly conventions?: readonly string[];
  /** A rule for a module class or an operator, as thop's `custom_ops`: it gives the convention's count for one call. */
  readonly customOps?: CustomOps;
  /** The kind of part that a row of `layers` stands for. */
  readonly by?: Grouping;
  /** Sizes to show numbers at where dimensions are symbolic, as far as the model takes them: shares, ≈ and ratios. */
  readonly wanted?: ReadonlyMap<string, number>;
  /** Devices whose lower bounds of time are wanted: `h100-sxm`, `rtx-4090:fp16`, a description in words, or a Device. */
  readonly devices?: readonly (string | Device)[];
  /** A profile of ONNX Runtime or of trtexec, as its JSON says it: times are joined to operators. */
  readonly measured?: unknown;
  /** False leaves `layers` empty: for who wants totals and the module tree alone, of a large model. */
  readonly rows?: boolean;
  /** For the command line: nodes of the module tree are made as they are looked at; a copy of the report has none. */
  readonly onScreen?: boolean;
}

/**
 * The report as data, and the convention's own counts under their unit. Plain data except for `toJSON`: JSON.stringify gives
 * what `--format json` does.
 */
export interface Profile extends Report {
  /** Multiply-accumulates; undefined if the convention states none, as are the others. bigint, or a formula where dimensions are symbolic. */
  readonly macs: ReportCount | undefined;
  readonly flops: ReportCount | undefined;
  readonly params: ReportCount | undefined;
}

const PROFILE_OPTIONS: Readonly<Record<keyof ProfileOptions, true>> = {
  ...OPEN_OPTIONS,
  weights: true,
  kv: true,
  tensorParallel: true,
  training: true,
  batch: true,
  convention: true,
  conventions: true,
  customOps: true,
  by: true,
  wanted: true,
  devices: true,
  measured: true,
  rows: true,
  onScreen: true,
};

export async function profileWith(
  openText: OpenText,
  model: ModelLike,
  options: ProfileOptions = {},
): Promise<Profile> {
  checkOptions('profile', options, PROFILE_OPTIONS);
  await Promise.all([conventionsOf(options), devicesOf(options)]); // a mistyped name is told before the model is read
  const read = isFoldable(options) ? readFoldedWith : readWith;
  const again: ReadAgain = (other) => read(openText, model, other);
  return profileOf(await again(options), options, again);
}

async function measuredPart(ledger: AnyLedger, { measured }: ProfileOptions): Promise<Pick<Report, 'measured'>> {
  if (measured === undefined) return {};
  const { joinMeasurement, readMeasurement } = await import('../machine/measured.js');
  const joined = joinMeasurement(whole(ledger), readMeasurement(measured));
  if (joined.rows.every(({ path }) => path === null))
    throw new ModelError('argument', 'no kernel of the profile is named after an operator of this model', {
      hint: 'give the profile of this file: names are those of its nodes',
    });
  return { measured: joined };
}

/** Whether a report needs no more of equal layers than one: tools, rows of single operators and training look at each. */
function isFoldable({ convention, conventions = [], customOps, by, training, measured }: ProfileOptions): boolean {
  const exact = [convention ?? 'exact', ...conventions].every((name) => name.toLowerCase() === 'exact');
  return (
    exact &&
    customOps === undefined &&
    by !== 'node' &&
    by !== 'line' &&
    training === undefined &&
    measured === undefined
  );
}

/** The convention whose numbers are in front, and all that the report is to have. */
async function conventionsOf(
  options: ProfileOptions,
  ledger: AnyLedger | null = null,
): Promise<{ own: string; conventions: Convention[] }> {
  const front = options.convention ?? 'exact';
  const conventions = await loadConventions([front, ...(options.conventions ?? [])], ledger);
  return { own: conventions.find((convention) => convention.id === front.toLowerCase())?.id ?? 'exact', conventions };
}

async function devicesOf({ devices = [] }: ProfileOptions): Promise<DeviceChoice[]> {
  if (devices.length === 0) return [];
  const { deviceOf } = await import('../machine/choose.js');
  return Promise.all(devices.map((d) => (typeof d === 'string' ? deviceOf(d) : { device: d, as: null })));
}

/**
 * The report of a ledger, with the numbers of one convention in front. `again` reads the model once more where training has to
 * see it at another size, or as it runs then. Throws ModelError.
 */
export function profileOf(
  ledger: AnyLedger,
  options: ProfileOptions = {},
  again: ReadAgain | null = null,
): Promise<Profile> {
  return ownErrors(() => profileLedger(ledger, options, again));
}

async function profileLedger(given: AnyLedger, asked: ProfileOptions, again: ReadAgain | null): Promise<Profile> {
  const devices = await devicesOf(asked);
  const sized = await atBatch(given, asked, devices, again);
  const options = atContext(sized.options);
  const ledger = await asServed(sized.ledger, options);
  const { own: id, conventions } = await conventionsOf(options, ledger);
  if (devices.length > 0 && isGraphless(ledger) && options.training === undefined)
    throw new ModelError('argument', 'a file of weights has no work whose time a device could bound', {
      hint: 'give the model itself: .onnx, .pt2, TorchScript, config.json, or a built-in name',
    });
  const custom =
    options.customOps === undefined
      ? null
      : (await import('./custom-ops.js')).resolveCustomOps(options.customOps, whole(ledger), conventions);
  const report = withinBudget(ledger, () =>
    buildReport(ledger, {
      conventions,
      bound: resolveBindings(options.bind ?? {}),
      ...(options.by === undefined ? {} : { by: options.by }),
      ...(devices.length === 0 ? {} : { devices }),
      ...(options.inplace === undefined ? {} : { inplace: options.inplace }),
      ...(options.wanted === undefined ? {} : { wanted: options.wanted }),
      ...(options.rows === undefined ? {} : { rows: options.rows }),
      ...(options.onScreen === undefined ? {} : { onScreen: options.onScreen }),
      ...(custom === null ? {} : { customOps: custom.customOps }),
    }),
  );
  const result = report.conventions[id];
  const inUnit = (unit: string): ReportCount | number | undefined => {
    const name = Object.keys(result?.counts ?? {}).find((n) => result?.units[n] === unit);
    return name === undefined ? undefined : result?.counts[name];
  };
  const printed = ledger.folds === undefined ? await printedLines(ledger) : [];
  const serving = await servingPart(ledger, options, devices);
  const training = await trainingPart(ledger, sized.options, devices, again);
  const measured = await measuredPart(ledger, options);
  const counts = { macs: inUnit('mac'), flops: inUnit('flop'), params: result?.params };
  // Added to the report itself: in a copy its long parts would be made.
  return Object.defineProperty(
    Object.assign(
      report,
      printed.length === 0 ? null : { printed },
      serving,
      training,
      measured,
      custom === null ? null : { notes: [...report.notes, ...custom.notes] },
      counts,
    ),
    'toJSON',
    { value: toJSON },
  );
}

/** JSON of a profile is the report's schema, as `--format json` gives it; no bigint is in the way of JSON.stringify. */
function toJSON(this: Profile): unknown {
  return jsonValue(reportIn(this));
}
