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
  Interp: 35,
  Pooling3D: 112,
  While: 600,
  If: 601,
  TensorArray: 133,
  TensorArrayWrite: 136,
  TensorArrayGather: 137,
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
  Interp: 22,
  Pooling3D: 79,
  While: 85,
  If: 86,
};

export interface Operator {
  readonly type: keyof typeof CODES;
  readonly in?: readonly number[];
  readonly out: readonly number[];
  readonly main?: Flat;
  readonly name?: string;
  /** Where an operator has settings of several kinds. */
  readonly kind?: number;
}

/** A graph that operators of the file run. */
export interface SubGraph {
  readonly name: string;
  readonly tensors: readonly string[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly ops: readonly Operator[];
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

const opTable = (op: Operator): Flat =>
  table({
    0: ints(...(op.in ?? [])),
    1: u8(op.kind ?? KINDS[op.type] ?? 0),
    ...(op.main === undefined ? {} : { 2: op.main }),
    3: text(op.name ?? ''),
    4: ints(...op.out),
    5: i32(CODES[op.type]),
  });

/** Lists of names. */
const aliases = (of: readonly (readonly string[])[]): Flat => list(...of.map((names) => table({ 0: texts(...names) })));

/** Settings of a loop over graphs; without a condition it is ONNX's. */
export const whileOf = (of: {
  readonly condition?: string;
  readonly body: string;
  readonly inputs?: readonly (readonly string[])[];
  readonly outputs?: readonly string[];
  readonly updates?: readonly (readonly [from: string, to: string])[];
}): Flat =>
  table({
    ...(of.condition === undefined ? {} : { 0: text(of.condition) }),
    1: text(of.body),
    2: aliases(of.inputs ?? []),
    3: texts(...(of.outputs ?? [])),
    4: aliases(of.updates ?? []),
  });

export const ifOf = (
  arms: readonly [string, string],
  inputs: readonly (readonly string[])[],
  outputs: readonly (readonly [string, string])[],
): Flat => table({ 0: text(arms[0]), 1: text(arms[1]), 2: aliases(inputs), 3: aliases(outputs) });

/** Settings of a loop of commands: products of these sizes, and the shape that comes out of tensor 0. */
export const commandsOf = (rounds: number, size: readonly number[], out: readonly number[]): Flat =>
  table({
    0: i32(1),
    1: ints(0),
    3: list(table({ 0: table({ 0: ints(...out), 2: i32(1) }), 1: i32(0) })),
    5: i32(rounds),
    6: list(table({ 0: opTable({ type: 'MatMul', out: [] }), 2: ints(...size) })),
  });

export function mnnFile(
  names: readonly string[],
  ops: readonly Operator[],
  outputs: readonly string[],
  graphs: readonly SubGraph[] = [],
): Uint8Array {
  return flatFile(
    table({
      3: list(...ops.map(opTable)),
      4: texts(...outputs),
      6: u8(3),
      7: texts(...names),
      10: list(
        ...graphs.map((graph) =>
          table({
            0: text(graph.name),
            1: ints(...graph.inputs),
            2: ints(...graph.outputs),
            3: texts(...graph.tensors),
            4: list(...graph.ops.map(opTable)),
          }),
        ),
      ),
    }),
  );
}
