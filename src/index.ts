// Names alone, each from the file that has it, so that what bundles some of them takes no more than those need.
export { formats } from './api/formats.js';
export { profile, reconcile, stat } from './api/front.js';
export type { ExtentLike, InputLike, InputsLike, ShapeLike } from './api/options.js';
export type { Profile, ProfileOptions } from './api/profile.js';
export type { ModelLike, OpenOptions } from './api/read.js';
export { builtinModels, read } from './api/read-front.js';
export type { ReconcileOptions } from './api/reconcile.js';
export { type CheckConfig, type ConfigModel, defineConfig } from './check/config.js';
export type { Convention, CustomOps, CustomRule, WorkUnit } from './conventions/index.js';
export { CONVENTIONS } from './conventions/index.js';
export { cleverFormat } from './conventions/thop/clever-format.js';
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
export type { FromSandbox, SandboxJob, SandboxStart } from './python/page/messages.js';
export { benchFigures } from './report/bench-text.js';
export {
  buildReport,
  bytes as formatBytes,
  type ComparedModule,
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
