import type { GraphNode } from './node.js';

/** Names for symbols of loops and branches: a node's name, with a number where it has had one before. */
export class Labels {
  readonly #times = new Map<string, number>();
  /** In the order in which they were given, so that those of a trial run can be taken back without a copy of all. */
  readonly #given: string[] = [];

  of(node: GraphNode): string {
    const name = node.name || node.output.find((o) => o !== '') || node.opType;
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times);
    this.#given.push(name);
    return times === 1 ? name : `${name}#${times}`;
  }

  /** A point to go back to. */
  mark(): number {
    return this.#given.length;
  }

  /** Takes back what was given since then. */
  rewind(mark: number): void {
    for (const name of this.#given.splice(mark)) this.#times.set(name, (this.#times.get(name) ?? 0) - 1);
  }
}
