import type { DType } from '../../tensor/index.js';

/** One weight of the manifest. */
export interface ManifestEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes that it takes in the files, quantised where it is. */
  readonly bytes: number;
  /** Whether real numbers are kept as integers. */
  readonly quantized: boolean;
  readonly group: number;
  /** Where it begins in its group. */
  readonly start: number;
}
