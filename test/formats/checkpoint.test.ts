import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../src/formats/checkpoint/read.js';
import { detectFormat } from '../../src/formats/index.js';
import type { ModuleInfo } from '../../src/ledger/index.js';
import { profile, read } from '../../src/node.js';
import { render } from '../../src/report/index.js';
import type { ModelErrorCode } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { refusal } from '../refusal.js';
import * as p from '../wire/pickle-build.js';
import { zipOf } from '../wire/zip-build.js';

const folder = join(import.meta.dirname, '../fixtures/pth');
const file = (name: string): string => join(folder, name);

/** Parameters and buffers as PyTorch counted them when the files were written. */
const COUNTED: readonly (readonly [string, bigint, bigint])[] = [
  ['resnet18.state_dict.pth', 11_689_512n, 9_620n],
  ['resnet18.state_dict-ddp.pth', 11_689_512n, 9_620n],
  ['resnet18.state_dict-fp16.pth', 11_689_512n, 9_620n],
  ['resnet18.training-checkpoint.pth', 11_689_512n, 9_620n],
  ['resnet18.whole-model.pth', 11_689_512n, 9_620n],
  ['gpt2.state_dict.pth', 124_439_808n, 0n],
  ['tinycnn.zip-full.pth', 330n, 17n],
  ['tinycnn.legacy-full.pth', 330n, 17n],
  ['tinycnn.whole-model-legacy-full.pth', 330n, 17n],
  // 16×32 + 32 and 32×4 + 4 in packed tuples; scales and zero points besides
  ['cases/quant_state_dict.pth', 676n, 4n],
  // the same with a recurrent layer of 4 inputs and 8 units, whose cells are objects of C++ classes
  ['cases/dynq_sd.pth', 676n + 448n, 4n],
  // a convolution of 3 to 8 channels with its batch norm folded in, and a linear layer of 8 to 4
  ['cases/static_module.pth', 224n + 36n, 2n],
  ['cases/pruned.pth', 3_114n, 216n],
];

test.each(COUNTED)('%s: %i parameters, %i elements of buffers, and no MACs', async (name, params, buffers) => {
  const { totals, coverage, model } = await profile(file(name));
  expect(model.format).toBe('checkpoint');
  expect([totals.params, totals.bufferElements]).toEqual([params, buffers]);
  expect(totals.macs).toBeNull();
  expect(coverage.nodes).toBe(0);
});

const paths = (module: ModuleInfo): string[] => [
  module.path,
  ...module.children.flatMap((child) => paths(child.module)),
];

test('names that DataParallel put in front are gone', async () => {
  const plain = await read(file('resnet18.state_dict.pth'));
  const wrapped = await read(file('resnet18.state_dict-ddp.pth'));
  expect(paths(wrapped.root.module)).toEqual(paths(plain.root.module));
  expect(plain.weights[0]?.name).toBe('conv1.weight');
});

test('a tied weight is one, and has both names', async () => {
  const { weights } = await read(file('gpt2.state_dict.pth'));
  const tied = weights.find((w) => w.name === 'transformer.wte.weight');
  expect(tied?.aliases).toEqual(['lm_head.weight']);
});

test('a whole module keeps its classes', async () => {
  const { root, modules } = await read(file('resnet18.whole-model.pth'));
  expect(modules).toBe('exact');
  expect(root.module.type).toBe('torchvision.models.resnet.ResNet');
  expect(root.module.children[0]?.module.type).toBe('torch.nn.Conv2d');
});

test('what training keeps beside the model is named and not counted', async () => {
  const { notes } = await profile(file('resnet18.training-checkpoint.pth'));
  expect(notes.find((n) => n.code === 'training-state')?.message).toContain('optimizer');
});

test('views, small floats, integers, scalars and sparse tensors', async () => {
  const { weights } = await read(file('oddities.views-full.pth'));
  expect(weights.map((w) => `${w.name} ${w.dtype} ${w.shape.join('x')}`)).toEqual([
    'a float32 4x3',
    'b float32 10',
    'c bfloat16 4',
    'd int8 3',
    'e int64 ',
    'q float8e4m3fn 2x3',
    's float32 3',
  ]);
});

test('the screen says that there is no graph, and what to give for MACs', async () => {
  const text = render(await profile(file('resnet18.state_dict.pth')), 'tree');
  expect(text).toContain('weights and no graph');
  expect(text).toContain('torch.export (.pt2)');
  expect(text).not.toMatch(/MACs +0/);
});

/** A zip as torch.save writes it, of one pickle. */
const saved = (pickled: Uint8Array, more: Parameters<typeof zipOf>[0] = []): Uint8Array =>
  zipOf([{ name: 'm/data.pkl', data: pickled }, { name: 'm/version', data: '3\n' }, ...more], { wide: true });

const readBytes = (bytes: Uint8Array, name = 'm.pt'): ReturnType<typeof readCheckpoint> =>
  readCheckpoint(memorySource(bytes, { name }));

const state = (tensors: Readonly<Record<string, Uint8Array>>): Uint8Array => p.pickle(p.ordered(tensors));

test('only the directory and the pickle are read', () => {
  const pickled = state({ 'a.weight': p.tensor([1024, 1024], '0') });
  const bytes = saved(pickled, [{ name: 'm/data/0', data: new Uint8Array(4 * 1024 * 1024) }]);
  const source = memorySource(bytes, { name: 'm.pt' });
  const ledger = readCheckpoint(source);
  expect(ledger.weights.map((w) => [w.name, ...w.shape])).toEqual([['a.weight', 1024, 1024]]);
  expect(source.bytesRead).toBeLessThan(pickled.length + 2500);
});

test('an archive that was packed again by a tool, without its folder and compressed', () => {
  const bytes = zipOf([{ name: 'data.pkl', data: state({ w: p.tensor([2, 3], '0') }), deflate: true }]);
  expect(detectFormat(memorySource(bytes, { name: 'm.pt' })).id).toBe('checkpoint');
  expect(readBytes(bytes).weights.map((w) => w.name)).toEqual(['w']);
});

test('a whole model whose classes nobody has here is read as a checkpoint', () => {
  const parameter = (shape: readonly number[], key: string): Uint8Array =>
    p.call(
      p.global('torch._utils', '_rebuild_parameter'),
      p.tensor(shape, key),
      p.bool(true),
      p.call(p.global('collections', 'OrderedDict')),
    );
  const conv = p.instance(
    p.global('torch.nn.modules.conv', 'Conv2d'),
    p.dict({
      _parameters: p.ordered({ weight: parameter([4, 3, 3, 3], '0') }),
      _buffers: p.ordered({}),
      _modules: p.ordered({}),
    }),
  );
  const model = p.instance(
    p.global('ultralytics.nn.tasks', 'DetectionModel'),
    p.dict({ _parameters: p.ordered({}), _buffers: p.ordered({}), _modules: p.ordered({ conv }), yaml: p.dict({}) }),
  );
  const ledger = readBytes(saved(p.pickle(p.dict({ epoch: p.int(-1), model, ema: p.none, train_args: p.dict({}) }))));
  expect(ledger.root.module.type).toBe('ultralytics.nn.tasks.DetectionModel');
  expect(ledger.weights.map((w) => [w.name, w.trainable])).toEqual([['conv.weight', true]]);
});

test('a set of files named by an index', () => {
  const shard = (name: string, key: string): Uint8Array => saved(state({ [name]: p.tensor([2, 2], key) }));
  const files: Readonly<Record<string, Uint8Array>> = {
    'pytorch_model-00001-of-00002.bin': shard('a.weight', '0'),
    'pytorch_model-00002-of-00002.bin': shard('b.weight', '0'),
  };
  const index = JSON.stringify({
    metadata: { total_size: 32 },
    weight_map: { 'a.weight': 'pytorch_model-00001-of-00002.bin', 'b.weight': 'pytorch_model-00002-of-00002.bin' },
  });
  const source = memorySource(new TextEncoder().encode(index), {
    name: 'pytorch_model.bin.index.json',
    siblings: (name) => files[name],
  });
  expect(detectFormat(source).id).toBe('checkpoint');
  // Storages of two files have the same keys, and are two.
  expect(readCheckpoint(source).weights.map((w) => w.name)).toEqual(['a.weight', 'b.weight']);
});

describe('hostile files are refused with a reason', () => {
  const evil = p.call(p.global('os', 'system'), p.text('exit 1'));
  const cases: readonly (readonly [string, Uint8Array, ModelErrorCode, RegExp])[] = [
    ['nothing but a call', saved(p.pickle(evil)), 'wrong-format', /without tensors/],
    ['a pickle that is cut', saved(state({ w: p.tensor([2], '0') }).subarray(0, 40)), 'truncated', /pickle/],
    [
      'a tensor larger than its storage',
      saved(
        p.pickle(
          p.ordered({
            w: p.call(
              p.global('torch._utils', '_rebuild_tensor_v2'),
              p.storage('FloatStorage', '0', 4),
              p.int(0),
              p.tuple(p.int(1 << 30)),
              p.tuple(p.int(1)),
            ),
          }),
        ),
      ),
      'malformed',
      /ends at element/,
    ],
    ['an archive without a pickle', zipOf([{ name: 'm/x', data: 'y' }]), 'wrong-format', /without data\.pkl/],
    [
      'a pickle that inflates to more than it says',
      zipOf([{ name: 'm/data.pkl', data: new Uint8Array(100_000), deflate: true, size: 10 }]),
      'malformed',
      /inflates|announced|other sizes/,
    ],
    [
      'two pickles at one place',
      zipOf([
        { name: 'm/data.pkl', data: 'a' },
        { name: 'm/b', data: 'b', offset: 0 },
      ]),
      'malformed',
      /./,
    ],
  ];
  test.each(cases)('%s', (_, bytes, code, message) => {
    expect(() => readBytes(bytes)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test('calls within a state dict do nothing, and its tensors are counted', () => {
    const ledger = readBytes(saved(state({ w: p.tensor([2, 2], '0'), x: evil })));
    expect(ledger.weights.map((w) => w.name)).toEqual(['w']);
  });

  test('values that contain themselves end', () => {
    const cyclic = p.pickle(
      p.op('}'),
      p.op('q', [0]),
      p.text('self'),
      p.op('h', [0]),
      p.op('s'),
      p.text('w'),
      p.tensor([3], '0'),
      p.op('s'),
    );
    expect(readBytes(saved(cyclic)).weights.map((w) => w.name)).toEqual(['w']);
  });

  test('packed weights that contain themselves many times are refused', () => {
    const itself = p.list();
    const packed = p.pickle(
      p.op('}'),
      p.text('w'),
      p.tensor([3], '0'),
      p.op('s'),
      p.text('fc._packed_params'),
      itself,
      p.op('q', [9]),
      p.MARK,
      ...Array.from({ length: 60 }, () => p.op('h', [9])),
      p.op('e'),
      p.op('s'),
    );
    expect(() => readBytes(saved(packed))).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  test('a dictionary at thousands of places is refused', () => {
    const many = p.pickle(
      p.op('}'),
      p.text('w'),
      p.tensor([3], '0'),
      p.op('s'),
      p.text('shared'),
      p.op('}'),
      p.op('q', [9]),
      p.MARK,
      ...Array.from({ length: 8000 }, () => [p.op('K', [1]), p.none]).flat(),
      p.op('u'),
      p.op('s'),
      p.MARK,
      ...Array.from({ length: 10_000 }, (_, i) => [p.text(`k${i}`), p.op('h', [9])]).flat(),
      p.op('u'),
    );
    expect(() => readBytes(saved(many))).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  test('module names that grow with every level are refused', () => {
    const [cls, name] = [p.global('m', 'Net'), 'n'.repeat(4000)];
    const of = (modules: Uint8Array): Uint8Array =>
      p.instance(cls, p.dict({ _parameters: p.dict({}), _modules: modules }));
    let module = of(p.dict({}));
    for (let level = 0; level < 20; level++) {
      const at = [level];
      module = of(
        p.ordered({ [`${name}0`]: Uint8Array.from([...module, ...p.op('q', at)]), [`${name}1`]: p.op('h', at) }),
      );
    }
    expect(() => readBytes(saved(p.pickle(module)))).toThrow(expect.objectContaining({ code: 'limit' }));
  });
});

test('thousands of networks in one file are told apart in time, and wrappers of any depth taken off', () => {
  const networks = Array.from({ length: 5000 }, (_, i) => [
    `net${i}`,
    p.dict({ [`${'module.'.repeat(50)}w`]: p.tensor([3 + i], '0') }),
  ]);
  const all = readBytes(saved(p.pickle(p.dict(Object.fromEntries([...networks, ['again', networks[7]?.[1]]])))));
  expect(all.weights.length).toBe(5000);
  expect(all.weights[7]?.name).toBe('net7.w');
});

test('whatever bytes are changed, it is read or refused, never anything else', () => {
  const bytes = readFileSync(file('tinycnn.zip-full.pth'));
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(40),
      (changes, cut) => {
        const spoilt = Uint8Array.from(bytes);
        for (const [at, value] of changes) spoilt[at] = value;
        outcomes.add(refusal(() => readBytes(cut === 0 ? spoilt.subarray(0, bytes.length / 2) : spoilt)));
      },
    ),
    { numRuns: 300 },
  );
  expect(outcomes.size).toBeGreaterThan(1);
});
