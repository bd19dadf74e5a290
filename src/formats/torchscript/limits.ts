import type { Trace } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { isKind, type ScriptValue } from './data.js';

/** Statements and expressions that may be run: an operator takes about ten, so this is three times what the operators below take. */
const STEPS_LIMIT = 2_000_000;
/** Calls within calls; each takes a dozen of this program's own. Real modules nest some thirty deep. */
const DEPTH_LIMIT = 256;
/**
 * Operators of one model: large ones have some ten thousand, one unrolled over a thousand steps some thirty thousand; a loop
 * could be written to fill memory with them.
 */
const ENTRIES_LIMIT = 60_000;
/** Items of one list, characters of one text. */
const LENGTH_LIMIT = 1 << 20;
/** Items and characters made in all. */
const MADE_LIMIT = 1 << 26;
/** Items and characters looked at in all, each as often as it is. */
const READ_LIMIT = 1 << 23;
/** Lists in lists, tuples in tuples: PyTorch's own types are declared in full, and never so deep. */
const NESTING_LIMIT = 64;

/** Bounds what an archive's code can make this program do: nothing in a file can make it run endlessly. */
export class Budget {
  readonly #trace: Trace;
  #steps = 0;
  #made = 0;
  #read = 0;
  #depth = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  step(): void {
    if (++this.#steps > STEPS_LIMIT) throw over(`runs more than ${STEPS_LIMIT} steps`);
    if (this.#trace.entries.length > ENTRIES_LIMIT) throw over(`runs more than ${ENTRIES_LIMIT} operators`);
  }

  /** To be told how long every list, dictionary and text is that is made or grows, and by how much it grew. */
  length(n: number, by = n): void {
    this.#made += by;
    // Not a number is not within bounds either.
    if (!(n <= LENGTH_LIMIT && this.#made <= MADE_LIMIT)) throw over('makes lists or texts without bound');
  }

  /** To be told of this many items or characters that are looked at. */
  reads(n: number): void {
    this.#read += n;
    if (!(this.#read <= READ_LIMIT)) throw over('goes through lists or texts without bound');
  }

  /**
   * To be told of values before something walks through them: a list that is in another one twice is walked through twice,
   * and one that holds itself without end. Behind it, no walk needs a bound of its own.
   */
  walks(values: readonly ScriptValue[], depth = 0): void {
    if (depth > NESTING_LIMIT) throw over(`nests values more than ${NESTING_LIMIT} deep, or in themselves`);
    this.reads(values.length);
    for (const value of values) {
      if (typeof value === 'string') this.reads(value.length);
      else if (isKind(value, 'list') || isKind(value, 'tuple')) this.walks(value.items, depth + 1);
      else if (isKind(value, 'dict'))
        this.walks(
          [...value.entries.values()].map(([, of]) => of),
          depth + 1,
        );
      else if (isKind(value, 'run')) this.walks(value.pattern, depth + 1);
    }
  }

  nested<T>(run: () => T): T {
    if (++this.#depth > DEPTH_LIMIT) throw over(`calls itself more than ${DEPTH_LIMIT} deep`);
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }
}

function over(what: string): ModelError {
  return new ModelError('limit', `the model's code ${what}`, {
    format: 'torchscript',
    hint: 'an endless loop is the likely reason; if your model really needs this, please report it',
  });
}
