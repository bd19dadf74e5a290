import type { FeedSpec } from '../feeds.js';
import type { Machine } from '../machine.js';
import type { Stage, Times } from '../measure.js';

interface Common {
  /** The runtime's module. */
  readonly runtime: string;
  /** Where profiles may be written. */
  readonly folder: string;
  readonly threads: number | null;
}

export type ToChild =
  | (Common & { readonly kind: 'machine' })
  | (Common & {
      readonly kind: 'model';
      /** A file, or the bytes themselves. */
      readonly path: string | null;
      readonly bytes: Uint8Array | null;
      /** Extents of inputs, by name. */
      readonly inputs: readonly (readonly [name: string, shape: readonly number[]])[];
      readonly feeds: readonly FeedSpec[];
      readonly seconds: number | null;
    });

export type FromChild =
  | { readonly kind: 'stage'; readonly stage: Stage }
  | { readonly kind: 'machine'; readonly machine: Machine }
  | {
      readonly kind: 'times';
      readonly times: Times;
      readonly missing: { readonly tensors: number; readonly bytes: number };
      readonly resized: readonly string[];
    }
  | { readonly kind: 'error'; readonly message: string };

/** What the caller says of a job; the rest is the process's own. */
export type Asked<M = ToChild> = M extends ToChild ? Omit<M, 'runtime' | 'folder'> : never;
