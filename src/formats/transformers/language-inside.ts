import type { Note } from '../../ledger/index.js';
import { builderOf } from '../../models/language/index.js';
import { isRecord } from '../../source/by-name.js';

type Fields = Readonly<Record<string, unknown>>;

/** Where models of several parts describe their language model. */
const PLACES: readonly (readonly string[])[] = [
  ['text_config'],
  ['llm_config'],
  ['language_config'],
  ['thinker_config', 'text_config'],
  ['lm_config'],
  ['text_model_config'],
];
/** Settings of the whole that hold for all its parts. */
const SHARED = ['dtype', 'torch_dtype', 'quantization_config', 'transformers_version'] as const;

export interface Part {
  readonly config: Fields;
  readonly note: Note;
}

/** The language model inside a model whose own type is not known, and a note on what is left out; null if there is none. */
export function languageInside(config: Fields): Part | null {
  if (typeof config['model_type'] === 'string' && builderOf(config['model_type']) !== null) return null;
  for (const place of PLACES) {
    const found = place.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), config);
    if (!isRecord(found)) continue;
    const type = found['model_type'];
    if (typeof type !== 'string' || builderOf(type) === null) continue;
    const shared = SHARED.filter((name) => config[name] !== undefined).map((name) => [name, config[name]] as const);
    const others = Object.keys(config).filter((name) => name.endsWith('_config') && name !== place[0] && isPart(name));
    const left = others.length === 0 ? 'whatever else it has' : others.slice(0, 6).join(', ');
    const verb = others.length > 1 ? 'are' : 'is';
    return {
      config: { ...Object.fromEntries(shared), ...found },
      note: {
        code: 'not-counted',
        message: `the model type "${String(config['model_type']).slice(0, 60)}" is not known: its language model (${type}, in "${place.join('.')}") is counted; ${left} ${verb} not`,
      },
    };
  }
  return null;
}

const isPart = (name: string): boolean => !/^(quantization|generation)_config$/.test(name);
