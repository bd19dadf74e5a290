import type { OpSource, Trace, Value } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { type Arg, applyAten, isValue, typeOf } from '../torch/operators/index.js';
import { isObject, listOf, type Wire } from './wire.js';

/** One place of `x[…]`: a number, a slice, a new axis, or a tensor of positions. */
type Item =
  | { readonly kind: 'at'; readonly index: Arg }
  | { readonly kind: 'slice'; readonly start: Arg; readonly end: Arg; readonly step: Arg }
  | { readonly kind: 'new' }
  | { readonly kind: 'tensor'; readonly value: Value };

/**
 * `x[a, b:c, None, …, mask]`: numbers select, slices slice, None puts an axis in, and tensors, all together, index what is
 * then left, as PyTorch does it.
 */
export function getItem(
  trace: Trace,
  x: Value,
  index: readonly Wire[],
  value: (wire: Wire) => Arg,
  spelling: OpSource,
): Value {
  const { view, indices } = views(trace, x, index, value, spelling);
  if (indices === null) return view === x ? one(trace, 'alias', [x], spelling) : view;
  return one(trace, 'index', [view, indices], spelling);
}

/** `x[…] = v`: a copy into a view, or values put at places. */
export function setItem(
  trace: Trace,
  x: Value,
  index: readonly Wire[],
  v: Arg,
  value: (wire: Wire) => Arg,
  spelling: OpSource,
): void {
  const { view, indices } = views(trace, x, index, value, spelling);
  const from = isValue(v) ? v : one(trace, 'scalar_tensor', [v], spelling);
  if (indices === null) one(trace, 'copy_', [view, from], spelling);
  else one(trace, 'index_put_', [view, indices, from], spelling);
}

function views(
  trace: Trace,
  x: Value,
  index: readonly Wire[],
  value: (wire: Wire) => Arg,
  spelling: OpSource,
): { view: Value; indices: Arg[] | null } {
  const rank = typeOf(x)?.shape.length ?? 0;
  let view = x;
  let axis = 0;
  const indices: Arg[] = [];
  let advanced = false;
  for (const item of items(index, rank, value)) {
    switch (item.kind) {
      case 'new':
        view = one(trace, 'unsqueeze', [view, axis], spelling);
        indices[axis++] = null;
        break;
      case 'at':
        inBounds(view, axis, item.index);
        view = one(trace, 'select', [view, axis, item.index], spelling);
        break;
      case 'slice':
        if (item.start !== null || item.end !== null || item.step !== null)
          view = one(trace, 'slice', [view, axis, item.start, item.end, item.step ?? 1], spelling);
        indices[axis++] = null;
        break;
      case 'tensor':
        advanced = true;
        indices[axis] = item.value;
        // A mask of several axes stands for all of them.
        axis += typeOf(item.value)?.dtype === 'bool' ? Math.max(1, typeOf(item.value)?.shape.length ?? 1) : 1;
        break;
    }
  }
  return { view, indices: advanced ? compact(indices) : null };
}

/** A mask takes one place among the indices, however many axes it has. */
function compact(indices: readonly (Arg | undefined)[]): Arg[] {
  return [...indices.keys()].flatMap((i) => (indices[i] === undefined ? [] : [indices[i] as Arg]));
}

function items(index: readonly Wire[], rank: number, value: (wire: Wire) => Arg): Item[] {
  const parsed = index.map((wire): Item | 'rest' => {
    if (isObject(wire)) {
      if ('slice' in wire) {
        const [start, end, step] = listOf(wire['slice']).map(value);
        return { kind: 'slice', start: start ?? null, end: end ?? null, step: step ?? null };
      }
      if ('new' in wire) return { kind: 'new' };
      if ('rest' in wire) return 'rest';
    }
    const arg = value(wire);
    return isValue(arg) ? { kind: 'tensor', value: arg } : { kind: 'at', index: arg };
  });
  const taken = parsed.reduce((n, item) => n + axesOf(item), 0);
  if (taken > rank)
    throw new ModelError('shape', `too many indices for tensor of dimension ${rank}`, { format: 'python' });
  const whole: Item = { kind: 'slice', start: null, end: null, step: null };
  return parsed.flatMap((item) => (item === 'rest' ? new Array<Item>(rank - taken).fill(whole) : [item]));
}

function axesOf(item: Item | 'rest'): number {
  if (item === 'rest' || item.kind === 'new') return 0;
  if (item.kind !== 'tensor') return 1;
  const type = typeOf(item.value);
  return type?.dtype === 'bool' ? type.shape.length : 1;
}

function inBounds(x: Value, axis: number, index: Arg): void {
  const extent = typeOf(x)?.shape[axis];
  if (typeof extent === 'number' && typeof index === 'number' && (index >= extent || index < -extent))
    throw new ModelError('shape', `index ${index} is out of bounds for dimension ${axis} with size ${extent}`, {
      format: 'python',
    });
}

function one(trace: Trace, name: string, args: readonly Arg[], spelling: OpSource): Value {
  const [made] = applyAten(trace, { name, args, spelling });
  if (!isValue(made)) throw new ModelError('malformed', `${name} gave no tensor`, { format: 'python' });
  return made;
}
