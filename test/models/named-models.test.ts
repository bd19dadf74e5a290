import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { namedModels } from '../../src/models/language/names.js';
import { traceConfig } from '../../src/models/language/trace.js';
import { builtin } from '../../src/models/registry.js';

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
};
/** Parameters that a token uses, with and without tables that are only looked up, in thousand millions. */
const ACTIVE: Readonly<Record<string, readonly [number, number]>> = {
  'mixtral-8x7b': [12.88, 12.749],
  'qwen3-30b-a3b': [3.353, 3.042],
  'deepseek-v3': [37.55, 36.63],
  'gpt-oss-120b': [5.712, 5.133],
  'gpt-oss-20b': [4.187, 3.608],
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
