import { type Config, MAX_DECODER_LAYERS } from '../config.js';
import { windows } from './llama.js';

export const kindsOf = (c: Config, otherwise: (i: number) => string): string[] =>
  c.kinds('layer_types', c.layers('num_hidden_layers', undefined, MAX_DECODER_LAYERS), otherwise);
export const windowsOf = (c: Config, otherwise: (i: number) => string): (number | null)[] =>
  windows(c, kindsOf(c, otherwise));

export const full = (): string => 'full_attention';
/** Dense layers first, experts after them; `mlp_layer_types` says otherwise where it is given. */
export const sparse = (c: Config, dense: number): ((i: number) => boolean) => {
  const kinds = c.kinds('mlp_layer_types', c.layers('num_hidden_layers', undefined, MAX_DECODER_LAYERS), (i) =>
    i < dense ? 'dense' : 'sparse',
  );
  return (i) => kinds[i] === 'sparse';
};
