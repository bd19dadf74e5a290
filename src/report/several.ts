import type { Report } from './types.js';
import { VERSION } from './version.js';

/** Why a model of several has no numbers. */
export interface SeveralFailure {
  /** As it was named: a path, an address or a built-in name. */
  readonly given: string;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** A model of several: its report without rows, modules and what is asked of one model alone. */
export interface SeveralReport
  extends Omit<
    Report,
    'schema' | 'opcount' | 'peak' | 'layers' | 'modules' | 'schedule' | 'printed' | 'training' | 'measured'
  > {
  readonly given: string;
  readonly error: null;
}

export type SeveralModel = SeveralReport | SeveralFailure;

/** Several models, each with its numbers or why it has none: `opcount <model> <model> …`. */
export interface Several {
  readonly schema: 1;
  readonly opcount: string;
  readonly models: readonly SeveralModel[];
}

export function severalOf(models: readonly SeveralModel[]): Several {
  return { schema: 1, opcount: VERSION, models };
}

export function inSeveral(given: string, report: Report): SeveralReport {
  const { model, inputs, outputs, symbols, shown, totals, coverage, conventions, bounds, serving, notes } = report;
  return {
    given,
    error: null,
    model,
    inputs,
    outputs,
    symbols,
    ...(shown === undefined ? {} : { shown }),
    totals,
    coverage,
    conventions,
    ...(bounds === undefined ? {} : { bounds }),
    ...(serving === undefined ? {} : { serving }),
    notes,
  };
}

export const hasNumbers = (model: SeveralModel): model is SeveralReport => model.error === null;

/** Names of rows: the model's own, and for two of the same name the argument that each was given as. */
export function rowNames(models: readonly SeveralModel[]): ReadonlyMap<SeveralModel, string> {
  const own = models.map((model) => (hasNumbers(model) ? model.model.name : model.given));
  const twice = (name: string): boolean => own.indexOf(name) !== own.lastIndexOf(name);
  return new Map(models.map((model, i) => [model, twice(own[i] as string) ? model.given : (own[i] as string)]));
}
