import { ModelError } from '../../source/errors.js';

/** Refuses a file that describes what is added to another model: an adapter, or heads that guess more words. */
export function refuseAdditions(config: Readonly<Record<string, unknown>>, name: string): void {
  if (config['model_type'] !== undefined) return;
  const what =
    typeof config['peft_type'] === 'string'
      ? `an adapter (${config['peft_type'].slice(0, 40)})`
      : config['medusa_num_heads'] !== undefined
        ? 'heads that guess more words (Medusa)'
        : null;
  if (what === null) return;
  const base = config['base_model_name_or_path'];
  const of = typeof base === 'string' && base !== '' ? ` of ${base.slice(0, 100)}` : ', and does not name its model';
  throw new ModelError('unsupported', `${name} describes ${what}${of}: it is not a model by itself`, {
    format: 'transformers',
    hint: `give the model itself${typeof base === 'string' && /^[\w.-]+\/[\w.-]+$/.test(base) ? ` (hf:${base})` : ''}; the parameters that are added are those of its .safetensors`,
  });
}
