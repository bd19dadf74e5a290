import { type Dim, toNumber } from '../dim/index.js';

/** Windows of a convolution or a pool, an entry for each axis that they slide along. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Extents of a stored kernel. Throws ModelError for a free one. */
export const tapsOf = (kernel: readonly Dim[]): number[] => kernel.map((k) => toNumber(k, 'a kernel'));

/** A node's windows by the attributes that several formats call `strides` and `dilations`; 1 where they are left out. */
export function windowsOf(
  n: { readonly ints: (name: string) => readonly number[] | null | undefined },
  kernel: readonly number[],
): Windows {
  const ones = kernel.map(() => 1);
  return { kernel, stride: n.ints('strides') ?? ones, dilation: n.ints('dilations') ?? ones };
}
