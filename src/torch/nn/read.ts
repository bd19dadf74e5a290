import type { Dim } from '../../dim/index.js';
import {
  type AnyLedger,
  type Ledger,
  type OpenModule,
  type StoredWeights,
  Trace,
  type Weight,
  withAnswers,
} from '../../ledger/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { DType } from '../../tensor/index.js';
import { type AnyModule, classHierarchyOf, isModule, Module, tensorsIn, typeOf } from './module.js';
import { Buffer, Parameter } from './parameter.js';
import { record, type Session } from './session.js';
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
 * `stored` says how weights are kept in a file, where that is not as the module has them: it changes bytes and no count.
 * Throws ModelError `shape` with the module's path where extents cannot meet.
 */
export function readModule(model: AnyModule, inputs: readonly InputSpec[], options: ReadModuleOptions = {}): Ledger {
  return readFolded(model, inputs, options, false) as Ledger;
}

interface ReadModuleOptions {
  readonly name?: string;
  readonly train?: boolean;
  readonly stored?: StoredWeights;
}

/** The same of a model in which layers may stand for equal ones (`foldedCall`), where `folded` allows it. */
export function readFolded(
  model: AnyModule,
  inputs: readonly InputSpec[],
  options: ReadModuleOptions,
  folded = true,
): AnyLedger {
  const trace = new Trace();
  const weights = new Map<Tensor, Weight>();
  const modules = new Map<AnyModule, OpenModule>();
  const root = describeTree(model, '', weights, modules, options.stored ?? new Map());
  const session: Session = { trace, values: new Map(), weights, modules, takes: new Map() };
  const args = inputs.map((spec) => new Tensor({ dtype: spec.dtype ?? 'float32', shape: spec.shape }));
  const given = args.map((tensor, i) => {
    const name = inputs[i]?.name ?? (inputs.length === 1 ? 'input' : `input${i}`);
    const value = trace.input(name, tensor.type);
    session.values.set(tensor, value);
    return { name, value };
  });
  const all = [...modules.keys()];
  const modes = all.map((m) => m.training);
  setMode(model, all, options.train ?? false);
  try {
    const out = trace.collecting(() =>
      record(session, () => (model as unknown as (...a: Tensor[]) => unknown)(...args)),
    );
    const outputs = tensorsIn(out).map((tensor, i, all) => {
      const value = session.values.get(tensor);
      if (value === undefined)
        throw new ModelError('malformed', 'the model returns a tensor that no operator made', { format: 'nn' });
      return { name: all.length === 1 ? 'output' : `output${i}`, value };
    });
    // Weights that nothing used are the model's all the same; in the order of the tree, as PyTorch lists them.
    const head = {
      name: options.name ?? root.type,
      format: 'nn',
      producer: null,
      file: null,
      inputs: given,
      outputs,
      weights: [...new Set(weights.values())],
      modules: 'exact',
    } as const;
    const ledger = trace.ledger(head);
    const { folds } = trace;
    return folded && folds.length > 0 ? Object.freeze(withAnswers({ ...ledger, folds })) : ledger;
  } catch (error) {
    throw located(error, trace);
  } finally {
    for (const [i, m] of all.entries()) m.training = modes[i] as boolean;
  }
}

/** What `train` does, without a walk through the model where it is the one of all modules. */
function setMode(model: AnyModule, all: readonly AnyModule[], mode: boolean): void {
  if (model.train !== Module.prototype.train || model.named_modules !== Module.prototype.named_modules)
    model.train(mode);
  else for (const m of all) if (m.training !== mode) m.training = mode;
}

/** Adds the module's path to a shape error that an operator raised. */
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
    cause: error,
  });
}

function describeTree(
  module: AnyModule,
  path: string,
  weights: Map<Tensor, Weight>,
  seen: Map<AnyModule, OpenModule>,
  stored: StoredWeights,
): OpenModule {
  const known = seen.get(module);
  if (known !== undefined) return known;
  const children: { name: string; module: OpenModule }[] = [];
  const own: { name: string; weight: Weight }[] = [];
  const info: OpenModule = {
    path,
    type: typeOf(module),
    classHierarchy: classHierarchyOf(module),
    children,
    weights: own,
    calls: [],
    attrs: module.describe(),
  };
  seen.set(module, info);
  // Weights before what is below: theirs come first in the list of all.
  const names = Object.keys(module);
  const fields = module as unknown as Readonly<Record<string, unknown>>;
  let modules = 0;
  for (const name of names) {
    const value = fields[name];
    if (value instanceof Tensor) {
      if (value instanceof Parameter || value instanceof Buffer)
        own.push({ name, weight: weightOf(value, path === '' ? name : `${path}.${name}`, weights, stored) });
    } else if (isModule(value)) modules++;
  }
  if (modules === 0) return info;
  for (const name of names) {
    const child = fields[name];
    if (isModule(child))
      children.push({
        name,
        module: describeTree(child, path === '' ? name : `${path}.${name}`, weights, seen, stored),
      });
  }
  return info;
}

function weightOf(
  tensor: Parameter | Buffer,
  name: string,
  weights: Map<Tensor, Weight>,
  stored: StoredWeights,
): Weight {
  const known = weights.get(tensor);
  if (known !== undefined) {
    (known.aliases as string[]).push(name);
    return known;
  }
  const parameter = tensor instanceof Parameter;
  const kept = stored.get(name);
  const absent = kept?.absent === true;
  const weight: Weight = {
    name,
    aliases: [],
    kind: parameter && !absent ? 'parameter' : 'buffer',
    trainable: parameter && !absent && tensor.requires_grad,
    dtype: kept?.dtype ?? tensor.dtype,
    shape: tensor.shape,
    ...(kept === undefined ? {} : { bytes: kept.bytes }),
  };
  weights.set(tensor, weight);
  return weight;
}
