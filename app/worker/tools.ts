import { CONVENTIONS, type Dim, isModelError, type Ledger, shownData } from 'opcount';
import { bindLedger, compileDims } from 'opcount/ledger';
import { DimTable } from './build.js';
import type { Bindings, ToolPrint, ToolPrints } from './protocol.js';

/**
 * The numbers of every convention for a model, in one program. Those of a tool that looks at numbers itself, so that no
 * dimension can be left free, are those at the bindings.
 */
export function toolPrints(ledger: Ledger, bind: Bindings): ToolPrints {
  const pool = new DimTable();
  let bound: Ledger | null = null;
  const tools = CONVENTIONS.filter(({ id }) => id !== 'exact').map((convention): ToolPrint => {
    const head = { id: convention.id, title: convention.title, version: convention.version };
    const told = (from: Ledger, atSizes: boolean): ToolPrint => {
      const result = convention.run(from);
      return {
        ...head,
        version: result.version,
        counts: Object.entries(result.counts).map(([name, count]) => ({
          name,
          unit: result.units[name] ?? '',
          ref: pool.ref(count as Dim),
        })),
        atSizes,
        fails: null,
      };
    };
    try {
      try {
        return told(ledger, false);
      } catch (error) {
        if (!isModelError(error)) throw error;
        bound ??= bindLedger(ledger, new Map(Object.entries(bind)));
        return told(bound, true);
      }
    } catch (error) {
      if (!isModelError(error)) throw error;
      return { ...head, counts: [], atSizes: false, fails: error.message };
    }
  });
  return { program: compileDims(pool.dims), tools: shownData(tools) };
}
