import {
  type AnyLedger,
  applyFormula,
  checkedFormulas,
  type GivenFormulas,
  mapLedger,
  type OpEntry,
} from '../ledger/index.js';
import { freeSymbols } from './bind.js';

/**
 * The same ledger with formulas put to its gaps, by the operator's name in the file (`com.example.Rotate`). Operators that
 * are counted already keep their own; shapes stay as they were read (a reader that is given the formulas makes them too).
 * Throws ModelError `argument` for a formula that cannot be read or uses a name that is not there.
 */
export function applyUserFormulas<L extends AnyLedger>(ledger: L, given: GivenFormulas): L {
  if (Object.keys(checkedFormulas(given)).length === 0) return ledger;
  const free = new Set(freeSymbols(ledger));
  return mapLedger(ledger, { result: (entry) => resultOf(entry, given, free) });
}

function resultOf(entry: OpEntry, given: GivenFormulas, free: ReadonlySet<string>): OpEntry['result'] {
  const formula = entry.result.kind === 'gap' && Object.hasOwn(given, entry.type) ? given[entry.type] : undefined;
  if (formula === undefined) return entry.result;
  const { outputs: _, ...counts } = formula;
  const made = applyFormula(counts, {
    type: entry.type,
    node: entry.name,
    inputs: entry.inputs.map((value) => value?.type ?? null),
    outputs: entry.outputs.map((value) => value.type),
    free,
  });
  return typeof made === 'string' ? { kind: 'gap', why: made } : { kind: 'known', work: made.work };
}
