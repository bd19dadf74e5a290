import { add, type Dim, equal, isStatic, mul, sub } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Value } from '../../ledger/index.js';
import { axisOf, concat, type Effect, move, split, stack } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import {
  commonType,
  type Held,
  isOptional,
  isSequence,
  isTensor,
  type Sequence,
  sequenceOf,
  tensorsOf,
} from './held.js';
import { type Context, graphOf, type Rule, recorded, scalarOf } from './rule.js';

/** Lists up to this long are kept item by item. */
const MAX_ITEMS = 4096;

function int(context: Context, name: string, otherwise: number): number {
  const value = context.node.attribute.find((a) => a.name === name)?.i;
  return value === undefined ? otherwise : Number(value);
}

function listOf(context: Context, i = 0): Sequence {
  const held = context.inputs[i];
  if (isSequence(held)) return held;
  if (isOptional(held) && isSequence(held.content)) return held.content;
  throw new Unsupported(`what the list ${context.node.input[i] ?? ''} holds is not known`, i);
}

/** One entry with the first output of an effect on tensors. */
function applied(context: Context, effect: Effect, tensors: readonly Value[]): Held[] {
  const { evaluator, spelling, node } = context;
  return evaluator.trace.apply(effect, tensors, { ...spelling, outputs: [node.output[0] ?? null] });
}

/** A position counted from the front; undefined where it is not known. */
function positionIn(context: Context, i: number, length: number): number | undefined {
  const known = scalarOf(context.inputs[i]);
  if (known === undefined || !isStatic(known)) return undefined;
  const at = Number(known);
  return at < 0 ? at + length : at;
}

const construct: Rule = ({ inputs }) => [sequenceOf(inputs.filter((i) => i !== null))];

const insert: Rule = (context) => {
  const list = listOf(context);
  const item = context.inputs[1] as Held;
  if (list.items !== null && list.items.length < MAX_ITEMS) {
    const given = context.inputs[2] !== undefined && context.inputs[2] !== null;
    const at = given ? positionIn(context, 2, list.items.length) : list.items.length;
    if (at !== undefined) return [sequenceOf([...list.items.slice(0, at), item, ...list.items.slice(at)])];
  }
  const empty = equal(list.length, 0);
  const type = empty ? commonType([item]) : list.item === null ? null : commonType([typed(context, list.item), item]);
  return [{ kind: 'sequence', items: null, length: add(list.length, 1), item: type }];
};

const erase: Rule = (context) => {
  const list = listOf(context);
  const given = context.inputs[1] !== undefined && context.inputs[1] !== null;
  const at =
    list.items === null ? undefined : given ? positionIn(context, 1, list.items.length) : list.items.length - 1;
  if (list.items !== null && at !== undefined) return [sequenceOf(list.items.filter((_, i) => i !== at))];
  return [{ kind: 'sequence', items: null, length: sub(list.length, 1), item: list.item }];
};

const elementAt: Rule = (context) => {
  const list = listOf(context);
  const at = list.items === null ? undefined : positionIn(context, 1, list.items.length);
  const known = at === undefined ? undefined : list.items?.[at];
  if (known !== undefined) return recorded(context, [known], { op: 'sequence_at' });
  if (list.item === null) throw new Unsupported('which item it takes is not known, and the items differ', 0);
  return applied(context, { op: 'sequence_at', outputs: [list.item], work: [], readBytes: 0 }, []);
};

/** A tensor of which only the type is known: an item of a list, made elsewhere. */
function typed(context: Context, type: TensorType): Value {
  const { trace } = context.evaluator;
  return trace.alias(null, type, trace.opaque(null));
}

const lengthOf: Rule = (context) => {
  const out: TensorType = { dtype: 'int64', shape: [], value: [listOf(context).length] };
  return applied(context, { op: 'sequence_length', outputs: [out], work: [], readBytes: 0 }, []);
};

/** Parts of a tensor: of sizes that are given, of one size, or single slices. */
const splitUp: Rule = (context) => {
  const { inputs, evaluator, spelling, node } = context;
  const [data, sizes] = inputs;
  if (!isTensor(data) || data.type === null) throw new Unsupported('the shape of what it splits is not known', 0);
  const { type } = data;
  const axis = axisOf(int(context, 'axis', 0), type.shape.length, 'SplitToSequence');
  const extent = type.shape[axis] as Dim;
  const parts = partSizes(sizes ?? null, extent);
  const squeezed = !isTensor(sizes) && int(context, 'keepdims', 1) === 0;
  const part = (size: Dim): TensorType => ({
    dtype: type.dtype,
    shape: squeezed ? type.shape.filter((_, i) => i !== axis) : type.shape.map((d, i) => (i === axis ? size : d)),
  });
  if (parts === null) {
    const one = isTensor(sizes) ? null : part(1);
    const length = isTensor(sizes) ? evaluator.fresh(node, 'length') : extent;
    return [{ kind: 'sequence', items: null, length, item: one }];
  }
  const effect = split(type, parts, axis);
  const outputs = parts.map((size) => ({ ...part(size), view: 0 }));
  return [sequenceOf(evaluator.trace.apply({ ...effect, outputs }, [data], { ...spelling, outputs: [] }))];
};

/** Null where they are not known, or too many. */
function partSizes(sizes: Held | null, extent: Dim): Dim[] | null {
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

const joined: Rule = (context) => {
  const list = listOf(context);
  const apart = int(context, 'new_axis', 0) === 1;
  const axis = int(context, 'axis', 0);
  const tensors = list.items?.flatMap(tensorsOf);
  const types = tensors?.map((t) => t.type);
  if (tensors !== undefined && types !== undefined && types.length > 0 && !types.includes(null)) {
    const known = types as readonly TensorType[];
    return applied(context, apart ? stack(known, axis) : concat(known, axis), tensors);
  }
  if (list.item === null) throw new Unsupported('the shapes of the list that it joins are not known', 0);
  const { dtype, shape } = list.item;
  const at = axisOf(axis, shape.length + (apart ? 1 : 0), 'ConcatFromSequence');
  const out: TensorType = {
    dtype,
    shape: apart
      ? [...shape.slice(0, at), list.length, ...shape.slice(at)]
      : shape.map((d, i) => (i === at ? mul(d, list.length) : d)),
  };
  return applied(context, { op: apart ? 'stack' : 'concat', outputs: [out], work: [move(out, 'copy')] }, []);
};

/** A body for each item; other lists give the item of the same place, tensors are the same for all. */
const mapped: Rule = (context) => {
  const { node, inputs, frame, evaluator } = context;
  const body = graphOf(node, 'body');
  const list = listOf(context);
  const outputs = body.output.length;
  const others = inputs.slice(1);
  const at = (held: Held | null | undefined, i: number): Held => {
    if (!isSequence(held)) return held ?? evaluator.trace.opaque(null);
    return held.items?.[i] ?? (held.item === null ? evaluator.trace.opaque(null) : typed(context, held.item));
  };
  if (list.items !== null) {
    const rounds = list.items.map((item, i) => evaluator.body(body, [item, ...others.map((o) => at(o, i))], frame));
    return Array.from({ length: outputs }, (_, k) => sequenceOf(rounds.map((r) => r[k] as Held)));
  }
  if (list.item === null) throw new Unsupported('the items of its list are not known', 0);
  const item = typed(context, list.item);
  const made = evaluator.trace.repeated(list.length, () =>
    evaluator.body(body, [item, ...others.map((o) => at(o, 0))], frame),
  );
  return made.map((m): Sequence => ({ kind: 'sequence', items: null, length: list.length, item: commonType([m]) }));
};

const optional: Rule = ({ inputs }) => [{ kind: 'optional', content: inputs[0] ?? null, certain: true }];

const element: Rule = (context) => {
  const held = context.inputs[0];
  const content = isOptional(held) ? held.content : (held ?? null);
  if (content === null) throw new Unsupported('it takes what an empty optional holds', 0);
  return recorded(context, [content], { op: 'optional_get' });
};

const filled: Rule = (context) => {
  const held = context.inputs[0] ?? null;
  const certain = !isOptional(held) || held.certain;
  const has = isOptional(held) ? held.content !== null : held !== null;
  const out: TensorType = { dtype: 'bool', shape: [], ...(certain ? { value: [Number(has)] } : {}) };
  return applied(context, { op: 'optional_has', outputs: [out], work: [], readBytes: 0 }, []);
};

/** Lists and optionals: they hold tensors, and copy none. */
export const sequences: Readonly<Record<string, Rule>> = {
  SequenceEmpty: () => [sequenceOf([])],
  SequenceConstruct: construct,
  SequenceInsert: insert,
  SequenceErase: erase,
  SequenceAt: elementAt,
  SequenceLength: lengthOf,
  SequenceMap: mapped,
  SplitToSequence: splitUp,
  ConcatFromSequence: joined,
  Optional: optional,
  OptionalGetElement: element,
  OptionalHasElement: filled,
};
