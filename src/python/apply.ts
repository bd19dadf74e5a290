import type { Dim } from '../dim/index.js';
import type { OpSource, Trace, Value } from '../ledger/index.js';
import * as ops from '../ops/index.js';
import { ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';
import { type Arg, applyAten, isValue, typeOf } from '../torch/operators/index.js';
import { getItem, setItem } from './items.js';
import { listOf, type Wire } from './wire.js';

interface Call {
  readonly name: string;
  readonly args: readonly Arg[];
  readonly kwargs: Readonly<Record<string, Arg>>;
  readonly spelling: OpSource;
}

/** Operators that PyTorch has no schema for, and all others by the common table. */
export function apply(trace: Trace, call: Call, wires: readonly Wire[], value: (wire: Wire) => Arg): readonly Arg[] {
  const [first, second, third] = call.args;
  switch (call.name) {
    case '__getitem__':
      return [getItem(trace, first as Value, listOf(wires[1]), value, call.spelling)];
    case '__setitem__':
      setItem(trace, first as Value, listOf(wires[1]), third ?? null, value, call.spelling);
      return [];
    case 'opcount.attention': {
      const [q, k, v] = [first, second, third] as [Value, Value, Value];
      const mask = { dtype: 'bool', shape: [] } as const;
      const effect = ops.attention(known(q), known(k), known(v), {
        mask: call.kwargs['masked'] === true ? mask : null,
        causal: call.kwargs['causal'] === true,
      });
      const given = call.args[3] ?? null;
      return trace.apply(effect, isValue(given) ? [q, k, v, given] : [q, k, v], call.spelling);
    }
    case 'opcount.attention_weights': {
      // A by-product of the attention before: no work of its own.
      const [q, k] = [known(first as Value), known(second as Value)];
      const shape = [...q.shape.slice(0, -1), k.shape.at(-2) as Dim];
      const effect = ops.nothing('attention_weights', [{ dtype: q.dtype, shape }]);
      return trace.apply(effect, [first as Value, second as Value], call.spelling);
    }
    default:
      return applyAten(trace, call);
  }
}

function known(value: Value): TensorType {
  const type = typeOf(value);
  if (type === null)
    throw new ModelError('shape', 'the shape of an input of attention is not known', { format: 'python' });
  return type;
}
