import { byName } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import type { Tree } from '../../wire/prototext/encode.js';
import { parseText } from '../../wire/prototext/parse.js';
import { decodeNet } from './binary.js';
import { FORMAT, formOf } from './detect.js';
import { Fields } from './fields.js';

const HEAD = 4096;
const MAX_TEXT = 1 << 27;

/** A layer as today's Caffe has it, whichever of its three forms the file was written in. */
export interface CaffeLayer {
  readonly name: string;
  readonly type: string;
  readonly bottom: readonly string[];
  readonly top: readonly string[];
  readonly fields: Fields;
}

export interface CaffeNet {
  readonly name: string;
  readonly layers: readonly CaffeLayer[];
  /** Inputs that the network has beside its layers. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** The network of a file, for inference where it says what training adds. Throws ModelError. */
export function netOf(source: Source): CaffeNet {
  const form = formOf(source.read(0, Math.min(source.size, HEAD)));
  if (form !== 'binary' && source.size > MAX_TEXT)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_TEXT}`, {
      format: FORMAT,
      hint: 'Give the .caffemodel.',
    });
  const tree =
    form === 'binary'
      ? decodeNet(windowed(source))
      : parseText(new TextDecoder().decode(source.read(0, source.size)), FORMAT);
  const net = new Fields(tree);
  const written = [...net.list('layer').map(modern), ...net.list('layers').map(earlier)];
  const kept = written.filter((layer) => isKept(layer, 'TEST'));
  // A network that reads its data in training alone is read as it trains.
  const layers =
    kept.some((layer) => layer.bottom.length === 0) || net.has('input')
      ? kept
      : written.filter((layer) => isKept(layer, 'TRAIN'));
  const shapes = net.list('input_shape').map((shape) => shape.numbers('dim'));
  const dims = net.numbers('input_dim');
  const inputs = net.texts('input').map((name, i) => ({
    name,
    shape: shapes[i] ?? dims.slice(4 * i, 4 * i + 4),
  }));
  return { name: net.text('name'), layers, inputs };
}

function modern(fields: Fields): CaffeLayer {
  return {
    name: fields.text('name'),
    type: fields.text('type'),
    bottom: fields.texts('bottom'),
    top: fields.texts('top'),
    fields,
  };
}

/** Types of the second form by their names and numbers in its enumeration. */
const TYPES: readonly (readonly [number, string, string])[] = [
  [35, 'ABSVAL', 'AbsVal'],
  [1, 'ACCURACY', 'Accuracy'],
  [30, 'ARGMAX', 'ArgMax'],
  [2, 'BNLL', 'BNLL'],
  [3, 'CONCAT', 'Concat'],
  [37, 'CONTRASTIVE_LOSS', 'ContrastiveLoss'],
  [4, 'CONVOLUTION', 'Convolution'],
  [5, 'DATA', 'Data'],
  [39, 'DECONVOLUTION', 'Deconvolution'],
  [6, 'DROPOUT', 'Dropout'],
  [32, 'DUMMY_DATA', 'DummyData'],
  [7, 'EUCLIDEAN_LOSS', 'EuclideanLoss'],
  [25, 'ELTWISE', 'Eltwise'],
  [38, 'EXP', 'Exp'],
  [8, 'FLATTEN', 'Flatten'],
  [9, 'HDF5_DATA', 'HDF5Data'],
  [10, 'HDF5_OUTPUT', 'HDF5Output'],
  [28, 'HINGE_LOSS', 'HingeLoss'],
  [11, 'IM2COL', 'Im2col'],
  [12, 'IMAGE_DATA', 'ImageData'],
  [13, 'INFOGAIN_LOSS', 'InfogainLoss'],
  [14, 'INNER_PRODUCT', 'InnerProduct'],
  [15, 'LRN', 'LRN'],
  [29, 'MEMORY_DATA', 'MemoryData'],
  [16, 'MULTINOMIAL_LOGISTIC_LOSS', 'MultinomialLogisticLoss'],
  [34, 'MVN', 'MVN'],
  [17, 'POOLING', 'Pooling'],
  [26, 'POWER', 'Power'],
  [18, 'RELU', 'ReLU'],
  [19, 'SIGMOID', 'Sigmoid'],
  [27, 'SIGMOID_CROSS_ENTROPY_LOSS', 'SigmoidCrossEntropyLoss'],
  [36, 'SILENCE', 'Silence'],
  [20, 'SOFTMAX', 'Softmax'],
  [21, 'SOFTMAX_LOSS', 'SoftmaxWithLoss'],
  [22, 'SPLIT', 'Split'],
  [33, 'SLICE', 'Slice'],
  [23, 'TANH', 'TanH'],
  [24, 'WINDOW_DATA', 'WindowData'],
  [31, 'THRESHOLD', 'Threshold'],
];

/** Types of the first form, all in small letters. */
const FIRST: Readonly<Record<string, string>> = byName({
  conv: 'Convolution',
  pool: 'Pooling',
  lrn: 'LRN',
  innerproduct: 'InnerProduct',
  relu: 'ReLU',
  sigmoid: 'Sigmoid',
  tanh: 'TanH',
  softmax: 'Softmax',
  softmax_loss: 'SoftmaxWithLoss',
  dropout: 'Dropout',
  concat: 'Concat',
  data: 'Data',
  images: 'ImageData',
  accuracy: 'Accuracy',
  flatten: 'Flatten',
  split: 'Split',
  bnll: 'BNLL',
  power: 'Power',
});

/** Messages that hold a layer's settings today; the first form has the settings of all layers in one. */
const SETTINGS_OF = {
  Convolution: 'convolution_param',
  Pooling: 'pooling_param',
  InnerProduct: 'inner_product_param',
  LRN: 'lrn_param',
  Data: 'data_param',
  ImageData: 'image_data_param',
} as const;
const FIRST_SETTINGS: Readonly<Record<string, string>> = byName({
  kernelsize: 'kernel_size',
  biasterm: 'bias_term',
  batchsize: 'batch_size',
  cropsize: 'crop_size',
});

/** A layer of the first two forms: the first has its settings in a message of its own. */
function earlier(fields: Fields): CaffeLayer {
  const written = fields.text('type');
  const shape = { bottom: fields.texts('bottom'), top: fields.texts('top') };
  const inner = fields.message('layer');
  if (inner.has('type')) {
    const type = FIRST[inner.text('type')] ?? inner.text('type');
    const settings = inner.renamed(FIRST_SETTINGS);
    const own = Object.values(SETTINGS_OF).map((param): readonly [string, Tree] => [param, settings]);
    return { name: inner.text('name'), type, ...shape, fields: new Fields({ fields: own }) };
  }
  const type = TYPES.find(([number, name]) => name === written || String(number) === written)?.[2] ?? written;
  return { name: fields.text('name'), type, ...shape, fields };
}

/** Whether a layer takes part in a phase: any of its `include` rules, or none of its `exclude` ones. */
function isKept({ fields }: CaffeLayer, phase: 'TRAIN' | 'TEST'): boolean {
  const meets = (rule: Fields): boolean =>
    (!rule.has('phase') || rule.oneOf('phase', ['TRAIN', 'TEST'], phase) === phase) && !rule.has('stage');
  const include = fields.list('include');
  if (include.length > 0) return include.some(meets);
  return !fields.list('exclude').some(meets);
}
