import type { OpenCall, Trace, Value } from '../ledger/index.js';
import type { ModuleTree } from './modules.js';
import { type GraphValue, isTensor } from './values.js';

/** The tensor of a name; where it names none, a value of which nothing is known. */
export function valueOr(trace: Trace, value: GraphValue | undefined, name: string): Value {
  return isTensor(value) ? value : trace.opaque(name);
}

/**
 * Ends the recording of a model: `results` become its outputs under `names`, and the modules, where there are any, learn what
 * went through them.
 */
export function endModel(
  trace: Trace,
  modules: ModuleTree | null,
  root: OpenCall,
  names: readonly string[],
  results: readonly (GraphValue | undefined)[],
): { readonly name: string; readonly value: Value }[] {
  const outputs = names.map((name, i) => ({ name, value: valueOr(trace, results[i], name) }));
  trace.resume(root);
  trace.exit(outputs.map((o) => o.value.type));
  modules?.finish(
    trace.entries,
    outputs.map((o) => o.value),
  );
  return outputs;
}
