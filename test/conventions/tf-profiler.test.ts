import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { profile, reconcile } from '../../src/node.js';

/** What TensorFlow 2.21's profiler printed for frozen graphs: with a free batch, and with a batch of 1. */
const PRINTED = [
  ['mobilenet_v2', 102336, 615292208],
  ['resnet50', 159360, 7755299312],
  ['efficientnet_b0', 126051, 803050119],
] as const;

const graph = (name: string): Uint8Array =>
  gunzipSync(readFileSync(new URL(`../fixtures/keras/networks/${name}.pb.gz`, import.meta.url)));
const floatOps = async (name: string, options: object): Promise<number> => {
  const { conventions } = await profile(graph(name), { ...options, conventions: ['tf-profiler'] });
  return Number(conventions['tf-profiler']?.counts['float_ops']);
};

describe('TensorFlow’s profiler', () => {
  test.each(PRINTED)('%s, with a free batch', async (name, free) => {
    expect(await floatOps(name, {})).toBe(free);
  });

  test.each(PRINTED)('%s, with a batch of 1', async (name, _, whole) => {
    expect(await floatOps(name, { inputs: [[1, 224, 224, 3]] })).toBe(whole);
  });

  test('the way from the exact products of resnet50 to 7.755 G', async () => {
    const report = await reconcile(graph('resnet50'), { inputs: [[1, 224, 224, 3]] });
    const [count] = report.tools.find((tool) => tool.id === 'tf-profiler')?.counts ?? [];
    expect([String(report.exact.macs), String(count?.value)]).toEqual(['3857973248', '7755299312']);
    const amounts = Object.fromEntries((count?.terms ?? []).map((d) => [d.term, Number(d.amount)]));
    expect(amounts['unit']).toBe(3857973248);
    expect(Object.values(amounts).reduce((sum, n) => sum + n, 0)).toBe(7755299312 - 3857973248);
  });
});
