import { expect, test } from 'vitest';
import { profile } from '../../src/index.js';
import { memorySource } from '../../src/source/index.js';

const text = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const open = (config: object, prepared: object | string | null) =>
  profile(
    memorySource(text(config), {
      name: 'config.json',
      siblings: (path) =>
        path !== 'preprocessor_config.json' || prepared === null
          ? undefined
          : typeof prepared === 'string'
            ? new TextEncoder().encode(prepared)
            : text(prepared),
    }),
    { bind: { batch: 1 } },
  );
const RESNET = { model_type: 'resnet', architectures: ['ResNetForImageClassification'] };
const VIT = { model_type: 'vit', architectures: ['ViTModel'] };
const sides = ({ inputs }: { readonly inputs: readonly { readonly shape: unknown }[] }): unknown =>
  ((inputs[0]?.shape ?? []) as number[]).slice(2);

test.each<[string, object, readonly number[]]>([
  ['height and width', { size: { height: 384, width: 320 } }, [384, 320]],
  ['one number', { size: 256 }, [256, 256]],
  [
    'what is cut out of the middle',
    { size: { shortest_edge: 256 }, crop_size: { height: 240, width: 240 } },
    [240, 240],
  ],
  ['no crop', { do_center_crop: false, size: { shortest_edge: 288 }, crop_size: 224 }, [288, 288]],
])('the size of images by the preprocessor: %s', async (_, prepared, size) => {
  const [own, other] = [await open(RESNET, null), await open(RESNET, prepared)];
  expect(sides(other)).toEqual(size);
  expect(other.params).toBe(own.params);
  expect(other.notes.map(({ message }) => message).join()).toContain(`${size.join('×')}: counted at that size`);
});

test('a model of one size keeps it, and says so', async () => {
  const report = await open(VIT, { size: { height: 384, width: 384 } });
  expect(sides(report)).toEqual([224, 224]);
  expect(report.macs).toBe((await open(VIT, null)).macs);
  expect(report.notes.map(({ message }) => message).join()).toContain('the model takes 224×224');
});

test('a preprocessor that says nothing, or cannot be read, changes nothing', async () => {
  for (const prepared of [{}, { size: { shortest_edge: 800, longest_edge: 1333 } }, { size: -3 }, '{"size":'])
    expect(sides(await open(RESNET, prepared))).toEqual([224, 224]);
});
