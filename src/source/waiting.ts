/**
 * What a step that lasts says while it lasts: a download, a Python program. Nobody listens in a library; the command line
 * does on a terminal. One listener a process, as there is one that waits.
 */
export type Told = (step: string) => void;

let listener: Told | null = null;

/** Milliseconds between two words of a step. */
export const WORD_EVERY = 250;

/** Whom steps tell; null for nobody. */
export function tellWaits(told: Told | null): void {
  listener = told;
}

/** Whether anybody listens: a step that would have to wake up for its words sleeps on otherwise. */
export const isTold = (): boolean => listener !== null;

export function told(step: string): void {
  listener?.(step);
}
