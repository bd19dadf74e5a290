import { describe, expect, test } from 'vitest';
import { caffe } from '../../src/formats/caffe/index.js';
import { isModelError } from '../../src/source/errors.js';
import { seen } from './layers.js';

const read = (text: string, options = {}) => seen(caffe, text, 'deploy.prototxt', options);

const NEW = `
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 2 dim: 3 dim: 16 dim: 16 } } }
layer { name: "b/conv" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 stride: 1 } }
layer { name: "b/relu" type: "ReLU" bottom: "c" top: "c" }
layer { name: "b/pool" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "b/fc" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "f" top: "prob" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "label" top: "loss" include { phase: TRAIN } }
`;
const SECOND = `
input: "data"
input_dim: 2 input_dim: 3 input_dim: 16 input_dim: 16
layers { bottom: "data" top: "c" name: "conv" type: CONVOLUTION
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layers { bottom: "c" top: "c" name: "relu" type: RELU }
layers { bottom: "c" top: "p" name: "pool" type: POOLING pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { bottom: "p" top: "f" name: "fc" type: INNER_PRODUCT inner_product_param { num_output: 10 } }
layers { bottom: "f" top: "prob" name: "prob" type: SOFTMAX }
`;
const FIRST = `
input: "data" input_dim: 2 input_dim: 3 input_dim: 16 input_dim: 16
layers { layer { name: "conv" type: "conv" num_output: 8 kernelsize: 3 pad: 1 } bottom: "data" top: "c" }
layers { layer { name: "relu" type: "relu" } bottom: "c" top: "c" }
layers { layer { name: "pool" type: "pool" pool: MAX kernelsize: 3 stride: 2 } bottom: "c" top: "p" }
layers { layer { name: "fc" type: "innerproduct" num_output: 10 } bottom: "p" top: "f" }
layers { layer { name: "prob" type: "softmax" } bottom: "f" top: "prob" }
`;

// 16·16 positions by 8·27 and a bias; the pooling rounds up to 8·8
const MACS = String(2 * (256 * 8 * 27 + 8 * 64 * 10));
const PARAMS = String(8 * 27 + 8 + 8 * 64 * 10 + 10);

/** Protobuf by hand: numbers as varints, texts and messages with their length. */
type Part = readonly [field: number, value: number | string | readonly Part[] | Uint8Array];
function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}
function encode(parts: readonly Part[]): number[] {
  return parts.flatMap(([field, value]) => {
    if (typeof value === 'number') return [...varint(field * 8), ...varint(value)];
    const bytes =
      typeof value === 'string'
        ? [...new TextEncoder().encode(value)]
        : value instanceof Uint8Array
          ? [...value]
          : encode(value);
    return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
  });
}

describe('networks', () => {
  test.each([
    ['new', NEW],
    ['of the second kind', SECOND],
    ['of the first kind', FIRST],
  ])('a file %s', async (_, text) => {
    const { macs, params, outputs, gaps } = await read(text);
    expect([macs, params]).toEqual([MACS, PARAMS]);
    expect(outputs).toEqual(['2x10']);
    expect(gaps).toEqual([]);
  });

  test('a .caffemodel, whose weights are stepped over', async () => {
    const weights = new Uint8Array(100_000);
    const layer = (name: string, type: string, bottom: string, top: string, more: readonly Part[] = []): Part => [
      100,
      [[1, name], [2, type], [3, bottom], [4, top], ...more],
    ];
    const bytes = Uint8Array.from(
      encode([
        [1, 'small'],
        [
          100,
          [
            [1, 'data'],
            [2, 'Input'],
            [4, 'data'],
            [143, [[1, [[1, Uint8Array.from([2, 3, 16, 16])]]]]],
          ],
        ],
        layer('conv', 'Convolution', 'data', 'c', [
          [7, [[5, weights]]],
          [
            106,
            [
              [1, 8],
              [4, Uint8Array.from([3])],
              [3, 1],
            ],
          ],
        ]),
        layer('pool', 'Pooling', 'c', 'p', [
          [
            121,
            [
              [1, 0],
              [2, 3],
              [3, 2],
            ],
          ],
        ]),
        layer('fc', 'InnerProduct', 'p', 'f', [
          [7, [[5, weights]]],
          [117, [[1, 10]]],
        ]),
      ]),
    );
    const { macs, params, outputs, ledger } = await seen(caffe, bytes, 'net.caffemodel');
    expect([macs, params, outputs]).toEqual([MACS, PARAMS, ['2x10']]);
    expect(ledger.file?.bytesRead).toBeLessThan(20_000);
  });

  test('names with slashes are modules; a layer whose top is its bottom works in place', async () => {
    const { ledger } = await read(NEW);
    const [conv, relu] = ledger.entries;
    expect(relu?.outputs[0]?.storage).toBe(conv?.outputs[0]?.storage);
    expect(ledger.root.module.children.map((c) => c.name)).toEqual(['b']);
  });

  test.each([
    ['pad: 1 kernel_size: 3 stride: 2', 9],
    ['pad: 1 kernel_size: 2 stride: 2', 9], // the last window would begin behind the input: it is left out
    ['kernel_size: 3 stride: 2 round_mode: FLOOR', 7],
    ['kernel_h: 3 kernel_w: 3 stride: 2', 8],
    ['global_pooling: true', 1],
  ])('pooling { %s } has %i positions', async (settings, expected) => {
    const { outputs } = await read(
      `input: "x" input_shape { dim: 1 dim: 4 dim: 16 dim: 16 }\nlayer { name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param { ${settings} } }`,
    );
    expect(outputs).toEqual([`1x4x${expected}x${expected}`]);
  });

  test('weights under one name are one', async () => {
    const fc = (name: string) =>
      `layer { name: "${name}" type: "InnerProduct" bottom: "x" top: "${name}" param { name: "w" } param { name: "b" } inner_product_param { num_output: 5 } }`;
    const { params, macs } = await read(`input: "x" input_shape { dim: 1 dim: 7 }\n${fc('one')}\n${fc('two')}`);
    expect([params, macs]).toEqual(['40', '70']);
  });

  test('a detector: prior boxes, permutations, shapes written anew', async () => {
    const { outputs } = await read(`
      input: "x" input_shape { dim: 1 dim: 8 dim: 4 dim: 4 }
      layer { name: "perm" type: "Permute" bottom: "x" top: "t" permute_param { order: 0 order: 2 order: 3 order: 1 } }
      layer { name: "flat" type: "Flatten" bottom: "t" top: "f" }
      layer { name: "resh" type: "Reshape" bottom: "f" top: "r" reshape_param { shape { dim: 0 dim: -1 dim: 4 } } }
      layer { name: "prior" type: "PriorBox" bottom: "x" bottom: "x" top: "b"
        prior_box_param { min_size: 10 max_size: 20 aspect_ratio: 2 flip: true } }`);
    expect(outputs).toEqual(['1x32x4', '1x2x256']);
  });

  test('an LSTM over steps, with a batch', async () => {
    const { macs, params } = await read(`
      input: "x" input_shape { dim: 5 dim: 2 dim: 7 } input: "cont" input_shape { dim: 5 dim: 2 }
      layer { name: "l" type: "LSTM" bottom: "x" bottom: "cont" top: "y" recurrent_param { num_output: 6 } }`);
    expect([macs, params]).toEqual([String(10 * 24 * 13), String(24 * 7 + 24 + 24 * 6)]);
  });

  test('a network for training is read as it tests, once its images have a size', async () => {
    const text = `
      layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST } data_param { batch_size: 4 } }
      layer { name: "fc" type: "InnerProduct" bottom: "data" top: "f" inner_product_param { num_output: 10 } }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "label" top: "loss" }
      layer { name: "acc" type: "Accuracy" bottom: "f" bottom: "label" top: "acc" include { phase: TEST } }`;
    const { macs } = await read(text, { inputs: [{ shape: [4, 1, 28, 28] }] });
    expect(macs).toBe(String(4 * 784 * 10));
    await expect(read(text)).rejects.toSatisfy((e) => isModelError(e) && e.hint.includes('--input data='));
  });

  test('a layer of the user’s own is a gap, and named', async () => {
    const { gaps } = await read(
      'input: "x" input_shape { dim: 1 dim: 7 }\nlayer { name: "l" type: "Mine" bottom: "x" top: "y" }',
    );
    expect(gaps).toEqual(['Mine: opcount has no formula for Mine']);
  });
});

describe('what is refused', () => {
  test.each([
    [
      'channels that do not divide',
      'layer { name: "c" type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 kernel_size: 1 group: 3 } }',
    ],
    ['a blob that nobody makes', 'layer { name: "c" type: "ReLU" bottom: "nothing" top: "y" }'],
    ['text that breaks off', 'layer { name: "c" type: "ReLU" bottom: "x"'],
  ])('%s', async (_, layer) => {
    await expect(read(`input: "x" input_shape { dim: 1 dim: 7 dim: 8 dim: 8 }\n${layer}`)).rejects.toSatisfy(
      (e) => isModelError(e) && e.hint !== '',
    );
  });
});

describe('detectors', () => {
  const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 1 dim: 98 dim: 16 dim: 16 } } }
layer { name: "rois" type: "Python" bottom: "data" top: "rois" top: "scores"
  python_param { module: "rpn.proposal_layer" layer: "ProposalLayer" } }
layer { name: "ps" type: "PSROIPooling" bottom: "data" bottom: "rois" top: "p"
  psroi_pooling_param { spatial_scale: 0.0625 output_dim: 2 group_size: 7 } }
layer { name: "fc" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 4 } }`;

  test('boxes of a layer in Python that R-CNN has, and pooling with channels for each place', async () => {
    const { macs, outputs, gaps } = await read(NET);
    expect([macs, gaps]).toEqual([`${2 * 49 * 4}*rois.boxes`, []]);
    expect(outputs).toEqual(['rois.boxesx1', 'rois.boxesx4']);
  });

  test('another layer in Python is a gap; one that reads data asks for shapes', async () => {
    expect((await read(NET.replace('"ProposalLayer"', '"MyLayer"'))).gaps[0]).toContain('written in Python (MyLayer)');
    const data = NET.replace(/type: "Input" top: "data" input_param.*$/m, 'type: "Python" top: "data" }');
    await expect(read(data)).rejects.toThrow('does not say what shape data has');
    expect((await read(data, { inputs: [{ name: 'data', shape: [1, 98, 16, 16] }] })).gaps).toEqual([]);
  });
});
