import { add, type Dim, isStatic, max, mul, sub } from '../dim/index.js';
import { Unsupported } from '../graph/errors.js';
import { convTranspose, type Effect, operands } from '../ops/index.js';
import type { TensorType } from '../tensor/index.js';

interface Step {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/**
 * TensorFlow's transposed convolution, whose output's extents are an input: padding is what is over. Data are N×C×…, the
 * filter is C×outputs×…; `wanted` are the extents where they are known, `same` says how to find them where they are not.
 * Operators take the extents first, so that the types of what is multiplied are said.
 */
export function convBackward(
  x: TensorType,
  filter: TensorType,
  bias: TensorType | null,
  step: Step,
  { wanted, same }: { readonly wanted: readonly Dim[] | undefined; readonly same: boolean },
): Effect {
  const natural = step.kernel.map((k, i) =>
    add(mul(sub(x.shape[i + 2] as Dim, 1), step.stride[i] as number), (k - 1) * (step.dilation[i] as number) + 1),
  );
  const out = natural.map(
    (d, i) => wanted?.[i] ?? (same ? mul(x.shape[i + 2] as Dim, step.stride[i] as number) : max(d, 1)),
  );
  const over = natural.map((d, i) => {
    const pad = sub(d, out[i] as Dim);
    if (!isStatic(pad)) throw new Unsupported('how much it crops depends on a free extent');
    return Number(pad);
  });
  const effect = convTranspose(x, filter, bias, {
    ...step,
    padding: over.map((p): [number, number] => {
      const front = Math.max(0, Math.floor(p / 2));
      return [front, Math.max(0, p) - front];
    }),
    outputPadding: over.map((p) => Math.max(0, -p)),
  });
  return operands(effect, x.dtype, filter.dtype);
}
