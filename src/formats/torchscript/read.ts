import { ModelRaised } from '../../graph/errors.js';
import { type Ledger, type Note, newModule, Trace, type Weight } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { LazyContents } from '../../tensor/index.js';
import { openTorchArchive, type TorchArchive } from '../checkpoint/archive.js';
import { boundNames } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { storedType } from './contents.js';
import { type Instance, isKind, type ScriptValue, type Tensor } from './data.js';
import { raisedError } from './errors.js';
import { settleInputs, tracedInputs } from './inputs.js';
import { Library } from './library.js';
import { Machine } from './machine.js';
import { moduleTree } from './modules.js';
import { Objects } from './objects.js';

const FORMAT = 'torchscript';

/**
 * Reads a TorchScript archive by following its code over tensors without data. Nothing in the archive is executed, and no
 * weight is read. Throws ModelError; `argument` where the file does not say its inputs' shapes and none are given.
 */
export function readTorchScript(source: Source, options: ReadOptions = {}): Ledger {
  const archive = openTorchArchive(source, FORMAT);
  const trace = new Trace(options.formulas);
  const library = new Library(archive);
  const store = { archive, contents: new LazyContents() };
  const objects = new Objects(archive, library, trace, (tensor, folder) => storedType(tensor, store, folder));
  const root = objects.read('data.pkl', 'data');
  if (!isKind(root, 'object') || root.type.base !== 'Module')
    throw new ModelError('wrong-format', `${source.name} is an archive of code, and its value is not a module`, {
      format: FORMAT,
      hint: 'save a module with torch.jit.save',
    });
  const constants =
    archive.get('constants.pkl') === undefined ? [] : itemsIn(objects.read('constants.pkl', 'constants'));
  const machine = new Machine(trace, library, constants, options.bind);
  makeObjects(machine, objects);
  const { module, weights } = moduleTree(root, objects);
  // Freezing takes away what a frozen module no longer asks for: whether it is in training.
  const frozen = !root.type.attributes.has('training');
  const own = [...weights, ...nameConstants(constants, objects, frozen)];
  objects.settle();
  const forward = root.type.methods.get('forward');
  if (forward === undefined)
    throw new ModelError('unsupported', `${root.className} has no method forward`, {
      format: FORMAT,
      hint: `its methods: ${[...root.type.methods.keys()].join(', ') || 'none'}; opcount reads forward`,
    });
  const inputs = settleInputs(forward, tracedInputs(archive), options, trace);
  trace.enter(
    module,
    '',
    inputs.tensors.map(({ value }) => value.type),
  );
  const training = root.fields.get('training') === true;
  evaluationMode(root);
  const result = trace.collecting(() => run(machine, root, inputs.args));
  machine.budget.walks([result]);
  const outputs = outputsIn(result);
  trace.exit(outputs.map(({ value }) => value.type));
  store.contents.settle();
  return trace.ledger({
    name: source.name,
    format: FORMAT,
    producer: producerOf(archive),
    file: { bytes: source.size, bytesRead: source.bytesRead },
    inputs: inputs.tensors,
    bound: boundNames(options, machine.bound, inputs.bound),
    outputs,
    weights: own,
    modules: !frozen ? 'exact' : module.children.length === 0 ? 'none' : 'names',
    notes: [...notesOf(training, frozen, own), ...inputs.notes, ...trace.notes],
  });
}

function run(machine: Machine, root: Instance, args: readonly ScriptValue[]): ScriptValue {
  try {
    return machine.method(root, 'forward', args, new Map());
  } catch (error) {
    throw error instanceof ModelRaised ? raisedError(error) : error;
  }
}

/** Objects that set their own state do so before anything runs; that is not part of what the model does. */
function makeObjects(machine: Machine, { pending }: Objects): void {
  if (pending.length === 0) return;
  const { trace } = machine;
  const mark = trace.mark();
  trace.enter(newModule('', ''), '', []);
  try {
    for (const { instance, state } of pending) machine.method(instance, '__setstate__', [state], new Map());
  } catch (error) {
    throw error instanceof ModelRaised ? raisedError(error) : error;
  } finally {
    trace.rewind(mark);
  }
}

/** Modules are read as at inference, however they were saved. */
function evaluationMode(root: Instance): void {
  const seen = new Set<Instance>();
  const stack = [root];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    if (at.fields.has('training')) at.fields.set('training', false);
    for (const value of at.fields.values()) if (isKind(value, 'object') && value.module !== null) stack.push(value);
  }
}

function itemsIn(value: ScriptValue): readonly ScriptValue[] {
  return isKind(value, 'tuple') || isKind(value, 'list') ? value.items : [];
}

/**
 * Constants by the names that code has for them. A frozen model keeps its weights as constants: floating-point ones of more
 * than one element are taken for parameters.
 */
function nameConstants(constants: readonly ScriptValue[], objects: Objects, frozen: boolean): Weight[] {
  const weights = new Set<Weight>();
  for (const [i, constant] of constants.entries()) {
    const stored = isKind(constant, 'tensor') ? objects.stored.get(constant as Tensor) : undefined;
    if (stored === undefined) continue;
    const weight = stored.weight as { -readonly [K in keyof Weight]: Weight[K] };
    const name = `CONSTANTS.c${i}`;
    if (weight.name !== '') {
      (weight.aliases as string[]).push(name);
      continue;
    }
    const learned = frozen && /float/.test(weight.dtype) && weight.shape.length > 0;
    Object.assign(weight, { name, kind: learned ? 'parameter' : 'constant', trainable: learned ? null : false });
    weights.add(stored.weight);
  }
  return [...weights];
}

function outputsIn(result: ScriptValue): Ledger['outputs'] {
  const found: { name: string; value: Tensor['value'] }[] = [];
  const seen = new Set<ScriptValue>();
  const walk = (value: ScriptValue, name: string): void => {
    if (isKind(value, 'tensor')) {
      found.push({ name, value: value.value });
      return;
    }
    if (!(isKind(value, 'list') || isKind(value, 'tuple') || isKind(value, 'dict')) || seen.has(value)) return;
    seen.add(value);
    if (value.kind === 'dict') {
      for (const [key, item] of value.entries.values())
        walk(item, name === 'output' ? String(key) : `${name}.${String(key)}`);
      return;
    }
    const names = value.kind === 'tuple' ? value.fields : null;
    for (const [i, item] of value.items.entries())
      walk(item, names?.[i] ?? (name === 'output' ? `output${i}` : `${name}.${i}`));
  };
  walk(result, 'output');
  return found;
}

function producerOf(archive: TorchArchive): string {
  return archive.version === null ? 'torch.jit.save' : `torch.jit.save (archive version ${archive.version})`;
}

function notesOf(training: boolean, frozen: boolean, weights: readonly Weight[]): Note[] {
  const notes: Note[] = [];
  if (frozen && weights.some((w) => w.kind === 'parameter'))
    notes.push({
      code: 'frozen',
      message:
        'a frozen model: weights are constants of its code, batch norm folded into them, and most modules are gone; params counts what is left: parameters and floating-point constants',
    });
  if (training) notes.push({ code: 'saved-in-training', message: 'saved in training mode; counted as at inference' });
  return notes;
}
