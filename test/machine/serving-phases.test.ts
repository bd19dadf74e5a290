import { expect, test } from 'vitest';
import { servingOf } from '../../src/machine/serving.js';
import { namedModels } from '../../src/models/language/names.js';
import { traceConfig } from '../../src/models/language/trace.js';
import { causalHalf } from '../../src/transforms/index.js';

const at = (name: string, sizes: Record<string, number>) => {
  const bind = new Map(Object.entries(sizes));
  return { bind, ledger: traceConfig(namedModels().get(name)?.config ?? {}, { bind }) };
};

test('prefill of the context and a step after it, whichever of the two is asked for', () => {
  const prefill = at('llama-3.2-1b', { batch: 1, sequence: 128, past: 0 });
  const decode = at('llama-3.2-1b', { batch: 1, sequence: 1, past: 128 });
  const [a, b] = [servingOf(prefill.ledger, prefill.bind), servingOf(decode.ledger, decode.bind)];
  expect(a?.phases).toEqual(b?.phases);
  expect(a?.phases.map((p) => p.macs)).toEqual([159_249_334_272, 1_244_200_960]);
  // 16 layers, keys and values of 8 heads of 64, in bfloat16.
  expect(a?.cacheElements).toBe(16 * 2 * 8 * 64 * 128);
  expect(a?.cacheBytes).toBe(16 * 2 * 8 * 64 * 128 * 2);
});

test('a step reads the weights that it uses and the cache once', () => {
  const { ledger, bind } = at('llama-3.1-8b', { batch: 1, sequence: 1, past: 1024 });
  const serving = servingOf(ledger, bind);
  const cache = 32 * 2 * 8 * 128 * 1024 * 2;
  // Of the table of words one row; ids and the like are a few bytes.
  const weights = (8_030_261_248 - 128_256 * 4096 + 4096) * 2;
  const read = Number(serving?.phases[1]?.readBytes);
  expect(read - cache - weights).toBeGreaterThanOrEqual(0);
  expect(read - cache - weights).toBeLessThan(64 * 1024);
});

test('of routed experts a step of one token reads those that the token is sent to', () => {
  const { ledger, bind } = at('gpt-oss-20b', { batch: 1, sequence: 1, past: 0 });
  const active = Number(ledger.description?.activeParams) - Number(ledger.description?.lookedUpParams);
  const read = Number(servingOf(ledger, bind)?.phases[0]?.readBytes);
  // One row of the table of words beside what the token uses, and ids.
  expect(Math.abs(read - 2 * (active + 2880))).toBeLessThan(1024);
});

test('causal half holds in both phases: a query sees what went before it', () => {
  const { ledger, bind } = at('llama-3.2-1b', { batch: 1, sequence: 128, past: 0 });
  const full = servingOf(ledger, bind);
  const half = servingOf(causalHalf(ledger), bind, { causal: 'half' });
  const pairs = 16 * 32 * 2 * 64;
  expect(Number(full?.phases[0]?.macs) - Number(half?.phases[0]?.macs)).toBe(pairs * (128 * 128 - (128 * 129) / 2));
  expect(half?.phases[1]?.macs).toBe(full?.phases[1]?.macs);
});
