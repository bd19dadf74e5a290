import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeModel } from '../../src/measure/index.js';
import { profile, read } from '../../src/node.js';
import { ROOT } from '../docs.js';
import { attributes, external, graph, ints, model, node, tensor } from '../formats/onnx-build.js';
import { len } from '../wire/encode.js';

const NOTHING = { has: () => false };
const ALL = { has: () => true };
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(ROOT, 'test/fixtures', name)));

describe('a model is completed', () => {
  test.each(['onnx/resnet50.legacy17.onnx', 'onnx/swin_t.dynamo.onnx', 'onnx/gpt2.legacy17.onnx'])(
    '%s: weights that are missing become zeros, each its own, and nothing else changes',
    async (name) => {
      const bytes = fixture(name);
      const { model: complete, zeros, missing } = completeModel(bytes, NOTHING);
      expect(missing.tensors).toBeGreaterThan(10);
      const room = zeros.reduce((n, { bytes: own }) => n + own, 0);
      expect(room).toBeGreaterThanOrEqual(missing.bytes - missing.tensors * 1024);
      expect(room - missing.bytes).toBeLessThanOrEqual(64 * missing.tensors);
      const [before, after] = await Promise.all([profile(bytes), profile(complete as Uint8Array)]);
      expect(after.totals).toEqual(before.totals);
      // What was completed lacks only the files of zeros.
      const names = new Set(zeros.map(({ path }) => path));
      expect(completeModel(complete as Uint8Array, { has: (path) => names.has(path) }).model).toBeNull();
    },
  );

  test('what is complete is left alone', () => {
    const bytes = fixture('measured/tiny.onnx');
    expect(completeModel(bytes, NOTHING)).toMatchObject({ model: null, missing: { tensors: 0 }, zeros: [] });
    expect(completeModel(fixture('onnx/resnet50.legacy17.onnx'), ALL)).toMatchObject({ model: null, zeros: [] });
  });

  test('offsets and lengths decide whether a file beside the model has a weight', () => {
    const bytes = model(
      graph({
        nodes: [node('Gemm', ['x', 'w'], ['y'], len(3, 'gemm'))],
        inputs: { x: [1, 300] },
        outputs: ['y'],
        initializers: [external('w', [300, 4], 1, 'weights.bin', 128)],
      }),
    );
    const asked: unknown[] = [];
    const { missing } = completeModel(bytes, {
      has(...question) {
        asked.push(question);
        return false;
      },
    });
    expect(asked).toEqual([['weights.bin', 128, null]]);
    expect(missing).toEqual({ tensors: 1, bytes: 4800 });
  });

  test('in the bodies of branches too, and small ones go into the model', async () => {
    const body = (weight: string): Uint8Array =>
      graph({
        nodes: [node('Add', ['x', weight], [`${weight}_sum`])],
        outputs: [`${weight}_sum`],
        initializers: [tensor(weight, [1, 4], 1)],
      });
    const bytes = model(
      graph({
        nodes: [node('If', ['c'], ['y'], attributes({ then_branch: body('a'), else_branch: body('b') }))],
        inputs: { x: [1, 4] },
        outputs: ['y'],
        initializers: [tensor('c', [], 9, len(9, [1]))],
      }),
    );
    const { model: complete, missing, zeros } = completeModel(bytes, NOTHING);
    expect({ missing, zeros }).toEqual({ missing: { tensors: 2, bytes: 32 }, zeros: [] });
    expect(completeModel(complete as Uint8Array, NOTHING).model).toBeNull();
  });

  test('a node without a name gets that of its first result', async () => {
    const bytes = model(graph({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [1, 4] }, outputs: ['y'] }));
    const { model: complete } = completeModel(bytes, NOTHING);
    const { entries } = await read(complete as Uint8Array);
    expect(entries.map(({ name }) => name)).toEqual(['y']);
  });

  test('inputs take other sizes than those that the file states; open ones are left open', async () => {
    const bytes = fixture('onnx/resnet18.legacy17.onnx');
    const asked = new Map([['input', [4, 3, 160, 160]]]);
    const { model: complete, resized } = completeModel(bytes, ALL, asked);
    expect(resized).toEqual(['input']);
    const [own, other] = await Promise.all([
      profile(complete as Uint8Array),
      profile(bytes, { inputs: [[4, 3, 160, 160]] }),
    ]);
    expect(own.macs).toBe(other.macs);
    expect(completeModel(bytes, ALL, new Map([['input', [1, 3, 224, 224]]])).model).toBeNull();
    const open = fixture('onnx/resnet50.legacy17.dyn.onnx');
    expect(completeModel(open, ALL, new Map([['input', [7, 3, 224, 224]]])).model).toBeNull();
  });

  test('texts without contents, and bytes that are not a model, are refused', () => {
    const bytes = model(
      graph({ nodes: [], inputs: {}, outputs: [], initializers: [tensor('names', [3], 8), ints('n', [1], [2])] }),
    );
    expect(() => completeModel(bytes, NOTHING)).toThrow(/names has no contents/);
    expect(() => completeModel(new Uint8Array([58, 255, 1, 2]), NOTHING)).toThrow(/protocol buffers/);
  });
});
