// The room api/. Comes in: a model in any form and options. Goes out: a ledger (read.ts), a profile (profile.ts), or what
// compare.ts, reconcile.ts and stat.ts make of one. The only room that knows every format, Python among them.
// Add here: an option that the library and the command line share; src/index.ts and src/node.ts are its public face.
import { type Dim, substitute } from '../dim/index.js';
import { type AnyLedger, checkedFormulas, type GivenFormulas, type Ledger } from '../ledger/index.js';
import type { BuiltinModel } from '../models/registry.js';
import type { PythonOptions } from '../python/program.js';
import { ModelError } from '../source/index.js';
import type { AnyModule, InputSpec } from '../torch/nn/index.js';
import { bindLedger, bindPinned, causalHalf, checkContext, freeSymbols } from '../transforms/index.js';
import { givenFormulas } from './formulas.js';
import { once } from './once.js';
import type { Bytes } from './open.js';
import { type ExtentLike, type InputsLike, resolveBindings, resolveInputs } from './options.js';
import { ownErrors } from './own-errors.js';

/** A module of `opcount/nn`, a built-in model's name, bytes, or what `read` gave; in Node also a path. */
export type ModelLike = AnyModule | Bytes | Ledger | string;

export interface OpenOptions {
  /** Input shapes, in order or by name: `[[1, 3, 224, 224]]`, `{ input_ids: ['batch', 128] }`. */
  readonly inputs?: InputsLike;
  /** Numbers for free dimensions: `{ batch: 8 }`. */
  readonly bind?: Readonly<Record<string, ExtentLike>>;
  /** How the report calls the model. */
  readonly name?: string;
  /** Causal attention: all positions, which is what is computed and what tools count, or those that the mask leaves. */
  readonly causal?: 'full' | 'half';
  /** Language models: the head on all positions of a pass, or on the last alone, as servers do. */
  readonly logits?: 'all' | 'last';
  /** Latent attention: as the reference computes it, or with its matrices absorbed into queries and outputs, as servers do. */
  readonly latent?: 'expanded' | 'absorbed';
  /** TensorFlow: which signature of several; `serving_default` if there is one of that name. */
  readonly signature?: string;
  /** Language models: a prefill of this many tokens by one sequence, where sizes are not bound otherwise. */
  readonly context?: number;
  /** Peak memory as runtimes plan it that write results of elementwise functions over inputs nobody reads afterwards. */
  readonly inplace?: boolean;
  /** Formulas for operators that have none, by operator; as in a file of `--formulas`. */
  readonly formulas?: GivenFormulas;
  /** Built-in models, modules and Python sources: as they run in training, with dropout, the batch's own statistics, auxiliary outputs. */
  readonly train?: boolean;
  /** For Python sources: which model of the file (`Net`, `build(width=64)`), and where its imports are. */
  readonly python?: PythonOptions;
}

/** Their names: anything else is mistyped. */
export const OPEN_OPTIONS: Readonly<Record<keyof OpenOptions, true>> = {
  inputs: true,
  bind: true,
  name: true,
  causal: true,
  logits: true,
  latent: true,
  signature: true,
  context: true,
  inplace: true,
  formulas: true,
  train: true,
  python: true,
};

/** How a front opens text: Node tries paths too. */
export type OpenText = (text: string, options: ReadingOptions) => Promise<AnyLedger>;

/** `fold`: whether equal layers may be recorded once. */
export type ReadingOptions = OpenOptions & { readonly fold?: boolean };

/** The facts of a model, unjudged. Throws ModelError and SourceError. */
export function readWith(openText: OpenText, model: ModelLike, options: OpenOptions = {}): Promise<Ledger> {
  return ownErrors(async () => (await readModel(openText, model, options)) as Ledger);
}

/** The same for a report: equal layers of a language model are recorded once. */
export function readFoldedWith(openText: OpenText, model: ModelLike, options: OpenOptions = {}): Promise<AnyLedger> {
  return ownErrors(() => readModel(openText, model, { ...options, fold: true }));
}

async function readModel(openText: OpenText, model: ModelLike, given: ReadingOptions): Promise<AnyLedger> {
  const options = atContext(given);
  const bindings = resolveBindings(options.bind ?? {});
  const formulas = checkedFormulas(options.formulas ?? {});
  let ledger = givenFormulas(await readFacts(openText, model, options, bindings), formulas);
  await checkBindings(openText, model, options, bindings, ledger);
  ledger = bindPinned(bindLedger(ledger, bindings));
  if (options.context !== undefined) checkContext(ledger, options.context);
  if (options.logits !== undefined && ledger.description === undefined)
    throw new ModelError('argument', '--logits is for language models read from their description', {
      hint: 'leave it out: this model’s graph says itself what its head computes',
    });
  if (options.latent !== undefined && !hasLatents(ledger))
    throw new ModelError('argument', '--latent is for models with latent attention, read from their description', {
      hint: 'leave it out: this model keeps keys and values themselves',
    });
  if (options.signature !== undefined && !WITH_SIGNATURES.has(ledger.format))
    throw new ModelError('argument', '--signature is for models of TensorFlow', {
      hint: 'leave it out: this model has one entry',
    });
  if (options.causal === 'half') {
    const halved = causalHalf(ledger);
    if (halved === ledger)
      throw new ModelError(
        'argument',
        'no attention of this model says that it is causal, so there is nothing to halve',
        {
          hint: 'leave --causal half out; a mask that is a tensor may hide anything',
        },
      );
    ledger = halved;
  }
  return Object.freeze(options.name === undefined ? ledger : { ...ledger, name: options.name });
}

/** Whether a model keeps compressed keys and values. */
export function hasLatents({ description }: AnyLedger): boolean {
  return (description?.kept ?? []).some(({ name }) => name === 'latent');
}

/** Formats whose models may have several entries. */
const WITH_SIGNATURES: ReadonlySet<string> = new Set(['tensorflow', 'tfjs']);

/** `context` as the sizes of a prefill. */
export function atContext<T extends OpenOptions>(options: T): T {
  if (options.context === undefined) return options;
  return { ...options, bind: { batch: 1, sequence: options.context, past: 0, ...options.bind } };
}

/** The ledger as the model's reader gives it. */
async function readFacts(
  openText: OpenText,
  model: ModelLike,
  options: ReadingOptions,
  bindings: ReadonlyMap<string, Dim>,
): Promise<AnyLedger> {
  if (typeof model === 'string') return openText(model, options);
  if (typeof model === 'function') {
    const { isModule, readModule } = await loadNn();
    if (isModule(model))
      return readModule(model, moduleInputs(model, options, bindings), {
        train: options.train ?? false,
        isCallers: true,
      });
  }
  if (typeof model !== 'object' || model === null) throw notAModel(model);
  if (isLedger(model)) return model;
  const { readBytes } = await import('./open.js');
  return readBytes(model, readOptions(options));
}

const loadNn = once(() => import('../torch/nn/index.js'));

function notAModel(model: unknown): ModelError {
  const what = model === null ? 'null' : typeof model === 'function' ? 'a function' : typeof model;
  return new ModelError('argument', `${what} is not a model`, {
    hint: 'give a module of opcount/nn, a built-in name, bytes, a File, a URL, or in Node a path',
  });
}

/** Read before: its input shapes are settled, its free dimensions can still be bound. */
function isLedger(model: object): model is Ledger {
  return 'entries' in model && 'root' in model && 'weights' in model;
}

/** A name that the model does not have binds nothing, and was meant to: an error, with the names that there are. */
async function checkBindings(
  openText: OpenText,
  model: ModelLike,
  options: ReadingOptions,
  bindings: ReadonlyMap<string, Dim>,
  ledger: AnyLedger,
): Promise<void> {
  const known = new Set([...(ledger.bound ?? []), ...freeSymbols(ledger)]);
  if ([...bindings.keys()].every((name) => known.has(name))) return;
  const { bind: _, ...unbound } = options;
  const free = freeSymbols(await readFacts(openText, model, unbound, new Map()));
  const wrong = [...bindings.keys()].filter((name) => !free.includes(name) && !known.has(name));
  if (options.context !== undefined && ['batch', 'sequence', 'past'].includes(wrong[0] ?? ''))
    throw notServed('--context');
  if (wrong.length > 0)
    throw new ModelError('argument', `the model has no free dimension "${wrong[0]}"`, {
      hint:
        free.length === 0
          ? 'all its dimensions are numbers: name one in an input shape, as in batchx3x224x224'
          : `free: ${free.join(', ')}`,
    });
}

/** For options that ask what a language model takes to serve. */
export function notServed(option: string): ModelError {
  return new ModelError('argument', `${option} is for language models read from their description`, {
    hint: 'give a config.json, a folder with it, or a .gguf; other models are sized by --input and --bind',
  });
}

/** The options of a reader, from what the user wrote. */
export function readOptions(options: ReadingOptions): {
  inputs?: ReturnType<typeof resolveInputs>;
  bind: ReadonlyMap<string, Dim>;
  python?: PythonOptions;
  logits?: 'all' | 'last';
  latent?: 'expanded' | 'absorbed';
  signature?: string;
  formulas?: GivenFormulas;
  fold?: boolean;
} {
  return {
    ...(options.python === undefined && options.train !== true
      ? {}
      : { python: { ...options.python, ...(options.train === true ? { train: true } : {}) } }),
    ...(options.inputs === undefined ? {} : { inputs: resolveInputs(options.inputs) }),
    bind: resolveBindings(options.bind ?? {}),
    ...(options.logits === undefined ? {} : { logits: options.logits }),
    ...(options.latent === undefined ? {} : { latent: options.latent }),
    ...(options.signature === undefined ? {} : { signature: options.signature }),
    ...(options.formulas === undefined ? {} : { formulas: options.formulas }),
    ...(options.fold === undefined ? {} : { fold: options.fold }),
  };
}

function moduleInputs(model: AnyModule, options: OpenOptions, bindings: ReadonlyMap<string, Dim>): InputSpec[] {
  if (options.inputs === undefined)
    throw new ModelError('argument', 'a module does not say what its inputs are', {
      format: 'nn',
      hint: `give their shapes: profile(${model.constructor.name || 'model'}, { inputs: [[1, 3, 224, 224]] })`,
    });
  return resolveInputs(options.inputs).map((input) => ({
    ...input,
    shape: input.shape.map((d) => substitute(d, bindings)),
  }));
}

/** A built-in model has this many inputs, called `input`, or `input0`, `input1`; another one was meant for something else. */
function checkBuiltinInputs(model: BuiltinModel, given: InputsLike): void {
  const inputs = resolveInputs(given);
  const names = model.inputs.map((_, i) => (model.inputs.length === 1 ? 'input' : `input${i}`));
  const own = model.inputs.map((shape) => shape.join('x')).join(', ');
  const stranger = inputs.find(({ name }) => name !== undefined && !names.includes(name));
  if (stranger !== undefined)
    throw new ModelError('argument', `${model.name} has no input "${stranger.name}"`, {
      hint: `it has ${names.join(', ')}: ${own}`,
    });
  if (inputs.length !== names.length)
    throw new ModelError(
      'argument',
      `${model.name} takes ${names.length} input${names.length === 1 ? '' : 's'}, and ${inputs.length} are given`,
      {
        hint: `its own: ${own}`,
      },
    );
}

/** Opens a built-in model by name, on its own inputs unless others are given. */
export async function readBuiltin(name: string, options: ReadingOptions): Promise<AnyLedger> {
  const { BUILTIN } = await import('../models/registry.js');
  const model = BUILTIN.get(name);
  return model === undefined ? readNamed(name, options) : readRegistered(model, options);
}

async function readRegistered(model: BuiltinModel, options: ReadingOptions): Promise<AnyLedger> {
  const { readModule } = await import('../torch/nn/read.js');
  const build = await model.load();
  const bindings = resolveBindings(options.bind ?? {});
  const inputs = options.inputs ?? model.inputs;
  if (options.inputs !== undefined) checkBuiltinInputs(model, options.inputs);
  const module = build();
  const ledger = readModule(module, moduleInputs(module, { ...options, inputs }, bindings), {
    name: options.name ?? model.name,
    train: options.train ?? false,
  });
  return { ...ledger, format: 'built-in' };
}

/** A language model, by its name in capitals or not. */
async function readNamed(name: string, options: ReadingOptions): Promise<AnyLedger> {
  const { namedModels } = await import('../models/language/names.js');
  const named = namedModels().get(name.toLowerCase());
  if (named === undefined) throw (await import('../models/by-name.js')).unknownModel(name);
  const { traceConfig, traceFolded } = await import('../models/language/trace.js');
  const { bind, inputs: given, logits, latent, fold } = readOptions(options);
  const trace = fold === true ? traceFolded : traceConfig;
  const traceOptions = {
    bind,
    ...(given === undefined ? {} : { inputs: given }),
    ...(logits === undefined ? {} : { logits }),
    ...(latent === undefined ? {} : { latent }),
    name: options.name ?? named.name,
  };
  const ledger =
    named.config['quantization_config'] === undefined
      ? trace(named.config, traceOptions)
      : (await import('../formats/transformers/read.js')).byConfig(named.config, traceOptions, trace);
  return { ...ledger, format: 'built-in' };
}
