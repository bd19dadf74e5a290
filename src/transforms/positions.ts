import { isStatic, toBigInt } from '../dim/index.js';
import type { AnyLedger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';

/** The most tokens that a language model has positions for; null if no table of positions ends. */
export function positionsIn({ constraints }: AnyLedger): number | null {
  let most: number | null = null;
  for (const c of constraints)
    if (c.kind === 'at-least' && c.atRunTime === true && isStatic(c.value))
      most = Math.min(most ?? Number.POSITIVE_INFINITY, Number(toBigInt(c.value)));
  return most;
}

/** Throws ModelError `shape` for a context that is longer than a model has positions for. */
export function checkContext(ledger: AnyLedger, context: number): void {
  const most = positionsIn(ledger);
  if (most === null || context <= most) return;
  throw new ModelError(
    'shape',
    `${ledger.name} has positions for ${most.toLocaleString('en-US')} tokens, not for a context of ${context.toLocaleString('en-US')}`,
    {
      format: ledger.format,
      at: { field: 'context' },
      hint: `give a context of at most ${most.toLocaleString('en-US')}`,
    },
  );
}
