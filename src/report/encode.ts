import { type Dim, isStatic, toBigInt } from '../dim/index.js';
import type { Value } from '../ledger/index.js';
import type { Shape } from '../tensor/index.js';
import type { ReportCount, ReportExtent, ReportShape, ReportTensor } from './types.js';

/** How a report says counts and extents: as integers and formulas, or as places in a program that works them out. */
export interface Encode<N, E> {
  count(d: Dim): N;
  extent(d: Dim): E;
}

/** An exact integer, or the formula as text: what people and JSON read. */
export const TEXT: Encode<ReportCount, ReportExtent> = {
  // One 0n for all: most counts of a large model's modules are none.
  count: (d) => (d === 0 ? 0n : isStatic(d) ? toBigInt(d) : String(d)),
  extent: (d) => (isStatic(d) ? d : String(d)),
};

export function shapeOut<E>(shape: Shape | null | undefined, { extent }: Encode<unknown, E>): ReportShape<E> | null {
  return shape == null ? null : shape.map(extent);
}

export function tensorOut<E>(name: string, value: Value, encode: Encode<unknown, E>): ReportTensor<E> {
  return { name, dtype: value.type?.dtype ?? 'unknown', shape: shapeOut(value.type?.shape, encode) };
}
