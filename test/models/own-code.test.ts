import { describe, expect, test } from 'vitest';
import { modelsAmong } from '../../src/api/folder.js';
import { readConfigFile } from '../../src/formats/transformers/read.js';
import { totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/index.js';

const read = (config: Readonly<Record<string, unknown>>) =>
  readConfigFile(memorySource(new TextEncoder().encode(JSON.stringify(config)), { name: 'config.json' }), {
    fold: true,
  });

/** Types whose code comes with the checkpoint: their published number of parameters, and the fields as their files have them. */
const PUBLISHED: Readonly<Record<string, readonly [params: number, config: Readonly<Record<string, unknown>>]>> = {
  'InternLM2-7B': [
    7_737_708_544,
    {
      model_type: 'internlm2',
      architectures: ['InternLM2ForCausalLM'],
      bias: false,
      hidden_size: 4096,
      intermediate_size: 14336,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      vocab_size: 92544,
    },
  ],
  'Baichuan2-7B': [7_505_973_248, { model_type: 'baichuan', architectures: ['BaichuanForCausalLM'] }],
  'ChatGLM3-6B': [
    6_243_584_000,
    {
      model_type: 'chatglm',
      architectures: ['ChatGLMModel'],
      add_bias_linear: false,
      add_qkv_bias: true,
      ffn_hidden_size: 13696,
      hidden_size: 4096,
      kv_channels: 128,
      multi_query_attention: true,
      multi_query_group_num: 2,
      num_attention_heads: 32,
      num_layers: 28,
      padded_vocab_size: 65024,
    },
  ],
  'Qwen-7B': [7_721_324_544, { model_type: 'qwen', architectures: ['QWenLMHeadModel'] }],
  'MiniCPM-2B': [
    2_724_880_896,
    {
      model_type: 'minicpm',
      architectures: ['MiniCPMForCausalLM'],
      hidden_size: 2304,
      intermediate_size: 5760,
      num_attention_heads: 36,
      num_hidden_layers: 40,
      vocab_size: 122753,
    },
  ],
  'DeepSeek-MoE-16B': [
    16_375_728_128,
    {
      model_type: 'deepseek',
      architectures: ['DeepseekForCausalLM'],
      first_k_dense_replace: 1,
      hidden_size: 2048,
      intermediate_size: 10944,
      moe_intermediate_size: 1408,
      n_routed_experts: 64,
      n_shared_experts: 2,
      num_attention_heads: 16,
      num_experts_per_tok: 6,
      num_hidden_layers: 28,
    },
  ],
  'EXAONE-3.5-7.8B': [
    7_818_448_896,
    {
      model_type: 'exaone',
      architectures: ['ExaoneForCausalLM'],
      hidden_size: 4096,
      intermediate_size: 14336,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      num_layers: 32,
      tie_word_embeddings: false,
    },
  ],
  'Ling-lite': [
    16_801_974_272,
    {
      model_type: 'bailing_moe',
      architectures: ['BailingMoeForCausalLM'],
      hidden_size: 2048,
      intermediate_size: 5632,
      moe_intermediate_size: 1408,
      num_attention_heads: 16,
      num_experts: 64,
      num_experts_per_tok: 6,
      num_hidden_layers: 28,
      num_key_value_heads: 4,
      num_shared_experts: 2,
      vocab_size: 126464,
    },
  ],
  'Falcon-40B, as its first files had it': [
    41_303_293_952,
    { model_type: 'RefinedWeb', n_head: 128, n_head_kv: 8, n_layer: 60, hidden_size: 8192, vocab_size: 65024 },
  ],
  'Granite 4 H tiny': [
    6_939_037_248,
    {
      model_type: 'granitemoehybrid',
      hidden_size: 1536,
      intermediate_size: 512,
      layer_types: Array.from({ length: 40 }, (_, i) => (i % 10 === 5 ? 'attention' : 'mamba')),
      mamba_d_head: 64,
      mamba_d_state: 128,
      mamba_n_heads: 48,
      num_attention_heads: 12,
      num_experts_per_tok: 6,
      num_hidden_layers: 40,
      num_key_value_heads: 4,
      num_local_experts: 64,
      shared_intermediate_size: 1024,
      tie_word_embeddings: true,
      vocab_size: 100352,
    },
  ],
};

describe('types whose code comes with their checkpoints', () => {
  test.each(Object.entries(PUBLISHED))('%s', (_, [params, config]) => {
    expect(totalsOf(read(config)).params).toBe(params);
  });
  test('the first ChatGLM is another model', () => {
    expect(() => read({ model_type: 'chatglm', position_encoding_2d: true, hidden_size: 4096 })).toThrow(
      /first ChatGLM/,
    );
  });
});

describe('a model of several parts whose own type is not known', () => {
  const inner = {
    model_type: 'qwen2',
    num_hidden_layers: 2,
    hidden_size: 64,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 100,
  };
  test('its language model is counted, and what is not is named', () => {
    const whole = {
      model_type: 'new_vl',
      dtype: 'bfloat16',
      text_config: inner,
      vision_config: { model_type: 'new_vit' },
    };
    const ledger = read(whole);
    expect(totalsOf(ledger).params).toBe(totalsOf(read(inner)).params);
    expect(ledger.weights[0]?.dtype).toBe('bfloat16');
    expect(ledger.notes.find((n) => n.code === 'not-counted')?.message).toMatch(
      /"new_vl" is not known: its language model \(qwen2, in "text_config"\) is counted; vision_config is not/,
    );
  });
  test('without one that is known it is refused', () => {
    expect(() => read({ model_type: 'new_vl', text_config: { model_type: 'new_lm' } })).toThrow(
      /"new_vl" is not known/,
    );
  });
});

test('a head of an odd number of rotated dimensions is refused', () => {
  expect(() => read({ model_type: 'llama', hidden_size: 60, num_attention_heads: 4 })).toThrow(
    /"head_dim" is 15: an even number/,
  );
});

describe('files that describe what is added to a model', () => {
  test.each([
    ['an adapter', { peft_type: 'LORA', r: 8, base_model_name_or_path: 'meta-llama/Llama-2-7b-hf' }],
    ['heads that guess', { medusa_num_heads: 5, base_model_name_or_path: 'lmsys/vicuna-7b-v1.3' }],
  ])('%s', (what, config) => {
    const error = (): unknown => {
      try {
        return read(config);
      } catch (caught) {
        return caught;
      }
    };
    expect(error()).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`describes ${what}`),
      hint: expect.stringContaining(`hf:${config.base_model_name_or_path}`),
    });
  });
});

test('the language model of Phi 4 multimodal is counted, and what is not is named', () => {
  const ledger = read({ model_type: 'phi4mm', architectures: ['Phi4MMForCausalLM'] });
  expect(totalsOf(ledger).params).toBe(3_836_021_760);
  expect(ledger.notes.map((n) => n.code)).toContain('not-counted');
});
test('DeepSeek without latents has attention of Llama', () => {
  const fields = { model_type: 'deepseek_v2', hidden_size: 1280, num_attention_heads: 10, num_hidden_layers: 12 };
  const ledger = read({ ...fields, use_mla: false, kv_lora_rank: null, q_lora_rank: null, num_experts_per_tok: 6 });
  expect(ledger.weights.find((w) => w.name.endsWith('layers.0.self_attn.k_proj.weight'))?.shape).toEqual([1280, 1280]);
});

test('in a folder, what an adapter adds is the model, and a whole model before it', () => {
  const file = (path: string, text: string) => ({ path, head: new TextEncoder().encode(text) });
  const header = '{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}';
  const weights = file('adapter_model.safetensors', `${String.fromCharCode(header.length)}\0\0\0\0\0\0\0${header}`);
  const adapter = file('adapter_config.json', '{"peft_type":"LORA","r":8}');
  expect(modelsAmong([adapter, weights])).toEqual([weights.path]);
  expect(modelsAmong([adapter])).toEqual([adapter.path]);
  expect(modelsAmong([adapter, file('config.json', '{"model_type":"llama"}')])).toEqual(['config.json']);
});
