import { describe, expect, it } from 'vitest';
import { memorySource, profile, reconcile, whoPrints } from '../../src/index.js';

const GPT2 = memorySource(new TextEncoder().encode('{"model_type":"gpt2","architectures":["GPT2LMHeadModel"]}'), {
  name: 'config.json',
});
const ask = { bind: { batch: 1, sequence: 1024, past: 0 } } as const;
const IDS = ['6n', 'palm', 'nanogpt', 'megatron'];

it('GPT-2 at 1024 tokens by each formula', async () => {
  const { conventions } = await profile(GPT2, { ...ask, conventions: IDS });
  const flops = (id: string) => conventions[id]?.counts['flops'];
  const all = 124_439_808n;
  const [words, positions] = [50257n * 768n, 1024n * 768n];
  const attention = 12n * 12n * 12n * 64n * 1024n;
  expect(flops('6n')).toBe(6n * (all - words - positions) * 1024n);
  expect(flops('palm')).toBe((6n * all + attention) * 1024n);
  // nanoGPT's notebook: 875,062,886,400 for the model without its 102,144 biases.
  expect(flops('nanogpt')).toBe(875_062_886_400n + 6n * 102_144n * 1024n);
  const matrices = 12n * 12n * 768n * 768n + words;
  expect(flops('megatron')).toBe((6n * matrices + attention / 2n) * 1024n);
});

it('is reconciled with exact MACs, to the unit', async () => {
  const { tools, exact } = await reconcile(GPT2, ask);
  for (const id of IDS) {
    const [count] = tools.find((c) => c.id === id)?.counts ?? [];
    if (count === undefined) throw new Error(`${id} has no count`);
    const sum = count.terms.reduce((n, d) => n + (d.amount as bigint), 0n);
    expect(sum).toBe((count.value as bigint) - (exact.macs as bigint));
    expect(count.terms.map((d) => d.term)).toContain('backward');
  }
});

it('has no number for other models, and says why', async () => {
  const { conventions } = await profile('resnet18', { conventions: ['6n'] });
  expect(conventions['6n']?.counts).toEqual({});
  expect(conventions['6n']?.notes[0]?.message).toContain('language models');
});

describe('published figures', () => {
  const asked = async (model: string, sequence: number, number: string) =>
    whoPrints(await reconcile(model, { bind: { batch: 1, sequence, past: 0 } }), number);

  // FLOPs a token of a training step, arXiv 2505.09343, table 2.
  it.each([
    ['deepseek-v3', 4096, '250G'],
    ['deepseek-v2', 4096, '155G'],
    ['llama-3.1-405b', 2048, '2448G'],
  ])('%s at %i tokens: %s a token', async (model, sequence, number) => {
    expect((await asked(model, sequence, number)).perToken.map(({ id }) => id)).toContain('megatron');
  });

  it('Llama-3.1-405B, 3.8e25: six times its parameters and 15.6 T tokens', async () => {
    const { trainedOn, nearest } = await asked('llama-3.1-405b', 8192, '3.8e25');
    const tokens = Number(trainedOn.find(({ title }) => title.startsWith('6 × all'))?.tokens);
    expect((tokens / 1e12).toFixed(1)).toBe('15.6');
    expect(trainedOn.length).toBe(5);
    expect(nearest).toEqual([]);
  });

  it('a number of one pass is not training, and other models have none', async () => {
    expect((await asked('llama-3.1-8b', 128, '2T')).trainedOn).toEqual([]);
    expect(whoPrints(await reconcile('resnet18'), '3.8e25').trainedOn).toEqual([]);
  });
});
