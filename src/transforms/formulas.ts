import { type Dim, parse, substitute, symbols } from '../dim/index.js';
import { type Ledger, mapLedger, type OpEntry, type Value } from '../ledger/index.js';
import { contraction, type Work } from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import { numel } from '../tensor/index.js';
import { freeSymbols } from './bind.js';

/**
 * A user's formula for an operator that has none, for one execution. Names: `in` and `out` are the elements of the first
 * input and output, `in.1` and `out.0` their extents, `in2`, `in2.0`, `out2` … those of further ones; free dimensions of the
 * model by their own names.
 */
export interface GivenFormula {
  readonly macs: string;
  /** Floating-point operations besides those of the MACs. */
  readonly flops: string;
}

/**
 * The same ledger with formulas put to its gaps, by the operator's name in the file (`com.example.Rotate`). Operators that
 * are counted already keep their own. Throws ModelError `argument` for a formula that cannot be read or uses a name that is
 * not there.
 */
export function withFormulas(ledger: Ledger, given: Readonly<Record<string, GivenFormula>>): Ledger {
  if (Object.keys(given).length === 0) return ledger;
  const free = new Set(freeSymbols(ledger));
  return mapLedger(ledger, {
    result: (entry) => {
      const formula = entry.result.kind === 'gap' ? given[entry.type] : undefined;
      return formula === undefined ? entry.result : { kind: 'known', work: workOf(entry, formula, free) };
    },
  });
}

function workOf(entry: OpEntry, formula: GivenFormula, free: ReadonlySet<string>): Work[] {
  const names = namesOf(entry);
  const count = (text: string): Dim => {
    const dim = text.trim() === '' ? 0 : parse(text);
    const unknown = symbols(dim).find((name) => !names.has(name) && !free.has(name));
    if (unknown !== undefined)
      throw new ModelError('argument', `the formula for ${entry.type} uses ${unknown}, which it does not have`, {
        at: entry.name === null ? {} : { node: entry.name },
        hint: `names: ${[...names.keys(), ...free].join(', ')}`,
      });
    return substitute(dim, names);
  };
  const macs = count(formula.macs);
  const flops = count(formula.flops);
  return [
    ...(macs === 0 ? [] : [contraction(macs, names.get('out') ?? 0)]),
    // Which primitives they are the user does not say.
    ...(flops === 0 ? [] : [{ kind: 'map', elements: flops, each: { add: 1 } } satisfies Work]),
  ];
}

function namesOf(entry: OpEntry): Map<string, Dim> {
  const names = new Map<string, Dim>();
  const put = (word: string, values: readonly (Value | null)[]): void => {
    for (const [i, value] of values.entries()) {
      const shape = value?.type?.shape;
      if (shape === undefined) continue;
      const name = i === 0 ? word : `${word}${i + 1}`;
      names.set(name, numel(shape));
      for (const [axis, extent] of shape.entries()) names.set(`${name}.${axis}`, extent);
    }
  };
  put('in', entry.inputs);
  put('out', entry.outputs);
  return names;
}
