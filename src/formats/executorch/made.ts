/**
 * The values that instructions before a place have made: those of its own stretch, and those of the stretches around it.
 * A chain and not copies, since a program may have as many stretches as it has values.
 */
export interface Made {
  readonly own: Set<number>;
  readonly around: Made | null;
}

export function madeWithin(around: Made | null, own: Iterable<number> = []): Made {
  return { own: new Set(own), around };
}

export function isMade(made: Made, value: number): boolean {
  for (let at: Made | null = made; at !== null; at = at.around) if (at.own.has(value)) return true;
  return false;
}
