import { bitsOf } from '../../../tensor/dtype.js';
import { unsigned } from '../../../tensor/index.js';
import { bitsIn, elements } from './bits.js';
import type { Layout, Unpacked } from './types.js';

/** Integers packed into wider words, with scales by row or group of a row. */

function packed(title: string, shape: readonly number[], bits: number): Unpacked | null {
  const dtype = unsigned(bits);
  return dtype === undefined || !shape.every((d) => Number.isInteger(d) && d > 0) ? null : { title, shape, dtype };
}

/** `qweight`, `scales`, `qzeros`: the extents say which of GPTQ, Marlin and the forms of AWQ it is. */
const qweight: Layout = {
  anchor: '.qweight',
  as: '.weight',
  tables: ['.qzeros', '.scales', '.g_idx', '.scaled_zeros', '.B'],
  unpack(q, beside, hints) {
    const scales = beside('.scales')?.shape;
    const [rows, columns] = q.shape as [number, number];
    if (scales === undefined || q.shape.length !== 2) return null;
    const out = scales.at(-1) as number;
    const word = bitsOf(q.dtype);
    // Four rows side by side, each word of four values.
    if (q.dtype === 'int16') return packed('AWQ', [rows * 4, columns], 4);
    if (columns === out) {
      const zeros = beside('.qzeros')?.shape.at(-1);
      const index = beside('.g_idx')?.shape[0];
      const bits =
        zeros !== undefined ? (zeros * word) / out : index !== undefined ? (rows * word) / index : (hints().bits ?? 4);
      return packed('GPTQ', [out, Math.floor((rows * word) / bits)], bits);
    }
    if (scales[0] === rows && scales.length === 2 && rows !== out) {
      const bits = hints().bits ?? 4;
      return packed('AWQ', [rows, (columns * word) / bits], bits);
    }
    if (columns > out) return packed('GPTQ (Marlin)', [out, rows * 16], (2 * columns) / out);
    return packed('AWQ', [out, rows], (columns * word) / out);
  },
};

/** Words along the inputs; how many values a word has follows from the extents that are kept beside. */
const compressed: Layout = {
  anchor: '.weight_packed',
  as: '.weight',
  tables: [
    '.weight_scale',
    '.weight_zero_point',
    '.weight_g_idx',
    '.weight_shape',
    '.weight_global_scale',
    '.input_global_scale',
    '.input_scale',
    '.input_zero_point',
    '.output_scale',
    '.output_zero_point',
  ],
  unpack(q, beside, hints) {
    const lead = q.shape.slice(0, -1);
    const words = q.shape.at(-1) ?? 1;
    if (q.dtype === 'uint8')
      return { title: 'compressed-tensors, 4-bit floats', shape: [...lead, words * 2], dtype: 'float4e2m1' };
    const word = bitsOf(q.dtype);
    const shape = beside('.weight_shape')?.integers?.();
    const columns = shape?.at(-1);
    const fits = (bits: number): boolean => Math.ceil((columns as number) / Math.floor(word / bits)) === words;
    const stated = hints().bits;
    const bits =
      columns === undefined
        ? (stated ?? 4)
        : stated !== null && fits(stated)
          ? stated
          : ([8, 7, 6, 5, 4, 3, 2, 1].find(fits) ?? 0);
    return packed('compressed-tensors', [...lead, columns ?? words * Math.floor(word / bits)], bits);
  },
};

/** Half of the values, and a bit for each of all. */
const sparse: Layout = {
  anchor: '.bitmask',
  weight: '.compressed',
  as: '.weight',
  tables: ['.bitmask', '.shape', '.row_offsets', '.weight_scale', '.weight_zero_point'],
  unpack(values, beside) {
    const mask = beside('.bitmask');
    const shape =
      beside('.shape')?.integers?.() ?? (mask && [...mask.shape.slice(0, -1), (mask.shape.at(-1) ?? 0) * 8]);
    return shape === undefined ? null : { title: 'compressed-tensors, sparse', shape, dtype: values.dtype };
  },
};

/** Half-quadratic quantisation keeps no extents that can be read: the number of values follows from words and width. */
const hqq: Layout = {
  anchor: '.W_q',
  as: '.weight',
  tables: ['.scale', '.zero', '.meta', '.group_size', '.nbits', '.axis', '.shape', '.packing', '.scale_q', '.zero_q'],
  unpack(q, beside, hints) {
    const groups = beside('.scale');
    const group = hints().groupSize ?? 64;
    const measured = groups === undefined ? 0 : bitsIn(q) / (elements(groups) * group);
    const bits = hints().bits ?? [1, 2, 3, 4, 8].find((b) => Math.abs(measured - b) < 0.35) ?? 8;
    // Ten 3-bit values fill a word of 32.
    const perWord = Math.floor(bitsOf(q.dtype) / bits);
    const shape = beside('.shape')?.integers?.() ?? [elements(q) * perWord];
    return packed('HQQ', shape, bits);
  },
};

/** Words along the inputs, scales and offsets by group: MLX and Metal kernels. */
const mlx: Layout = {
  anchor: '.scales',
  weight: '.weight',
  as: '.weight',
  tables: ['.scales', '.biases', '.qbiases'],
  unpack(q, beside, hints) {
    const scales = beside('.scales');
    if (q.dtype !== 'uint32' || scales === undefined) return null;
    const perGroup = bitsIn(q) / elements(scales); // bits × values of a group
    const group =
      hints().groupSize ??
      [64, 32, 128, 16].find((g) => unsigned(perGroup / g) !== undefined && perGroup / g > 1) ??
      64;
    const bits = hints().bits ?? perGroup / group;
    const lead = q.shape.slice(0, -1);
    return packed('MLX', [...lead, Math.floor(((q.shape.at(-1) ?? 0) * 32) / bits)], bits);
  },
};

/** Mixed widths by group: the permutation has an entry an input, the scales four bits an output. */
const exl2: Layout = {
  anchor: '.q_weight',
  as: '.weight',
  tables: ['.q_scale', '.q_scale_max', '.q_groups', '.q_group_size', '.q_invperm', '.q_perm', '.q_group_map'],
  unpack(q, beside) {
    const inputs = (beside('.q_invperm') ?? beside('.q_perm'))?.shape[0];
    return inputs === undefined
      ? null
      : { title: 'EXL2, mixed widths', shape: [q.shape.at(-1) ?? 0, inputs], dtype: 'uint4' };
  },
};

/** Codes of groups of inputs and outputs; the codebooks are tables. */
const aqlm: Layout = {
  anchor: '.codes',
  as: '.weight',
  tables: ['.codebooks', '.scales'],
  unpack(codes, beside) {
    const books = beside('.codebooks')?.shape;
    if (books?.length !== 4 || codes.shape.length !== 3) return null;
    const [out, inputs] = codes.shape as [number, number, number];
    const [, , outGroup, inGroup] = books as [number, number, number, number];
    return { title: 'AQLM', shape: [out * outGroup, inputs * inGroup], dtype: 'uint2' };
  },
};

export const INTEGERS: readonly Layout[] = [qweight, compressed, sparse, hqq, mlx, exl2, aqlm];
