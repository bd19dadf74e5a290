import { CONVENTIONS, type CustomOps, conventionOf, specialFor } from '../conventions/index.js';
import type { Ledger } from '../ledger/index.js';
import { type ReconcileReport, reconcileReport } from '../report/index.js';
import { byName } from '../source/by-name.js';
import { resolveBindings } from './options.js';
import { ownErrors } from './own-errors.js';
import { type ModelLike, type OpenOptions, type OpenText, readWith } from './read.js';

export interface ReconcileOptions extends OpenOptions {
  /** Ids of the tools that are wanted; all by default. */
  readonly conventions?: readonly string[];
  /** A rule for a module class or an operator: it gives the tool's count for one call. */
  readonly customOps?: CustomOps;
}

/** The account of a ledger. Throws ModelError `argument` for an unknown tool or a file without a graph. */
export function reconcileOf(ledger: Ledger, options: ReconcileOptions = {}): ReconcileReport {
  const conventions = options.conventions?.map(conventionOf) ?? [...CONVENTIONS, ...specialFor(ledger)];
  return reconcileReport(ledger, conventions, {
    bound: resolveBindings(options.bind ?? {}),
    ...(options.customOps === undefined ? {} : { customOps: byName(options.customOps) }),
  });
}

export async function reconcileWithFront(
  openText: OpenText,
  model: ModelLike,
  options: ReconcileOptions = {},
): Promise<ReconcileReport> {
  const ledger = await readWith(openText, model, options);
  return ownErrors(() => reconcileOf(ledger, options));
}
