import { CONVENTIONS, type Dim, isModelError, type Ledger, shown, shownData } from 'opcount';
import { bindLedger, compileDims } from 'opcount/ledger';
import { DimTable } from './build.js';
import type { Bindings, ConventionSheet } from './protocol.js';

/**
 * A convention's numbers for a model. Where the tool itself looks at numbers, so that no dimension can be left free, they are
 * those at the bindings.
 */
export function conventionSheet(ledger: Ledger, id: string, bind: Bindings): ConventionSheet {
  const convention = CONVENTIONS.find((c) => c.id === id);
  if (convention === undefined) throw new Error(`there is no convention ${id}`);
  try {
    return sheetOf(convention, ledger, false);
  } catch (error) {
    if (!isModelError(error)) throw error;
    return sheetOf(convention, bindLedger(ledger, new Map(Object.entries(bind))), true);
  }
}

function sheetOf(convention: (typeof CONVENTIONS)[number], ledger: Ledger, bound: boolean): ConventionSheet {
  const result = convention.run(ledger);
  const pool = new DimTable();
  const names = Object.keys(result.counts);
  const counts = names.map((name) => {
    const count = result.counts[name] as Dim;
    return {
      name,
      unit: result.units[name] ?? '',
      ref: pool.ref(count),
      text: typeof count === 'object' ? String(count) : null,
    };
  });
  const params = pool.ref(result.params);
  const layers = [...(result.layers ?? [])].map(
    ([path, own]) => [shown(path), names.map((name) => pool.ref(own[name] ?? 0))] as const,
  );
  return {
    id: convention.id,
    title: result.title,
    version: result.version,
    words: convention.description,
    source: convention.source,
    program: compileDims(pool.dims),
    counts,
    params,
    layers,
    notes: shownData(result.notes.map(({ code, message }) => ({ code, message }))),
    bound,
  };
}
