import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { FIXED32, LENGTH } from '../../wire/cursor.js';
import type { Scalar, Tree } from '../../wire/prototext/encode.js';
import { scan } from '../../wire/scan.js';
import { FORMAT } from './detect.js';

/** Names of a message's fields by their numbers (caffe.proto); those of whole numbers in a row, and of messages within. */
interface Table {
  readonly [number: number]: string | { readonly name: string; readonly of: Table } | { readonly packed: string };
}

const SHAPE: Table = { 1: { packed: 'dim' } };
const CONVOLUTION: Table = {
  1: 'num_output',
  2: 'bias_term',
  3: { packed: 'pad' },
  4: { packed: 'kernel_size' },
  5: 'group',
  6: { packed: 'stride' },
  9: 'pad_h',
  10: 'pad_w',
  11: 'kernel_h',
  12: 'kernel_w',
  13: 'stride_h',
  14: 'stride_w',
  16: 'axis',
  18: { packed: 'dilation' },
};
const POOLING: Table = {
  1: 'pool',
  2: 'kernel_size',
  3: 'stride',
  4: 'pad',
  5: 'kernel_h',
  6: 'kernel_w',
  7: 'stride_h',
  8: 'stride_w',
  9: 'pad_h',
  10: 'pad_w',
  12: 'global_pooling',
  13: 'round_mode',
};
const INNER_PRODUCT: Table = { 1: 'num_output', 2: 'bias_term', 5: 'axis', 6: 'transpose' };
const ELTWISE: Table = { 1: 'operation', 2: 'coeff' };
const CONCAT: Table = { 1: 'concat_dim', 2: 'axis' };
const SLICE: Table = { 1: 'slice_dim', 2: { packed: 'slice_point' }, 3: 'axis' };
const LRN: Table = { 1: 'local_size' };
const RULE: Table = { 1: 'phase', 4: 'stage', 5: 'not_stage' };
const TRANSFORM: Table = { 3: 'crop_size', 5: 'mean_value', 7: 'force_gray' };
const DATA: Table = { 4: 'batch_size', 5: 'crop_size' };
const IMAGE_DATA: Table = { 4: 'batch_size', 5: 'crop_size', 9: 'new_height', 10: 'new_width', 11: 'is_color' };
const MEMORY_DATA: Table = { 1: 'batch_size', 2: 'channels', 3: 'height', 4: 'width' };
const DUMMY_DATA: Table = {
  2: { packed: 'num' },
  3: { packed: 'channels' },
  4: { packed: 'height' },
  5: { packed: 'width' },
  6: { name: 'shape', of: SHAPE },
};
const RELU: Table = { 1: 'negative_slope' };
const POWER: Table = { 1: 'power', 2: 'scale', 3: 'shift' };
const BATCH_NORM: Table = { 1: 'use_global_stats' };
const named = (name: string, of: Table) => ({ name, of });

const LAYER: Table = {
  1: 'name',
  2: 'type',
  3: 'bottom',
  4: 'top',
  6: named('param', { 1: 'name' }),
  8: named('include', RULE),
  9: named('exclude', RULE),
  10: 'phase',
  100: named('transform_param', TRANSFORM),
  103: named('argmax_param', { 2: 'top_k', 3: 'axis' }),
  104: named('concat_param', CONCAT),
  106: named('convolution_param', CONVOLUTION),
  107: named('data_param', DATA),
  109: named('dummy_data_param', DUMMY_DATA),
  110: named('eltwise_param', ELTWISE),
  115: named('image_data_param', IMAGE_DATA),
  117: named('inner_product_param', INNER_PRODUCT),
  118: named('lrn_param', LRN),
  119: named('memory_data_param', MEMORY_DATA),
  121: named('pooling_param', POOLING),
  122: named('power_param', POWER),
  123: named('relu_param', RELU),
  125: named('softmax_param', { 2: 'axis' }),
  126: named('slice_param', SLICE),
  131: named('prelu_param', { 2: 'channel_shared' }),
  133: named('reshape_param', { 1: named('shape', SHAPE), 2: 'axis', 3: 'num_axes' }),
  135: named('flatten_param', { 1: 'axis', 2: 'end_axis' }),
  136: named('reduction_param', { 1: 'operation', 2: 'axis' }),
  137: named('embed_param', { 1: 'num_output', 2: 'input_dim', 3: 'bias_term' }),
  138: named('tile_param', { 1: 'axis', 2: 'tiles' }),
  139: named('batch_norm_param', BATCH_NORM),
  141: named('bias_param', { 1: 'axis', 2: 'num_axes' }),
  142: named('scale_param', { 1: 'axis', 2: 'num_axes', 4: 'bias_term' }),
  143: named('input_param', { 1: named('shape', SHAPE) }),
  144: named('crop_param', { 1: 'axis', 2: { packed: 'offset' } }),
  145: named('parameter_param', { 1: named('shape', SHAPE) }),
  146: named('recurrent_param', { 1: 'num_output' }),
  // Of the fork that SSD was published with.
  202: named('permute_param', { 1: { packed: 'order' } }),
  203: named('prior_box_param', { 1: 'min_size', 2: 'max_size', 3: 'aspect_ratio', 4: 'flip' }),
  204: named('detection_output_param', { 1: 'num_classes' }),
  206: named('norm_param', { 1: 'across_spatial', 3: 'channel_shared' }),
};

const V0: Table = {
  1: 'name',
  2: 'type',
  3: 'num_output',
  4: 'biasterm',
  7: 'pad',
  8: 'kernelsize',
  9: 'group',
  10: 'stride',
  11: 'pool',
  13: 'local_size',
  17: 'batchsize',
  18: 'cropsize',
};

const V1: Table = {
  1: named('layer', V0),
  2: 'bottom',
  3: 'top',
  4: 'name',
  5: 'type',
  9: named('concat_param', CONCAT),
  10: named('convolution_param', CONVOLUTION),
  11: named('data_param', DATA),
  15: named('image_data_param', IMAGE_DATA),
  17: named('inner_product_param', INNER_PRODUCT),
  18: named('lrn_param', LRN),
  19: named('pooling_param', POOLING),
  21: named('power_param', POWER),
  22: named('memory_data_param', MEMORY_DATA),
  23: named('argmax_param', { 2: 'top_k' }),
  24: named('eltwise_param', ELTWISE),
  26: named('dummy_data_param', DUMMY_DATA),
  30: named('relu_param', RELU),
  31: named('slice_param', SLICE),
  32: named('include', RULE),
  33: named('exclude', RULE),
  36: named('transform_param', TRANSFORM),
  1001: 'param',
};

const NET: Table = {
  1: 'name',
  2: named('layers', V1),
  3: 'input',
  4: { packed: 'input_dim' },
  8: named('input_shape', SHAPE),
  100: named('layer', LAYER),
};

/** Values of all messages together: a hostile file could repeat one without end. */
const MAX_FIELDS = 1 << 22;
const MAX_TEXT = 1 << 16;

/** The network of a `.caffemodel`; contents of weights are stepped over. Throws ModelError. */
export function decodeNet(source: Source): Tree {
  let left = MAX_FIELDS;
  const message = (table: Table, start: number, end: number): Tree => {
    const fields: (readonly [string, Scalar | Tree])[] = [];
    for (const field of scan(source, { start, end })) {
      if (--left < 0)
        throw new ModelError('limit', `the network has more than ${MAX_FIELDS} settings`, {
          format: FORMAT,
          hint: 'Give the .prototxt instead.',
        });
      const entry = Object.hasOwn(table, field.number) ? table[field.number] : undefined;
      if (entry === undefined) continue;
      const put = (name: string, value: Scalar | Tree): void => {
        fields.push([name, value]);
      };
      if (typeof entry !== 'string' && 'of' in entry) {
        if (field.wire === LENGTH) put(entry.name, message(entry.of, field.start, field.end));
        continue;
      }
      const name = typeof entry === 'string' ? entry : entry.packed;
      if (field.value !== undefined) put(name, { text: String(BigInt.asIntN(64, BigInt(field.value))) });
      else if (field.wire === LENGTH && typeof entry !== 'string')
        for (const value of packed(source, field.start, field.end)) put(name, { text: String(value) });
      else if (field.wire === LENGTH && field.end - field.start <= MAX_TEXT)
        put(name, { bytes: source.read(field.start, field.end) });
      else if (field.wire === FIXED32) put(name, { text: String(float(source.read(field.start, field.end))) });
    }
    return { fields };
  };
  return message(NET, 0, source.size);
}

function float(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}

function packed(source: Source, start: number, end: number): bigint[] {
  const bytes = source.read(start, Math.min(end, start + MAX_TEXT));
  const found: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      found.push(BigInt.asIntN(64, value));
      [value, shift] = [0n, 0n];
    } else {
      shift += 7n;
      if (shift > 63n) break;
    }
  }
  return found;
}
