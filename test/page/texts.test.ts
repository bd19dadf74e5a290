import { expect, test } from 'vitest';
import { extentsOf, inputsIn, named } from '../../app/views/open/shape-text.js';
import { nearest, numberIn, sliderEnd, stops } from '../../app/views/summary/slider-stops.js';

test('a shape is read however people write it; anything else is not a shape', () => {
  for (const text of ['1x3x224x224', '1,3,224,224', '(1, 3, 224, 224)', '[1 3 224 224]', '1 × 3 × 224 × 224'])
    expect(extentsOf(text), text).toEqual(['1', '3', '224', '224']);
  expect(extentsOf('batch x 3 x 32 x 32')).toEqual(['batch', '3', '32', '32']);
  for (const text of ['', '()', '1, -3', '1.5, 2', 'a b!']) expect(extentsOf(text), text).toBeNull();
});

test('inputs are the arguments of the last forward, with the shapes that the source itself tries', () => {
  const source = `
class Part:
    def forward(self, a, b): ...
class Net:
    def forward(self, image: Tensor, mask=None, *rest): ...
net(torch.randn(2, 3, 64, 64))`;
  expect(inputsIn(source)).toEqual([{ name: 'image', shape: '2, 3, 64, 64' }]);
  expect(inputsIn('x = 1')).toEqual([]);
  expect(named('Give a shape: --input x=1x3x224x224')).toEqual({ name: 'x', shape: '1, 3, 224, 224' });
});

test('a slider stops at every small number and ever more coarsely, and ends where sizes do', () => {
  const all = stops(1, 4096);
  expect(all.slice(0, 3)).toEqual([1, 2, 3]);
  expect(all).toEqual(expect.arrayContaining([32, 40, 224, 512, 544, 2048, 2176, 4096]));
  expect(all[nearest(all, 225)]).toBe(224);
  expect([sliderEnd(1, 1e9, true), sliderEnd(128, 1e9, false), sliderEnd(9000, 1e9, false)]).toEqual([
    1024, 4096, 16_384,
  ]);
  expect(sliderEnd(128, 1024, false)).toBe(1024);
});

test('a typed size is a whole number within its limits, with or without separators', () => {
  expect(numberIn(' 1,024 ', 1, 4096)).toBe(1024);
  for (const text of ['', '0', '-5', '1.5', '1e3', '4097', '1,02']) expect(numberIn(text, 1, 4096), text).toBeNull();
});
