import type { Trace, Value, Weight } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { numel, type TensorType } from '../tensor/index.js';
import { isValue, typeOf } from '../torch/operators/index.js';
import { Sizes, type WireTensor } from './wire.js';

/** One tensor of Python, under the number by which Python calls it: negative ones are its own, positive ones were made here. */
interface Handle {
  type: TensorType;
  /** Its value in the run that is being recorded; null outside of that run. */
  value: Value | null;
  run: Trace | null;
}

/** All tensors that Python has ever named. */
export class Tensors {
  /** Sizes as Python and this side tell each other. */
  readonly sizes = new Sizes();
  readonly #handles = new Map<number, Handle>();
  #next = 1;

  handle(wire: WireTensor): Handle {
    let handle = this.#handles.get(wire.ref);
    if (wire.shape !== undefined && wire.dtype !== undefined) {
      const { dtype, shape, value } = wire;
      handle = { type: value === undefined ? { dtype, shape } : { dtype, shape, value }, value: null, run: null };
      this.#handles.set(wire.ref, handle);
    }
    if (handle === undefined)
      throw new ModelError('malformed', `Python names a tensor that is not known (${wire.ref})`, { format: 'python' });
    const { dtype, shape } = handle.type;
    if (wire.filled !== undefined && wire.filled.length === numel(shape)) {
      handle.type = { dtype, shape, value: wire.filled };
      if (handle.value !== null) handle.value = { ...handle.value, type: handle.type };
    }
    if (wire.stale) {
      handle.type = { dtype, shape };
      if (handle.value !== null && 'value' in (handle.value.type ?? {}))
        handle.value = { ...handle.value, type: handle.type };
    }
    return handle;
  }

  /** The tensor as a value of a run: what it was made as there, a weight of its model, or a constant of the program. */
  valueIn(run: Trace, wire: WireTensor, weights: ReadonlyMap<number, Weight>): Value {
    const handle = this.handle(wire);
    if (handle.run === run && handle.value !== null) return handle.value;
    const weight = weights.get(wire.ref);
    const value = weight === undefined ? run.constant(null, handle.type) : run.weight(weight, handle.type);
    handle.value = value;
    handle.run = run;
    return value;
  }

  /** Ties a tensor to a value of a run. */
  tie(wire: WireTensor, run: Trace, value: Value): void {
    const handle = this.handle(wire);
    handle.value = value;
    handle.run = run;
  }

  /** A value that an operator made, under a number of its own. */
  add(run: Trace, value: Value): { ref: number; type: TensorType } | null {
    const type = isValue(value) ? typeOf(value) : null;
    if (type === null) return null;
    const ref = this.#next++;
    this.#handles.set(ref, { type, value, run });
    return { ref, type };
  }
}
