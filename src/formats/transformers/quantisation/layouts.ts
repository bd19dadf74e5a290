import type { DType } from '../../../tensor/index.js';

/** How a quantised matrix is kept, its scales and zero points with it. */
export interface Layout {
  readonly dtype: DType;
  /** Bits of a matrix of rows (outputs) × columns (inputs). */
  readonly bits: (rows: bigint, columns: bigint) => bigint;
  readonly words: string;
}

const up = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
/** Groups of inputs that share a scale; -1 is one group for a whole row. */
const groupsOf = (columns: bigint, size: number): bigint => (size > 0 ? up(columns, BigInt(size)) : 1n);
const inGroups = (size: number): string => (size > 0 ? `groups of ${size}` : 'one group a row');

const INTEGERS: Readonly<Record<number, DType>> = {
  1: 'uint1',
  2: 'uint2',
  3: 'uint3',
  4: 'uint4',
  5: 'uint5',
  6: 'uint6',
  8: 'int8',
};
export const integerOf = (bits: number): DType => INTEGERS[bits] ?? 'int8';

/** GPTQ: values and zero points packed in words of 32 bits, a scale of 16 bits for a group, the group of each input. */
export function gptq(bits: number, group: number, order: boolean): Layout {
  const b = BigInt(bits);
  return {
    dtype: integerOf(bits),
    bits: (rows, columns) =>
      up(columns * b, 32n) * 32n * rows +
      groupsOf(columns, group) * (up(rows * b, 32n) * 32n + 16n * rows) +
      (order ? 32n * columns : 0n),
    words: `${bits} bits in ${inGroups(group)}, each with a scale of 16 bits and a zero point`,
  };
}

/** AWQ: the same without the group of each input. */
export function awq(bits: number, group: number): Layout {
  return gptq(bits, group, false);
}

/** bitsandbytes: blocks of 64 values; their scales in 32 bits, or in 8 bits with one of 32 bits for 256 of them. */
export function blocks4bit(double: boolean, kind: string): Layout {
  return {
    dtype: 'uint4',
    bits: (rows, columns) => {
      const blocks = up(rows * columns, 64n);
      return rows * columns * 4n + (double ? blocks * 8n + up(blocks, 256n) * 32n : blocks * 32n);
    },
    words: `4 bits (${kind}), a scale of ${double ? '8 bits, quantised itself,' : '32 bits'} for 64 values`,
  };
}

/** A scale for each output. */
export function rowScaled(dtype: DType, bits: number, scale: number): Layout {
  return {
    dtype,
    bits: (rows, columns) => rows * (columns * BigInt(bits) + BigInt(scale)),
    words: `${bits} bits, a scale of ${scale} bits a row`,
  };
}

/** 8-bit floating point with one scale for a tile, or for the whole matrix if there are no tiles. */
export function tiled8bit(tile: readonly [number, number] | null, scale: number): Layout {
  return {
    dtype: 'float8e4m3fn',
    bits: (rows, columns) =>
      rows * columns * 8n +
      BigInt(scale) * (tile === null ? 1n : up(rows, BigInt(tile[0])) * up(columns, BigInt(tile[1]))),
    words: `8 bits, a scale of ${scale} bits for ${tile === null ? 'a matrix' : `${tile[0]}×${tile[1]} values`}`,
  };
}

/** 4-bit floating point in small groups with 8-bit scales: MXFP4 by 32, NVFP4 by 16 with one more scale for the matrix. */
export function small4bit(group: number, whole: number): Layout {
  return {
    dtype: 'float4e2m1',
    bits: (rows, columns) => rows * (columns * 4n + groupsOf(columns, group) * 8n) + BigInt(whole),
    words: `4 bits, a scale of 8 bits for ${group} values`,
  };
}

export interface Packed {
  readonly bits: number;
  /** Inputs that share a scale; null: a row, or all. */
  readonly group: number | null;
  readonly strategy: string;
  readonly zeros: boolean;
  readonly floating: boolean;
  /** Values of fewer than 8 bits several to a word of 32 bits, not across words. */
  readonly packed: boolean;
}

/** compressed-tensors: integers or floats, their scales in 16 bits by matrix, row or group. */
export function compressed(o: Packed): Layout {
  const perWord = BigInt(Math.floor(32 / o.bits));
  const b = BigInt(o.bits);
  const scales = (rows: bigint, columns: bigint): bigint =>
    o.strategy === 'tensor' ? 1n : o.group === null ? rows : rows * groupsOf(columns, o.group);
  const groups = (columns: bigint): bigint => (o.group === null ? 1n : groupsOf(columns, o.group));
  return {
    dtype: o.floating ? (o.bits === 4 ? 'float4e2m1' : 'float8e4m3fn') : integerOf(o.bits),
    bits: (rows, columns) =>
      (o.packed ? rows * up(columns, perWord) * 32n : rows * columns * b) +
      16n * scales(rows, columns) +
      (o.zeros ? (o.packed ? up(rows, perWord) * 32n * groups(columns) : b * scales(rows, columns)) : 0n),
    words: `${o.bits} bits${o.floating ? ' (floating point)' : ''}, a scale of 16 bits ${
      o.strategy === 'tensor' ? 'a matrix' : o.group === null ? 'a row' : `for ${o.group} values`
    }`,
  };
}

/** Groups of values with a number of bits beside them: HQQ, MLX, HIGGS and others. */
export function grouped(dtype: DType, bits: number, group: number, beside: number, words = ''): Layout {
  // Bits may be fractions (10 values of 3 bits in 32), in hundredths.
  const hundredths = BigInt(Math.round(bits * 100));
  return {
    dtype,
    bits: (rows, columns) => up(rows * columns * hundredths, 100n) + up(rows * columns, BigInt(group)) * BigInt(beside),
    words: words || `${bits} bits, ${beside} bits of scales for ${group} values`,
  };
}
