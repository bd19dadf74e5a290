import { add, type Dim, equal, floordiv, mul } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { DType, TensorType } from '../../../tensor/index.js';
import { samePadding } from '../../channels.js';
import { isArray } from '../config.js';
import { type Layer, type LayerRule, type LayerTable, tensorsAmong } from '../layer.js';

/** Augmentations change nothing at inference; what they are called with comes out, labels and boxes too. */
const unchanged: LayerRule = (layer) => {
  const all = layer.given.args.flatMap(tensorsAmong);
  return all.map((t) => layer.apply(ops.identity(layer.typeOf(t)), [t]));
};

const rescaling: LayerRule = (layer) => {
  const { x, config } = layer;
  const type = layer.typeOf(x);
  const scaled = layer.apply(ops.binary('mul', type, { dtype: type.dtype, shape: [] }), [x]);
  const offset = config.get('offset');
  if (offset === undefined || offset === 0) return scaled;
  return layer.apply(ops.binary('add', layer.typeOf(scaled), { dtype: type.dtype, shape: [] }), [scaled]);
};

/** The middle at inference. */
const randomCrop: LayerRule = (layer) => {
  const { x, config } = layer;
  const { dtype, shape } = layer.typeOf(x);
  const at = layer.channelsFirst ? shape.length - 2 : shape.length - 3;
  const size = [config.size('height'), config.size('width')];
  const target = shape.map((d, i) => size[i - at] ?? d);
  if (target.every((d, i) => equal(d, shape[i] as Dim))) return layer.apply(ops.identity({ dtype, shape }), [x]);
  return layer.apply(ops.resize({ dtype, shape }, target.slice(at), 'linear'), [x]);
};

type Encoded = 'int' | 'one_hot' | 'multi_hot' | 'count' | 'tf_idf';

function outputMode(layer: Layer, otherwise: Encoded): Encoded {
  const mode = layer.config.text('output_mode', otherwise).replace('-', '_').replace('binary', 'multi_hot');
  if (!/^(int|one_hot|multi_hot|count|tf_idf)$/.test(mode)) throw layer.config.error('output_mode', 'a known mode');
  return mode as Encoded;
}

/** Whole numbers as they are, or as vectors with a place for each of them. */
function encoded(layer: Layer, x: Value, mode: Encoded, tokens: Dim | null): Value {
  const { shape } = layer.typeOf(x);
  if (mode === 'int') return layer.apply(ops.fill(shape, 'int64'), [x]);
  const count = tokens ?? layer.fresh('tokens');
  const dtype: DType = layer.computeDtype;
  if (mode === 'one_hot') {
    const lead = equal(shape.at(-1) ?? 0, 1) ? shape.slice(0, -1) : shape;
    return layer.apply(ops.fill([...lead, count], dtype), [x]);
  }
  const lead = shape.length <= 1 ? shape : shape.slice(0, -1);
  return layer.apply(ops.fill([...lead, count], dtype), [x]);
}

const categories: LayerRule = (layer) => {
  const mode = outputMode(layer, 'multi_hot');
  const tokens = layer.config.has('num_tokens')
    ? layer.config.size('num_tokens')
    : layer.config.has('max_tokens')
      ? layer.config.size('max_tokens')
      : null;
  return encoded(layer, layer.x, mode, tokens);
};

const lookup: LayerRule = (layer) => encoded(layer, firstOf(layer), outputMode(layer, 'int'), vocabularySize(layer));

/** Words that are known, and places for those that are not, and for the mask. */
function vocabularySize(layer: Layer): number | null {
  const { config } = layer;
  if (config.flag('pad_to_max_tokens', false) && config.has('max_tokens')) return config.size('max_tokens');
  const words = config.get('vocabulary');
  if (!isArray(words)) return config.has('vocabulary_size') ? config.size('vocabulary_size') : null;
  return (
    words.length +
    (config.has('num_oov_indices') ? config.size('num_oov_indices') : 1) +
    (config.has('mask_token') && outputMode(layer, 'int') === 'int' ? 1 : 0)
  );
}

const hashing: LayerRule = (layer) =>
  encoded(layer, firstOf(layer), outputMode(layer, 'int'), layer.config.size('num_bins'));

const discretization: LayerRule = (layer) => {
  const edges = layer.config.get('bin_boundaries');
  const bins = isArray(edges) ? edges.length : layer.config.has('num_bins') ? layer.config.size('num_bins') - 1 : 1;
  const places = layer.apply(ops.bucketize(layer.typeOf(layer.x), { dtype: 'float32', shape: [bins] }), [layer.x]);
  return encoded(layer, places, outputMode(layer, 'int'), bins + 1);
};

/** Texts to numbers of words: how many, a text decides, or the layer's own limit. */
const textVectorization: LayerRule = (layer) => {
  const x = firstOf(layer);
  const mode = outputMode(layer, 'int');
  const { shape } = layer.typeOf(x);
  const lead = equal(shape.at(-1) ?? 0, 1) ? shape.slice(0, -1) : shape;
  if (mode !== 'int')
    return layer.apply(ops.fill([...lead, vocabularySize(layer) ?? layer.fresh('tokens')], layer.computeDtype), [x]);
  const length = layer.config.has('output_sequence_length')
    ? layer.config.size('output_sequence_length')
    : layer.fresh('words');
  return layer.apply(ops.fill([...lead, length], 'int64'), [x]);
};

function firstOf(layer: Layer): Value {
  const [first] = layer.tensors;
  if (first === undefined) throw layer.error('is called without a tensor');
  return first;
}

/** Powers of frames of a signal, over bands of the ear's scale. */
const mel: LayerRule = (layer) => {
  const { x, config } = layer;
  const { dtype, shape } = layer.typeOf(x);
  const fft = config.size('fft_length', 2048);
  const hop = config.size('sequence_stride', 512);
  const bins = config.size('num_mel_bins', 128);
  const lead = shape.slice(0, -1);
  const frames = add(floordiv(shape.at(-1) ?? 0, hop), 1);
  const rows = lead.reduce<Dim>((a, b) => mul(a, b), frames);
  const half: TensorType = { dtype, shape: [...lead, frames, fft / 2 + 1] };
  const spectrum = layer.apply(ops.stft({ dtype, shape }, half, rows, fft, true), [x]);
  const square = ops.unary('square', half);
  const raised = config.number('mag_exp', 2) === 1 ? [] : [ops.binary('pow', half, half)];
  const parts = [square, square, ops.binary('add', half, half), ops.unary('sqrt', half), ...raised];
  const power = ops.together('pow', [half], parts);
  const powers = layer.apply(power, [spectrum]);
  const bands = layer.apply(ops.matmul(half, { dtype, shape: [fft / 2 + 1, bins] }), [powers]);
  const out: TensorType = { dtype, shape: [...lead, bins, frames] };
  const turned = layer.apply(ops.transpose(layer.typeOf(bands), -1, -2), [bands]);
  if (!config.flag('power_to_db', true)) return turned;
  const bound = ops.binary('maximum', out, out);
  const decibels = [
    bound,
    ops.unary('log10', out),
    ops.binary('mul', out, out),
    ops.binary('sub', out, out),
    bound,
    bound,
  ];
  return layer.apply(ops.together('log10', [out], decibels), [turned]);
};

/** How a spectrum is presented: as it is, or as its angle, power, magnitude or the logarithm of that. */
function presented(out: TensorType, mode: string): readonly ops.Effect[] {
  const square = ops.unary('square', out);
  const sum = ops.binary('add', out, out);
  const bound = ops.binary('maximum', out, out);
  const power = [square, square, sum];
  const after: Readonly<Record<string, readonly ops.Effect[]>> = {
    angle: [ops.binary('atan2', out, out)],
    psd: [...power, sum],
    magnitude: [...power, bound, ops.unary('sqrt', out)],
    log: [...power, bound, ops.unary('sqrt', out), bound, ops.unary('log', out)],
  };
  return (Object.hasOwn(after, mode) ? after[mode] : undefined) ?? [];
}

/** The transform as convolutions with sines and cosines, which are weights. */
const spectrogram: LayerRule = (layer) => {
  const { x, config } = layer;
  const { dtype, shape } = layer.typeOf(x);
  const first = layer.channelsFirst;
  const [batch = 1] = shape;
  const [length, channels] = first ? [shape[2], shape[1]] : [shape[1], shape[2]];
  if (length === undefined || channels === undefined) throw layer.error('needs N×time×channels');
  const frame = config.size('frame_length', 256);
  const hop = config.has('frame_step') ? config.size('frame_step') : Math.floor(frame / 2);
  const fft = config.has('fft_length') ? config.size('fft_length') : 2 ** Math.ceil(Math.log2(Math.max(1, frame)));
  const bins = Math.floor(fft / 2) + 1;
  const mode = config.text('mode', 'log');
  const parts = mode === 'real' || mode === 'imag' ? [mode] : ['real', 'imag'];
  const trainable = config.flag('trainable', false);
  const padding =
    config.text('padding', 'valid') === 'same' ? samePadding([length], [frame], [hop], [1]) : [[0, 0] as const];
  const signal: TensorType = { dtype, shape: [mul(batch, channels), 1, length] };
  const made = parts.map((part) => {
    const kernel = layer.weight(`${part}_kernel`, [frame, 1, bins], { trainable });
    return layer.apply(ops.conv(signal, { dtype, shape: [bins, 1, frame] }, null, { stride: hop, padding }), [
      x,
      kernel,
    ]);
  });
  const frames = layer.shape(made[0] as Value)[2] as Dim;
  const width = mode === 'stft' ? 2 * bins : bins;
  const spread = config.flag('expand_dims', false);
  const out: TensorType = {
    dtype,
    shape: spread
      ? first
        ? [batch, channels, frames, width]
        : [batch, frames, width, channels]
      : first
        ? [batch, mul(channels, width), frames]
        : [batch, frames, mul(channels, width)],
  };
  return layer.apply(ops.together('stft', [out], presented(out, mode)), made);
};

const opaque =
  (what: string): LayerRule =>
  () => {
    throw new Unsupported(`${what} is not in the file: give its formula (--formulas)`);
  };

const UNCHANGED = `
  AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MaxNumBoundingBoxes MixUp
  RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform
  RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
  RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom
  RandomHeight RandomWidth
`
  .trim()
  .split(/\s+/);

export const preprocessing: LayerTable = {
  ...Object.fromEntries(UNCHANGED.map((name) => [name, unchanged])),
  Solarization: (layer) => {
    const type = layer.typeOf(layer.x);
    const effect = ops.together('where', [type], [ops.binary('ge', type, type), ops.binary('sub', type, type)]);
    return layer.apply(effect, [layer.x]);
  },
  RandomCrop: randomCrop,
  Rescaling: rescaling,
  CategoryEncoding: categories,
  StringLookup: lookup,
  IntegerLookup: lookup,
  Hashing: hashing,
  HashedCrossing: hashing,
  Discretization: discretization,
  TextVectorization: textVectorization,
  MelSpectrogram: mel,
  STFTSpectrogram: spectrogram,
  TFSMLayer: opaque('the SavedModel that it calls'),
  JaxLayer: opaque('the function that it calls'),
  FlaxLayer: opaque('the module that it calls'),
  TorchModuleWrapper: opaque('the module that it calls'),
};
