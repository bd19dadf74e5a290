import type { Moments } from '../worker/protocol.js';

type Span = Moments['spans'][number];

/** Bytes at every moment of a training step, by what they are there for. */
export interface StepCurve {
  /** Saved for the backward pass; in use; gradients of activations. One on the other they are all of it. */
  readonly saved: Float64Array;
  readonly live: Float64Array;
  readonly gradient: Float64Array;
  readonly all: Float64Array;
  readonly peak: number;
  readonly at: number;
  /** The first moment of the backward pass. */
  readonly turn: number;
}

export function curveOf({ moments, spans }: Moments): StepCurve {
  const n = moments.length;
  const parts = { saved: new Float64Array(n), live: new Float64Array(n), gradient: new Float64Array(n) };
  for (const { role, bytes, from, to } of spans) {
    const part = parts[role];
    part[from] = (part[from] ?? 0) + bytes;
    if (to + 1 < n) part[to + 1] = (part[to + 1] ?? 0) - bytes;
  }
  const all = new Float64Array(n);
  let [peak, at] = [0, 0];
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (const part of [parts.saved, parts.live, parts.gradient]) {
      if (i > 0) part[i] = (part[i] as number) + (part[i - 1] as number);
      sum += part[i] as number;
    }
    all[i] = sum;
    if (sum > peak) [peak, at] = [sum, i];
  }
  return { ...parts, all, peak, at, turn: n / 2 };
}

/** The tensors in memory at a moment, the largest first. */
export function aliveIn({ spans }: Moments, moment: number): Span[] {
  return spans
    .filter(({ from, to, bytes }) => from <= moment && moment <= to && bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/**
 * For each column of a drawing the moment that is highest in it: thousands of operators have fewer pixels than moments, and
 * none of their peaks may be lost.
 */
export function columnsOf(all: Float64Array, columns: number): { readonly at: number; readonly from: number }[] {
  const n = all.length;
  const count = Math.max(1, Math.min(n, Math.floor(columns)));
  return Array.from({ length: count }, (_, c) => {
    const [from, to] = [Math.floor((c * n) / count), Math.floor(((c + 1) * n) / count)];
    let at = from;
    for (let i = from; i < to; i++) if ((all[i] as number) > (all[at] as number)) at = i;
    return { at, from };
  });
}
