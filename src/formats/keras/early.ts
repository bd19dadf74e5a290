import { byName } from '../../source/by-name.js';
import { field, isArray, type Json, type JsonObject } from './config.js';

// Keras 1 called many things otherwise; here they get the names that they have had since Keras 2.

const CLASSES: Readonly<Record<string, string>> = byName({
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution1D: 'SeparableConv1D',
  SeparableConvolution2D: 'SeparableConv2D',
  Convolution1DTranspose: 'Conv1DTranspose',
  Convolution2DTranspose: 'Conv2DTranspose',
  Convolution3DTranspose: 'Conv3DTranspose',
  Deconvolution2D: 'Conv2DTranspose',
  Deconvolution3D: 'Conv3DTranspose',
  Deconv2D: 'Conv2DTranspose',
  Deconv3D: 'Conv3DTranspose',
  MaxPool1D: 'MaxPooling1D',
  MaxPool2D: 'MaxPooling2D',
  MaxPool3D: 'MaxPooling3D',
  AvgPool1D: 'AveragePooling1D',
  AvgPool2D: 'AveragePooling2D',
  AvgPool3D: 'AveragePooling3D',
  GlobalMaxPool1D: 'GlobalMaxPooling1D',
  GlobalMaxPool2D: 'GlobalMaxPooling2D',
  GlobalMaxPool3D: 'GlobalMaxPooling3D',
  GlobalAvgPool1D: 'GlobalAveragePooling1D',
  GlobalAvgPool2D: 'GlobalAveragePooling2D',
  GlobalAvgPool3D: 'GlobalAveragePooling3D',
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  SyncBatchNormalization: 'BatchNormalization',
  LSTMV2: 'LSTM',
  GRUV2: 'GRU',
  CuDNNLSTM: 'LSTM',
  CuDNNGRU: 'GRU',
  CudnnLSTM: 'LSTM',
  CudnnGRU: 'GRU',
  DenseFeaturesV2: 'DenseFeatures',
  RandomFourierFeaturesV2: 'RandomFourierFeatures',
  Highway1: 'Highway',
});

/** Settings by their names in Keras 1, each with the name of today. */
const ENTRIES: Readonly<Record<string, string>> = byName({
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  border_mode: 'padding',
  atrous_rate: 'dilation_rate',
  bias: 'use_bias',
  inner_activation: 'recurrent_activation',
  pool_length: 'pool_size',
  stride: 'strides',
  p: 'rate',
});

/** Layers whose `output_dim` is their number of units. */
const WITH_UNITS = /^(Dense|SimpleRNN|LSTM|GRU|ConvLSTM2D|MaxoutDense|TimeDistributedDense)$/;

export interface Spelled {
  readonly className: string;
  readonly config: JsonObject;
}

/** Class and configuration under today's names. */
export function spelledToday(className: string, config: JsonObject): Spelled {
  const name = CLASSES[className] ?? className;
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(config)) {
    const today = ENTRIES[key];
    // A name of today that is there already holds.
    out[today === undefined || Object.hasOwn(config, today) ? key : today] = value;
  }
  const kernel = ['kernel_dim1', 'kernel_dim2', 'kernel_dim3'].map((k) => field(config, k));
  if (field(config, 'nb_row') !== undefined)
    out['kernel_size'] = [field(config, 'nb_row'), field(config, 'nb_col')] as Json[];
  else if (kernel[0] !== undefined) out['kernel_size'] = kernel as Json[];
  const order = field(config, 'dim_ordering');
  if (order !== undefined && order !== null) out['data_format'] = order === 'th' ? 'channels_first' : 'channels_last';
  const outputs = field(config, 'output_dim');
  if (outputs !== undefined && WITH_UNITS.test(name)) out['units'] = outputs;
  if (/CuDNN|Cudnn/.test(className) && name === 'GRU') out['reset_after'] = true;
  if (name === 'GRU' && field(config, 'reset_after') === undefined && out['reset_after'] === undefined)
    out['reset_after'] = false;
  if (className === 'Merge') return merged(out);
  return { className: name, config: out };
}

const MERGES: Readonly<Record<string, string>> = byName({
  sum: 'Add',
  mul: 'Multiply',
  concat: 'Concatenate',
  ave: 'Average',
  max: 'Maximum',
  dot: 'Dot',
  cos: 'Dot',
});

/** Keras 1 had one layer for all merges. */
function merged(config: Record<string, Json>): Spelled {
  const mode = typeof config['mode'] === 'string' ? config['mode'] : '';
  const className = MERGES[mode];
  if (className === undefined) return { className: 'Merge', config };
  const axis = className === 'Concatenate' ? config['concat_axis'] : undefined;
  const dots = config['dot_axes'];
  return {
    className,
    config: {
      ...config,
      ...(axis === undefined ? {} : { axis }),
      ...(className !== 'Dot' || dots === undefined
        ? {}
        : { axes: isArray(dots) && isArray(dots[0]) ? (dots.map((d) => (isArray(d) ? d[0] : d)) as Json[]) : dots }),
      ...(mode === 'cos' ? { normalize: true } : {}),
    },
  };
}
