import type { Dim } from '../../dim/index.js';
import type { Trace, Value, Weight } from '../../ledger/index.js';
import type { StoredBlob } from './node.js';

/** Numbers of constants that may decide shapes. */
const MAX_KNOWN = 64;

/** Stored tensors of networks as values. */
export class StoredBlobs {
  readonly #trace: Trace;
  readonly #prefix: string;
  readonly #values = new Map<StoredBlob, Value>();

  constructor(trace: Trace, prefix = '') {
    this.#trace = trace;
    this.#prefix = prefix;
  }

  value(name: string, blob: StoredBlob): Value {
    const known = this.#values.get(blob);
    if (known !== undefined) return known;
    const value = this.#make(name, blob);
    this.#values.set(blob, value);
    return value;
  }

  #make(name: string, { dtype, shape, kind, params, constant }: StoredBlob): Value {
    const count = shape.reduce((a, b) => a * b, 1);
    if (constant && count <= MAX_KNOWN && shape.length <= 1) {
      const numbers = params?.floats(1) ?? [];
      const value: readonly Dim[] | undefined = numbers.length === count ? numbers : undefined;
      if (count <= 1 || numbers.every(Number.isInteger))
        return this.#trace.constant(name, { dtype, shape, ...(value && { value }) });
    }
    const weight: Weight = {
      name: `${this.#prefix}${name}`,
      aliases: [],
      kind,
      trainable: kind === 'buffer' ? false : null,
      dtype,
      shape,
    };
    return this.#trace.weight(weight);
  }
}
