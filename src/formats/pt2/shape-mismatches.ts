import type { Dim } from '../../dim/index.js';
import type { Note } from '../../ledger/index.js';
import type { OutputType } from '../../ops/index.js';
import { sameShape, type TensorType } from '../../tensor/index.js';
import type { Sizes } from './sizes.js';

/** How many are told one by one. */
const SHOWN = 3;

/** Holds what was worked out against what the file states of every value; what differs becomes one note. */
export class ShapeMismatches {
  readonly #found: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * The type to go on with. Of two forms of one size the file's is kept, for the file goes on with it; where the two cannot
   * be the same the file's is right as well, for it was really run, and the difference is noted.
   */
  settle(out: OutputType, stated: TensorType, name: string, sizes: Sizes): OutputType {
    const agree =
      out.shape.length === stated.shape.length && out.shape.every((d, i) => sizes.agree(d, stated.shape[i] as Dim));
    if (!agree || out.dtype !== stated.dtype) {
      this.#count++;
      if (this.#found.length < SHOWN) this.#found.push(`${name} ${text(out)} here, ${text(stated)} in the file`);
    }
    const { value, ...rest } = out;
    const kept = value !== undefined && sameShape(out.shape, stated.shape);
    return { ...rest, dtype: stated.dtype, shape: stated.shape, ...(kept ? { value } : {}) };
  }

  notes(): Note[] {
    if (this.#count === 0) return [];
    const more = this.#count > this.#found.length ? `, and ${this.#count - this.#found.length} more` : '';
    return [
      {
        code: 'shape-differs',
        message: `shapes that the file states are not those that follow from its operators: ${this.#found.join('; ')}${more}; the file's were kept`,
      },
    ];
  }
}

function text(type: TensorType): string {
  return `${type.shape.map(String).join('x') || 'scalar'}:${type.dtype}`;
}
