import { type Dim, exactdiv, floordiv, mul } from '../dim/index.js';
import type { ModuleCall } from '../ledger/index.js';
import { numel } from '../tensor/index.js';
import { ownEntries } from './items.js';

/** The sizes of one call of multi-head attention: widths of query, key and value, their lengths, heads and batch. */
export interface AttentionSizes {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly depth: Dim;
  readonly length: Dim;
  /** Keys that come in, and those attended to: a layer may append its own. */
  readonly given: Dim;
  readonly attended: Dim;
  readonly widths: readonly [query: Dim, key: Dim, value: Dim];
}

/**
 * Read off the products that the call does, since files keep neither the number of heads nor where the batch is: the first
 * product of attention is (batch and heads)×length×depth by its transpose. Null if there is none.
 */
export function attentionSizes(call: ModuleCall): AttentionSizes | null {
  const scores = ownEntries(call).find((e) => ['attention', 'matmul', 'baddbmm'].includes(e.op));
  const at = scores?.op === 'baddbmm' ? 1 : 0;
  const q = scores?.inputs[at]?.type?.shape;
  const k = scores?.inputs[at + 1]?.type?.shape;
  const [query, key = query, value = key] = call.inputs.map((t) => t?.shape);
  if (q === undefined || k === undefined || query === undefined || key === undefined || value === undefined)
    return null;
  const [length, depth] = [q.at(-2) ?? 1, q.at(-1) ?? 1];
  const widths = [query.at(-1) ?? 1, key.at(-1) ?? 1, value.at(-1) ?? 1] as const;
  const batch = per(numel(query), mul(length, widths[0]));
  return {
    batch,
    heads: per(widths[0], depth),
    depth,
    length,
    given: per(numel(key), mul(batch, widths[1])),
    attended: (scores?.op === 'attention' ? k.at(-2) : k.at(-1)) ?? 1,
    widths,
  };
}

function per(a: Dim, b: Dim): Dim {
  return exactdiv(a, b) ?? floordiv(a, b);
}
