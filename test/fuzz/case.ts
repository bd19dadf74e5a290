import type { OpenOptions } from '../../src/index.js';
import { BYTES, type Mutate } from './bytes.js';
import { type Random, random } from './random.js';
import type { FuzzFormat, Seed } from './seeds.js';

/** One changed file and what is asked of it. */
export interface Case {
  readonly number: number;
  readonly format: string;
  readonly seed: Seed;
  readonly bytes: Uint8Array;
  /** How many changes were made to the seed. */
  readonly changes: number;
  readonly asks: Asks;
}

/** Which outputs are made of a file that reads; all of them see all kinds of files in the end. */
export interface Asks {
  readonly inputs?: NonNullable<OpenOptions['inputs']>;
  readonly conventions: boolean;
  readonly by: 'layer' | 'op' | 'node' | 'line';
  readonly render: 'table' | 'tree' | 'csv' | 'md' | 'html';
  readonly bind: boolean;
  readonly reconcile: boolean;
  readonly compare: boolean;
}

/** The seeds of a format, read once. */
export class Corpus {
  readonly formats: readonly FuzzFormat[];
  readonly #seeds = new Map<string, readonly Seed[]>();

  constructor(formats: readonly FuzzFormat[]) {
    this.formats = formats;
  }

  seedsOf(format: FuzzFormat): readonly Seed[] {
    let seeds = this.#seeds.get(format.id);
    if (seeds === undefined) {
      seeds = format.seeds();
      if (seeds.length === 0) throw new Error(`${format.id} has no seeds`);
      this.#seeds.set(format.id, seeds);
    }
    return seeds;
  }

  /** Case `number` of `seed`; with `without`, one or more of its changes left out, to find those that matter. */
  case(seed: number, number: number, without: ReadonlySet<number> = new Set()): Case {
    const r = random(seed, number);
    // In turn, so that every stretch of cases has all formats.
    const format = this.formats[number % this.formats.length] as FuzzFormat;
    const seeds = this.seedsOf(format);
    const begin = r.pick(seeds);
    const others = Array.from({ length: 3 }, () => r.pick(seeds).bytes);
    const changes = r.pick([1, 1, 1, 1, 2, 2, 3]);
    let bytes: Uint8Array = begin.bytes;
    for (let i = 0; i < changes; i++) {
      const mutate: Mutate = r.chance(0.75) ? r.pick(format.mutations) : r.pick(BYTES);
      const own = random(seed ^ 0x5bd1e995, number * 8 + i); // each change is itself without the others
      if (!without.has(i)) bytes = mutate(bytes, own, others);
    }
    const inputs = format.inputs?.(begin.name);
    return {
      number,
      format: format.id,
      seed: begin,
      bytes,
      changes,
      asks: { ...asksOf(r), ...(inputs && { inputs }) },
    };
  }
}

function asksOf(r: Random): Asks {
  return {
    conventions: r.chance(0.3),
    by: r.pick(['layer', 'layer', 'op', 'node', 'line']),
    render: r.pick(['table', 'tree', 'csv', 'md', 'html']),
    bind: r.chance(0.5),
    reconcile: r.chance(0.2),
    compare: r.chance(0.1),
  };
}
