// Comes in: a ledger and what conventions and devices make of it. Goes out: a Report as data, and that as text: table, tree,
// JSON, CSV, Markdown, LaTeX, HTML. Pure functions: nothing here prints.
// Add here: a field in build.ts for every reader of reports; an output format in render.ts, with a file of its own.
export { buildReport, inPassing, type ReportOptions } from './build.js';
export { FORMATS, type Format, SORTS, type Sort, UNIT_MODES, type UnitMode } from './choices.js';
export { type ComparedSide, type Comparison, compareReports } from './compare.js';
export { compareText } from './compare-text.js';
export type { Encode } from './encode.js';
export { type WhoPrints, whoPrints } from './find-tool.js';
export { whoPrintsText } from './find-tool-text.js';
export { PLAIN, type Style } from './grid.js';
export { jsonChunks, jsonValue, reportIn, toJson } from './json.js';
export { bytes, grouped, quantity, seconds } from './numbers.js';
export { type ComparedModule, type Pair, pairsOf } from './pairs.js';
export type { Printed } from './printed-number.js';
export {
  type ReconcileCount,
  type ReconcileReport,
  type ReconcileTerm,
  type ReconcileTool,
  reconcileReport,
} from './reconcile.js';
export { reconcileMarkdown, reconcileText } from './reconcile-text.js';
export { notesText, type RenderOptions, render, SHOWN_NOTES } from './render.js';
export { looksSaved, savedReport } from './saved.js';
export { hasNumbers, inSeveral, rowNames, type SeveralModel, severalOf } from './several.js';
export { renderSeveral, type SeveralFormat } from './several-text.js';
export { uncountedNodes } from './summary.js';
export type {
  Report,
  ReportConvention,
  ReportCount,
  ReportLifetime,
  ReportNode,
  ReportOp,
  ReportRow,
  ReportServing,
  ReportShape,
  ReportTensor,
  ReportTotals,
  ReportTraining,
} from './types.js';
