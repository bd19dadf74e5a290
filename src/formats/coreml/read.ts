import { endModel, ModuleTree } from '../../graph/index.js';
import { type Ledger, Trace, type Value } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { memorySource, type Source } from '../../source/index.js';
import { paged } from '../../source/pages.js';
import { type WindowPolicy, windowed } from '../../source/window.js';
import { type ProtoMessage, rootMessage } from '../../wire/proto-message.js';
import { modelIn } from '../archived.js';
import { boundNames, settleStated } from '../settle.js';
import type { ReadOptions } from '../types.js';
import { runClassical } from './classical.js';
import { hasModel, isProgramText } from './detect.js';
import { type Feature, FORMAT, featureOf } from './features.js';
import { runNetwork } from './neural.js';
import { programInputs, runProgram } from './program/run.js';
import { programOfText } from './program/text.js';
import type { Context, Described, Features } from './run.js';

/** Messages are short, and looked at again from inside: fetched once, and little beyond them. */
const SHORT: WindowPolicy = { first: 128, least: 64, most: 1 << 16, share: 1 / 12 };

const NETWORKS = new Set([303, 403, 500]);
const PROGRAM = 502;
const PIPELINES = new Set([200, 201, 202]);

/**
 * Reads a Core ML model: a neural network, an ML program, a classical model or a pipeline of these. Weights are not
 * read, and those of a package need not be there. Throws ModelError.
 */
export function readCoreml(given: Source, options: ReadOptions = {}): Ledger {
  const source = asMessage(modelIn(given, FORMAT, (path) => hasModel([path])));
  const model = rootMessage(windowed(paged(source), SHORT), FORMAT);
  const kind = kindOf(model);
  const io = describedOf(model);
  const inputs = kind === PROGRAM ? programInputs(model) : io.inputs;
  const settled = settleStated(inputs, options, FORMAT);
  const trace = new Trace(options.formulas);
  for (const note of settled.notes) trace.note(note);
  const modules = new ModuleTree(trace, FORMAT);
  const base = modules.open(
    '',
    settled.inputs.map((i) => i.type),
  );
  const values = settled.inputs.map(({ name, type }) => ({ name, value: trace.input(name, type) }));
  const context: Context = { trace, modules, bindings: settled.bindings, bound: new Set(), scope: [], base };
  const features = new Map(values.map(({ name, value }) => [name, value]));
  const made = trace.collecting(() => runModel(model, features, context, settled.asStated));
  const outputs = endModel(trace, modules, base, [...made.keys()], [...made.values()]);
  const { bound } = context;
  return trace.ledger({
    name: given.name,
    format: FORMAT,
    producer: `specification version ${model.int(1)}`,
    file: { bytes: given.size, bytesRead: given.bytesRead },
    inputs: values,
    outputs,
    bound: boundNames(options, settled.names, bound),
    weights: trace.weights,
    modules: modules.size > 0 ? 'names' : 'none',
  });
}

/** The field that says what a model is. */
function kindOf(model: ProtoMessage): number {
  const kind = model.numbers.find((n) => n >= 200);
  if (kind === undefined)
    throw new ModelError('malformed', 'the file does not say what kind of model it is', {
      format: FORMAT,
      at: { offset: model.start },
      hint: 'the file is damaged or cut short: export or download it again',
    });
  return kind;
}

function describedOf(model: ProtoMessage): Described {
  const description = model.message(2);
  const of = (field: number): Feature[] => description?.messages(field).map(featureOf) ?? [];
  return { inputs: of(1), outputs: of(10) };
}

function runModel(model: ProtoMessage, given: Features, context: Context, asStated: boolean): Map<string, Value> {
  const kind = kindOf(model);
  const content = model.message(kind);
  if (content === null)
    throw new ModelError('malformed', 'the model is empty', { format: FORMAT, at: { offset: model.start } });
  if (PIPELINES.has(kind))
    return runPipeline(kind === 202 ? content : content.message(1), model, given, context, asStated);
  if (kind === PROGRAM) return runProgram(model, given, context, asStated);
  const io = describedOf(model);
  return NETWORKS.has(kind) ? runNetwork(content, io, given, context) : runClassical(kind, content, io, given, context);
}

/** Models one after the other, what one makes being what the next takes by its name. */
function runPipeline(
  pipeline: ProtoMessage | null,
  model: ProtoMessage,
  given: Features,
  context: Context,
  asStated: boolean,
): Map<string, Value> {
  const known = new Map(given);
  const names = pipeline?.texts(2) ?? [];
  const parts = pipeline?.messages(1) ?? [];
  if (parts.length === 0)
    throw new ModelError('malformed', 'the pipeline holds no models', {
      format: FORMAT,
      at: { offset: model.start },
      hint: 'the file is damaged or cut short: export or download it again',
    });
  const outer = context.scope.at(-1)?.path;
  for (const [i, part] of parts.entries()) {
    const own = (names[i] || `model${i}`).replaceAll('.', '_');
    const path = outer === undefined ? own : `${outer}.${own}`;
    const scope = [...context.scope, { path, type: '', call: 0 }];
    for (const [name, value] of runModel(part, known, { ...context, scope }, asStated)) known.set(name, value);
  }
  return new Map(describedOf(model).outputs.map(({ name }) => [name, known.get(name) ?? context.trace.opaque(name)]));
}

/** Texts of programs are a few megabytes; those of weights are beside them. */
const MAX_TEXT = 1 << 27;

/** The message that a file is; of the text of a compiled program the same message. */
function asMessage(source: Source): Source {
  if (!isProgramText(source.read(0, Math.min(64, source.size)))) return source;
  if (source.size > MAX_TEXT)
    throw new ModelError('limit', `the text of the program has ${source.size} bytes, more than ${MAX_TEXT}`, {
      format: FORMAT,
      hint: 'give the .mlpackage that it was compiled from',
    });
  const text = new TextDecoder().decode(source.read(0, source.size));
  return memorySource(programOfText(text), { name: source.name });
}
