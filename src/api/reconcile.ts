import { CONVENTIONS, type CustomOps, conventionOf, specialFor } from '../conventions/index.js';
import type { Ledger } from '../ledger/index.js';
import { type ReconcileReport, reconcileReport } from '../report/index.js';
import { withinBudget } from './budget.js';
import { resolveCustomOps } from './custom-ops.js';
import { checkOptions } from './known-options.js';
import { resolveBindings } from './options.js';
import { ownErrors } from './own-errors.js';
import { type ModelLike, OPEN_OPTIONS, type OpenOptions, type OpenText, readWith } from './read.js';

export interface ReconcileOptions extends OpenOptions {
  /** Ids of the tools that are wanted; all by default. */
  readonly conventions?: readonly string[];
  /** A rule for a module class or an operator: it gives the tool's count for one call. */
  readonly customOps?: CustomOps;
}

/** The account of a ledger. Throws ModelError `argument` for an unknown tool or a file without a graph. */
export function reconcileOf(ledger: Ledger, options: ReconcileOptions = {}): ReconcileReport {
  const conventions = options.conventions?.map(conventionOf) ?? [...CONVENTIONS, ...specialFor(ledger)];
  const custom = options.customOps === undefined ? null : resolveCustomOps(options.customOps, ledger, conventions);
  return withinBudget(ledger, () =>
    reconcileReport(ledger, conventions, {
      bound: resolveBindings(options.bind ?? {}),
      ...(custom === null ? {} : { customOps: custom.customOps }),
    }),
  );
}

export async function reconcileWithFront(
  openText: OpenText,
  model: ModelLike,
  options: ReconcileOptions = {},
): Promise<ReconcileReport> {
  checkOptions('reconcile', options, { ...OPEN_OPTIONS, conventions: true, customOps: true });
  const { conventions: _, customOps: __, ...opening } = options;
  const ledger = await readWith(openText, model, opening);
  return ownErrors(() => reconcileOf(ledger, options));
}
