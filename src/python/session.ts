import { type Dim, isDim } from '../dim/index.js';
import { type Ledger, newModule, Trace, type Weight } from '../ledger/index.js';
import { isModelError, ModelError, type Place } from '../source/errors.js';
import { type AnyModule, Tensor } from '../torch/nn/index.js';
import { type Arg, isFloat, isValue, knowsAten } from '../torch/operators/index.js';
import type { AnswerContext, Answers } from './answers.js';
import { apply } from './apply.js';
import { type BuiltinRecord, Builtins } from './builtin.js';
import { type Mark, Recording } from './recording.js';
import { outside, RaisedInPython, unexpected, unknownShape } from './refusals.js';
import { type Answered, isAnswered, type Message, parseRequest, type Request, type Requests } from './requests.js';
import { arithmetic, assumed } from './sizes.js';
import { Tensors } from './tensors.js';
import { argOf, tensorOf, type Wire } from './wire.js';

/** Handlers of the requests that concern the job itself. */
export type JobAnswers = {
  readonly [K in 'job' | 'result' | 'exit' | 'failed']: (request: Requests[K], session: Session) => unknown;
};

/** A run within a run, within a run …: no model has more of them. */
const MAX_RUNS = 64;

/** Codes of the notes that the library may send. */
const NOTES = ['absent-part', 'assumed', 'left-out-of-flops', 'routed-experts'] as const;

/** One Python program: its tensors, the run that is being recorded, and the answers to what it asks. */
export class Session implements AnswerContext {
  readonly tensors = new Tensors();
  /** The facts of every run so far. */
  readonly #ledgers: Ledger[] = [];
  readonly #marks: (readonly Mark[])[] = [];
  /** The last refusal: if the program did not catch it, its own error follows from it. */
  refused: ModelError | null = null;
  /** Operators outside of a run: for their shapes and contents. */
  readonly #scratch = new Trace();
  readonly #runs: Recording[] = [];
  readonly #files = new Map<number, string>();
  readonly #builtins = new Builtins();
  readonly #job: JobAnswers;
  #answers: Answers | null;
  readonly #load: () => Promise<Answers>;
  readonly #fileName: (path: string) => string;

  /**
   * `answers` that still have to be loaded are loaded when the program first asks for one of them: most never do.
   * `fileName` shortens a path of Python's to what a report shows.
   */
  constructor(job: JobAnswers, answers: Answers | (() => Promise<Answers>), fileName: (path: string) => string) {
    this.#job = job;
    this.#answers = typeof answers === 'function' ? null : answers;
    this.#load = typeof answers === 'function' ? answers : async () => answers;
    this.#fileName = fileName;
    this.#scratch.enter(newModule('', ''), '', []);
  }

  get #run(): Recording | null {
    return this.#runs.at(-1) ?? null;
  }

  /**
   * Answers a request; what goes wrong is an answer too, from which Python makes an exception. A promise where the answers
   * still have to be loaded.
   */
  answer(json: string): string | Promise<string> {
    return this.#said(() => {
      const { messages, request } = parseRequest(json);
      for (const message of messages) this.#take(message);
      return request;
    });
  }

  #said(next: () => Request): string | Promise<string> {
    try {
      const request = next();
      if (this.#answers === null && isAnswered(request))
        return this.#load().then((answers) => {
          this.#answers = answers;
          return this.#said(() => request);
        });
      return JSON.stringify(this.#reply(request) ?? null);
    } catch (error) {
      return JSON.stringify({ error: this.#refusal(error) });
    }
  }

  #refusal(error: unknown): object {
    if (error instanceof RaisedInPython) return { raise: error.raise, message: error.message };
    const told = isModelError(error) ? error : unexpected(error);
    this.refused = told;
    const raise = told.code === 'shape' ? 'RuntimeError' : 'OpcountError';
    return { raise, message: told.message, code: told.code, hint: told.hint };
  }

  #take(message: Message): void {
    const run = this.#run;
    switch (message.kind) {
      case 'file':
        this.#files.set(message.number, this.#fileName(message.path));
        break;
      case 'tree':
        run?.adopt(message.records, message.root);
        break;
      case 'enter':
        run?.enter(message.module, message.inputs);
        break;
      case 'stretch':
        run?.stretch(message.name, message.open);
        break;
      case 'note':
        run?.trace.note({
          code: NOTES.find((code) => code === message.code) ?? 'absent-part',
          message: message.message,
        });
        break;
      case 'backward':
        run?.backward(message.tensor as Wire);
        break;
      case 'exit':
        run?.exit(message.outputs);
    }
  }

  #reply(request: Request): unknown {
    switch (request.kind) {
      case 'op':
        return this.#operator(request);
      case 'knows':
        return knowsAten(request.name);
      case 'value':
        return this.#contents(request.tensor);
      case 'size':
        return this.#size(request);
      case 'cut':
        return this.#run?.cut(request.why, this.#place(request.file, request.line)) ?? false;
      case 'decide':
        return this.#decide(request);
      case 'begin':
        if (this.#runs.length >= MAX_RUNS)
          throw new ModelError('limit', `more than ${MAX_RUNS} profiles run within each other`, {
            format: 'python',
            hint: 'end one profile before the next one begins',
          });
        this.#runs.push(new Recording(this.tensors, this.#builtins, request.tree, request.inputs, request.names));
        return null;
      case 'end': {
        const run = this.#runs.pop();
        if (run === undefined) throw outside('a run ends that never began');
        this.#marks.push(run.marks);
        return this.#ledgers.push(run.finish(request.outputs)) - 1;
      }
      case 'builtin-forward':
        return this.#forward(request);
      case 'abandon':
        this.#runs.pop();
        return null;
      case 'job':
        return this.#job.job(request, this);
      case 'result':
        return this.#job.result(request, this);
      case 'exit':
        return this.#job.exit(request, this);
      case 'failed':
        return this.#job.failed(request, this);
      default:
        return this.#answered(request.kind, request as never);
    }
  }

  #answered<K extends Answered>(kind: K, request: Requests[K]): unknown {
    if (this.#answers === null) throw new Error('the answers are not loaded');
    return this.#answers[kind](request, this);
  }

  /** The facts of a run by its number. */
  ledger(number: number): Ledger {
    const ledger = this.#ledgers[number];
    if (ledger === undefined) throw outside('the facts of a run that was never recorded are requested');
    return ledger;
  }

  marks(number: number): readonly Mark[] {
    return this.#marks[number] ?? [];
  }

  #contents(ref: number): readonly (number | string)[] | null {
    const { type } = this.tensors.handle({ ref, stale: false });
    return type.value === undefined ? null : type.value.map((d) => this.tensors.sizes.wire(d));
  }

  #size({ sign, a, b }: Requests['size']): unknown {
    const { sizes } = this.tensors;
    const answer = arithmetic(sign, sizes.dim(a), sizes.dim(b));
    return isDim(answer) ? sizes.wire(answer) : answer;
  }

  /** How a branch goes that compares sizes, where data decides: see `assumed`. Null if nothing is assumed. */
  #decide({ sign, a, b, file, line }: Requests['decide']): boolean | null {
    const { sizes } = this.tensors;
    const trace = this.#run?.trace ?? this.#scratch;
    const answer = assumed(sign, sizes.dim(a), sizes.dim(b), (name) => !trace.isFree(name));
    if (answer === null) return null;
    const at = this.#place(file, line);
    const message = `the branch at ${at === null ? 'a line' : `${at.file}, line ${at.line}`} is taken where ${answer.text}`;
    trace.assume(answer.constraint(message), { code: 'assumed', message });
    return answer.holds;
  }

  #operator({ name, args, kwargs, spelling, file, line }: Requests['op']): unknown {
    const run = this.#run;
    const trace = run?.trace ?? this.#scratch;
    const value = (wire: Wire): Arg =>
      argOf(wire, this.tensors.sizes, (t) =>
        run === null ? this.tensors.valueIn(trace, t, NO_WEIGHTS) : run.value(t),
      );
    const item = name.startsWith('__'); // the places of `x[…]` are read by what applies them
    const given = args.map((wire, i) => (item && i === 1 ? null : value(wire)));
    const named = Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, value(v)]));
    const at = this.#place(file, line);
    const call = { name, args: given, kwargs: named, spelling: { type: spelling, calledThrough: spelling, at } };
    const work = (): unknown => this.#results(trace, name, apply(trace, call, args, value), given);
    if (run !== null) return trace.collecting(work);
    return trace.rehearse(work);
  }

  /** Takes in a built-in model, and tells Python what it is made of. */
  addBuiltin(model: AnyModule): readonly BuiltinRecord[] {
    return this.#builtins.add(model);
  }

  /** The forward of a built-in module, over tensors of Python. */
  #forward({ module, training, args, file, line }: Requests['builtin-forward']): unknown {
    const run = this.#run;
    if (run === null) throw outside('a built-in module is called outside of a run');
    const given = args.map((arg): unknown => {
      const wire = tensorOf(arg, this.tensors.sizes);
      if (wire === null) return arg;
      const value = run.value(wire);
      const tensor = new Tensor(this.tensors.handle(wire).type);
      run.nn.setValue(tensor, value);
      return tensor;
    });
    const before = run.trace.entries.length;
    const out = run.trace.collecting(() => this.#builtins.forward(module, training, given, run.nn));
    const at = this.#place(file, line);
    for (const entry of run.trace.entries.slice(before)) (entry as { at: Place | null }).at = at;
    const told = (result: unknown): unknown => {
      if (Array.isArray(result)) return result.map(told);
      if (!(result instanceof Tensor)) return result ?? null;
      const value = run.nn.valueOf(result) ?? run.trace.constant(null, result.type);
      const made = this.tensors.add(run.trace, value);
      return made === null
        ? null
        : { tensor: [made.ref, made.type.dtype, made.type.shape.map((d) => this.tensors.sizes.wire(d)), false, -1] };
    };
    return { out: told(out) };
  }

  #place(file: number, line: number): Place | null {
    const name = this.#files.get(file);
    return name === undefined ? null : { file: name, line };
  }

  /** Results of an operator, as Python reads them. */
  #results(trace: Trace, name: string, results: readonly Arg[], given: readonly Arg[]): unknown {
    if (results.length === 0) return null;
    const [only] = results;
    const several = results.length > 1 ? results : Array.isArray(only) ? (only as readonly Arg[]) : null;
    const wire = (arg: Arg): unknown => {
      if (!isValue(arg))
        return isFloat(arg)
          ? { p: arg.float }
          : {
              p:
                typeof arg === 'object' && arg !== null && !Array.isArray(arg)
                  ? this.tensors.sizes.wire(arg as Dim)
                  : arg,
            };
      const made = this.tensors.add(trace, arg);
      if (made === null) throw unknownShape(trace, name);
      const shares = given.findIndex((g) => isValue(g) && g.storage === arg.storage);
      return [
        made.ref,
        made.type.dtype,
        made.type.shape.map((d) => this.tensors.sizes.wire(d)),
        made.type.value !== undefined,
        shares,
      ];
    };
    return several === null ? wire(only as Arg) : { m: several.map(wire) };
  }
}

const NO_WEIGHTS: ReadonlyMap<number, Weight> = new Map();
