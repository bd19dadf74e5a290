import { Config } from './config.js';

/** The names that configurations have for a model's number of positions. A decoder's own are before an encoder's. */
const NAMES = [
  'max_target_positions',
  'max_position_embeddings',
  'n_positions',
  'n_ctx',
  'max_seq_len',
  'max_sequence_length',
  'seq_length',
];

/** The most tokens of context that a configuration states; null if it states none. */
export function longestContext(type: string, given: Readonly<Record<string, unknown>>): number | null {
  const config = new Config(type, given);
  const text = config.get('text_config');
  const places = typeof text === 'object' && text !== null ? [config.sub('text_config', type), config] : [config];
  for (const place of places)
    for (const name of NAMES) {
      const stated = place.get(name);
      if (typeof stated === 'number' && Number.isSafeInteger(stated) && stated > 0) return stated;
    }
  return null;
}
