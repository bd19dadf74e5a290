import { add, ceildiv, type Dim, equal, exactdiv, floordiv, isStatic, max, min, mul, sub, sum } from '../dim/index.js';
import { ModelError } from '../source/errors.js';

/** More outputs than this over a free extent, and a sum of floors is not a useful formula. */
const MAX_FLOORS = 64;

/** Σ over the outputs of their window on one axis of adaptive pooling: output j covers ⌊j·in/out⌋ to ⌈(j + 1)·in/out⌉. */
export function adaptiveWindows(input: Dim, output: Dim): Dim {
  if (equal(output, 1) || exactdiv(input, output) !== undefined) return input;
  if (exactdiv(output, input) !== undefined) return output;
  // Neighbouring windows share an element unless the border between them falls on a whole number: gcd of them do.
  if (isStatic(input) && isStatic(output)) return sub(add(input, output), gcd(BigInt(input), BigInt(output)));
  if (typeof output !== 'number' || output > MAX_FLOORS)
    throw new ModelError(
      'free-symbol',
      'the windows of an adaptive pool are not known while its extents are symbolic',
      {
        hint: 'bind the free dimensions: --bind name=value',
      },
    );
  const windows = Array.from({ length: output }, (_, j) =>
    sub(ceildiv(mul(input, j + 1), output), floordiv(mul(input, j), output)),
  );
  return sum(windows);
}

export interface PoolAxis {
  readonly input: Dim;
  readonly output: Dim;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: readonly [front: Dim, behind: Dim];
  /** Whether padding is part of a window; beyond the padding nothing is. */
  readonly countPadding: boolean;
}

/**
 * Σ over the outputs of their window on one axis of average pooling, cut off at the border. PyTorch lets no window begin
 * after the input and pads by half a window at most, so that none is empty.
 */
export function poolWindows({ input, output, kernel, stride, padding, countPadding }: PoolAxis): Dim {
  const [front, behind] = padding;
  // Output i covers i·stride − front to as much + kernel.
  const starts = sub(mul(stride, triangle(output)), mul(front, output));
  const ends = endsBelow(sub(kernel, front), countPadding ? add(input, behind) : input, stride, output);
  return sub(ends, countPadding ? starts : startsAbove(front, stride, output, starts));
}

/** Σ min(i·stride + first, limit) for i below n. */
function endsBelow(first: Dim, limit: Dim, stride: number, n: Dim): Dim {
  // Where the last one does not reach the limit none does: every window is whole. Where the first one is after it (a map
  // smaller than the half of the window that padding does not cover), none is.
  const whole = max(min(add(floordiv(sub(limit, first), stride), 1), n), 0);
  return add(mul(stride, triangle(whole)), mul(first, whole), mul(limit, sub(n, whole)));
}

/** Σ max(i·stride − front, 0) for i below n, given Σ (i·stride − front). */
function startsAbove(front: Dim, stride: number, n: Dim, starts: Dim): Dim {
  const before = min(ceildiv(front, stride), n);
  return sub(starts, sub(mul(stride, triangle(before)), mul(front, before)));
}

/** 0 + 1 + … + (n − 1). */
function triangle(n: Dim): Dim {
  return floordiv(mul(n, sub(n, 1)), 2);
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
