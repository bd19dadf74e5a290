import { describe, expect, test } from 'vitest';
import { namedShape, parseShape } from '../../src/api/options.js';
import { type ModelError, profile, reconcile } from '../../src/index.js';
import { Module, type Tensor } from '../../src/torch/nn/index.js';

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

test.each([
  ['ids=1x128', 'ids', [1, 128]],
  ['ids:1x128', 'ids', [1, 128]],
  ['model/ids: [1, 128]:int64', 'model/ids', [1, 128]],
  ['batchx3:float16', undefined, ['batch', 3]],
  ['1*3*64*64', undefined, [1, 3, 64, 64]],
])('%s names %s', (text, name, extents) => {
  const named = namedShape(text);
  expect([named.name, named.shape.map((d) => (typeof d === 'object' ? String(d) : d))]).toEqual([name, extents]);
});

test.each(['1:3:224', '1x3x', '1,,3', '[1,3', '1;3', '1x-3', '1x3.5', '--'])(
  '%s is not a shape, and the hint says what is',
  (text) => {
    expect(() => parseShape(text)).toThrow(
      expect.objectContaining({ code: 'argument', hint: expect.stringContaining('1x3x224x224') }),
    );
  },
);

test.each([
  ['a convention that is no text', { convention: 5 }, /the option convention of profile is a text, not 5/],
  ['one device without its list', { devices: 't4' }, /the option devices of profile is a list, not "t4"/],
  ['conventions as a text', { conventions: 'thop' }, /the option conventions of profile is a list/],
])('plain JavaScript: %s is refused in words', async (_, options, says) => {
  await expect(profile('resnet18', options as never)).rejects.toMatchObject({
    code: 'argument',
    message: expect.stringMatching(says),
  });
});

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

const toldBy = async (run: () => Promise<unknown>): Promise<{ code: string; message: string; hint: string }> => {
  try {
    await run();
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
  throw new Error('nothing was thrown');
};

describe('wrong arguments are explained', () => {
  test.each([undefined, null, 5, {}, [], Symbol('x'), () => 1, Promise.resolve(1), new Map()])(
    'profile(%s)',
    async (model) => {
      const told = await toldBy(() => profile(model as never));
      expect(told.code).toBe('argument');
      expect(told.hint).toMatch(/built-in name/);
    },
  );

  test.each([[[null]], [5], [[{ shape: 3 }]], [[[1, 3, null, 4]]], [[[1, 3, {}, 4]]], [['1x,3x']]])(
    'inputs: %j',
    async (inputs) => {
      expect((await toldBy(() => profile('resnet18', { inputs: inputs as never }))).code).toBe('argument');
    },
  );

  test('shapes as people write them', async () => {
    const small = 148_557_824n;
    for (const inputs of [
      [[1, 3, 64, 64]],
      [1, 3, 64, 64],
      '1x3x64x64',
      ['1x3x64x64'],
      [{ shape: [1, 3, 64, 64] }],
      [{ shape: '1x3x64x64', dtype: 'float32' }],
      { input: [1, 3, 64, 64] },
      { input: '(1, 3, 64, 64)' },
    ])
      expect((await profile('resnet18', { inputs })).macs).toBe(small);
    expect((await profile('resnet18', { inputs: ['batch', 3, 64, 64] })).macs).toBe(`${small}*batch`);
  });

  test('an option that there is not', async () => {
    const told = await toldBy(() => profile('resnet18', { inptus: [[1, 3, 64, 64]] } as never));
    expect(told).toMatchObject({ code: 'argument', hint: 'did you mean inputs?' });
    expect((await toldBy(() => profile('resnet18', 5 as never))).code).toBe('argument');
    expect((await toldBy(() => reconcile('resnet18', { converntions: [] } as never))).hint).toBe(
      'did you mean conventions?',
    );
    expect((await toldBy(() => profile('resnet18', { bind: 3 as never }))).code).toBe('argument');
  });
});

describe('customOps', () => {
  test('take short and full names', async () => {
    const counts = async (key: string) =>
      (await profile('resnet18', { convention: 'thop', customOps: { [key]: () => 7n } })).macs;
    expect(await counts('Linear')).toBe(await counts('torch.nn.Linear'));
    expect(await counts('Linear')).toBe(1_824_033_792n - 512_000n + 7n);
  });

  test('say which keys fit nothing, and which tools have no such rules', async () => {
    const { notes } = await profile('resnet18', {
      conventions: ['thop', 'fvcore'],
      customOps: { Linaer: () => 1n, ReLU: () => 2n },
    });
    expect(notes.map(({ code, message }) => [code, message])).toEqual([
      ['unused-custom-op', 'customOps: nothing in this model is a Linaer'],
      ['custom-ops', 'customOps change thop, not exact, fvcore'],
    ]);
    expect((await toldBy(() => profile('resnet18', { customOps: { ReLU: () => 1n } }))).hint).toMatch(
      /convention: 'thop'/,
    );
    expect(
      (await toldBy(() => profile('resnet18', { convention: 'thop', customOps: { ReLU: 3 as never } }))).code,
    ).toBe('argument');
  });

  test('a count that a convention does not state is undefined', async () => {
    const { macs, flops } = await profile('resnet18', { convention: 'torchprofile' });
    expect([typeof macs, flops]).toEqual(['bigint', undefined]);
  });
});

test('what the forward of a module throws is told as its own, with the place and the stack', async () => {
  class Tail extends Module<[Tensor], Tensor> {
    forward(x: Tensor): Tensor {
      throw new TypeError(`no idea what to do with ${x.dim()} dimensions`);
    }
  }
  class Net extends Module<[Tensor], Tensor> {
    tail = new Tail();
    forward(x: Tensor): Tensor {
      return this.tail(x.relu());
    }
  }
  const thrown: ModelError = await profile(new Net(), { inputs: [[1, 8]] }).catch((error) => error);
  expect(thrown).toMatchObject({
    code: 'malformed',
    message: 'forward threw TypeError: no idea what to do with 2 dimensions',
    at: { module: 'tail' },
  });
  expect((thrown.cause as Error).stack).toContain('Tail.forward');
});

test.each([
  ['an axis left out', [1, 3, 224], /channels of the input 1×3×224, which has no batch axis and begins with them, and/],
  ['another number of channels', [1, 4, 224, 224], /channels of the input 1×4×224×224 and of the weight 64×3×7×7/],
])('channels that do not fit: %s', async (_, shape, message) => {
  await expect(profile('resnet18', { inputs: [shape] })).rejects.toThrow(message);
});
