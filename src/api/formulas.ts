import type { AnyLedger, GivenFormulas, Note } from '../ledger/index.js';
import { applyUserFormulas } from '../transforms/index.js';

/**
 * The user's formulas put to what a reader could not count, with a note for each that had no effect. Throws ModelError
 * `argument` for a name that an operator does not have.
 */
export function givenFormulas<L extends AnyLedger>(ledger: L, formulas: GivenFormulas): L {
  const types = Object.keys(formulas);
  if (types.length === 0) return ledger;
  const counted = applyUserFormulas(ledger, formulas);
  const notes = types.flatMap((type) => noteOf(ledger, type));
  return notes.length === 0 ? counted : { ...counted, notes: [...counted.notes, ...notes] };
}

function noteOf(ledger: AnyLedger, type: string): Note[] {
  const entries = ledger.entries.filter((e) => e.type === type);
  if (entries.length === 0)
    return [
      { code: 'formula-unused', message: `the formula given for ${type} was not used: the model has no such operator` },
    ];
  if (entries.some((e) => e.attrs.given === true || e.result.kind === 'gap')) return [];
  return [
    {
      code: 'formula-unused',
      message: `the formula given for ${type} was not used: opcount has one of its own, which stands`,
    },
  ];
}
