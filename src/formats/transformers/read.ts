import type { Ledger, Note } from '../../ledger/index.js';
import { traceConfig } from '../../models/language/trace.js';
import { ModelError, type Source } from '../../source/index.js';
import type { ReadOptions } from '../types.js';
import { parseObject } from './json.js';

/** Configurations are short; one with more than this is none. */
const MAX_BYTES = 16 * 2 ** 20;

/** The facts of a `config.json`: its model on tokens, or images, of free number. Throws ModelError. */
export function readConfigFile(source: Source, options: ReadOptions = {}): Ledger {
  if (source.size > MAX_BYTES)
    throw new ModelError('limit', `${source.name} has ${source.size} bytes`, {
      format: 'transformers',
      hint: `a configuration has at most ${MAX_BYTES}`,
    });
  const config = parseObject(new TextDecoder().decode(source.read(0, source.size)), source.name);
  const ledger = traceConfig(config, {
    ...(options.bind === undefined ? {} : { bind: options.bind }),
    ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
    ...(options.logits === undefined ? {} : { logits: options.logits }),
  });
  const notes: Note[] = [...ledger.notes];
  if (config['dtype'] === undefined && config['torch_dtype'] === undefined && config['text_config'] === undefined)
    notes.push({ code: 'dtype', message: 'the configuration does not say its dtype: weights are counted as float32' });
  return {
    ...ledger,
    format: 'transformers',
    producer:
      typeof config['transformers_version'] === 'string' ? `transformers ${config['transformers_version']}` : null,
    file: { bytes: source.size, bytesRead: source.bytesRead },
    notes,
  };
}
