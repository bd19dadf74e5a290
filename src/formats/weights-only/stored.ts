import type { DType } from '../../tensor/index.js';

/** A tensor of a file that holds weights and nothing else. */
export interface StoredTensor {
  /** Dotted, as modules are nested: `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where the file says what it is. */
  readonly kind?: 'parameter' | 'buffer';
  /** Where the file says whether training changes it. */
  readonly trainable?: boolean;
  /** Equal for tensors that are the same memory: tied weights are one weight. */
  readonly memory?: string;
  /** More names of the same tensor, where the file lists them apart. */
  readonly aliases?: readonly string[];
  /** Bytes in the file, where dtype and shape do not tell them (values packed with a remainder). */
  readonly bytes?: number;
  /** Contents of a few integers, read when asked; undefined if they are not available. */
  readonly integers?: () => readonly number[] | undefined;
}
