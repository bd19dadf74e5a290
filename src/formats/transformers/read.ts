import { type AnyLedger, type Ledger, type Note, withStored } from '../../ledger/index.js';
import { traceTensors } from '../../models/language/by-tensors.js';
import {
  equallyStored,
  parametersOf,
  type TraceOptions,
  traceConfig,
  traceFolded,
} from '../../models/language/trace.js';
import { isModelError, ModelError, type Source } from '../../source/index.js';
import type { ReadOptions } from '../types.js';
import { match } from '../weights-only/match.js';
import { roleOfParameter } from '../weights-only/names.js';
import { refuseAdditions } from './additions.js';
import { type Checkpoint, checkpointBeside } from './checkpoint.js';
import { parseObject } from './json.js';
import { languageInside } from './language-inside.js';
import { asPrepared } from './prepared.js';
import { quantised } from './quantisation/index.js';

/** Configurations are short; a longer file is something else. */
const MAX_BYTES = 16 * 2 ** 20;

/** The facts of a `config.json`: its model on tokens, or images, of free number. Throws ModelError. */
export function readConfigFile(source: Source, options: ReadOptions = {}): AnyLedger {
  if (source.size > MAX_BYTES)
    throw new ModelError('limit', `${source.name} has ${source.size} bytes`, {
      format: 'transformers',
      hint: `a configuration has at most ${MAX_BYTES}`,
    });
  const config = parseObject(new TextDecoder().decode(source.read(0, source.size)), source.name);
  refuseAdditions(config, source.name);
  const weights = checkpointBeside(source);
  const at = (inputs: TraceOptions['inputs']): AnyLedger =>
    build(
      config,
      weights,
      {
        ...(options.bind === undefined ? {} : { bind: options.bind }),
        ...(inputs === undefined ? {} : { inputs }),
        ...(options.logits === undefined ? {} : { logits: options.logits }),
        ...(options.latent === undefined ? {} : { latent: options.latent }),
      },
      options.fold === true ? traceFolded : traceConfig,
    );
  const own = at(options.inputs);
  const ledger = options.inputs === undefined ? asPrepared(source, own, at) : own;
  const notes: Note[] = [...ledger.notes];
  if (
    config['dtype'] === undefined &&
    config['torch_dtype'] === undefined &&
    config['text_config'] === undefined &&
    weights === null
  )
    notes.push({ code: 'dtype', message: 'the configuration does not say its dtype: weights are counted as float32' });
  return {
    ...ledger,
    format: 'transformers',
    producer:
      typeof config['transformers_version'] === 'string' ? `transformers ${config['transformers_version']}` : null,
    file: {
      bytes: source.size + (weights?.bytes ?? 0),
      bytesRead: source.bytesRead + (weights?.bytesRead ?? 0),
    },
    notes,
  };
}

/** Where more of a description than this is not in the file, names differ and sizes of weights are left as described. */
const MAX_LACKING = 0.02;

/**
 * The model as its configuration describes it, its weights as the headers beside it have them. A type that is not known is
 * counted by those weights alone.
 */
function build(
  config: Readonly<Record<string, unknown>>,
  weights: Checkpoint | null,
  options: TraceOptions,
  trace: (config: Readonly<Record<string, unknown>>, options: TraceOptions) => AnyLedger,
): AnyLedger {
  if (weights === null) return byConfig(config, options, trace);
  let parameters: ReturnType<typeof parametersOf>;
  try {
    parameters = parametersOf(config);
  } catch (error) {
    if (!isModelError(error) || error.code !== 'unsupported') throw error;
    return byTensors(config, weights, options, error.message);
  }
  const found = match(parameters, weights.tensors, roleOfParameter);
  if (found.lacking <= MAX_LACKING) {
    const ledger = trace(config, { ...options, stored: found.stored });
    return { ...ledger, notes: [...ledger.notes, ...weights.notes, ...found.notes] };
  }
  const ledger = trace(config, options);
  const difference: Note = {
    code: 'missing-parameters',
    message: `${(100 * found.lacking).toFixed(0)} % of the parameters that the configuration describes are not in ${weights.file} at those sizes: everything is counted as described`,
  };
  return { ...ledger, notes: [...ledger.notes, difference, ...found.notes.filter((n) => n.code === 'not-counted')] };
}

/** The model with its weights as the configuration says that they are quantised, where it does. */
export function byConfig(
  config: Readonly<Record<string, unknown>>,
  options: TraceOptions,
  trace: (config: Readonly<Record<string, unknown>>, options: TraceOptions) => AnyLedger,
): AnyLedger {
  let ledger: AnyLedger;
  try {
    ledger = trace(config, options);
  } catch (error) {
    const part = isModelError(error) && error.code === 'unsupported' ? languageInside(config) : null;
    if (part === null) throw error;
    const inner = byConfig(part.config, options, trace);
    return { ...inner, notes: [...inner.notes, part.note] };
  }
  const found = quantised(config, ledger);
  if (found === null) return ledger;
  const { stored, as, notes } = found;
  const equal = equallyStored(ledger, stored) ? ledger : traceConfig(config, options);
  const kept = stored.size === 0 ? ledger : withStored(equal, stored, as);
  return { ...kept, notes: [...kept.notes, ...notes] };
}

function byTensors(
  config: Readonly<Record<string, unknown>>,
  weights: Checkpoint,
  options: TraceOptions,
  why: string,
): Ledger {
  const used = config['num_experts_per_tok'];
  const by = traceTensors(weights.tensors, {
    ...(options.bind === undefined ? {} : { bind: options.bind }),
    expertsUsed: typeof used === 'number' ? used : null,
  });
  const ledger = by.trace(new Map(weights.tensors.map((t) => [t.name, { dtype: t.dtype, bytes: t.bytes }])));
  const assumed: Note = { code: 'assumed', message: `${why}: ${by.how}` };
  return { ...ledger, notes: [assumed, ...ledger.notes, ...by.notes, ...weights.notes] };
}
