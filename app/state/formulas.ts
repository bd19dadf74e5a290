import { checkedFormulas } from 'opcount/ledger';
import type { GivenText } from '../worker/protocol.js';

/** The formulas in what a link has in their place. A link is a stranger's: what is not a formula is left out. */
export function formulasIn(given: object): Readonly<Record<string, GivenText>> {
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, GivenText] => isFormula(entry[0], entry[1])),
  );
}

function isFormula(type: string, formula: unknown): boolean {
  try {
    checkedFormulas({ [type]: formula });
    return true;
  } catch {
    return false;
  }
}
