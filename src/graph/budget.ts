import { ModelError } from '../source/errors.js';

/** Nodes of bodies and functions executed while one file is read, each time that they run. */
const MAX_STEPS = 1 << 18;
/** Those of them that are recorded: each takes memory as long as the model is looked at. */
const MAX_RECORDED = 1 << 17;
/** So many inputs and outputs cost as much as a node: a body without nodes may hand thousands through, or a node read them. */
const NAMES_A_STEP = 16;
/** So many values that a list is made of, each of which takes memory. */
const PARTS_A_STEP = 2;
/** So many items of a list that are copied into another one, which is not looked at. */
const COPIES_A_STEP = 128;
/** Loops, each time that one begins: it is run a few times to find out what its rounds change. */
const MAX_LOOPS = 1 << 13;
/** Nodes that take as long as it takes to find out what the rounds of a loop change. */
const STEPS_A_LOOP = 20;
/** A loop that carries so many states counts twice, and so on. */
const STATES_A_LOOP = 16;

/** What the loops, branches and functions of one file may run, and its lists may hand on: those within each other multiply. */
export class RunBudget {
  readonly #format: string;
  #steps = 0;
  #recorded = 0;
  #loops = 0;

  constructor(format: string) {
    this.#format = format;
  }

  /** Half of the steps are kept for bodies that are run once; where loops are many, each has fewer rounds one by one. */
  get mayUnroll(): boolean {
    return this.#steps + this.#loops * STEPS_A_LOOP < MAX_STEPS / 2;
  }

  /** Counts what `run` runs twice: what is recorded without a dry run costs a model no less than with one. */
  twice<T>(run: () => T, node: string): T {
    const before = this.#steps;
    const made = run();
    this.#spend(this.#steps - before, node);
    return made;
  }

  /** A body or function begins that is handed and gives back so many values. Throws ModelError `limit`. */
  body(names: number, node: string): void {
    this.#spend(Math.floor(names / NAMES_A_STEP), node);
  }

  /** A node takes so many items of a list, beside the values that it names itself. Throws ModelError `limit`. */
  items(count: number, node: string): void {
    this.#hand(Math.floor(count / NAMES_A_STEP), node);
  }

  /** A tensor is taken apart into so many items of a list, each a value of its own. Throws ModelError `limit`. */
  parts(count: number, node: string): void {
    this.#hand(Math.floor(count / PARTS_A_STEP), node);
  }

  /** A list is made of another one that has so many items. Throws ModelError `limit`. */
  copies(items: number, node: string): void {
    this.#hand(Math.floor(items / COPIES_A_STEP), node);
  }

  /**
   * A node of a body or function runs that has so many inputs and outputs; `recorded`: and not only to see what comes out.
   * Throws ModelError `limit`.
   */
  step(names: number, recorded: boolean, node: string): void {
    this.#spend(1 + Math.floor(names / NAMES_A_STEP), node);
    if (recorded && ++this.#recorded > MAX_RECORDED) throw this.#beyondOperators(MAX_RECORDED, node);
  }

  /** A loop begins that carries so many states. Throws ModelError `limit`. */
  loop(states: number, node: string): void {
    this.#loops += 1 + Math.floor(states / STATES_A_LOOP);
    if (this.#loops > MAX_LOOPS) throw this.#beyond(`more than ${MAX_LOOPS} loops begin`, node);
  }

  #spend(steps: number, node: string): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw this.#beyondOperators(MAX_STEPS, node);
  }

  #hand(steps: number, node: string): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw this.#beyond(`lists hand on more than ${MAX_STEPS * NAMES_A_STEP} items`, node);
  }

  #beyondOperators(most: number, node: string): ModelError {
    return this.#beyond(`more than ${most} operators of loops and functions are executed`, node);
  }

  #beyond(what: string, node: string): ModelError {
    return new ModelError('limit', `${what}, each time that they run`, {
      format: this.#format,
      at: { node },
      hint: 'functions or loops within each other multiply: give smaller trip counts, or export without them',
    });
  }
}
