import type { ReconcileReport } from '../report/index.js';
import type { ExtentLike } from './options.js';
import { type Profile, type ProfileOptions, profileWith } from './profile.js';
import type { ModelLike } from './read.js';
import { openText } from './read-front.js';
import type { ReconcileOptions } from './reconcile.js';

/**
 * What a model costs. `model` is a module, bytes, a File or Blob, a URL, or a built-in model's name. Counts are bigint, or
 * formulas (text) in the dimensions left free. Throws ModelError (this can never be read) and SourceError (try again).
 */
export function profile(model: ModelLike, options?: ProfileOptions): Promise<Profile> {
  return profileWith(openText, model, options);
}

/** torchstat's table and totals for a C×H×W input. */
export async function stat(model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  const { statWith } = await import('./stat.js');
  return statWith(openText, model, input);
}

/**
 * What every tool prints of a model, and the signed terms that lead to each number from exact MACs: they sum to the
 * difference to the unit, in free dimensions too. `whoPrints(report, '4.1G')` tells which tools print a number.
 */
export async function reconcile(model: ModelLike, options?: ReconcileOptions): Promise<ReconcileReport> {
  const { reconcileWithFront } = await import('./reconcile.js');
  return reconcileWithFront(openText, model, options);
}
