import type { Dim } from '../dim/index.js';
import type { DType } from './dtype.js';
import type { Shape, TensorType } from './tensor.js';

/**
 * Types of stored tensors whose contents are read only when a rule asks for them. A reader settles them before it hands
 * out its ledger: what was read stays, what nobody asked for is gone, and no type refers to the file any more.
 */
export class LazyContents {
  /** How often contents were requested. */
  reads = 0;
  readonly #unread = new Set<TensorType>();
  readonly #open: { type: TensorType; value: readonly Dim[] | undefined; read: boolean }[] = [];

  type(dtype: DType, shape: Shape, contents: () => readonly Dim[] | undefined): TensorType {
    const slot = { type: { dtype, shape } as TensorType, value: undefined as readonly Dim[] | undefined, read: false };
    Object.defineProperty(slot.type, 'value', {
      configurable: true,
      enumerable: true,
      get: () => {
        this.reads++;
        if (!slot.read) {
          slot.read = true;
          slot.value = contents();
        }
        return slot.value;
      },
    });
    this.#open.push(slot);
    this.#unread.add(slot.type);
    return slot.type;
  }

  /** Whether a type's contents are fetched when they are requested. */
  has(type: TensorType): boolean {
    return this.#unread.has(type);
  }

  /** Makes plain data of every type made so far. */
  settle(): void {
    for (const { type, value } of this.#open) {
      if (value === undefined) delete (type as { value?: unknown }).value;
      else Object.defineProperty(type, 'value', { value, configurable: true, enumerable: true, writable: false });
    }
    this.#open.length = 0;
    this.#unread.clear();
  }
}
