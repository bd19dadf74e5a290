import { broken, type Constraint, type Dim, pinnedBy, substitute, symbols } from '../dim/index.js';
import { type AnyLedger, mapLedger, type Note, type OpEntry, perLedger, type Value } from '../ledger/index.js';
import { isModelError, ModelError } from '../source/errors.js';

/**
 * The same ledger with free dimensions replaced, and a note where the values of a run would go wrong at these sizes. Throws
 * ModelError `argument` for a value that its symbol cannot have, and `shape` for one at which the model cannot run.
 */
export function bindLedger<L extends AnyLedger>(ledger: L, bindings: ReadonlyMap<string, Dim>): L {
  if (bindings.size === 0) return ledger;
  const wrong = refusal(ledger, bindings);
  if (wrong !== null) {
    const given = [...bindings].map(([name, value]) => `${name} = ${String(value)}`).join(', ');
    throw new ModelError('shape', `the model cannot run at ${given}: ${wrong.message}`, {
      hint: 'give sizes that the model takes, or leave the dimension free',
    });
  }
  const known = new Set(ledger.notes.map(({ message }) => message));
  const notes = broken(ledger.constraints, bindings)
    .filter(({ message }) => !known.has(message))
    .map(({ message }): Note => ({ code: 'beyond-positions', message }));
  const bound = mapLedger(ledger, { dim: (d) => substitute(d, bindings) });
  return notes.length === 0 ? bound : { ...bound, notes: [...bound.notes, ...notes] };
}

/** The reason why the model cannot run at these sizes; null if none is known. */
export function refusal(ledger: AnyLedger, bindings: ReadonlyMap<string, Dim>): Constraint | null {
  return broken(ledger.constraints, bindings).find((c) => c.atRunTime !== true) ?? null;
}

/**
 * The same ledger with the numbers put in that its constraints leave no choice about: a ViT read at any height is read at
 * 224, the only height that it takes. A note says so. A ledger whose constraints contradict each other stays as it is.
 */
export function bindPinned<L extends AnyLedger>(ledger: L): L {
  const pins = new Map<string, readonly [number, Constraint]>();
  for (const constraint of ledger.constraints) {
    const pin = pinnedBy(constraint);
    if (pin === null) continue;
    const before = pins.get(pin[0]);
    if (before !== undefined && before[0] !== pin[1]) return ledger;
    pins.set(pin[0], [pin[1], constraint]);
  }
  if (pins.size === 0) return ledger;
  const numbers = new Map([...pins].map(([name, [value]]) => [name, value]));
  let bound: L;
  try {
    bound = bindLedger(ledger, numbers);
  } catch (error) {
    if (isModelError(error)) return ledger;
    throw error;
  }
  const notes = [...pins].map(([name, [value, { message }]]) => ({
    code: 'pinned' as const,
    message: `${name} is ${value}, the only size that the model takes: ${message}`,
  }));
  return { ...bindPinned(bound), notes: [...notes, ...ledger.notes] };
}

/** The free dimensions of a model, in the order in which inputs, then operators, bring them up. */
export const freeSymbols: (ledger: AnyLedger) => readonly string[] = perLedger(symbolsIn);

function symbolsIn(ledger: AnyLedger): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<object>();
  const look = (d: Dim): void => {
    if (typeof d !== 'object' || seen.has(d)) return;
    seen.add(d);
    for (const name of symbols(d)) found.add(name);
  };
  for (const { value } of ledger.inputs) if (value.type !== null) for (const d of value.type.shape) look(d);
  const { entries } = ledger;
  for (let i = 0; i < entries.length; i++) {
    const { outputs, readBytes, writeBytes } = entries[i] as OpEntry;
    for (let o = 0; o < outputs.length; o++) {
      const type = (outputs[o] as Value).type;
      if (type === null) continue;
      const { shape } = type;
      for (let axis = 0; axis < shape.length; axis++) look(shape[axis] as Dim);
    }
    // How often a loop runs is in no shape.
    look(readBytes);
    look(writeBytes);
  }
  return [...found];
}

/** In training no tokens go before those of the pass, if the caller does not say otherwise. */
export function withoutPast<L extends AnyLedger>(ledger: L): L {
  const free = ledger.description !== undefined && freeSymbols(ledger).includes('past');
  return free ? bindLedger(ledger, new Map([['past', 0]])) : ledger;
}
