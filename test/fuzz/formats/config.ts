import { FAMILIES } from '../../../src/models/language/families/index.js';
import { mutateJson } from '../json.js';
import type { FuzzFormat } from '../seeds.js';
import { encode, onBytes, TEXT } from '../text.js';

const small = {
  hidden_size: 64,
  intermediate_size: 128,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  vocab_size: 1000,
  max_position_embeddings: 128,
};

/** Small models of each kind that a transformers config.json describes. */
const CONFIGS: readonly Readonly<Record<string, unknown>>[] = [
  { ...small, model_type: 'llama', num_key_value_heads: 2, rms_norm_eps: 1e-6, tie_word_embeddings: false },
  { ...small, model_type: 'gemma2', num_key_value_heads: 2, head_dim: 16, sliding_window: 32 },
  { ...small, model_type: 'qwen2', num_key_value_heads: 2, tie_word_embeddings: true },
  { ...small, model_type: 'mixtral', num_key_value_heads: 2, num_local_experts: 4, num_experts_per_tok: 2 },
  { ...small, model_type: 'bert', type_vocab_size: 2 },
  { model_type: 'gpt2', n_embd: 64, n_head: 4, n_layer: 2, n_positions: 128, vocab_size: 1000 },
  { model_type: 't5', d_model: 64, d_ff: 128, d_kv: 16, num_heads: 4, num_layers: 2, vocab_size: 1000 },
];

/** Every type that is known, as small as the names that most of them share make it. */
function every(): Readonly<Record<string, unknown>>[] {
  return Object.keys(FAMILIES).map((model_type) => ({ ...small, model_type }));
}

const config: FuzzFormat = {
  id: 'config',
  seeds: () =>
    [...CONFIGS, ...every()].map((made) => ({ name: 'config.json', bytes: encode(JSON.stringify(made, null, 2)) })),
  mutations: [onBytes(mutateJson), onBytes(mutateJson), ...TEXT.map(onBytes)],
};

export default config;
