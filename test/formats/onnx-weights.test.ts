import { describe, expect, test } from 'vitest';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { int, join, len } from '../wire/encode.js';
import { attributes, entry, external, ints, modelOf, node, tensor } from './onnx-build.js';

const w = (name: string, ...dims: readonly number[]): Uint8Array => tensor(name, dims, 1);
const named = (name: string, bytes: Uint8Array): Uint8Array => join(bytes, len(3, name));
const read = (bytes: Uint8Array, siblings?: (path: string) => Uint8Array | undefined): Ledger =>
  readModel(memorySource(bytes, siblings === undefined ? {} : { siblings }));
const kinds = (ledger: Ledger): Record<string, string> =>
  Object.fromEntries(ledger.weights.map((x) => [x.name, x.kind]));

describe('what stored tensors are', () => {
  test('one weight that several nodes read, directly and through Identity, counts once', () => {
    const ledger = read(
      modelOf({
        nodes: [
          node('MatMul', ['x', 'w'], ['a']),
          node('Identity', ['w'], ['copy']),
          node('MatMul', ['a', 'copy'], ['b']),
          node('Transpose', ['w'], ['t']),
          node('MatMul', ['b', 't'], ['y']),
        ],
        inputs: { x: [2, 8] },
        outputs: ['y'],
        initializers: [w('w', 8, 8)],
      }),
    );
    expect(totalsOf(ledger).params).toBe(64);
    expect(totalsOf(ledger).macs).toBe(3 * 2 * 64);
  });

  test('two names for the same bytes of another file are one weight', () => {
    const at = (name: string, offset: number): Uint8Array =>
      join(external(name, [8, 8], 1, 'weights.bin', offset), len(13, entry('length', '256')));
    const file = (second: number): Uint8Array =>
      modelOf({
        nodes: [node('MatMul', ['x', 'a'], ['h']), node('MatMul', ['h', 'b'], ['y'])],
        inputs: { x: [2, 8] },
        outputs: ['y'],
        initializers: [at('a', 0), at('b', second)],
      });
    expect(totalsOf(read(file(0))).params).toBe(64);
    expect(read(file(0)).weights[0]?.aliases).toEqual(['b']);
    expect(totalsOf(read(file(256))).params).toBe(128);
  });

  test('shapes, axes, scales and statistics are not parameters; dead tensors are none and are named', () => {
    const ledger = read(
      modelOf({
        nodes: [
          node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['n']),
          node('Reshape', ['n', 'shape'], ['r']),
          node('Mul', ['r', 'half'], ['y']),
        ],
        inputs: { x: [2, 4, 3] },
        outputs: ['y'],
        initializers: [
          w('g', 4),
          w('b', 4),
          w('m', 4),
          w('v', 4),
          ints('shape', [2], [2, 12]),
          w('half'),
          w('dead', 100),
        ],
      }),
    );
    expect(kinds(ledger)).toEqual({ g: 'parameter', b: 'parameter', m: 'buffer', v: 'buffer' });
    expect(totalsOf(ledger)).toMatchObject({ params: 8, bufferElements: 8 });
    expect(ledger.notes.find((n) => n.code === 'unused-initializers')?.message).toContain('dead');
  });

  test('a sparse tensor has the shape it would have if dense; narrow dtypes take what they take', () => {
    const sparse = len(15, len(1, tensor('w', [3], 1)), len(2, ints('', [3], [0, 5, 9])), int(3, 8), int(3, 8));
    const product = join(
      len(1, node('MatMul', ['x', 'w'], ['y'])),
      len(2, 'g'),
      sparse,
      len(11, len(1, 'x'), len(2, len(1, int(1, 1), len(2, len(1, int(1, 2)), len(1, int(1, 8)))))),
      len(12, len(1, 'y')),
    );
    const ledger = read(join(int(1, 8), len(7, product), len(8, int(2, 17))));
    expect(totalsOf(ledger)).toMatchObject({ params: 64, macs: 128 });
    for (const [dtype, bytes] of [[16, 128] as const, [17, 64] as const, [22, 32] as const, [23, 32] as const]) {
      const narrow = modelOf({
        nodes: [node('MatMul', ['x', 'w'], ['y'])],
        inputs: { x: [2, 8] },
        outputs: ['y'],
        initializers: [tensor('w', [8, 8], dtype)],
      });
      expect(totalsOf(read(narrow))).toMatchObject({ params: 64, weightBytes: bytes });
    }
  });
});

describe('external data', () => {
  const shaped = (location: string): Uint8Array =>
    modelOf({
      nodes: [node('Reshape', ['x', 's'], ['y'])],
      inputs: { x: [2, 8] },
      outputs: ['y'],
      initializers: [external('s', [2], 7, location)],
    });
  const contents = new Uint8Array(new BigInt64Array([4n, 4n]).buffer);
  const shapeOf = (location: string, files: Readonly<Record<string, Uint8Array>>): string | undefined =>
    read(shaped(location), (path) => files[path])
      .outputs[0]?.value.type?.shape.map(String)
      .join('x');

  test('is found beside the model, in folders too; what is not there leaves a free extent', () => {
    expect(shapeOf('data.bin', { 'data.bin': contents })).toBe('4x4');
    expect(shapeOf('./deep/er/data.bin', { 'deep/er/data.bin': contents })).toBe('4x4');
    expect(shapeOf('data.bin', {})).toBe('y.dim0xy.dim1');
  });

  test('outside the model’s folder nothing is asked for', () => {
    for (const location of [
      '../data.bin',
      '/etc/passwd',
      'a/../../data.bin',
      'C:\\data.bin',
      'https://host/data.bin',
      '..\\data.bin',
    ]) {
      const asked: string[] = [];
      read(shaped(location), (path) => {
        asked.push(path);
        return undefined;
      });
      expect(asked).toEqual([]);
    }
  });
});

test('a convolution that a batch norm was folded into stands where its weight’s name says', () => {
  const scope = (names: string, classes: string): Uint8Array =>
    join(
      len(9, len(1, 'pkg.torch.onnx.name_scopes'), len(2, names)),
      len(9, len(1, 'pkg.torch.onnx.class_hierarchy'), len(2, classes)),
    );
  const own = scope("['', '_size']", "['_empty_nn_module_stack_from_metadata_hook', 'aten.sym_size.int']");
  const folded = scope(
    "['', 'stem', 'stem.bn', 'conv2d']",
    "['net.Net', 'net.Stem', 'torch.nn.modules.batchnorm.BatchNorm2d', 'aten.conv2d']",
  );
  const ledger = read(
    modelOf({
      nodes: [
        join(named('s', node('Shape', ['x'], ['n'])), own),
        join(named('c', node('Conv', ['x', 'stem.conv.weight'], ['y'], attributes({ kernel_shape: [3, 3] }))), folded),
      ],
      inputs: { x: [1, 4, 9, 9] },
      outputs: ['y'],
      initializers: [w('stem.conv.weight', 6, 4, 3, 3)],
    }),
  );
  expect(ledger.root.module.type).toBe('net.Net');
  expect(ledger.entries.map((e) => [e.call.module.path, e.call.module.type])).toEqual([
    ['', 'net.Net'],
    ['stem.conv', 'torch.nn.Conv2d'],
  ]);
});
