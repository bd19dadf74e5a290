import { type Flat, flatFile, i32, ints, list, table, text, texts, u8 } from '../wire/flat-build.js';

/** MNN files for tests, by the fields of its public schema. */

const CODES = {
  Concat: 10,
  Const: 11,
  Convolution: 12,
  ConvolutionDepthwise: 13,
  Deconvolution: 17,
  InnerProduct: 33,
  Input: 34,
  Pooling: 47,
  ReLU: 69,
  Reshape: 73,
  Softmax: 85,
  BinaryOp: 7,
  ConvertTensor: 129,
  While: 600,
  MatMul: 39,
} as const;
/** Which kind of table an operator's settings are. */
const KINDS: Readonly<Record<string, number>> = {
  Convolution: 9,
  ConvolutionDepthwise: 9,
  Deconvolution: 9,
  InnerProduct: 20,
  Input: 21,
  Pooling: 31,
  Reshape: 55,
  Const: 7,
  Concat: 4,
  Softmax: 4,
  BinaryOp: 6,
  ConvertTensor: 66,
  ReLU: 51,
  MatMul: 25,
};

export interface Operator {
  readonly type: keyof typeof CODES;
  readonly in?: readonly number[];
  readonly out: readonly number[];
  readonly main?: Flat;
  readonly name?: string;
}

export interface ConvSettings {
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly mode?: number;
  readonly outputs: number;
  readonly groups?: number;
  readonly relu?: boolean;
}

export const conv = (of: ConvSettings): Flat =>
  table({
    0: table({
      0: i32(of.pad ?? 0),
      1: i32(of.pad ?? 0),
      2: i32(of.kernel),
      3: i32(of.kernel),
      4: i32(of.stride ?? 1),
      5: i32(of.stride ?? 1),
      8: u8(of.mode ?? 0),
      9: i32(of.groups ?? 1),
      10: i32(of.outputs),
      12: u8(of.relu ? 1 : 0),
    }),
  });

export const input = (...shape: number[]): Flat => table({ 0: ints(...shape), 1: i32(1), 2: u8(0) });
export const constant = (shape: readonly number[], values: readonly number[]): Flat =>
  table({ 0: ints(...shape), 2: i32(3), 5: ints(...values) });
export const dims = (...shape: number[]): Flat => table({ 0: ints(...shape) });
export const axis = (n: number): Flat => table({ 0: i32(n) });

export function mnnFile(names: readonly string[], ops: readonly Operator[], outputs: readonly string[]): Uint8Array {
  return flatFile(
    table({
      3: list(
        ...ops.map((op) =>
          table({
            0: ints(...(op.in ?? [])),
            1: u8(KINDS[op.type] ?? 0),
            ...(op.main === undefined ? {} : { 2: op.main }),
            3: text(op.name ?? ''),
            4: ints(...op.out),
            5: i32(CODES[op.type]),
          }),
        ),
      ),
      4: texts(...outputs),
      6: u8(3),
      7: texts(...names),
    }),
  );
}
