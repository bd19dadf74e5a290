import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { profile, reconcile } from '../../src/node.js';

/** What TensorFlow 2.21's profiler printed for the graphs that Keras froze of these models, with a batch of 1. */
const PRINTED = [
  ['mobilenet_v2.json.gz', 615292208],
  ['resnet50.json.gz', 7755299312],
  ['resnet50.h5.gz', 7755299312],
  ['efficientnet_b0.json.gz', 803050119],
] as const;

const model = (name: string): Uint8Array =>
  gunzipSync(readFileSync(new URL(`../fixtures/keras/networks/${name}`, import.meta.url)));

describe('keras-flops', () => {
  test.each(PRINTED)('%s', async (name, printed) => {
    const { conventions } = await profile(model(name), { inputs: [[1, 224, 224, 3]], conventions: ['keras-flops'] });
    expect(Number(conventions['keras-flops']?.counts['float_ops'])).toBe(printed);
  });

  test('layers of other kinds: what TensorFlow printed, but for two constants of an up-sampling', async () => {
    const file = new URL('../fixtures/keras/mixed_layers.keras', import.meta.url);
    const { conventions } = await profile(readFileSync(file), { bind: { batch: 1 }, conventions: ['keras-flops'] });
    expect(Number(conventions['keras-flops']?.counts['float_ops'])).toBe(24092783 - 2);
  });

  test('the way from the exact products of resnet50 to 7.755 G', async () => {
    const report = await reconcile(model('resnet50.h5.gz'), { inputs: [[1, 224, 224, 3]] });
    const [count] = report.tools.find((tool) => tool.id === 'keras-flops')?.counts ?? [];
    expect([String(report.exact.macs), String(count?.value)]).toEqual(['3857973248', '7755299312']);
    const amounts = Object.fromEntries((count?.terms ?? []).map((d) => [d.term, Number(d.amount)]));
    expect(amounts['unit']).toBe(3857973248);
    expect(Object.values(amounts).reduce((sum, n) => sum + n, 0)).toBe(7755299312 - 3857973248);
  });

  test('attention has no rule: its two products are named as not seen', async () => {
    const file = new URL('../fixtures/keras/mixed_layers.keras', import.meta.url);
    const report = await reconcile(readFileSync(file), { bind: { batch: 1 } });
    const [count] = report.tools.find((tool) => tool.id === 'keras-flops')?.counts ?? [];
    const terms = count?.terms ?? [];
    expect(terms.some((d) => Number(d.amount) < 0)).toBe(true);
    expect(terms.reduce((sum, d) => sum + Number(d.amount), 0)).toBe(24092783 - 2 - 35511676);
  });
});
