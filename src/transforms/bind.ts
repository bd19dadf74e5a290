import { type Dim, Expr, substitute, symbols } from '../dim/index.js';
import type { Ledger } from '../ledger/index.js';

/**
 * The same ledger with free dimensions replaced. What is one object stays one object (a weight used twice, a module under
 * two parents). Throws ModelError `argument` for a value that its symbol cannot have.
 */
export function bindLedger(ledger: Ledger, bindings: ReadonlyMap<string, Dim>): Ledger {
  return bindings.size === 0 ? ledger : (replace(ledger, bindings, new Map()) as Ledger);
}

/** A ledger of its own objects, one for each of the original's. */
export function copyOf(ledger: Ledger): Ledger {
  return replace(ledger, new Map(), new Map()) as Ledger;
}

function replace(value: unknown, bindings: ReadonlyMap<string, Dim>, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Expr) return substitute(value, bindings);
  const before = done.get(value);
  if (before !== undefined) return before;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    done.set(value, copy); // before its parts: calls and modules refer to each other
    for (const part of value) copy.push(replace(part, bindings, done));
    return copy;
  }
  const copy: Record<string, unknown> = {};
  done.set(value, copy);
  for (const [key, part] of Object.entries(value)) copy[key] = replace(part, bindings, done);
  return copy;
}

/** The free dimensions of a model, in the order in which inputs, then operators, bring them up. */
export function freeSymbols(ledger: Ledger): string[] {
  const found = new Set<string>();
  const look = (shape: readonly Dim[] | undefined): void => {
    for (const d of shape ?? []) for (const name of symbols(d)) found.add(name);
  };
  for (const { value } of ledger.inputs) look(value.type?.shape);
  for (const entry of ledger.entries) {
    for (const value of entry.outputs) look(value.type?.shape);
    // How often a loop runs is in no shape.
    look([entry.readBytes, entry.writeBytes]);
  }
  return [...found];
}
