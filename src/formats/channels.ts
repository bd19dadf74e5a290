import { type Dim, isStatic } from '../dim/index.js';
import type { Effect } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';

// TensorFlow and its relatives keep channels behind and name their padding; `ops/` has channels in front and counts it.

/** Channels behind to channels in front. */
export function channelsFirst({ dtype, shape }: TensorType): TensorType {
  return { dtype, shape: [...shape.slice(0, 1), ...shape.slice(-1), ...shape.slice(1, -1)] };
}

/** An effect that was worked out with channels in front, with channels behind. */
export function channelsLast(effect: Effect): Effect {
  return {
    ...effect,
    outputs: effect.outputs.map((out) => ({
      ...out,
      shape: [...out.shape.slice(0, 1), ...out.shape.slice(2), ...out.shape.slice(1, 2)],
    })),
  };
}

/**
 * Padding before and after for `SAME`: so much that the output has ⌈in / stride⌉; the odd one is behind. For a free
 * extent the total is the reach of the window less one, which gives ⌈in / stride⌉ at any size.
 */
export function samePadding(
  extents: readonly Dim[],
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): [number, number][] {
  return kernel.map((k, i): [number, number] => {
    const extent = extents[i] as Dim;
    const [s, d] = [stride[i] as number, dilation[i] as number];
    const reach = (k - 1) * d + 1;
    const total = isStatic(extent) ? (Math.ceil(Number(extent) / s) - 1) * s + reach - Number(extent) : reach - 1;
    const pads = Math.max(0, total);
    return [Math.floor(pads / 2), pads - Math.floor(pads / 2)];
  });
}
