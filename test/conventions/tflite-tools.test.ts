import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { profile, reconcile } from '../../src/node.js';

const bytes = (name: string): Uint8Array => {
  const file = readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
  return name.endsWith('.gz') ? gunzipSync(file) : file;
};

/** What tflite-tools printed when it was run on these files. */
test.each([
  ['tflite/mnist_sequential.fp16.tflite', 2468992],
  ['tflite/mobilenet_v2_035.fp32-dynbatch.tflite', 59430848],
  ['keras/networks/efficientnet_b0.tflite.gz', 388394112],
])('%s', async (name, printed) => {
  const bind = name.includes('dynbatch') ? { bind: { batch: 1 } } : {};
  const { conventions } = await profile(bytes(name), { ...bind, conventions: ['tflite-tools'] });
  expect(Number(conventions['tflite-tools']?.counts['macs'])).toBe(printed);
});

test('the way from exact MACs to its number', async () => {
  const report = await reconcile(bytes('keras/networks/efficientnet_b0.tflite.gz'), {});
  const [count] = report.tools.find((tool) => tool.id === 'tflite-tools')?.counts ?? [];
  const terms = Object.fromEntries((count?.terms ?? []).map((d) => [d.term, Number(d.amount)]));
  expect(Object.values(terms).reduce((a, b) => a + b, 0)).toBe(388394112 - 385814752);
  expect(Object.keys(terms).sort()).toEqual(['elementwise', 'reduction']);
});
