import { expect, test } from 'vitest';
import { parseShape } from '../../src/api/options.js';
import { profile } from '../../src/index.js';

const shape = (text: string): unknown => parseShape(text).shape.map((d) => (typeof d === 'object' ? String(d) : d));

test.each([
  ['1x3x224x224', [1, 3, 224, 224]],
  ['1X3X224X224', [1, 3, 224, 224]],
  ['1×3×224×224', [1, 3, 224, 224]],
  ['1,3,224,224', [1, 3, 224, 224]],
  ['[1,3,224,224]', [1, 3, 224, 224]],
  ['(1, 3, 224, 224)', [1, 3, 224, 224]],
  ['1 3 224 224', [1, 3, 224, 224]],
  ['batch x 3 x 224 x 224', ['batch', 3, 224, 224]],
  ['batchx3xhxw', ['batch', 3, 'h', 'w']],
  ['batch,3,2*h + 1,w', ['batch', 3, '2*h + 1', 'w']],
  ['(n,)', ['n']],
  ['[]', []],
  ['', []],
  ['2*(h + 1)', ['2*h + 2']],
  ['max', ['max']],
] as const)('the shape %s', (text, extents) => {
  expect(shape(text)).toEqual(extents);
  expect(parseShape(`${text}:float16`).dtype).toBe('float16');
});

test.each(['1x3x', '1,,3', '[1,3', '1;3', '1x-3', '1x3.5', '--'])(
  '%s is not a shape, and the hint says what is',
  (text) => {
    expect(() => parseShape(text)).toThrow(
      expect.objectContaining({ code: 'argument', hint: expect.stringContaining('1x3x224x224') }),
    );
  },
);

test('a built-in model refuses inputs that it does not have', async () => {
  for (const inputs of [
    [
      [1, 3, 64, 64],
      [1, 2],
    ],
    { image: [1, 3, 64, 64] },
    [],
  ])
    await expect(profile('resnet18', { inputs }), JSON.stringify(inputs)).rejects.toMatchObject({
      code: 'argument',
      hint: expect.stringContaining('1x3x224x224'),
    });
  expect((await profile('resnet18', { inputs: { input: [1, 3, 64, 64] } })).inputs[0]?.shape).toEqual([1, 3, 64, 64]);
});
