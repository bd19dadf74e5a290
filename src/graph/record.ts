import { type Dim, max } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import { type Effect, moved, nothing, opNamed } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';
import type { Call, GraphNode } from './node.js';
import { type GraphValue, isTensor } from './values.js';

/**
 * An entry for a node that computes nothing itself: its outputs are those of its bodies, under its own names. Values that
 * are not tensors pass through.
 */
export function recordOutputs<N extends GraphNode, F>(
  { node, runner, source }: Call<N, F>,
  made: readonly GraphValue[],
  op: Effect['op'] = opNamed(node.opType.toLowerCase()),
): GraphValue[] {
  const tensors = made.filter((m): m is Value => isTensor(m) && m.type !== null);
  // Where each stands first: a value may come out twice.
  const names = new Map<GraphValue, string | null>();
  for (const [i, m] of made.entries()) if (!names.has(m)) names.set(m, node.output[i] ?? null);
  const values = runner.trace.apply(
    nothing(
      op,
      tensors.map((t, view) => ({ ...(t.type as TensorType), view })),
    ),
    tensors,
    { ...source, outputs: tensors.map((t) => names.get(t) ?? null) },
  );
  const recorded = new Map<GraphValue, Value>();
  for (const [i, t] of tensors.entries()) if (!recorded.has(t)) recorded.set(t, values[i] as Value);
  return made.map((m) => recorded.get(m) ?? m);
}

/** A tensor that a loop fills, one part a round: `parts` along an axis of its own. */
export function recordStack<N extends GraphNode, F>(
  { runner, node, source }: Call<N, F>,
  element: GraphValue,
  parts: Dim,
  axis: number,
  index: number,
): Value {
  const name = node.output[index] ?? null;
  if (!isTensor(element) || element.type === null) return runner.trace.opaque(name);
  const { dtype, shape } = element.type;
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  const out: TensorType = { dtype, shape: [...shape.slice(0, at), max(0, parts), ...shape.slice(at)] };
  const [value] = runner.trace.apply(moved(opNamed(`${node.opType.toLowerCase()}_stack`), out, 'copy'), [element], {
    ...source,
    outputs: [name],
  });
  return value as Value;
}
