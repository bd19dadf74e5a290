import type { StoredTensor } from '../stored.js';
import { bitsIn, elements } from './bits.js';
import type { Beside, Layout, Unpacked } from './types.js';

/** Values of 8 bits or two to a byte, with scales beside them. */

const NF4 = ['.absmax', '.quant_map', '.nested_absmax', '.nested_quant_map'];

/** bitsandbytes keeps a flat list of bytes, or of whatever type was requested. */
const fourBits = (type: 'nf4' | 'fp4'): Layout => ({
  anchor: `.quant_state.bitsandbytes__${type}`,
  weight: '',
  as: '',
  tables: [...NF4, `.quant_state.bitsandbytes__${type}`],
  unpack: (weight) => ({ title: `bitsandbytes ${type}`, shape: [bitsIn(weight) / 4], dtype: 'uint4' }),
});

/** Tables without the state of a newer version: the weight is named as it is. */
const oldFourBits: Layout = {
  anchor: '.absmax',
  weight: '',
  as: '',
  tables: [...NF4, '.quant_state', '.offset', '.state2.absmax'],
  unpack: (weight) =>
    weight.shape.length === 2 && weight.shape[1] === 1
      ? { title: 'bitsandbytes, 4 bits', shape: [bitsIn(weight) / 4], dtype: 'uint4' }
      : null,
};

const eightBits: Layout = {
  anchor: '.SCB',
  weight: '.weight',
  as: '.weight',
  tables: ['.SCB', '.weight_format', '.CB', '.SCBt', '.CBt'],
  unpack: (weight) => ({ title: 'bitsandbytes int8', shape: weight.shape, dtype: weight.dtype }),
};

/** gpt-oss: blocks of 16 bytes for 32 values, a scale a block. */
const mxfp4: Layout = {
  anchor: '_blocks',
  as: '',
  tables: ['_scales'],
  unpack(blocks, beside) {
    if (blocks.dtype !== 'uint8' || blocks.shape.length < 2 || beside('_scales') === undefined) return null;
    const [count, bytes] = blocks.shape.slice(-2) as [number, number];
    return { title: 'MXFP4', shape: [...blocks.shape.slice(0, -2), count * bytes * 2], dtype: 'float4e2m1' };
  },
};

const quanto: Layout = {
  anchor: '._data',
  as: '',
  tables: ['._scale', '._shift', '._zeropoint'],
  unpack(data, beside, hints) {
    if (beside('._scale') === undefined) return null;
    if (data.dtype !== 'uint8') return { title: 'quanto', shape: data.shape, dtype: data.dtype };
    const bits = hints().bits === 2 ? 2 : 4;
    const [first = 1, ...rest] = data.shape;
    return { title: 'quanto', shape: [(first * 8) / bits, ...rest], dtype: bits === 2 ? 'uint2' : 'uint4' };
  },
};

const torchao: Layout = {
  anchor: '._weight_qdata',
  as: '.weight',
  tables: [
    '._weight_scale',
    '._weight_zero_point',
    '._weight_scale_and_zero',
    '._weight_block_size',
    '._weight_per_tensor_scale',
    '._weight_act_pre_scale',
  ],
  unpack(data) {
    if (data.dtype === 'int8' || data.dtype.startsWith('float8'))
      return { title: 'torchao', shape: data.shape, dtype: data.dtype };
    const lead = data.shape.slice(0, -1);
    const values = (data.shape.at(-1) ?? 1) * (bitsIn(data) / elements(data) / 4);
    return { title: 'torchao, 4 bits', shape: [...lead, values], dtype: 'uint4' };
  },
};

/** Tensors that floating-point and integer formats keep beside a weight of at most 8 bits. */
export const SCALES: readonly string[] = [
  'weight_scale_inv',
  'weight_scale',
  'weight_scale_2',
  'weight_scales',
  'weight_zero_point',
  'weight_offset',
  'input_scale',
  'input_zero_point',
  'input_offset',
  'input_amax',
  'weight_amax',
  'output_scale',
  'activation_scale',
  'act_scale',
  'k_scale',
  'v_scale',
  'q_scale',
  'scale',
  'scales',
  'scale_inv',
  'scale_weight',
  'scale_input',
  'zero_point',
  'zeros',
  'deq_scale',
  'quant_bias',
  'comfy_quant',
  'scaled_fp8',
];

/** A weight called `weight` of 8 bits, whose scale says whether it is what it seems or two, four values to a byte. */
export function scaled(weight: StoredTensor, beside: Beside): Unpacked | null {
  const scale = beside('.weight_scale') ?? beside('.scale') ?? beside('.weight_scale_inv');
  const columns = weight.shape.at(-1) ?? 1;
  const lead = weight.shape.slice(0, -1);
  const blocks = scale?.shape.at(-1) ?? 0;
  const perBlock = (columns * 2) / blocks;
  const own = beside('.weight_scale');
  if (weight.dtype === 'uint8' && own !== undefined && elements(own) === 1 && weight.shape.length === 2)
    return { title: 'BitNet', shape: [(lead[0] ?? 1) * 4, columns], dtype: 'uint2' };
  if (weight.dtype === 'uint8' && (perBlock === 16 || perBlock === 32))
    return { title: '4-bit floats', shape: [...lead, columns * 2], dtype: 'float4e2m1' };
  if (weight.dtype === 'int8' && scale?.dtype === 'float8e8m0' && perBlock === 32)
    return { title: '4-bit floats', shape: [...lead, columns * 2], dtype: 'float4e2m1' };
  return scale === undefined ? null : { title: titleOf(weight), shape: weight.shape, dtype: weight.dtype };
}

function titleOf({ dtype }: StoredTensor): string {
  return dtype.startsWith('float8') ? 'fp8' : dtype;
}

export const BYTES: readonly Layout[] = [
  fourBits('nf4'),
  fourBits('fp4'),
  oldFourBits,
  eightBits,
  mxfp4,
  quanto,
  torchao,
];
