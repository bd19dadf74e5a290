import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource, profile, read } from '../../src/node.js';
import { isModelError } from '../../src/source/index.js';
import { gguf, SMALL } from './gguf-build.js';

const FOLDER = 'test/fixtures/gguf';
const manifest: Record<string, { params: number }> = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8'));
const PREFILL = { bind: { batch: 1, sequence: 128, past: 0 } } as const;
const open = (bytes: Uint8Array, name = 'model.gguf') => profile(memorySource(bytes, { name }), PREFILL);
const code = async (bytes: Uint8Array): Promise<string> => {
  try {
    await open(bytes);
    return 'read';
  } catch (error) {
    return isModelError(error) ? error.code : `threw ${String(error)}`;
  }
};

describe('published models', () => {
  const there = Object.entries(manifest).filter(([name]) => name !== 'Qwen3-8B.q6_k.gguf');
  it.each(there)('%s has the parameters of its tensors', async (name, { params }) => {
    const report = await profile(join(FOLDER, name), PREFILL);
    expect(report.params).toBe(BigInt(params));
    expect(report.notes.filter((n) => n.code === 'not-counted')).toEqual([]);
  });

  it('is the model of its config.json: MACs of Llama 3.2 1B by the reference', async () => {
    const report = await profile(join(FOLDER, 'Llama-3.2-1B.q5_k_m.gguf'), PREFILL);
    const config = await profile(
      memorySource(
        new TextEncoder().encode(
          JSON.stringify({
            model_type: 'llama',
            architectures: ['LlamaForCausalLM'],
            hidden_size: 2048,
            num_hidden_layers: 16,
            num_attention_heads: 32,
            num_key_value_heads: 8,
            intermediate_size: 8192,
            vocab_size: 128256,
            tie_word_embeddings: true,
            torch_dtype: 'bfloat16',
          }),
        ),
        { name: 'config.json' },
      ),
      PREFILL,
    );
    expect(report.macs).toBe(config.macs);
    expect(report.serving?.cacheBytes).toBe(config.serving?.cacheBytes);
    // 16 layers and a table of Q5_K, 5.5 bits each; norms of 32.
    expect(report.totals.weightBytes).toBe((1235746816n * 11n) / 16n + 67584n * 4n);
  });

  it('counts the experts that a token uses', async () => {
    const report = await profile(join(FOLDER, 'mixtral-8x7b-q8_0.gguf'), PREFILL);
    expect(report.serving?.activeParams).toBe(12879925248n);
  });
});

describe('the header', () => {
  it('gives the same model in either byte order and in every version', async () => {
    const plain = await open(gguf(SMALL.meta, SMALL.tensors));
    expect(plain.macs).toBeTypeOf('bigint');
    for (const o of [{ little: false }, { version: 2 }, { version: 1 }]) {
      const other = await open(gguf(SMALL.meta, SMALL.tensors, o));
      expect([other.macs, other.params, other.totals.weightBytes]).toEqual([
        plain.macs,
        plain.params,
        plain.totals.weightBytes,
      ]);
    }
  });

  it('takes the bytes of each tensor from its type', async () => {
    const { totals } = await open(gguf(SMALL.meta, SMALL.tensors));
    const bytes = (n: number, type: number | undefined): number =>
      type === 8 ? (n / 32) * 34 : type === 1 ? n * 2 : n * 4;
    const sum = SMALL.tensors.reduce(
      (n, t) =>
        n +
        bytes(
          t.dims.reduce((a, b) => a * b, 1),
          t.type,
        ),
      0,
    );
    expect(totals.weightBytes).toBe(BigInt(sum));
  });

  it('passes over long lists and keeps what comes behind them', async () => {
    const tokens = Array.from({ length: 5000 }, (_, i) => `t${i}`);
    const meta = {
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': tokens.map((_, i) => i),
      ...SMALL.meta,
    };
    expect((await open(gguf(meta, SMALL.tensors))).model.producer).toBe('llama.cpp llama');
  });

  it.each([
    ['more tensors than there can be', gguf(SMALL.meta, [], { counts: [2n ** 60n, 0n] }), 'limit'],
    ['more keys than there can be', gguf({}, [], { counts: [0n, 2n ** 40n] }), 'limit'],
    ['more tensors than it has', gguf(SMALL.meta, SMALL.tensors, { counts: [1000n, 8n] }), 'truncated'],
    [
      'a text longer than the file',
      gguf({ x: { raw: Uint8Array.of(8, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0) } }, []),
      'truncated',
    ],
    ['a text of exabytes', gguf({ x: { raw: Uint8Array.of(8, 0, 0, 0, ...Array(7).fill(255), 15) } }, []), 'limit'],
    [
      'lists in lists without end',
      gguf(
        { x: { raw: Uint8Array.from([9, 0, 0, 0, ...Array(99).fill([9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).flat()]) } },
        [],
      ),
      'limit',
    ],
    ['a value of no type', gguf({ x: { raw: Uint8Array.of(99, 0, 0, 0) } }, []), 'malformed'],
    ['a type that was taken back', gguf({}, [{ name: 'a', dims: [32], type: 4 }]), 'unsupported'],
    ['a type that nobody knows', gguf({}, [{ name: 'a', dims: [32], type: 4242 }]), 'unsupported'],
    ['a row that is not a whole number of blocks', gguf({}, [{ name: 'a', dims: [33, 2], type: 8 }]), 'malformed'],
    [
      'two tensors of a name',
      gguf({}, [
        { name: 'a', dims: [4] },
        { name: 'a', dims: [4] },
      ]),
      'malformed',
    ],
    [
      'tensors within each other',
      gguf({}, [
        { name: 'a', dims: [64] },
        { name: 'b', dims: [4], offset: 32 },
      ]),
      'malformed',
    ],
    ['extents beyond all memory', gguf({}, [{ name: 'a', dims: [2 ** 40, 2 ** 40] }]), 'limit'],
    ['a version of the future', gguf({}, [], { version: 9 }), 'unsupported'],
    ['no tensors', gguf(SMALL.meta, []), 'malformed'],
  ])('refuses %s', async (_, bytes, want) => {
    expect(await code(bytes)).toBe(want);
  });
});

describe('what is not as the architecture has it', () => {
  it('is named: a tensor too much, and one that is missing', async () => {
    const more = await open(gguf(SMALL.meta, [...SMALL.tensors, { name: 'blk.0.extra.weight', dims: [7, 7] }]));
    expect(more.notes.find((n) => n.code === 'not-counted')?.message).toContain('blk.0.extra.weight 7×7');
    const fewer = await open(
      gguf(
        SMALL.meta,
        SMALL.tensors.filter((t) => t.name !== 'blk.1.ffn_norm.weight'),
      ),
    );
    expect(fewer.notes.find((n) => n.code === 'missing-parameters')?.message).toContain('post_attention_layernorm');
    expect(fewer.params).toBe(((await open(gguf(SMALL.meta, SMALL.tensors))).params as bigint) - 64n);
  });

  it('takes fused and split projections for the same weights', async () => {
    const fused = SMALL.tensors.flatMap((t) => {
      const at = /^(blk\.\d)\.attn_([qkv])\.weight$/.exec(t.name);
      if (at === null) return [t];
      return at[2] === 'q' ? [{ name: `${at[1]}.attn_qkv.weight`, dims: [64, 128], type: 8 }] : [];
    });
    const report = await open(gguf(SMALL.meta, fused));
    expect(report.notes.map((n) => n.code)).not.toContain('missing-parameters');
    expect(report.params).toBe((await open(gguf(SMALL.meta, SMALL.tensors))).params);
  });

  it('reads an unknown architecture by its tensors: each matrix once a token', async () => {
    const meta = { ...SMALL.meta, 'general.architecture': 'brand-new' };
    const report = await profile(memorySource(gguf(meta, SMALL.tensors), { name: 'm.gguf' }), {
      bind: { batch: 1, sequence: 10 },
    });
    const matrices = SMALL.tensors.filter((t) => t.dims.length === 2 && t.name !== 'token_embd.weight');
    expect(report.macs).toBe(10n * BigInt(matrices.reduce((n, t) => n + (t.dims[0] ?? 0) * (t.dims[1] ?? 0), 0)));
    expect(report.notes.map((n) => n.code)).toEqual(expect.arrayContaining(['assumed', 'not-counted']));
  });

  it('does so too where metadata and tensors are of two models', async () => {
    const report = await profile(
      memorySource(gguf({ ...SMALL.meta, 'llama.feed_forward_length': 256 }, SMALL.tensors), { name: 'm.gguf' }),
      { bind: { batch: 1, sequence: 1 } },
    );
    expect(report.notes.find((n) => n.code === 'assumed')?.message).toContain('is not among its tensors');
  });
});

describe('several files', () => {
  it('are one model, whichever of them is named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'opcount-gguf-'));
    try {
      const half = 10;
      const name = (i: number): string => join(folder, `m-0000${i}-of-00002.gguf`);
      writeFileSync(name(1), gguf({ ...SMALL.meta, 'split.no': 0, 'split.count': 2 }, SMALL.tensors.slice(0, half)));
      writeFileSync(name(2), gguf({ 'split.no': 1, 'split.count': 2 }, SMALL.tensors.slice(half)));
      const whole = await open(gguf(SMALL.meta, SMALL.tensors));
      for (const path of [name(1), name(2), folder]) {
        const report = await profile(path, PREFILL);
        expect([report.macs, report.params]).toEqual([whole.macs, whole.params]);
      }
      rmSync(name(2));
      await expect(read(name(1))).rejects.toThrow('m-00002-of-00002.gguf is not beside');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
