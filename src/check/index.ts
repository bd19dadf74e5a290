/**
 * The room check/: budgets. Comes in: reports, and what a project's configuration says. Goes out: verdicts, each with its
 * value, limit and change, and texts of them for people, CI and code hosts. Add here: a measure in `measures.ts`, a
 * format as a file and a line in `render.ts`.
 */
export { type Baseline, baselineFrom, baselineText, entryOf } from './baseline.js';
export type { CheckConfig, ConfigModel } from './config.js';
export type { CheckFormat } from './formats.js';
export type { MeasureId } from './measures.js';
export { renderChecks } from './render.js';
export { type Checked, type CheckedModels, checkReport } from './verdicts.js';
