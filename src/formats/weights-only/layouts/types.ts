import type { DType } from '../../../tensor/index.js';
import type { StoredTensor } from '../stored.js';

/** Quantisation as a configuration beside the file states it. */
export interface Hints {
  readonly bits: number | null;
  readonly groupSize: number | null;
}

/** A weight as the model has it: the extents of its own matrix, not those of the words it is packed into. */
export interface Unpacked {
  /** For people: `GPTQ, 4 bits`. */
  readonly title: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Another tensor of the same weight, by what is after the base of its name. */
export type Beside = (suffix: string) => StoredTensor | undefined;

/** How a quantiser lays out one weight over several tensors. */
export interface Layout {
  /** End of the name of a tensor that only this layout has; what is in front is the base of all names. */
  readonly anchor: string;
  /** End of the name of the tensor that holds the weights, if it is not the anchor. */
  readonly weight?: string;
  /** The weight's name in the model, after the base. */
  readonly as: string;
  /** Ends of names of scales, zero points and tables: they belong to the weight and are not parameters. */
  readonly tables: readonly string[];
  /** The weight of the model, or null if the tensors are of another kind. */
  readonly unpack: (weight: StoredTensor, beside: Beside, hints: () => Hints) => Unpacked | null;
}
