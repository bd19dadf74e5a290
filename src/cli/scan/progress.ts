import type { Lines } from '../../scan/lines.js';
import { say } from '../output.js';

export const counted = (n: number): string => `${n} ${n === 1 ? 'model' : 'models'}`;

/** How far it is, on stderr: a line that is written over on a terminal, a last line everywhere. */
export class Progress {
  readonly #quiet: boolean;
  readonly #begin = performance.now();
  readonly #status = new Map<string, number>();
  #done = 0;
  #before = 0;
  #shown = 0;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  get models(): number {
    return this.#done + this.#before;
  }

  /** Counts models that are done; null is one that an earlier run had finished. */
  add(models: readonly (Lines | null)[]): void {
    for (const lines of models) {
      if (lines === null) this.#before++;
      else {
        this.#done++;
        this.#status.set(lines.status, (this.#status.get(lines.status) ?? 0) + 1);
      }
    }
    const now = performance.now();
    if (this.#quiet || process.stderr.isTTY !== true || now - this.#shown < 200) return;
    this.#shown = now;
    process.stderr.write(`\r${counted(this.#done)}, ${this.#rate(now)} a second `);
  }

  end(): void {
    if (this.#quiet) return;
    if (process.stderr.isTTY === true) process.stderr.write('\r\u001b[K');
    const kinds = [...this.#status].map(([status, n]) => `${n} ${status}`).sort();
    const before = this.#before === 0 ? '' : `; ${this.#before} were done before`;
    say(
      `${counted(this.#done)}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}, ${this.#rate(performance.now())} a second${before}`,
    );
  }

  #rate(now: number): string {
    return ((this.#done * 1000) / Math.max(1, now - this.#begin)).toFixed(1);
  }
}
