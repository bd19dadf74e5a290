import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Dim, isStatic } from '../../src/dim/index.js';
import { detectFormat } from '../../src/formats/index.js';
import { profile, read } from '../../src/node.js';
import { memorySource } from '../../src/source/memory.js';

/** A network as a format has it, by the bytes of its file; batch 1. */
async function macsOf(name: string): Promise<string> {
  const packed = readFileSync(new URL(`../fixtures/keras/networks/${name}.gz`, import.meta.url));
  const source = memorySource(gunzipSync(packed), { name });
  const load = await detectFormat(source).load();
  const ledger = load(source, { bind: new Map([['batch', 1]]) });
  return text((await profile(ledger)).macs);
}

const text = (d: Dim): string => (isStatic(d) ? String(d) : 'free');

/** The same with PyTorch's layers, as torchvision defines it. */
const ofTorch = async (name: string): Promise<string> => text((await profile(name)).macs);

test.each([
  ['mobilenet_v2', '300774272', ['mobilenet_v2.json', 'mobilenet_v2.pb']],
  ['efficientnet_b0', '385814752', ['efficientnet_b0.json', 'efficientnet_b0.pb', 'efficientnet_b0.tflite']],
])('%s: one number through every format', async (name, macs, files) => {
  expect(await Promise.all(files.map(macsOf))).toEqual(files.map(() => macs));
  expect(await ofTorch(name)).toBe(macs);
});

test('resnet50: Keras strides in the first convolution of a block, torchvision in the second', async () => {
  const files = ['resnet50.json', 'resnet50.h5', 'resnet50.pb'];
  const keras = 3857973248;
  expect(await Promise.all(files.map(macsOf))).toEqual(files.map(() => String(keras)));
  // Three blocks halve the image: their first 1×1 convolution then has a quarter of the positions.
  const first = [
    [256, 128, 56],
    [512, 256, 28],
    [1024, 512, 14],
  ] as const;
  const more = first.reduce((sum, [from, to, size]) => sum + from * to * (size ** 2 - (size / 2) ** 2), 0);
  expect(await ofTorch('resnet50')).toBe(String(keras + more));
  expect(keras + more).toBe(4089184256);
});

test('the layers of Keras cost what PyTorch’s cost, activations and norms too', async () => {
  const packed = readFileSync(new URL('../fixtures/keras/networks/mobilenet_v2.json.gz', import.meta.url));
  const keras = await profile(gunzipSync(packed), { bind: { batch: 1 } });
  const torch = await read('mobilenet_v2');
  const { flops } = await profile(torch);
  // Keras pads in layers of their own and ends in a softmax of 1,000 classes.
  expect(Number(keras.totals.flops) - Number(flops)).toBe(999 + 1000 + 1000 + 999 + 1000);
});
