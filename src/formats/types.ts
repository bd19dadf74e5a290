import type { Dim } from '../dim/index.js';
import type { AnyLedger, GivenFormulas } from '../ledger/index.js';
import type { Source } from '../source/index.js';
import type { DType, Shape } from '../tensor/index.js';

/** An input's shape as the caller wants it, in place of what the file says. */
export interface InputOverride {
  /** Which input; the first ones in order where it is left out. */
  readonly name?: string;
  readonly shape: Shape;
  readonly dtype?: DType;
}

export interface ReadOptions {
  readonly inputs?: readonly InputOverride[];
  /** Values of free dimensions by name. */
  readonly bind?: ReadonlyMap<string, Dim>;
  /** The user's formulas for operators that have none. */
  readonly formulas?: GivenFormulas;
  /** Language models: the head on all positions of a pass, or on the last alone, as servers do. */
  readonly logits?: 'all' | 'last';
  /** Latent attention: as the reference computes it, or absorbed, as servers do. */
  readonly latent?: 'expanded' | 'absorbed';
  /** Whether equal layers may be recorded once: only for who makes a report. */
  readonly fold?: boolean;
  /** TensorFlow: which signature of several. */
  readonly signature?: string;
}

/** A format: how to tell it, and how to read it. Every start loads the first, so that it imports little; `load` has the rest. */
export interface Format<Result = AnyLedger> {
  /** As in `model.format` of a report. */
  readonly id: string;
  readonly title: string;
  /** From the first bytes and the name; must not load the reader. */
  detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no';
  /** The same of a zip archive, by the names of its entries. Formats without it are not asked about archives. */
  archived?(names: readonly string[], name: string): 'certain' | 'likely' | 'no';
  /**
   * Loads the reader. It reads its source synchronously, so that the same code reads files, blobs and HTTP ranges. A
   * `Result` that is a promise has read all its bytes: what is waited for runs elsewhere.
   */
  load(): Promise<(source: Source, options: ReadOptions) => Result>;
}
