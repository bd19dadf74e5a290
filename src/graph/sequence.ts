import { add, type Dim, equal, isStatic, mul, sub } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import { axisOf, concat, type Effect, moved, nothing, split, stack } from '../ops/index.js';
import { sameType, type TensorType } from '../tensor/index.js';
import { Unsupported } from './errors.js';
import type { Call, GraphNode } from './node.js';
import { recordOutputs } from './record.js';
import {
  commonType,
  type GraphValue,
  isOptional,
  isSequence,
  isTensor,
  type Sequence,
  sequenceOf,
  tensorsIn,
} from './values.js';

/** Lists up to this long are kept item by item. */
const MAX_ITEMS = 4096;

/** The list that an input is. Throws `Unsupported` where it is not one. */
export function sequenceIn<N extends GraphNode, F>({ inputs, node }: Call<N, F>, i = 0): Sequence {
  const value = inputs[i];
  if (isSequence(value)) return value;
  if (isOptional(value) && isSequence(value.content)) return value.content as Sequence;
  throw new Unsupported(`what the list ${node.input[i] ?? ''} holds is not known`, i);
}

/** The list that flows in by an input; where that only says what comes first, the one that input 0 is the handle of. */
export function flowingIn<N extends GraphNode, F>(call: Call<N, F>, flow: number): Sequence {
  const value = call.inputs[flow];
  return isSequence(value) ? value : sequenceIn(call);
}

/** A position counted from the front; undefined where it, or the list, is not known. */
function positionIn(list: Sequence, at: Dim | undefined): number | undefined {
  if (list.items === null || at === undefined || !isStatic(at)) return undefined;
  return Number(at) < 0 ? Number(at) + list.items.length : Number(at);
}

/** The list with an item before position `at`, which `last` puts behind all; `at` is undefined where it is not known. */
export function insertItem<N extends GraphNode, F>(
  call: Call<N, F>,
  list: Sequence,
  item: GraphValue,
  at: Dim | undefined | 'last',
): Sequence {
  if (list.items !== null && list.items.length < MAX_ITEMS) {
    const place = at === 'last' ? list.items.length : positionIn(list, at);
    if (place !== undefined) {
      call.runner.budget.copies(list.items.length, call.node.name || call.node.opType);
      const items = [...list.items.slice(0, place), item, ...list.items.slice(place)];
      return { kind: 'sequence', items, length: items.length, item: typeWith(list, item) };
    }
  }
  return { kind: 'sequence', items: null, length: add(list.length, 1), item: typeWith(list, item) };
}

/** The type of every item of a list and of another item; null where they differ. */
function typeWith(list: Sequence, item: GraphValue): TensorType | null {
  const own = commonType([item]);
  if (equal(list.length, 0)) return own;
  const { item: type } = list;
  return type !== null && own !== null && sameType(own, type) ? type : null;
}

/** A list of places that nothing has been put into yet; where it is not known how many, that is free. */
export function reserveItems<N extends GraphNode, F>(call: Call<N, F>, length: Dim | undefined): Sequence {
  return { kind: 'sequence', items: null, length: length ?? freeLength(call), item: null, reserved: true };
}

function freeLength<N extends GraphNode, F>({ node, runner }: Call<N, F>): Dim {
  return runner.symbol(`${runner.label(node)}.length`, { min: 0 });
}

/** The list with another item in one of its places. */
export function setItem<N extends GraphNode, F>(call: Call<N, F>, list: Sequence, item: GraphValue): Sequence {
  const type = list.reserved === true ? commonType([item]) : null;
  const same = list.item === null ? null : commonType([tensorOf(call, list.item), item]);
  return { kind: 'sequence', items: null, length: list.length, item: type ?? same };
}

/** The list without one of its items. */
export function eraseItem<N extends GraphNode, F>(
  { runner, node }: Call<N, F>,
  list: Sequence,
  at: Dim | undefined | 'last',
): Sequence {
  const place = at === 'last' ? (list.items?.length ?? 0) - 1 : positionIn(list, at);
  if (list.items !== null && place !== undefined) {
    runner.budget.copies(list.items.length, node.name || node.opType);
    return sequenceOf(list.items.filter((_, i) => i !== place));
  }
  return { kind: 'sequence', items: null, length: sub(list.length, 1), item: list.item };
}

/** One item: nothing is copied. Throws `Unsupported` where the items differ and it is not known which one it is. */
export function itemAt<N extends GraphNode, F>(call: Call<N, F>, list: Sequence, at: Dim | undefined): GraphValue[] {
  const place = positionIn(list, at);
  const known = place === undefined ? undefined : list.items?.[place];
  if (known !== undefined) return recordOutputs(call, [known], 'sequence_at');
  if (list.item === null) throw new Unsupported('which item it takes is not known, and the items differ', 0);
  return applied(call, nothing('sequence_at', [list.item], { readBytes: 0 }), []);
}

export function sequenceLength<N extends GraphNode, F>(call: Call<N, F>, list: Sequence): GraphValue[] {
  const out: TensorType = { dtype: 'int64', shape: [], value: [list.length] };
  return applied(call, nothing('sequence_length', [out], { readBytes: 0 }), []);
}

/**
 * A tensor taken apart along an axis: into parts of `sizes`, or, where that is null, into single slices. How many parts
 * there are is free where the sizes are not known.
 */
export function splitItems<N extends GraphNode, F>(
  call: Call<N, F>,
  options: {
    readonly axis: number;
    /** A list of sizes, one size for all, or null for single slices. */
    readonly sizes: GraphValue | null;
    readonly keepAxis: boolean;
  },
): GraphValue[] {
  const { inputs, runner, source } = call;
  const data = inputs[0];
  if (!isTensor(data) || data.type === null) throw new Unsupported('the shape of what it splits is not known', 0);
  const { type } = data;
  const axis = axisOf(options.axis, type.shape.length, 'split');
  const extent = type.shape[axis] as Dim;
  const parts = partSizes(options.sizes, extent);
  const part = (size: Dim): TensorType => ({
    dtype: type.dtype,
    shape: options.keepAxis
      ? type.shape.map((d, i) => (i === axis ? size : d))
      : type.shape.filter((_, i) => i !== axis),
  });
  if (parts === null) {
    const given = isTensor(options.sizes);
    return [
      {
        kind: 'sequence',
        items: null,
        length: given ? freeLength(call) : extent,
        item: given ? null : part(1),
      },
    ];
  }
  runner.budget.parts(parts.length, call.node.name || call.node.opType);
  const effect = split(type, parts, axis);
  const outputs = parts.map((size) => ({ ...part(size), view: 0 }));
  return [sequenceOf(runner.trace.apply({ ...effect, outputs }, [data], { ...source, outputs: [] }))];
}

/** Null where they are not known, or too many. */
function partSizes(sizes: GraphValue | null, extent: Dim): Dim[] | null {
  const count = typeof extent === 'number' ? extent : null;
  if (sizes === null) return count === null || count > MAX_ITEMS ? null : new Array<Dim>(count).fill(1);
  if (!isTensor(sizes) || sizes.type === null) return null;
  const known = 'value' in sizes.type ? sizes.type.value : undefined;
  if (known === undefined || known.length > MAX_ITEMS) return null;
  if (sizes.type.shape.length > 0) return [...known];
  const size = Number(known[0]);
  if (count === null || !(size >= 1) || count / size > MAX_ITEMS) return null;
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => Math.min(size, count - i * size));
}

/** The items as one tensor: along an axis that they have, or a new one. */
export function joinItems<N extends GraphNode, F>(
  call: Call<N, F>,
  list: Sequence,
  axis: number,
  newAxis: boolean,
): GraphValue[] {
  call.runner.budget.items(list.items?.length ?? 0, call.node.name || call.node.opType);
  const tensors = list.items?.flatMap(tensorsIn);
  const types = tensors?.map((t) => t.type);
  if (tensors !== undefined && types !== undefined && types.length > 0 && !types.includes(null)) {
    const known = types as readonly TensorType[];
    return applied(call, newAxis ? stack(known, axis) : concat(known, axis), tensors);
  }
  if (list.item === null) throw new Unsupported('the shapes of the list that it joins are not known', 0);
  const { dtype, shape } = list.item;
  const at = axisOf(axis, shape.length + (newAxis ? 1 : 0), 'concat');
  const out: TensorType = {
    dtype,
    shape: newAxis
      ? [...shape.slice(0, at), list.length, ...shape.slice(at)]
      : shape.map((d, i) => (i === at ? mul(d, list.length) : d)),
  };
  return applied(call, moved(newAxis ? 'stack' : 'concat', out, 'copy'), []);
}

/** A body for each item. `others` give the item of the same place where they are lists; tensors are the same for all. */
export function mapItems<N extends GraphNode, F>(
  call: Call<N, F>,
  list: Sequence,
  others: readonly (GraphValue | null)[],
  body: (args: readonly GraphValue[]) => readonly GraphValue[],
): GraphValue[] {
  const { trace } = call.runner;
  const at = (value: GraphValue | null, i: number): GraphValue => {
    if (value === null || !isSequence(value)) return value ?? trace.opaque(null);
    return value.items?.[i] ?? (value.item === null ? trace.opaque(null) : tensorOf(call, value.item));
  };
  if (list.items !== null) {
    const rounds = list.items.map((item, i) => body([item, ...others.map((o) => at(o, i))]));
    const count = rounds[0]?.length ?? call.node.output.length;
    return Array.from({ length: count }, (_, k) => sequenceOf(rounds.map((r) => r[k] as GraphValue)));
  }
  if (list.item === null) throw new Unsupported('the items of its list are not known', 0);
  const item = tensorOf(call, list.item);
  const made = trace.repeated(list.length, () => body([item, ...others.map((o) => at(o, 0))]));
  return made.map((m): Sequence => ({ kind: 'sequence', items: null, length: list.length, item: commonType([m]) }));
}

/** A tensor of which only the type is known: an item of a list, made elsewhere. */
function tensorOf<N extends GraphNode, F>({ runner: { trace } }: Call<N, F>, type: TensorType): Value {
  return trace.alias(null, type, trace.opaque(null));
}

/** One entry with the first output of an effect on tensors. */
function applied<N extends GraphNode, F>(call: Call<N, F>, effect: Effect, tensors: readonly Value[]): GraphValue[] {
  const { runner, source, node } = call;
  return runner.trace.apply(effect, tensors, { ...source, outputs: [node.output[0] ?? null] });
}
