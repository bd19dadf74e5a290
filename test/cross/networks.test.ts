import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { profile } from '../../src/node.js';

/** A network as a format has it, told by the bytes of its file; batch 1. */
async function macsOf(name: string): Promise<string> {
  const packed = readFileSync(new URL(`../fixtures/keras/networks/${name}.gz`, import.meta.url));
  return String(
    (await profile(gunzipSync(packed), { bind: { batch: 1 } }).catch(() => profile(gunzipSync(packed)))).macs,
  );
}

/** The same with PyTorch's layers, as torchvision defines it. */
const ofTorch = async (name: string): Promise<string> => String((await profile(name)).macs);

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
  const torch = await profile('mobilenet_v2');
  // Keras pads in layers of their own and ends in a softmax of 1,000 classes.
  expect(Number(keras.totals.flops) - Number(torch.totals.flops)).toBe(999 + 1000 + 1000 + 999 + 1000);
});
