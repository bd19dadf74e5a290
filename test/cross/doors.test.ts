import { describe, expect, it } from 'vitest';
import { memorySource, profile } from '../../src/node.js';
import { gguf, type Meta, type Tensor } from '../formats/gguf-build.js';

/** The same three models from their description, from a GGUF of the same sizes, from graphs that PyTorch exported, and from PyTorch source. */
const BATCH = 2;
const SEQUENCE = 32;
const described = (config: object) =>
  profile(memorySource(new TextEncoder().encode(JSON.stringify(config)), { name: 'config.json' }), {
    bind: { batch: BATCH, sequence: SEQUENCE, past: 0 },
  });
const packed = (meta: Meta, tensors: readonly Tensor[]) =>
  profile(memorySource(gguf(meta, tensors), { name: 'model.gguf' }), {
    bind: { batch: BATCH, sequence: SEQUENCE, past: 0 },
  });
/** A graph with its own names for batch and sequence. */
const exported = async (file: string) => {
  const free = await profile(file);
  const shape = free.inputs[0]?.shape?.map(String) ?? [];
  const names = shape.filter((d) => /^[a-z]/i.test(d));
  const values = [BATCH, SEQUENCE];
  return profile(file, { bind: Object.fromEntries(names.map((n, i) => [n, values[i] as number])) });
};
/** The same as a program writes it, class by class. */
const written = (model: string) =>
  profile(`test/fixtures/python/transformers_style.py:${model}`, {
    inputs: [{ shape: [BATCH, SEQUENCE], dtype: 'int64' }],
  });
const both = ({ macs, params }: Awaited<ReturnType<typeof described>>) => ({ macs, params });
const pair = (name: string, weight: readonly number[], bias: number): Tensor[] => [
  { name: `${name}.weight`, dims: weight },
  { name: `${name}.bias`, dims: [bias] },
];
const norm = (name: string, n: number): Tensor[] => pair(name, [n], n);
const repeat = (layers: number, of: (i: number) => readonly Tensor[]): Tensor[] =>
  Array.from({ length: layers }, (_, i) => of(i)).flat();

describe('GPT-2', () => {
  const config = { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] };

  it('has the same products by config.json, GGUF, .pt2 and PyTorch source', async () => {
    const own = both(await described(config));
    expect(own.params).toBe(124_439_808n);
    const file = await packed(
      {
        'general.architecture': 'gpt2',
        'gpt2.block_count': 12,
        'gpt2.embedding_length': 768,
        'gpt2.feed_forward_length': 3072,
        'gpt2.attention.head_count': 12,
        'gpt2.context_length': 1024,
      },
      [
        { name: 'token_embd.weight', dims: [768, 50257] },
        { name: 'position_embd.weight', dims: [768, 1024] },
        ...repeat(12, (i) => [
          ...norm(`blk.${i}.attn_norm`, 768),
          ...pair(`blk.${i}.attn_qkv`, [768, 2304], 2304),
          ...pair(`blk.${i}.attn_output`, [768, 768], 768),
          ...norm(`blk.${i}.ffn_norm`, 768),
          ...pair(`blk.${i}.ffn_up`, [768, 3072], 3072),
          ...pair(`blk.${i}.ffn_down`, [3072, 768], 768),
        ]),
        ...norm('output_norm', 768),
      ],
    );
    expect(both(file)).toEqual(own);
    expect(both(await exported('test/fixtures/pt2/gpt2.dyn.pt2'))).toEqual(own);
    expect(both(await written('GPT2'))).toEqual(own);
  });

  it('and by ONNX, where the exporter stored the tied head a second time', async () => {
    const own = await profile(memorySource(new TextEncoder().encode(JSON.stringify(config)), { name: 'config.json' }), {
      bind: { batch: 1, sequence: 32, past: 0 },
    });
    const graph = await profile('test/fixtures/onnx/gpt2.legacy17.onnx');
    expect(graph.macs).toBe(own.macs);
    expect((graph.params as bigint) - (own.params as bigint)).toBe(768n * 50257n);
  });
});

describe('a small Llama', () => {
  it('has the same products everywhere but for the table of rotary angles, which a graph computes', async () => {
    const own = both(
      await described({
        model_type: 'llama',
        architectures: ['LlamaForCausalLM'],
        hidden_size: 256,
        num_hidden_layers: 4,
        num_attention_heads: 8,
        num_key_value_heads: 4,
        intermediate_size: 688,
        vocab_size: 32000,
      }),
    );
    const file = await packed(
      {
        'general.architecture': 'llama',
        'llama.block_count': 4,
        'llama.embedding_length': 256,
        'llama.feed_forward_length': 688,
        'llama.attention.head_count': 8,
        'llama.attention.head_count_kv': 4,
      },
      [
        { name: 'token_embd.weight', dims: [256, 32000] },
        ...repeat(4, (i) => [
          { name: `blk.${i}.attn_norm.weight`, dims: [256] },
          { name: `blk.${i}.attn_q.weight`, dims: [256, 256] },
          { name: `blk.${i}.attn_k.weight`, dims: [256, 128] },
          { name: `blk.${i}.attn_v.weight`, dims: [256, 128] },
          { name: `blk.${i}.attn_output.weight`, dims: [256, 256] },
          { name: `blk.${i}.ffn_norm.weight`, dims: [256] },
          { name: `blk.${i}.ffn_gate.weight`, dims: [256, 688] },
          { name: `blk.${i}.ffn_up.weight`, dims: [256, 688] },
          { name: `blk.${i}.ffn_down.weight`, dims: [688, 256] },
        ]),
        { name: 'output_norm.weight', dims: [256] },
        { name: 'output.weight', dims: [256, 32000] },
      ],
    );
    expect(both(file)).toEqual(own);
    const graph = both(await exported('test/fixtures/pt2/tiny_llama.dyn.pt2'));
    expect(graph.params).toBe(own.params);
    // An angle for each of 16 frequencies at each position, once for all layers.
    expect((graph.macs as bigint) - (own.macs as bigint)).toBe(16n * BigInt(SEQUENCE));
    // Written as a product of each angle and position, the table is none of matrices.
    expect(both(await written('Llama'))).toEqual(own);
  });
});

describe('BERT', () => {
  it('is the same by config.json, .pt2 and PyTorch source; its GGUF has no pooler', async () => {
    const own = both(await described({ model_type: 'bert', architectures: ['BertModel'] }));
    expect(both(await exported('test/fixtures/pt2/bert_base.dyn.pt2'))).toEqual(own);
    expect(both(await written('Bert'))).toEqual(own);
    const file = await packed(
      {
        'general.architecture': 'bert',
        'bert.block_count': 12,
        'bert.embedding_length': 768,
        'bert.feed_forward_length': 3072,
        'bert.attention.head_count': 12,
        'bert.context_length': 512,
      },
      [
        { name: 'token_embd.weight', dims: [768, 30522] },
        { name: 'position_embd.weight', dims: [768, 512] },
        { name: 'token_types.weight', dims: [768, 2] },
        ...norm('token_embd_norm', 768),
        ...repeat(12, (i) => [
          ...['q', 'k', 'v', 'output'].flatMap((p) => pair(`blk.${i}.attn_${p}`, [768, 768], 768)),
          ...norm(`blk.${i}.attn_output_norm`, 768),
          ...pair(`blk.${i}.ffn_up`, [768, 3072], 3072),
          ...pair(`blk.${i}.ffn_down`, [3072, 768], 768),
          ...norm(`blk.${i}.layer_output_norm`, 768),
        ]),
      ],
    );
    expect((own.params as bigint) - (file.params as bigint)).toBe(768n * 768n + 768n);
    expect((own.macs as bigint) - (file.macs as bigint)).toBe(BigInt(BATCH) * 768n * 768n);
    expect(file.notes.filter((n) => n.code === 'not-counted' || n.code === 'missing-parameters')).toEqual([]);
  });
});
