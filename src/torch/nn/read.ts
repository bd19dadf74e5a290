import type { Dim } from '../../dim/index.js';
import { type AnyLedger, type Ledger, type StoredWeights, Trace, withAnswers } from '../../ledger/index.js';
import { isModelError, isSourceError, ModelError } from '../../source/errors.js';
import type { DType } from '../../tensor/index.js';
import { listOnly, optionsIn } from './argument.js';
import { describeModel } from './describe.js';
import { type AnyModule, Module, modeOfNew, tensorsIn } from './module.js';
import { record, Session } from './session.js';
import { Tensor } from './tensor.js';

/** An input by shape, or by shape and dtype. */
export interface InputSpec {
  readonly shape: readonly Dim[];
  readonly dtype?: DType;
  readonly name?: string;
}

/**
 * Runs a model over tensors without data and returns what it did. The model is in eval mode for the time of the trace.
 * `inputs` are the tensors that forward takes, or a function that builds its arguments from nothing (dicts, lists).
 * `stored` says how weights are kept in a file, if that is not as the module has them: it changes bytes and no count.
 * Throws ModelError `shape` with the module's path if extents cannot meet.
 */
export function readModule(model: AnyModule, inputs: readonly InputSpec[], options: ReadModuleOptions = {}): Ledger {
  return readFolded(model, inputs, options, false) as Ledger;
}

interface ReadModuleOptions {
  readonly name?: string;
  readonly train?: boolean;
  readonly stored?: StoredWeights;
  /** The model is the caller's and none of ours: what its code throws is told as its own. */
  readonly isCallers?: boolean;
}

/** The same of a model in which layers may stand for equal ones (`foldedCall`), where `folded` allows it. */
export function readFolded(
  model: AnyModule,
  inputs: readonly InputSpec[],
  options: ReadModuleOptions,
  folded = true,
): AnyLedger {
  listOnly('readModule', inputs, 'inputs');
  optionsIn(options);
  const trace = new Trace();
  const session = new Session(trace);
  const { root, modules, weights } = describeModel(model, session, options.stored ?? new Map());
  const args = inputs.map((spec) => new Tensor({ dtype: spec.dtype ?? 'float32', shape: spec.shape }));
  const given = inputValues(session, args, inputs);
  const outputs = inMode(options.train ?? false, model, modules, () => {
    try {
      const call = model as unknown as (...a: Tensor[]) => unknown;
      return outputValues(
        session,
        trace.collecting(() => record(session, () => call(...args))),
      );
    } catch (error) {
      throw located(options.isCallers === true ? (fromForward(error) ?? error) : error, trace);
    }
  });
  const ledger = trace.ledger({
    name: options.name ?? root.type,
    format: 'nn',
    producer: null,
    file: null,
    inputs: given,
    outputs,
    weights,
    modules: 'exact',
  });
  const { folds } = trace;
  return folded && folds.length > 0 ? Object.freeze(withAnswers({ ...ledger, folds })) : ledger;
}

/** The arguments of the model's call as inputs of the record. */
function inputValues(session: Session, args: readonly Tensor[], specs: readonly InputSpec[]): Ledger['inputs'] {
  return args.map((tensor, i) => {
    const name = specs[i]?.name ?? (specs.length === 1 ? 'input' : `input${i}`);
    const value = session.trace.input(name, tensor.type);
    session.setValue(tensor, value);
    return { name, value };
  });
}

/** The tensors among the results of the call. Throws ModelError `malformed` for one that the record does not know. */
function outputValues(session: Session, out: unknown): Ledger['outputs'] {
  return tensorsIn(out).map((tensor, i, all) => {
    const value = session.valueOf(tensor);
    if (value === undefined)
      throw new ModelError('malformed', 'the model returns a tensor that no operator made', { format: 'nn' });
    return { name: all.length === 1 ? 'output' : `output${i}`, value };
  });
}

/** Runs a model in training or in evaluation; afterwards its modules are in the modes that they were in. */
function inMode<T>(train: boolean, model: AnyModule, modules: readonly AnyModule[], run: () => T): T {
  const before = modules.map((m) => m.training);
  const beforeOfNew = modeOfNew(train);
  try {
    setMode(model, modules, train);
    return run();
  } finally {
    modeOfNew(beforeOfNew);
    modules.forEach((m, i) => {
      if (m.training !== before[i]) m.training = before[i] as boolean;
    });
  }
}

/** Does what `train` does; where a model does not override it, without a walk through the modules. */
function setMode(model: AnyModule, all: readonly AnyModule[], mode: boolean): void {
  if (model.train !== Module.prototype.train || model.named_modules !== Module.prototype.named_modules)
    model.train(mode);
  else for (const m of all) if (m.training !== mode) m.training = mode;
}

/** Adds the module's path to an error: of shapes that an operator cannot take, or of the model's own code. */
function located(error: unknown, trace: Trace): unknown {
  if (!isModelError(error) || error.at.module !== undefined) return error;
  let module: string | undefined;
  try {
    module = trace.scope.path;
  } catch {
    return error;
  }
  return new ModelError(error.code, error.message, {
    format: error.format ?? 'nn',
    at: { ...error.at, module: module === '' ? '(root)' : module },
    hint: error.hint,
    cause: error.cause ?? error,
  });
}

/** The error of a model's own JavaScript, told as such; null for what stops a run, and for a stack or a table that ran out. */
function fromForward(error: unknown): ModelError | null {
  if (!(error instanceof Error) || error instanceof RangeError || error.name === 'AbortError') return null;
  if (isModelError(error) || isSourceError(error)) return null;
  return new ModelError('malformed', `forward threw ${error.name}: ${error.message}`, {
    format: 'nn',
    hint: 'its stack is the cause of this error; where that ends outside of the model, please report it',
    cause: error,
  });
}
