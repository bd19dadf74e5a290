import { type Constraint, collecting, type Dim, distinctConstraints, lessEqual, mul, sum } from '../dim/index.js';
import type { AnyAttrs, Effect, OutputType } from '../ops/index.js';
import { bytesOf, type TensorType } from '../tensor/index.js';
import { applyFormula, type Formulated, type GivenFormulas } from './formulas.js';
import { appended, NONE } from './lists.js';
import type { Checkpoint, LedgerHead, OpenCall, OpenModule, OpSource } from './open.js';
import { withAnswers } from './per-ledger.js';
import { ContentBudget, distinctBytes, type Prepared, prepare, repeatedWork, settled } from './prepared.js';
import { type Again, isRepeatable, outsideOf, Repetition, type Stretch } from './repeat.js';
import { TracedValues } from './traced-values.js';
import type { Fold, Ledger, ModuleCall, Note, OpEntry, Step, Value, Weight } from './types.js';

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Attributes of operators that have none. */
const NO_ATTRS: AnyAttrs = Object.freeze({});

/**
 * Records what a model does while its operators are applied to types: one entry an operator, under the module call in
 * which it happened. It decides nothing about arithmetic; that is in the effects it is given.
 */
export class Trace extends TracedValues {
  readonly entries: OpEntry[] = [];
  readonly notes: Note[] = [];
  /** Requirements of operators on dimensions that are symbolic. */
  readonly constraints: Constraint[] = [];
  /** Modules that stand for equal ones. */
  readonly folds: Fold[] = [];
  readonly #formulas: GivenFormulas;
  readonly #shared = new Map<Effect, Prepared>();
  readonly #contents = new ContentBudget();
  #scope: OpenCall | null = null;
  #root: OpenCall | null = null;
  /** In the order in which they were opened. */
  readonly #calls: OpenCall[] = [];
  #times: Dim = 1;

  /** `formulas`: the user's, for operators that have none. */
  constructor(formulas: GivenFormulas = {}) {
    super();
    this.#formulas = formulas;
  }

  /** Whether the user gives a formula for an operator. */
  hasFormula(type: string): boolean {
    return Object.hasOwn(this.#formulas, type);
  }

  /** The call that operators are recorded under now. */
  get scope(): OpenCall {
    if (this.#scope === null) throw new Error('no module call is open');
    return this.#scope;
  }

  get root(): ModuleCall {
    if (this.#root === null) throw new Error('nothing was traced');
    return this.#root;
  }

  note(note: Note): void {
    this.notes.push(note);
  }

  /** Goes on as if something held that data decides: bindings must keep to it, and the report says so once. */
  assume(constraint: Constraint | null, note: Note): void {
    if (constraint !== null) this.constraints.push(constraint);
    if (!this.notes.some((n) => n.code === note.code && n.message === note.message)) this.notes.push(note);
  }

  /**
   * Records what `run` does as happening `times` times (the body of a loop): entries once, their work multiplied. What may
   * not happen at all (an arm of a branch) requires nothing of the model's dimensions.
   */
  repeated<T>(times: Dim, run: () => T): T {
    const before = this.#times;
    const constraints = this.constraints.length;
    this.#times = mul(before, times);
    try {
      return run();
    } finally {
      this.#times = before;
      if (lessEqual(1, times) !== true) this.constraints.length = constraints;
    }
  }

  /** Runs what applies operators: what they require of free dimensions is kept with the record. */
  collecting<T>(run: () => T): T {
    return collecting(this.constraints, run);
  }

  /** The facts of the model, as plain data that nothing changes any more. */
  ledger(head: LedgerHead): Ledger {
    const facts = {
      ...head,
      root: this.root,
      entries: Object.freeze(this.entries),
      weights: Object.freeze(head.weights ?? this.weights),
      notes: Object.freeze(head.notes ?? this.notes),
      constraints: Object.freeze(distinctConstraints(this.constraints)),
    };
    return Object.freeze(withAnswers(facts));
  }

  /** Where the record stands: what `rewind` goes back to. */
  mark(): Checkpoint {
    const { length: entries } = this.entries;
    return {
      entries,
      notes: this.notes.length,
      calls: this.#calls.length,
      scope: this.#scope,
      constraints: this.constraints.length,
    };
  }

  /** Forgets the entries, notes and module calls since `mark`; values and weights made since are still good. */
  rewind({ entries, notes, calls, scope, constraints }: Checkpoint): void {
    const gone = new Set<ModuleCall>(this.#calls.splice(calls));
    const touched = new Set<OpenCall>();
    for (const entry of this.entries.splice(entries)) touched.add(entry.call as OpenCall);
    for (const call of gone) {
      (call.module as OpenModule).calls.pop();
      if (call.parent !== null) touched.add(call.parent as OpenCall);
    }
    // Where nodes of a format interleave modules, they were recorded in calls that were there before.
    for (const { steps } of touched)
      for (let last = steps.at(-1); last !== undefined; last = steps.at(-1)) {
        if (last.kind === 'op' ? last.entry.index < entries : !gone.has(last.call)) break;
        steps.pop();
      }
    this.notes.length = notes;
    this.constraints.length = constraints;
    this.#scope = scope;
  }

  /** Runs without keeping entries, calls and notes: to find out what a body makes before it is recorded. */
  rehearse<T>(run: () => T): T {
    const mark = this.mark();
    try {
      return run();
    } finally {
      this.rewind(mark);
    }
  }

  /** Works out once what an effect comes to that many operators are going to share. */
  share(effect: Effect): void {
    this.#shared.set(effect, prepare(effect, this.#contents));
  }

  /** Applies an operator: one entry, and the values that it makes. */
  apply(effect: Effect, inputs: readonly (Value | null)[], spelling: OpSource): Value[] {
    const prepared = this.#shared.get(effect) ?? prepare(effect, this.#contents);
    const outputs: Value[] =
      effect.outputs.length === 1
        ? [this.#made(effect, prepared, 0, inputs, spelling)]
        : effect.outputs.map((_, i) => this.#made(effect, prepared, i, inputs, spelling));
    if (effect.leavesOut !== undefined) this.#leftOut(spelling.type, effect.leavesOut);
    const formula = effect.gap !== undefined && this.hasFormula(spelling.type);
    this.#record(
      effect.op,
      spelling,
      inputs,
      outputs,
      formula ? { ...effect.attrs, given: true } : (effect.attrs ?? NO_ATTRS),
      formula ? settled(this.#given(spelling, inputs, effect.outputs), effect.gap) : prepared.result,
      prepared.moves ? (effect.readBytes ?? distinctBytes(inputs)) : 0,
      prepared.writeBytes,
    );
    return outputs;
  }

  /** Output i of an operator. */
  #made(
    { outputs }: Effect,
    { types, bytes }: Prepared,
    i: number,
    inputs: readonly (Value | null)[],
    spelling: OpSource,
  ): Value {
    const { view, inplace } = outputs[i] as OutputType;
    const source = inputs[view ?? inplace ?? -1];
    const storage = source?.storage ?? { id: this.nextId, bytes: bytes[i] as Dim, role: 'activation' as const };
    // A view of a weight is still that weight (a transposed matrix); arithmetic on it is not.
    const weight = view === undefined ? null : (source?.weight ?? null);
    return this.value(spelling.outputs?.[i] ?? null, types[i] as TensorType, storage, weight);
  }

  /**
   * Records an operator that has no formula. Its outputs are given as far as they are known: null where even the shape
   * is not.
   */
  gap(
    op: string,
    why: string,
    inputs: readonly (Value | null)[],
    outputs: readonly (TensorType | null)[],
    spelling: OpSource,
  ): Value[] {
    const given = this.#given(spelling, inputs, outputs);
    const types = given === null || typeof given === 'string' ? outputs : given.outputs;
    const values = types.map((type, i) =>
      this.value(
        spelling.outputs?.[i] ?? null,
        type,
        { id: this.nextId, bytes: type === null ? 0 : bytesOf(type), role: 'activation' },
        null,
      ),
    );
    const attrs = given === null ? NO_ATTRS : { given: true };
    const written = sum(types.map((type) => (type === null ? 0 : bytesOf(type))));
    this.#record(op, spelling, inputs, values, attrs, settled(given, why), distinctBytes(inputs), written);
    return values;
  }

  /** An operator by the user's formula; null where there is none for it. */
  #given(
    { type, name }: OpSource,
    inputs: readonly (Value | null)[],
    outputs: readonly (TensorType | null)[],
  ): Formulated | string | null {
    const formula = this.hasFormula(type) ? this.#formulas[type] : undefined;
    if (formula === undefined) return null;
    const types = inputs.map((value) => value?.type ?? null);
    return applyFormula(formula, { type, node: name ?? null, inputs: types, outputs, free: this.free });
  }

  /** Opens a call of `module`; operators are recorded under it until `exit`. */
  enter(module: OpenModule, path: string, inputs: readonly (TensorType | null)[]): OpenCall {
    const call: OpenCall = {
      module,
      index: module.calls.length,
      path,
      inputs,
      outputs: [],
      parent: this.#scope,
      steps: NONE as readonly Step[] as Step[],
    };
    (module as Open<OpenModule>).calls = appended(module.calls, call);
    this.#calls.push(call);
    if (this.#scope !== null) this.#step({ kind: 'call', call });
    else this.#root = call;
    this.#scope = call;
    return call;
  }

  /** Closes the call that is open; the list of what it gave is from now on the record's. */
  exit(outputs: (TensorType | null)[]): void {
    const call = this.scope;
    (call as Open<OpenCall>).outputs = call.outputs.length === 0 ? outputs : [...call.outputs, ...outputs];
    this.#scope = call.parent as OpenCall | null;
  }

  /** Runs what makes one call of a module, and says what was recorded meanwhile; null where that was something else. */
  stretch<T>(run: () => T): { readonly made: T; readonly stretch: Stretch | null } {
    const [entry, id, weight] = [this.entries.length, this.nextId, this.weights.length];
    const [notes, folds] = [this.notes.length, this.folds.length];
    const before = this.#scope?.steps.length ?? 0;
    const made = run();
    const steps = this.#scope?.steps ?? [];
    const last = steps[before];
    const whole = steps.length === before + 1 && last?.kind === 'call';
    if (!whole || this.notes.length > notes || this.folds.length > folds) return { made, stretch: null };
    const entries = [entry, this.entries.length] as const;
    const weights = this.weights.slice(weight);
    const outside = outsideOf(this.entries, entries, id);
    return { made, stretch: { call: last.call, entries, ids: [id, this.nextId], weights, outside } };
  }

  /** Records a stretch once more for another module of the same build; null where that would not be what its call does. */
  repeat(again: Again): Repetition | null {
    if (!isRepeatable(again, (weight) => this.valueOf(weight) !== undefined)) return null;
    const made = new Repetition(again, this.nextId, this.entries.length);
    const call = made.call(again.of.call, this.scope);
    for (const weight of again.of.weights) {
      const value = made.value(this.valueOf(weight) as Value);
      this.use(again.pairs.weights.get(weight) as Weight, value);
    }
    for (const entry of made.entries) this.entries.push(entry);
    for (const one of made.calls) this.#calls.push(one);
    this.skipIds(again.of.ids[1] - again.of.ids[0]);
    this.#step({ kind: 'call', call });
    return made;
  }

  /** Goes on recording under a call opened before: for formats in which nodes interleave modules. */
  resume(call: OpenCall | null): void {
    this.#scope = call;
  }

  /** Says once of each kind of operator what its FLOPs leave out. */
  #leftOut(type: string, what: string): void {
    const message = `FLOPs leave out ${what} (${type})`;
    if (!this.notes.some((n) => n.code === 'left-out-of-flops' && n.message === message))
      this.notes.push({ code: 'left-out-of-flops', message });
  }

  /** One more step of the call that is open. */
  #step(step: Step): void {
    const scope = this.scope as Open<OpenCall>;
    scope.steps = appended(scope.steps, step);
  }

  #record(
    op: string,
    spelling: OpSource,
    inputs: readonly (Value | null)[],
    outputs: readonly Value[],
    attrs: AnyAttrs,
    result: OpEntry['result'],
    readBytes: Dim,
    writeBytes: Dim,
  ): void {
    const times = this.#times;
    const once = times === 1;
    const entry: OpEntry = {
      index: this.entries.length,
      op,
      type: spelling.type,
      calledThrough: spelling.calledThrough ?? null,
      name: spelling.name ?? null,
      call: this.scope,
      inputs,
      outputs,
      attrs,
      result: once || result.kind === 'gap' ? result : { kind: 'known', work: repeatedWork(times, result.work) },
      readBytes: once ? readBytes : mul(times, readBytes),
      writeBytes: once ? writeBytes : mul(times, writeBytes),
      at: spelling.at ?? null,
    };
    this.entries.push(entry);
    this.#step({ kind: 'op', entry });
  }
}
