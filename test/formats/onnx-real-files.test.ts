import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic, substitute } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import { coverageOf, type Ledger, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';
import { int, join, len } from '../wire/encode.js';
import { attribute, attributes, type GraphParts, ints, modelOf, node, tensor, tensorType } from './onnx-build.js';

/** Kinds of operators and attributes that public files have; shapes as ONNX Runtime gives them, counts worked out by hand. */

const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
const shapes = (ledger: Ledger): (string | undefined)[] =>
  ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'));
const macs = (ledger: Ledger): string => text(totalsOf(ledger).macs);
const flops = (ledger: Ledger): string => text(totalsOf(ledger).flops);
const unknown = (ledger: Ledger): string[] => coverageOf(ledger).unknown.map((u) => `${u.op}: ${u.why}`);

interface One {
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs?: GraphParts['inputs'];
  readonly stored?: readonly Uint8Array[];
  readonly outputs?: number;
  readonly attrs?: Parameters<typeof attributes>[0];
  readonly more?: readonly Uint8Array[];
}
/** A model of one node; `order` names its inputs, '' leaves one out. */
function one(op: string, order: readonly string[], given: One): Ledger {
  const { domain = '', opset = 17, inputs = {}, stored = [], outputs = 1, attrs = {}, more = [] } = given;
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const only = join(node(op, order, names, attributes(attrs), ...more), ...(domain === '' ? [] : [len(7, domain)]));
  const imported = domain === '' ? [] : [len(8, len(1, domain), int(2, 1))];
  return readModel(
    memorySource(modelOf({ nodes: [only], inputs, outputs: names, initializers: stored }, opset, ...imported)),
  );
}
const float32 = (...values: readonly number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
/** Float contents as raw bytes. */
const floats = (name: string, values: readonly number[]): Uint8Array =>
  tensor(name, [values.length], 1, len(9, float32(...values)));
const floatList = (name: string, values: readonly number[]): Uint8Array =>
  attribute(name, 6, len(7, float32(...values)));

describe('files of a kind that came out wrong', () => {
  const file = (name: string): Ledger =>
    readModel(
      memorySource(readFileSync(new URL(`../fixtures/onnx/cases/${name}.onnx`, import.meta.url)), {
        name: `${name}.onnx`,
      }),
    );
  test.each([
    ['resize_sizes_nhwc', '6912', '1x4x8x8'],
    ['conv_transpose_output_shape', '3618', '1x4x8x6'],
    ['image_scaler', '3888', '1x4x6x6'],
    ['qonnx_quant', '3888', '1x4x6x6'],
    ['squeeze_axis_of_free_dim', '32*batch', 'batchx4'],
  ])('%s', (name, expected, shape) => {
    const ledger = file(name);
    expect(macs(ledger)).toBe(expected);
    expect(shapes(ledger)).toEqual([shape]);
    expect(unknown(ledger)).toEqual([]);
  });

  test('ml_zipmap: pairs scores with names, and computes nothing', () => {
    const ledger = file('ml_zipmap');
    expect(unknown(ledger)).toEqual([]);
    expect([macs(ledger), flops(ledger)]).toEqual(['0', '0']);
  });
});

describe('Resize and Upsample over their versions', () => {
  test('scales of channels-last images, opset 10', () => {
    const ledger = one('Resize', ['x', 's'], {
      opset: 10,
      inputs: { x: [1, 4, 5, 3] },
      stored: [floats('s', [1, 2, 3, 1])],
    });
    expect(shapes(ledger)).toEqual(['1x8x15x3']);
  });
  test('channels are resized where the file says so, opset 13', () => {
    const ledger = one('Resize', ['x', '', '', 'z'], {
      opset: 13,
      inputs: { x: [1, 4, 5, 3] },
      stored: [ints('z', [4], [1, 6, 5, 3])],
      attrs: { mode: 'linear' },
    });
    expect(shapes(ledger)).toEqual(['1x6x5x3']);
    // one axis changes: two taps an output
    expect(flops(ledger)).toBe(String(6 * 5 * 3 * (2 + 1)));
  });
  test('axes, and sizes of those alone, opset 18', () => {
    const ledger = one('Resize', ['x', '', '', 'z'], {
      opset: 18,
      inputs: { x: ['n', 4, 5, 3] },
      stored: [ints('z', [2], [10, 12])],
      attrs: { axes: [-3, 2] },
    });
    expect(shapes(ledger)).toEqual(['nx10x12x3']);
  });
  test.each([
    ['not_larger', '1x2x9x6'],
    ['not_smaller', '1x2x12x8'],
  ])('one ratio for all axes: %s', (policy, expected) => {
    const ledger = one('Resize', ['x', '', '', 'z'], {
      opset: 18,
      inputs: { x: [1, 2, 6, 4] },
      stored: [ints('z', [2], [9, 8])],
      attrs: { axes: [2, 3], keep_aspect_ratio_policy: policy },
    });
    expect(shapes(ledger)).toEqual([expected]);
  });
  test('one ratio of free extents is free', () => {
    const ledger = one('Resize', ['x', '', '', 'z'], {
      opset: 18,
      inputs: { x: [1, 2, 'h', 'w'] },
      stored: [ints('z', [2], [9, 8])],
      attrs: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
    });
    expect(shapes(ledger)[0]).toMatch(/^1x2x"?y0\.dim0"?x"?y0\.dim1"?$/);
  });
  test('a scale is a single-precision number: 0.7 of 10 is 7', () => {
    const ledger = one('Resize', ['x', '', 's'], {
      opset: 11,
      inputs: { x: [1, 1, 10, 10] },
      stored: [floats('s', [1, 1, 0.7, 0.29])],
    });
    expect(shapes(ledger)).toEqual(['1x1x7x2']);
  });
  test('Upsample 7 has a list of scales, Upsample 1 those of height and width', () => {
    const seventh = one('Upsample', ['x'], {
      opset: 7,
      inputs: { x: [1, 4, 5, 3] },
      more: [floatList('scales', [1, 2, 2, 1])],
    });
    expect(shapes(seventh)).toEqual(['1x8x10x3']);
    const first = one('Upsample', ['x'], {
      opset: 1,
      inputs: { x: [1, 4, 5, 3] },
      attrs: { height_scale: { float: 2 }, width_scale: { float: 3 } },
    });
    expect(shapes(first)).toEqual(['1x4x10x9']);
  });
});

describe('extents that attributes and inputs decide', () => {
  test('ConvTranspose: output_shape holds for free extents, and where it is smaller', () => {
    const given = { stored: [tensor('w', [2, 3, 3, 3], 1)], attrs: { strides: [2, 2], output_shape: [10, 8] } };
    const open = one('ConvTranspose', ['x', 'w'], { ...given, inputs: { x: [1, 2, 'h', 'w_in'] } });
    expect(shapes(open)).toEqual(['1x3x10x8']);
    const small = one('ConvTranspose', ['x', 'w'], {
      ...given,
      inputs: { x: [1, 2, 4, 4] },
      attrs: { strides: [2, 2], output_shape: [8, 8] },
    });
    expect(shapes(small)).toEqual(['1x3x8x8']);
    expect(macs(small)).toBe(String(16 * 2 * 3 * 9));
  });
  test('auto_pad SAME of free extents: one window a stride', () => {
    const run = (shape: readonly (number | string)[], kernel: number) =>
      one('Conv', ['x', 'w'], {
        inputs: { x: shape },
        stored: [tensor('w', [4, 3, kernel, kernel], 1)],
        attrs: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
      });
    const open = run(['n', 3, 'h', 'w'], 3);
    expect(unknown(open)).toEqual([]);
    for (const [h, w] of [
      [7, 8],
      [1, 2],
      [224, 225],
    ] as const) {
      const at = new Map([
        ['n', 1],
        ['h', h],
        ['w', w],
      ]);
      const fixed = run([1, 3, h, w], 3);
      expect(String(substitute(totalsOf(open).macs, at))).toBe(macs(fixed));
    }
    expect(shapes(run(['n', 3, 'h', 'w'], 1))).toEqual(shapes(run(['n', 3, 'h', 'w'], 3)));
  });
  test('Squeeze refuses an axis that cannot go', () => {
    expect(() => one('Squeeze', ['x'], { opset: 11, inputs: { x: [2, 3] }, attrs: { axes: [1] } })).toThrow(
      /axis 1 has 3 elements/,
    );
  });
  test('BatchNormalization of one axis: one channel', () => {
    const stored = ['s', 'b', 'm', 'v'].map((name) => tensor(name, [1], 1));
    const ledger = one('BatchNormalization', ['x', 's', 'b', 'm', 'v'], { inputs: { x: ['n'] }, stored });
    expect(shapes(ledger)).toEqual(['n']);
    expect(flops(ledger)).toBe('2*n');
  });
  test('ArgMax of a shape is a number', () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('ArgMax', ['s'], ['i'], attributes({ keepdims: 1 })),
      node('ConstantOfShape', ['i'], ['y']),
    ];
    const ledger = readModel(memorySource(modelOf({ nodes, inputs: { x: [2, 3, 9, 4] }, outputs: ['y'] })));
    expect(shapes(ledger)).toEqual(['2']);
  });
});

describe('operators of early versions', () => {
  test('Crop: a border, or a corner and a size', () => {
    const border = one('Crop', ['x'], { opset: 1, inputs: { x: [1, 3, 10, 12] }, attrs: { border: [1, 2, 3, 4] } });
    expect(shapes(border)).toEqual(['1x3x4x8']);
    const sized = one('Crop', ['x'], {
      opset: 1,
      inputs: { x: [1, 3, 10, 12] },
      attrs: { border: [1, 2, 0, 0], scale: [5, 6] },
    });
    expect(shapes(sized)).toEqual(['1x3x5x6']);
  });
  test.each([
    ['ImageScaler', 2],
    ['Affine', 2],
    ['Scale', 1],
    ['ScaledTanh', 3],
    ['ParametricSoftplus', 5],
  ])('%s', (op, each) => {
    const ledger = one(op, ['x'], { opset: 1, inputs: { x: [2, 3] } });
    expect(shapes(ledger)).toEqual(['2x3']);
    expect(flops(ledger)).toBe(String(6 * each));
  });
});

describe('quantisation as QONNX and FINN write it', () => {
  test('MultiThreshold: a compare and an addition a threshold', () => {
    const ledger = one('MultiThreshold', ['x', 't'], {
      domain: 'finn.custom_op.general',
      inputs: { x: [1, 4, 5, 5] },
      stored: [tensor('t', [4, 15], 1)],
    });
    expect(unknown(ledger)).toEqual([]);
    expect(flops(ledger)).toBe(String(100 * 15 * 2));
    expect(totalsOf(ledger)).toMatchObject({ macs: 0, params: 0 });
  });
  test('Conv with channels behind', () => {
    const ledger = one('Conv', ['x', 'w'], {
      domain: 'qonnx.custom_op.channels_last',
      inputs: { x: [1, 8, 8, 3] },
      stored: [tensor('w', [4, 3, 3, 3], 1)],
    });
    expect(shapes(ledger)).toEqual(['1x6x6x4']);
    expect(macs(ledger)).toBe(String(36 * 4 * 27));
  });
  test('Im2Col', () => {
    const ledger = one('Im2Col', ['x'], {
      domain: 'qonnx.custom_op.general',
      inputs: { x: [1, 8, 8, 3] },
      attrs: { kernel_size: [3, 3], stride: [1, 1], pad_amount: [1, 1, 1, 1] },
    });
    expect(shapes(ledger)).toEqual(['1x8x8x27']);
  });
});

describe('what runtimes drop', () => {
  test('operators that no output needs are counted, and named with the counts without them', () => {
    const nodes = [
      node('MatMul', ['x', 'w'], ['y'], len(3, 'kept')),
      node('MatMul', ['x', 'v'], ['z'], len(3, 'dropped')),
      node('Relu', ['z'], ['u'], len(3, 'too')),
    ];
    const initializers = [tensor('w', [4, 8], 1), tensor('v', [4, 16], 1), tensor('nobody', [3], 1)];
    const ledger = readModel(memorySource(modelOf({ nodes, inputs: { x: [2, 4] }, outputs: ['y'], initializers })));
    expect(macs(ledger)).toBe(String(2 * 4 * (8 + 16)));
    const notes = ledger.notes.map((n) => n.message);
    expect(notes).toContain(
      `nobody reads what 2 operators make (dropped, too): runtimes drop them; without them MACs are ${2 * 4 * 8} and FLOPs ${2 * 2 * 4 * 8}`,
    );
    expect(notes).toContain('1 stored tensors are read by no operator and not counted as parameters: nobody');
  });
  test('what only the body of a branch reads is needed', () => {
    const body = (name: string): Uint8Array =>
      join(len(1, node('Relu', ['h'], [name])), len(2, name), len(12, len(1, name)));
    const nodes = [
      node('Neg', ['x'], ['h']),
      node('If', ['c'], ['y'], attributes({ then_branch: body('a'), else_branch: body('b') })),
    ];
    const ledger = readModel(
      memorySource(modelOf({ nodes, inputs: { x: [2, 4], c: tensorType(9, []) }, outputs: ['y'] })),
    );
    expect(ledger.notes.filter((n) => n.code === 'dead-nodes')).toEqual([]);
  });
});

describe('counted though results depend on data', () => {
  test('NonMaxSuppression and Unique: free extents, no gap, and a note', () => {
    const nms = one('NonMaxSuppression', ['b', 's'], { inputs: { b: [1, 9, 4], s: [1, 2, 9] } });
    expect(unknown(nms)).toEqual([]);
    expect(nms.notes.map((n) => n.message)).toEqual([
      'FLOPs leave out the compares and overlaps of boxes, whose number depends on the data (NonMaxSuppression)',
    ]);
    const unique = one('Unique', ['x'], { inputs: { x: [9] } });
    expect(unknown(unique)).toEqual([]);
  });
  test('tree ensembles: one compare a level of every tree', () => {
    // two trees: a root with two leaves, and a chain of three levels
    const ledger = one('TreeEnsembleRegressor', ['x'], {
      domain: 'ai.onnx.ml',
      inputs: { x: ['n', 4] },
      attrs: {
        n_targets: 1,
        nodes_treeids: [0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
        nodes_nodeids: [0, 1, 2, 0, 1, 2, 3, 4, 5, 6],
        nodes_truenodeids: [1, 0, 0, 1, 0, 3, 0, 5, 0, 0],
        nodes_falsenodeids: [2, 0, 0, 2, 0, 4, 0, 6, 0, 0],
      },
      more: [
        attribute(
          'nodes_modes',
          8,
          ...'BRANCH_LEQ LEAF LEAF BRANCH_LEQ LEAF BRANCH_LEQ LEAF BRANCH_LEQ LEAF LEAF'
            .split(' ')
            .map((m) => len(9, m)),
        ),
      ],
    });
    expect(unknown(ledger)).toEqual([]);
    expect(shapes(ledger)).toEqual(['nx1']);
    // 1 + 3 compares and one addition of the two leaves a row
    expect(flops(ledger)).toBe('5*n');
  });
});

test('sequences that end early: only the steps that are there are computed', () => {
  const [steps, batch, features, hidden] = [4, 2, 5, 3];
  const lengths = (...values: number[]): Uint8Array => tensor('lens', [batch], 6, ...values.map((v) => int(5, v)));
  const run = (...stored: Uint8Array[]): Ledger =>
    one('LSTM', ['x', 'w', 'r', '', ...(stored.length > 0 ? ['lens'] : [])], {
      inputs: { x: [steps, batch, features], w: [1, 4 * hidden, features], r: [1, 4 * hidden, hidden] },
      stored,
      attrs: { hidden_size: hidden },
    });
  const step = 4 * hidden * (features + hidden);
  expect(macs(run())).toBe(String(steps * batch * step));
  expect(macs(run(lengths(4, 1)))).toBe(String(5 * step));
});
