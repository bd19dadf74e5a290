import type { ExtentLike } from './api/options.js';
import { type Profile, type ProfileOptions, profileWith } from './api/profile.js';
import {
  type ModelLike,
  type OpenOptions,
  type ReadingOptions,
  readBuiltin,
  readOptions,
  readWith,
} from './api/read.js';
import type { ReconcileOptions } from './api/reconcile.js';
import type { AnyLedger, Ledger } from './ledger/index.js';
import type { BuiltinModel } from './models/registry.js';
import type { ReconcileReport } from './report/index.js';

export { formats } from './api/formats.js';
export type { ExtentLike, InputLike, InputsLike, ShapeLike } from './api/options.js';
export type { Profile, ProfileOptions } from './api/profile.js';
export type { ModelLike, OpenOptions } from './api/read.js';
export type { ReconcileOptions } from './api/reconcile.js';
export { type CheckConfig, type ConfigModel, defineConfig } from './check/config.js';
export { cleverFormat } from './conventions/clever-format.js';
export type { Convention, CustomOps, CustomRule, WorkUnit } from './conventions/index.js';
export { CONVENTIONS } from './conventions/index.js';
export type { Dim } from './dim/index.js';
export { format as formatDim, parse as parseDim, sym } from './dim/index.js';
export type { Ledger } from './ledger/index.js';
export {
  type Device,
  type DeviceBound,
  type DeviceChoice,
  describedDevice,
  deviceFromJson,
  deviceOf,
  type ListedDevice,
  loadDevices,
  type PeakOf,
  peaksOf,
  type Rate,
  rateNamed,
  roofOf,
  type TimeBound,
  timeBound,
  type Work,
  workOf,
} from './machine/index.js';
export type { BuiltinModel } from './models/registry.js';
export type { Confinement, Ending } from './python/confinement.js';
export type { FromSandbox, SandboxJob } from './python/page/messages.js';
export { benchFigures } from './report/bench-text.js';
export {
  buildReport,
  bytes as formatBytes,
  type Encode,
  type Format,
  jsonChunks,
  type Pair,
  type Printed,
  pairsOf as alignModules,
  quantity as formatCount,
  type ReconcileCount,
  type ReconcileReport,
  type ReconcileTerm,
  type ReconcileTool,
  type RenderOptions,
  type Report,
  type ReportLifetime,
  type ReportNode,
  type ReportOp,
  type ReportTensor,
  type ReportTraining,
  render as report,
  seconds as formatTime,
  toJson,
  type WhoPrints,
  whoPrints,
} from './report/index.js';
export { kernelTable } from './report/measured-text.js';
export { shown, shownMessage } from './report/shown.js';
export { shownData } from './report/shown-data.js';
export { VERSION as version } from './report/version.js';
export {
  blobSource,
  isModelError,
  isSourceError,
  ModelError,
  memorySource,
  type Source,
  SourceError,
  xhrSource,
} from './source/index.js';
export type { TrainingOptions } from './transforms/training/index.js';

async function openText(text: string, options: ReadingOptions): Promise<AnyLedger> {
  if (!/^(https?|blob|data):/i.test(text)) return readBuiltin(text, options);
  const { readAsync } = await import('./api/open.js');
  return readAsync(new URL(text), readOptions(options));
}

/**
 * What a model costs. `model` is a module, bytes, a File or Blob, a URL, or a built-in model's name. Counts are bigint, or
 * formulas (text) in the dimensions left free. Throws ModelError (this can never be read) and SourceError (try again).
 */
export function profile(model: ModelLike, options?: ProfileOptions): Promise<Profile> {
  return profileWith(openText, model, options);
}

/** The raw trace of a model: module calls, operators, weights; what reports are made of. */
export function read(model: ModelLike, options?: OpenOptions): Promise<Ledger> {
  return readWith(openText, model, options);
}

/** The models that `profile` and `read` know by name. */
export async function builtinModels(): Promise<readonly BuiltinModel[]> {
  const { BUILTIN } = await import('./models/registry.js');
  return [...BUILTIN.values()];
}

/** torchstat's table and totals for a C×H×W input. */
export async function stat(model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  const { statWith } = await import('./api/stat.js');
  return statWith(openText, model, input);
}

/**
 * What every tool prints of a model, and the signed terms that lead to each number from exact MACs: they sum to the
 * difference to the unit, in free dimensions too. `whoPrints(report, '4.1G')` tells which tools print a number.
 */
export async function reconcile(model: ModelLike, options?: ReconcileOptions): Promise<ReconcileReport> {
  const { reconcileWithFront } = await import('./api/reconcile.js');
  return reconcileWithFront(openText, model, options);
}
