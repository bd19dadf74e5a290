import type { Dim } from '../../dim/index.js';
import { type Call, type GraphValue, isTensor, scalarOf, valueIn } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import type { Arg } from '../../torch/operators/index.js';
import { nameOf, type PteNode } from './node.js';
import type { PteMethod } from './schema.js';

export type PteCall = Call<PteNode, PteMethod>;

/** A value as an instruction reads it: what was written last, else what the file has. */
export function argOf(i: number, { node, inputs, frame }: PteCall, method: PteMethod): Arg {
  const name = nameOf(method, i);
  const value = method.values[i];
  const known = valueIn(frame, name);
  if (value?.kind === 'tensor') return (known ?? inputs[node.input.indexOf(name)] ?? null) as Arg;
  // Integers and booleans that are computed are kept as tensors with one content.
  if (known !== undefined) return (isTensor(known) ? (scalarOf(known) ?? known) : known) as Arg;
  if (value === undefined) return null;
  if (value.kind === 'list')
    return value.items.map((k) => (k < 0 ? null : argOf(k, { node, inputs, frame } as PteCall, method)));
  return value.kind === 'floats' ? value.value.map((v): Arg => (Number.isInteger(v) ? { float: v } : v)) : value.value;
}

/** The same as a value of the graph. */
export function graphValueOf(i: number, call: PteCall, method: PteMethod): GraphValue {
  const arg = argOf(i, call, method) as GraphValue | null;
  if (arg === null) return call.runner.trace.opaque(nameOf(method, i));
  const known = typeof arg === 'boolean' ? Number(arg) : scalarOf(arg);
  return known === undefined || isTensor(arg) ? arg : integer(call, known);
}

/** An integer of the program as a tensor with one content, which loops can count with. */
export function integer({ runner }: PteCall, value: Dim | undefined): Value {
  return runner.trace.constant(null, { dtype: 'int64', shape: [], ...(value === undefined ? {} : { value: [value] }) });
}
