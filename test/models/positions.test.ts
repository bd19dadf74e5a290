import { expect, test } from 'vitest';
import { traceConfig } from '../../src/models/language/trace.js';
import { bindLedger, positionsIn, shownSizes } from '../../src/transforms/index.js';

/** Every size by every name under which a configuration may state it: small, and with places for 16 positions. */
const SMALL = {
  ...{ hidden_size: 32, d_model: 32, n_embd: 32, dim: 32, embedding_size: 32, word_embed_proj_dim: 32 },
  ...{ num_hidden_layers: 1, n_layer: 1, n_layers: 1, num_layers: 1, encoder_layers: 1, decoder_layers: 1 },
  ...{ num_encoder_layers: 1, num_decoder_layers: 1, attention_types: [[['global'], 1]], attention_window: 4 },
  ...{ num_attention_heads: 2, n_head: 2, n_heads: 2, num_heads: 2, num_key_value_heads: 2 },
  ...{ encoder_attention_heads: 2, decoder_attention_heads: 2 },
  ...{ num_encoder_attention_heads: 2, num_decoder_attention_heads: 2 },
  ...{ intermediate_size: 64, ffn_dim: 64, encoder_ffn_dim: 64, decoder_ffn_dim: 64, hidden_dim: 64, dff: 64 },
  ...{ vocab_size: 90, rotary_dim: 8 },
};
const PLACES = { max_position_embeddings: 16, n_positions: 16, max_target_positions: 16, max_seq_len: 16 };

function traced(type: string, architecture: string, sizes: Record<string, number> = {}) {
  const config = { ...SMALL, ...PLACES, model_type: type, architectures: [architecture] };
  return traceConfig(config, { bind: new Map(Object.entries(sizes)) });
}

// What transformers 5 took on a CPU at most, of models with places for 16 positions and an input of 4 to 23 tokens; null: 23.
const TAKEN: readonly (readonly [type: string, architecture: string, tokens: number | null])[] = [
  ['gpt2', 'GPT2LMHeadModel', 16],
  ['gpt_bigcode', 'GPTBigCodeForCausalLM', 16],
  ['gpt_neo', 'GPTNeoForCausalLM', 16],
  ['openai-gpt', 'OpenAIGPTLMHeadModel', 16],
  ['ctrl', 'CTRLLMHeadModel', 16],
  ['gptj', 'GPTJForCausalLM', 16],
  ['mpt', 'MptForCausalLM', 16],
  ['opt', 'OPTForCausalLM', 16],
  ['biogpt', 'BioGptForCausalLM', 16],
  ['bart', 'BartForCausalLM', 16],
  ['mbart', 'MBartForCausalLM', 16],
  ['mvp', 'MvpForCausalLM', 16],
  ['plbart', 'PLBartForCausalLM', 16],
  ['blenderbot', 'BlenderbotForCausalLM', 16],
  ['blenderbot-small', 'BlenderbotSmallForCausalLM', 16],
  ['pegasus', 'PegasusForCausalLM', 16],
  ['marian', 'MarianForCausalLM', 16],
  ['bigbird_pegasus', 'BigBirdPegasusForCausalLM', 16],
  ['whisper', 'WhisperForCausalLM', 16],
  ['bert', 'BertLMHeadModel', 16],
  ['ernie', 'ErnieForCausalLM', 16],
  ['electra', 'ElectraForCausalLM', 16],
  ['rembert', 'RemBertForCausalLM', 16],
  ['roformer', 'RoFormerForCausalLM', 16],
  ['megatron-bert', 'MegatronBertForCausalLM', 16],
  ['roberta', 'RobertaForCausalLM', 14],
  ['camembert', 'CamembertForCausalLM', 14],
  ['data2vec-text', 'Data2VecTextForCausalLM', 14],
  ['roberta-prelayernorm', 'RobertaPreLayerNormForCausalLM', 14],
  ['xlm-roberta-xl', 'XLMRobertaXLForCausalLM', 14],
  ['albert', 'AlbertModel', 16],
  ['distilbert', 'DistilBertModel', 16],
  ['deberta-v2', 'DebertaV2Model', 16],
  ['fnet', 'FNetModel', 16],
  ['layoutlm', 'LayoutLMModel', 16],
  ['mobilebert', 'MobileBertModel', 16],
  ['mpnet', 'MPNetModel', 14],
  ['ibert', 'IBertModel', 14],
  ['longformer', 'LongformerModel', 14],
  ['bloom', 'BloomForCausalLM', null],
  ['xglm', 'XGLMForCausalLM', null],
  ['fsmt', 'FSMTModel', null],
  ['m2m_100', 'M2M100Model', null],
  ['pegasus_x', 'PegasusXModel', null],
  ['persimmon', 'PersimmonForCausalLM', null],
  ['phi', 'PhiForCausalLM', null],
];

test.each(TAKEN)('%s: positions for as many tokens as the reference takes', (type, architecture, tokens) => {
  expect(positionsIn(traced(type, architecture))).toBe(tokens);
});

const beyond = (ledger: { notes: readonly { code: string; message: string }[] }) =>
  ledger.notes.flatMap(({ code, message }) => (code === 'beyond-positions' ? [message] : []));

test('tokens before the pass take positions as well', () => {
  expect(beyond(traced('gpt2', 'GPT2LMHeadModel', { batch: 1, sequence: 6, past: 10 }))).toEqual([]);
  expect(beyond(traced('gpt2', 'GPT2LMHeadModel', { batch: 1, sequence: 6, past: 11 }))).toEqual([
    'the model has positions for 16 tokens, not for 17: beyond the last the reference stops with an error',
  ]);
});

test('numbers put in afterwards are told the same, once', () => {
  const free = traced('opt', 'OPTForCausalLM');
  const [sequence, past] = [new Map([['sequence', 17]]), new Map([['past', 0]])];
  expect(beyond(bindLedger(free, new Map([...past, ['sequence', 16]])))).toEqual([]);
  expect(beyond(bindLedger(bindLedger(free, sequence), past))).toHaveLength(1);
});

test('sizes that are shown for free dimensions are within the positions', () => {
  const sizes = shownSizes(traced('bert', 'BertModel'));
  expect(sizes?.get('sequence')?.size).toBeLessThanOrEqual(16);
  // Where nothing can be within them any more, the rest is still shown at some size.
  expect(shownSizes(traced('gpt2', 'GPT2LMHeadModel', { sequence: 20 }))?.get('batch')?.size).toBe(1);
});
