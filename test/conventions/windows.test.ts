import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ultralyticsThop } from '../../src/conventions/thop/ultralytics.js';
import { adaptiveWindows, poolWindows } from '../../src/conventions/windows.js';
import { add, type Dim, floordiv, mul, sub, substitute, sym } from '../../src/dim/index.js';
import * as nn from '../../src/torch/nn/index.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const total = (ns: readonly number[]): number => ns.reduce((a, b) => a + b, 0);
const h = sym('h');
const bound = (d: Dim, value: number): Dim => substitute(d, new Map([['h', value]]));

test('windows of adaptive pooling are those that one by one make up the sum', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (input, output) => {
      const sizes = range(output).map((j) => Math.ceil(((j + 1) * input) / output) - Math.floor((j * input) / output));
      expect(adaptiveWindows(input, output)).toBe(total(sizes));
      expect(bound(adaptiveWindows(h, output), input)).toBe(total(sizes));
    }),
  );
});

test('windows of average pooling, padding counted or not, sizes known or free', () => {
  const cases = fc.record({
    input: fc.integer({ min: 1, max: 40 }),
    kernel: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 6 }),
    half: fc.nat(4),
    countPadding: fc.boolean(),
    ceil: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ input, kernel, stride, half, countPadding, ceil }) => {
      const p = Math.min(half, Math.floor(kernel / 2));
      fc.pre(input + 2 * p >= kernel);
      // PyTorch: rounded up, but no window begins behind the input and its front padding.
      let output = Math.floor((input + 2 * p - kernel + (ceil ? stride - 1 : 0)) / stride) + 1;
      if (ceil && (output - 1) * stride >= input + p) output--;
      const [lower, upper] = countPadding ? [-p, input + p] : [0, input];
      const sizes = range(output).map((i) =>
        Math.max(Math.min(i * stride - p + kernel, upper) - Math.max(i * stride - p, lower), 0),
      );
      const axis = { kernel, stride, padding: [p, p] as const, countPadding };
      expect(poolWindows({ ...axis, input, output })).toBe(total(sizes));
      if (ceil) return;
      const free = add(floordiv(sub(add(h, 2 * p), kernel), stride), 1);
      expect(bound(poolWindows({ ...axis, input: h, output: free }), input)).toBe(total(sizes));
    }),
    { examples: [[{ input: 1, kernel: 5, stride: 1, half: 2, countPadding: false, ceil: false }]] },
  );
});

const macs = (module: nn.AnyModule, ...shapes: (readonly Dim[])[]): Dim | undefined =>
  ultralyticsThop.run(
    nn.readModule(
      module,
      shapes.map((shape) => ({ shape })),
    ),
  ).counts['macs'];

test('a whole window on every side of a free map is a plain formula', () => {
  const free = macs(new nn.Sequential(new nn.AvgPool2d(2)) as nn.AnyModule, [1, 8, mul(2, h), 4]);
  expect(String(free)).toBe(String(mul(80, h)));
});

/** Layers that the tool's own table does not hold; by its formulas, by hand. */
test.each<[name: string, module: () => unknown, shapes: number[][], macs: number]>([
  [
    'LSTM with a projection',
    () => new nn.LSTM(6, 8, { proj_size: 4, num_layers: 2 }),
    [[5, 3, 6]],
    15 * (4 * (8 * 10 + 8 + 16) + 32 + 32 + 4 * (8 * 8 + 8 + 16) + 32 + 32),
  ],
  ['GRU, unbatched', () => new nn.GRU(6, 8), [[5, 6]], 5 * (3 * (8 * 14 + 8 + 16) + 32)],
  ['RNN cell, unbatched', () => new nn.RNNCell(6, 8), [[6]], 8 * 14 + 8 + 16],
  [
    'average without padding',
    () => new nn.AvgPool2d(3, 2, 1, { count_include_pad: false }),
    [[1, 2, 6, 6]],
    2 * (2 + 3 + 3) ** 2 + 18,
  ],
  ['RMS norm', () => new nn.RMSNorm(8), [[2, 8]], 64],
  ['nearest-exact', () => new nn.Upsample({ scale_factor: 2, mode: 'nearest-exact' }), [[1, 2, 4, 4]], 0],
])('%s', (_, module, shapes, expected) => {
  class Wrap extends nn.Module<nn.Tensor[], unknown> {
    m = module() as nn.AnyModule;
    forward(...x: nn.Tensor[]): unknown {
      return (this.m as unknown as (...a: nn.Tensor[]) => unknown)(...x);
    }
  }
  expect(macs(new Wrap() as nn.AnyModule, ...shapes)).toBe(expected);
});

test('attention over keys that the layer appends, a subclass by its base, and a rule of one’s own first', () => {
  class Attend extends nn.Module {
    m = new nn.MultiheadAttention(8, 2, { add_bias_kv: true, add_zero_attn: true, batch_first: true });
    forward(x: nn.Tensor): nn.Tensor {
      return this.m(x, x, x, { need_weights: false })[0];
    }
  }
  const [t, s, e] = [5, 7, 8];
  const expected = 3 * (e * (2 * t * e + t * (e + e)) + 2 * t * s * e) + 3 * 2 * t * (3 * s - 1);
  expect(macs(new Attend() as nn.AnyModule, [3, t, e])).toBe(expected);

  class MyLinear extends nn.Linear {}
  class Net extends nn.Module {
    fc = new MyLinear(4, 2);
    forward(x: nn.Tensor): nn.Tensor {
      return this.fc(x);
    }
  }
  const ledger = nn.readModule(new Net() as nn.AnyModule, [{ shape: [3, 4] }]);
  expect(ultralyticsThop.run(ledger).counts['macs']).toBe(24);
  expect(ultralyticsThop.run(ledger, { customOps: { MyLinear: () => 7 } }).counts['macs']).toBe(7);
  expect(ultralyticsThop.run(ledger, { customOps: { 'torch.nn.Linear': () => 9 } }).counts['macs']).toBe(9);
});
