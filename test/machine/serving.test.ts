import { describe, expect, it } from 'vitest';
import { memorySource, profile, report as render } from '../../src/index.js';
import { isModelError } from '../../src/source/index.js';

type Options = NonNullable<Parameters<typeof profile>[1]>;
const LLAMA_405 = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 16384,
  num_hidden_layers: 126,
  num_attention_heads: 128,
  num_key_value_heads: 8,
  intermediate_size: 53248,
  vocab_size: 128256,
  torch_dtype: 'bfloat16',
};
const LLAMA_8 = {
  ...LLAMA_405,
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  intermediate_size: 14336,
};
const MIXTRAL = { model_type: 'mixtral', architectures: ['MixtralForCausalLM'], torch_dtype: 'bfloat16' };
const DEEPSEEK = { model_type: 'deepseek_v3', architectures: ['DeepseekV3ForCausalLM'], torch_dtype: 'bfloat16' };

const open = (config: object, options: Options) =>
  profile(memorySource(new TextEncoder().encode(JSON.stringify(config)), { name: 'config.json' }), options);
const served = async (config: object, options: Options) => {
  const { serving } = await open(config, options);
  if (serving === undefined) throw new Error('nothing is said of serving');
  return serving;
};
const code = async (body: Promise<unknown>): Promise<string> =>
  body.then(
    () => 'fine',
    (error: unknown) => (isModelError(error) ? error.code : String(error)),
  );

describe('what a language model takes to serve', () => {
  // Published: Llama 3.1 405B 516.096 kB a token, DeepSeek V3 70.272 kB, each of 16 bits.
  it.each([
    ['Llama 3.1 405B', LLAMA_405, 516_096n],
    ['DeepSeek V3', DEEPSEEK, 70_272n],
  ])('cache a token: %s', async (_, config, bytes) => {
    const serving = await served(config, { context: 1000 });
    expect(serving.cacheBytesPerToken).toBe(bytes);
    expect(serving.cacheBytesAtContext).toBe(1000n * bytes);
  });

  it('weights and cache in other formats change bytes and no count', async () => {
    const plain = await open(LLAMA_8, { context: 512 });
    const packed = await open(LLAMA_8, { context: 512, weights: 'int4', kv: 'fp8' });
    expect([packed.macs, packed.flops, packed.params]).toEqual([plain.macs, plain.flops, plain.params]);
    expect(packed.serving?.cacheBytesAtContext).toBe((plain.serving?.cacheBytesAtContext as bigint) / 2n);
    // All but the table, the head and the norms: 4 bits, and 16 for 128.
    const left = 2n * 128256n * 4096n + 65n * 4096n;
    expect(packed.serving?.weightBytes).toBe((((plain.params as bigint) - left) * 33n) / 64n + left * 2n);
    const q4 = await served(LLAMA_8, { context: 512, weights: 'q4_k' });
    const norms = 65n * 4096n;
    expect(q4.weightBytes).toBe((((plain.params as bigint) - norms) * 9n) / 16n + norms * 2n);
  });

  it('a step reads the weights that it uses, and the cache', async () => {
    const serving = await served(LLAMA_8, { context: 1024 });
    const [, decode] = serving.phases;
    const table = 128256n * 4096n * 2n;
    // Of the table of words one row, and what each pass is given: a token and its mask.
    const rest =
      (decode?.readBytes as bigint) -
      ((serving.weightBytes as bigint) - table) -
      (serving.cacheBytesAtContext as bigint);
    expect(rest).toBeGreaterThanOrEqual(8192n);
    expect(rest).toBeLessThan(20_000n);
    const tied = await served({ ...LLAMA_8, tie_word_embeddings: true }, { context: 1024 });
    expect((tied.phases[1]?.readBytes as bigint) - (tied.weightBytes as bigint)).toBeGreaterThan(0n);
  });

  it('experts of several sequences are read once each: their expected number', async () => {
    const read = async (batch: number) =>
      Number((await served(MIXTRAL, { context: 1, bind: { batch } })).phases[1]?.readBytes);
    const expert = 32 * 3 * 4096 * 14336 * 2;
    const used = async (batch: number) => ((await read(batch)) - (await read(1))) / expert;
    // 8·(1 − (3/4)^4) = 5.47: six, four more than the two of one sequence.
    expect(await used(4)).toBeCloseTo(4, 2);
    expect(await used(64)).toBeCloseTo(6, 1);
  });

  it('where the work is adds up to the whole', async () => {
    for (const config of [LLAMA_8, MIXTRAL, DEEPSEEK]) {
      const { parts, phases } = await served(config, { context: 64 });
      const sum = (of: (p: (typeof parts)[number]) => unknown) => parts.reduce((n, p) => n + (of(p) as bigint), 0n);
      expect(sum((p) => p.prefillMacs)).toBe(phases[0]?.macs);
      expect(sum((p) => p.decodeMacs)).toBe(phases[1]?.macs);
      expect(parts.map((p) => p.part)).toEqual(expect.arrayContaining(['attention projections', 'attention', 'head']));
    }
  });

  it('half of causal attention is half of it in the prefill alone', async () => {
    const full = await served(LLAMA_8, { context: 100 });
    const half = await served(LLAMA_8, { context: 100, causal: 'half' });
    const attention = 32n * 2n * 4096n;
    expect((full.phases[0]?.macs as bigint) - (half.phases[0]?.macs as bigint)).toBe(attention * (100n * 100n - 5050n));
    expect(half.phases[1]?.macs).toBe(full.phases[1]?.macs);
  });
});

describe('on a device', () => {
  it('the largest context and batch fit, and one more does not', async () => {
    const ask = async (context: number, batch: number) =>
      (await served(LLAMA_8, { context, bind: { batch }, weights: 'int4', devices: ['rtx-4090'] })).devices?.[0];
    const first = await ask(4096, 1);
    expect(first?.fits).toBe(true);
    const context = first?.largestContext as number;
    expect((await ask(context, 1))?.fits).toBe(true);
    expect((await ask(context + 1, 1))?.fits).toBe(false);
    const batch = first?.largestBatch as number;
    expect((await ask(4096, batch))?.fits).toBe(true);
    expect((await ask(4096, batch + 1))?.fits).toBe(false);
  });

  it('a step takes no less than its bytes at the bandwidth', async () => {
    const serving = await served(LLAMA_8, { context: 4096, devices: ['h100-sxm'] });
    const [bound] = serving.devices ?? [];
    expect(bound?.stepBy).toBe('memory');
    expect(bound?.firstTokenBy).toBe('compute');
    expect(bound?.tokensPerSecond).toBeCloseTo(1 / (bound?.stepSeconds as number), 6);
  });

  it('where sizes are free the answer is for sizes that are said, and the same as when they are given', async () => {
    const long = { ...LLAMA_8, max_position_embeddings: 131072 };
    const free = (await served(long, { devices: ['rtx-4090'] })).devices?.[0];
    expect(free?.chosen).toEqual({ batch: 1, context: 4096 });
    const given = (await served(long, { context: 4096, bind: { batch: 1 }, devices: ['rtx-4090'] })).devices?.[0];
    expect(given?.chosen).toBeUndefined();
    const { chosen: _, ...answer } = free as NonNullable<typeof free>;
    expect(answer).toEqual(given);
    const batch = (await served(long, { bind: { batch: 3 }, devices: ['rtx-4090'] })).devices?.[0];
    expect(batch?.chosen).toEqual({ context: 4096 });
  });

  it('no longer context is chosen than the model states, by its own names or its type’s defaults', async () => {
    const gpt2 = await served({ model_type: 'gpt2' }, { devices: ['t4'] });
    expect([gpt2.longestContext, gpt2.devices?.[0]?.chosen?.context]).toEqual([1024, 1024]);
    const whisper = await served({ model_type: 'whisper' }, { devices: ['t4'] });
    expect([whisper.longestContext, whisper.devices?.[0]?.chosen?.context]).toEqual([448, 448]);
    expect(whisper.devices?.[0]?.fits).toBe(true);
    expect((await served({ model_type: 'mamba' }, {})).longestContext).toBeNull();
  });

  it('what is too large for it is said to be', async () => {
    const [bound] = (await served(LLAMA_405, { context: 16, devices: ['rtx-4090'] })).devices ?? [];
    expect([bound?.fits, bound?.largestContext, bound?.largestBatch]).toEqual([false, 0, 0]);
  });
});

describe('split over devices', () => {
  it('matrices, heads and sums are shared', async () => {
    const serving = await served(LLAMA_405, { context: 128, tensorParallel: 8 });
    const t = serving.tensorParallel;
    expect(t?.cacheBytes).toBe((serving.cacheBytesAtContext as bigint) / 8n);
    const norms = (2n * 126n + 1n) * 16384n * 2n;
    expect(t?.weightBytes).toBe(((serving.weightBytes as bigint) - norms) / 8n + norms);
    expect(t?.stepBytes).toBe((252n * 16384n * 2n * 14n) / 8n);
  });

  it('more devices than heads of keys hold the same heads; a latent cache is on each', async () => {
    const wide = await served(LLAMA_405, { context: 128, tensorParallel: 16 });
    expect(wide.tensorParallel?.cacheBytes).toBe((wide.cacheBytesAtContext as bigint) / 8n);
    const latent = await served(DEEPSEEK, { context: 128, tensorParallel: 8 });
    expect(latent.tensorParallel?.cacheBytes).toBe(latent.cacheBytesAtContext);
  });
});

describe('options', () => {
  it.each<[string, object, Options]>([
    ['a format that nobody has', LLAMA_8, { context: 8, weights: 'int5000' }],
    ['a cache in it', LLAMA_8, { context: 8, kv: 'int5000' }],
    ['heads that cannot be split', LLAMA_8, { context: 8, tensorParallel: 3 }],
    ['a context of a model without one', { model_type: 'vit', architectures: ['ViTModel'] }, { context: 8 }],
    ['its cache', { model_type: 'vit', architectures: ['ViTModel'] }, { kv: 'fp8' }],
  ])('refuse %s', async (_, config, options) => {
    expect(await code(open(config, options))).toBe('argument');
  });

  it('are refused by other models', async () => {
    for (const options of [{ context: 8 }, { weights: 'int4' }, { kv: 'fp8' }, { tensorParallel: 2 }])
      expect(await code(profile('resnet18', options))).toBe('argument');
  });
});

it('the screen has the answers in the order in which they are asked, 80 columns wide', async () => {
  const report = await open(LLAMA_8, {
    context: 8192,
    devices: ['rtx-4090'],
    tensorParallel: 2,
    kv: 'fp8',
    weights: 'int4',
  });
  const lines = render(report, 'tree').split('\n');
  const from = lines.findIndex((l) => l.startsWith('Serving 1 sequence of 8,192 tokens'));
  const own = lines.slice(
    from,
    lines.findIndex((l) => l.startsWith('module')),
  );
  const at = (start: string): number => own.findIndex((l) => l.trimStart().startsWith(start));
  const order = [
    'params',
    'weights',
    'cache',
    'prefill',
    'decode',
    'where it goes',
    '1 of 2',
    'Served on',
    'largest context',
    'of 2 such devices each holds 2.9 GiB and fits',
  ];
  expect(order.map(at)).toEqual([...order.map(at)].sort((a, b) => a - b));
  expect(order.map(at)).not.toContain(-1);
  for (const l of own) expect(l.length).toBeLessThanOrEqual(80);
  for (const format of ['md', 'html', 'latex'] as const)
    for (const words of ['where it goes', 'prefill', 'Served on', 'tokens a second', 'largest context'])
      expect(render(report, format)).toContain(words);
});

it('latent attention: a step is given expanded and absorbed, and the pass in the form that is asked for', async () => {
  const options = { bind: { batch: 1, sequence: 1, past: 4096 } };
  const [expanded, absorbed] = [
    await open(DEEPSEEK, options),
    await open(DEEPSEEK, { ...options, latent: 'absorbed' }),
  ];
  expect(expanded.serving?.absorbed?.macs).toBe(absorbed.macs);
  expect(absorbed.serving?.absorbed).toBeUndefined();
  // a·(2r + p) a key and a·(nope + v)·r a token in each layer, in place of expanding all latents and a·(nope + p + v) a key.
  const [layers, heads, r, p, nope, v] = [61n, 128n, 512n, 64n, 128n, 128n];
  const keys = 4097n;
  const saved = keys * r * heads * (nope + v) + keys * heads * (nope + p + v);
  const paid = keys * heads * (2n * r + p) + heads * (nope + v) * r;
  expect((expanded.macs as bigint) - (absorbed.macs as bigint)).toBe(layers * (saved - paid));
});

it('is refused where keys and values are kept themselves', async () => {
  await expect(open(LLAMA_8, { latent: 'absorbed' })).rejects.toSatisfy(isModelError);
});

it('Llama 4: all experts are counted, and a note says what its routing leaves', async () => {
  const { macs, notes, totals } = await open(
    { model_type: 'llama4_text', architectures: ['Llama4ForCausalLM'], torch_dtype: 'bfloat16' },
    { bind: { batch: 1, sequence: 1, past: 0 } },
  );
  const said = notes.find((n) => n.code === 'routed-experts')?.message ?? '';
  const routed = BigInt(/([\d,]+) MACs/.exec(said)?.[1]?.replaceAll(',', '') ?? 0);
  const experts = 48n * 16n * 3n * 5120n * 8192n;
  expect((macs as bigint) - routed).toBe((experts / 16n) * 15n);
  expect(totals.params).toBe(107_769_861_120n);
});

it('a batch of its own', async () => {
  const { serving } = await open(LLAMA_8, { context: 1024, batch: 4 });
  expect([serving?.batch, serving?.context, serving?.cacheBytesAtContext]).toEqual([4, 1024, 4n * 1024n * 131_072n]);
});
