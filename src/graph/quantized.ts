import type { Value } from '../ledger/index.js';
import { type Effect, widensIntegers } from '../ops/index.js';
import type { DType } from '../tensor/index.js';
import { type GraphValue, tensorOrNull } from './values.js';

/**
 * Which integers floating-point values were made of just before: products in a graph that is quantised by pairs of
 * quantise and dequantise, or rounds its values to a grid, are products of those integers.
 */
export class QuantizedSources {
  readonly #sources = new Map<object, DType>();

  /** The effect with the types of what is multiplied, where one of them was integers. */
  applied(effect: Effect, inputs: readonly (GraphValue | null)[]): Effect {
    if (this.#sources.size === 0) return effect;
    const [a, b] = [tensorOrNull(inputs[0]), tensorOrNull(inputs[1])];
    const [left, right] = [a, b].map((v) => (v === null ? undefined : this.#sources.get(v)));
    if (left === undefined && right === undefined) return effect;
    if (effect.attrs?.operands !== undefined || !effect.work.some((w) => w.kind === 'contraction')) return effect;
    const plain = (value: Value | null): DType | 'unknown' => value?.type?.dtype ?? 'unknown';
    return { ...effect, attrs: { ...effect.attrs, operands: [left ?? plain(a), right ?? plain(b)] } };
  }

  /** Remembers what integers a value was made of, through views of it. */
  note(effect: Effect, inputs: readonly (Value | null)[], values: readonly Value[]): void {
    const from = inputs[0] ?? null;
    if (from === null) return;
    const { standsFor } = effect.attrs ?? {};
    const widens = standsFor !== undefined || widensIntegers(effect.op);
    const source = standsFor ?? (widens ? from.type?.dtype : this.#sources.get(from));
    if (source === undefined) return;
    for (const value of values) if (widens || value.storage === from.storage) this.#sources.set(value, source);
  }
}
