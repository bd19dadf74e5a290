/** The limit that binds, and the least time. */
export interface Roof {
  readonly seconds: number | null;
  readonly by: 'compute' | 'memory' | null;
}

/** The roofline: no work is faster than its arithmetic, nor than its memory traffic. Null for what is not known. */
export function roofOf(computeSeconds: number | null, memorySeconds: number | null): Roof {
  if (computeSeconds === null && memorySeconds === null) return { seconds: null, by: null };
  const seconds = Math.max(computeSeconds ?? 0, memorySeconds ?? 0);
  return { seconds, by: computeSeconds !== null && computeSeconds >= (memorySeconds ?? 0) ? 'compute' : 'memory' };
}
