import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { builtin } from '../../src/models/by-name.js';
import { namedModels } from '../../src/models/language/names.js';
import { traceConfig } from '../../src/models/language/trace.js';

/** Totals as their developers publish them, or as checkpoints hold them. */
const PUBLISHED: Readonly<Record<string, number>> = {
  'llama-2-7b': 6_738_415_616,
  'llama-2-13b': 13_015_864_320,
  'llama-2-70b': 68_976_648_192,
  'llama-3-8b': 8_030_261_248,
  'llama-3.1-70b': 70_553_706_496,
  'llama-3.2-3b': 3_212_749_824,
  'qwen2.5-0.5b': 494_032_768,
  'qwen3-32b': 32_762_123_264,
  'qwen3-235b-a22b': 235_093_634_560,
  'gemma-2-2b': 2_614_341_888,
  'gemma-2-27b': 27_227_128_320,
  'gpt-oss-20b': 20_914_757_184,
  gpt2: 124_439_808,
  'gpt2-xl': 1_557_611_200,
  'phi-4': 14_659_507_200,
  'mixtral-8x22b': 140_630_071_296,
  'mistral-nemo': 12_247_782_400,
  'mistral-large-2': 122_610_069_504,
  'deepseek-v2': 235_741_434_880,
  'kimi-k2': 1_026_408_209_408,
  'glm-4.5': 352_797_814_784,
  'glm-4.5-air': 106_852_245_504,
  'llama-4-scout': 107_769_861_120,
  'llama-4-maverick': 400_711_848_960,
  'gemma-3-12b': 11_766_034_176,
  'gemma-3-27b': 27_009_346_304,
  'command-r-plus': 103_810_674_688,
  'olmoe-1b-7b': 6_919_161_856,
  'qwen3-next-80b-a3b': 79_674_391_296,
  'minimax-m2': 228_689_748_992,
  'kimi-linear-48b-a3b': 49_133_074_464,
  'deepseek-v4-flash': 284_325_869_015,
  'glm-5': 743_911_199_232,
  'deepseek-r1': 671_026_404_352,
};
/** Parameters that a token uses, with and without tables that are only looked up, in thousand millions. */
const ACTIVE: Readonly<Record<string, readonly [number, number]>> = {
  'mixtral-8x7b': [12.88, 12.749],
  'qwen3-30b-a3b': [3.353, 3.042],
  'deepseek-v3': [37.55, 36.63],
  'gpt-oss-120b': [5.712, 5.133],
  'gpt-oss-20b': [4.187, 3.608],
  'deepseek-v2': [21.38, 20.85],
  'deepseek-v2-lite': [2.661, 2.451],
  'kimi-k2': [32.86, 31.69],
  'glm-4.5': [33.6, 32.86],
  'glm-4.5-air': [13.4, 12.8],
  'llama-4-scout': [17.17, 16.14],
  'llama-4-maverick': [17.19, 16.15],
  'qwen3-235b-a22b': [22.19, 21.57],
  'qwen3-next-80b-a3b': [3.875, 3.564],
  'minimax-m2': [11.03, 10.42],
  'olmoe-1b-7b': [1.28, 1.18],
  'kimi-linear-48b-a3b': [3.5, 3.12],
  'jamba-v0.1': [12.11, 11.84],
  'glm-5': [41.8, 40.8],
  'mixtral-8x22b': [39.16, 38.96],
};
const at = (name: string) =>
  traceConfig(namedModels().get(name)?.config ?? {}, {
    bind: new Map([
      ['batch', 1],
      ['sequence', 1],
      ['past', 0],
    ]),
  });

test.each(Object.entries(PUBLISHED))('%s has %i parameters', (name, params) => {
  expect(totalsOf(at(name)).params).toBe(params);
});

test.each(Object.entries(ACTIVE))('of %s a token uses %j', (name, [all, without]) => {
  const { activeParams, lookedUpParams } = at(name).description as { activeParams: number; lookedUpParams: number };
  expect(activeParams / 1e9).toBeCloseTo(all, 1);
  expect((activeParams - lookedUpParams) / 1e9).toBeCloseTo(without, 1);
});

test('a name that is nearly one is answered with it', () => {
  expect(() => builtin('llama-3.1-8')).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('llama-3.1-8b') }),
  );
});
