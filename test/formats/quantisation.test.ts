import { expect, test } from 'vitest';
import { readConfigFile } from '../../src/formats/transformers/read.js';
import { type AnyLedger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/index.js';

type Config = Readonly<Record<string, unknown>>;
const read = (config: Config, fold = false): AnyLedger =>
  readConfigFile(memorySource(new TextEncoder().encode(JSON.stringify(config)), { name: 'config.json' }), { fold });
const LLAMA = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 512,
  intermediate_size: 1024,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 1000,
  dtype: 'bfloat16',
} as const;
/** Matrices of a layer as out×in, and how many values there are in all layers. */
const MATRICES = [
  [512, 512],
  [256, 512],
  [256, 512],
  [512, 512],
  [1024, 512],
  [1024, 512],
  [512, 1024],
] as const;
const values = (f: (out: number, input: number) => number): number =>
  3 * MATRICES.reduce((n, [out, input]) => n + f(out, input), 0);
const rest = 2 * (2 * 1000 * 512 + 7 * 512);
const bits = (each: (out: number, input: number) => number): number =>
  values((out, input) => (out * input * each(out, input)) / 8) + rest;

/** Bits a weight as the libraries that write such checkpoints lay them out: values, scales, zero points, order of inputs. */
const CASES: readonly (readonly [string, Config, number])[] = [
  ['GPTQ', { quant_method: 'gptq', bits: 4, group_size: 128 }, bits((out) => 4 + 16 / 128 + 4 / 128 + 32 / out)],
  [
    'GPTQ of 8 bits, one group a row',
    { quant_method: 'gptq', bits: 8, group_size: -1 },
    bits((o, i) => 8 + 24 / i + 32 / o),
  ],
  ['AWQ', { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemm' }, bits(() => 4.15625)],
  ['NF4', { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' }, bits(() => 4.5)],
  ['8-bit rows', { quant_method: 'bitsandbytes', load_in_8bit: true }, bits((_, input) => 8 + 32 / input)],
  ['fp8 in tiles', { quant_method: 'fp8', weight_block_size: [128, 128] }, bits(() => 8 + 32 / (128 * 128))],
  ['fp8 by matrix', { quant_method: 'fp8' }, bits((out, input) => 8 + 32 / (out * input))],
  ['fp8 by row', { quant_method: 'fbgemm_fp8' }, bits((_, input) => 8 + 32 / input)],
  ['EETQ', { quant_method: 'eetq' }, bits((_, input) => 8 + 16 / input)],
  [
    'HQQ',
    { quant_method: 'hqq', quant_config: { weight_quant_params: { nbits: 4, group_size: 64 } } },
    bits(() => 4.5),
  ],
  [
    'compressed-tensors',
    {
      quant_method: 'compressed-tensors',
      format: 'pack-quantized',
      config_groups: {
        group_0: { targets: ['Linear'], weights: { num_bits: 4, group_size: 128, strategy: 'group', symmetric: true } },
      },
      ignore: ['lm_head'],
    },
    bits(() => 4.125),
  ],
  [
    'NVFP4',
    {
      quant_method: 'compressed-tensors',
      format: 'nvfp4-pack-quantized',
      config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, group_size: 16, type: 'float' } } },
      ignore: ['re:.*lm_head'],
    },
    bits((out, input) => 4.5 + 32 / (out * input)),
  ],
];

test.each(CASES)('%s', (_, quantization_config, bytes) => {
  const plain = read(LLAMA);
  for (const fold of [false, true]) {
    const ledger = read({ ...LLAMA, quantization_config }, fold);
    expect(totalsOf(ledger).weightBytes).toBe(bytes);
    expect([totalsOf(ledger).macs, totalsOf(ledger).params].map(String)).toEqual(
      [totalsOf(plain).macs, totalsOf(plain).params].map(String),
    );
    expect(ledger.notes.map((n) => n.code)).toContain('quantised-weights');
  }
});

test('tables, the head and whole layers are left as the configuration says', () => {
  const q = { quant_method: 'awq', bits: 4, group_size: 128 };
  const one = values((out, input) => out * input) / 3;
  const all = Number(totalsOf(read({ ...LLAMA, quantization_config: q })).weightBytes);
  const left = (name: string): number =>
    Number(
      totalsOf(read({ ...LLAMA, quantization_config: { ...q, modules_to_not_convert: [name] } }, true)).weightBytes,
    );
  expect(left('model.layers.1') - all).toBe((one * (16 - 4.15625)) / 8);
  expect(left('o_proj') - all).toBe((3 * 512 * 512 * (16 - 4.15625)) / 8);
  expect(left('re:.*mlp.*') - all).toBe((3 * 3 * 1024 * 512 * (16 - 4.15625)) / 8);
  // Not a pattern that a stranger’s file may have run here.
  expect(left('re:(a+)+$')).toBe(all);
});

test('MLX keeps tables and the head so too, and some modules in other numbers of bits', () => {
  const quantization = { group_size: 64, bits: 4, 'model.embed_tokens': { group_size: 64, bits: 8 }, lm_head: false };
  const bytes = values((out, input) => (out * input * 4.5) / 8) + 1000 * 512 * 2 + (1000 * 512 * 8.5) / 8 + 2 * 7 * 512;
  expect(totalsOf(read({ ...LLAMA, quantization })).weightBytes).toBe(bytes);
});

test('gpt-oss-120b takes what its checkpoint does: experts in MXFP4, all else in 16 bits', () => {
  const config = {
    model_type: 'gpt_oss',
    architectures: ['GptOssForCausalLM'],
    num_hidden_layers: 36,
    num_local_experts: 128,
    dtype: 'bfloat16',
    quantization_config: {
      quant_method: 'mxfp4',
      modules_to_not_convert: [
        'model.layers.*.self_attn',
        'model.layers.*.mlp.router',
        'model.embed_tokens',
        'lm_head',
      ],
    },
  };
  expect(totalsOf(read(config, true)).weightBytes).toBe(65_248_815_744);
});

test('a layout that is not known is said to be', () => {
  const ledger = read({ ...LLAMA, quantization_config: { quant_method: 'aqlm' } });
  expect(totalsOf(ledger).weightBytes).toBe(totalsOf(read(LLAMA)).weightBytes);
  expect(ledger.notes.find((n) => n.code === 'quantised-weights')?.message).toContain('aqlm');
});
