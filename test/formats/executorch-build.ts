import { type Flat, f64, flatFile, i32, i64, ints, list, longs, table, text, u8 } from '../wire/flat-build.js';

/** ExecuTorch programs for tests, by the fields of the public schema. */

const FLOAT = 6;

export const value = {
  none: table({ 0: u8(1), 1: table({}) }),
  int: (n: number): Flat => table({ 0: u8(2), 1: table({ 0: i64(n) }) }),
  bool: (on: boolean): Flat => table({ 0: u8(3), 1: table({ 0: u8(on ? 1 : 0) }) }),
  double: (n: number): Flat => table({ 0: u8(4), 1: table({ 0: f64(n) }) }),
  /** A list of integers by the numbers of their values. */
  ints: (...items: number[]): Flat => table({ 0: u8(7), 1: table({ 0: longs(...items) }) }),
  tensors: (...items: number[]): Flat => table({ 0: u8(10), 1: table({ 0: ints(...items) }) }),
  /** Computed, or stored in a buffer. */
  tensor: (sizes: readonly number[], buffer = 0, type = FLOAT): Flat =>
    table({
      0: u8(5),
      1: table({
        0: u8(type),
        2: ints(...sizes),
        5: i32(buffer),
        ...(buffer === 0 ? { 6: table({ 0: i32(1) }) } : {}),
      }),
    }),
};

export const call = (operator: number, ...args: number[]): Flat =>
  table({ 0: u8(1), 1: table({ 0: i32(operator), 1: ints(...args) }) });
export const delegate = (number: number, ...args: number[]): Flat =>
  table({ 0: u8(2), 1: table({ 0: i32(number), 1: ints(...args) }) });
export const move = (from: number, to: number): Flat => table({ 0: u8(3), 1: table({ 0: i32(from), 1: i32(to) }) });
export const jump = (condition: number, to: number): Flat =>
  table({ 0: u8(4), 1: table({ 0: i32(condition), 1: i32(to) }) });

export interface MethodParts {
  readonly values: readonly Flat[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly string[];
  readonly instructions: readonly Flat[];
  readonly delegates?: readonly string[];
}

export const program = (parts: MethodParts): Uint8Array =>
  flatFile(
    table({
      0: i32(0),
      1: list(
        table({
          0: text('forward'),
          2: list(...parts.values),
          3: ints(...parts.inputs),
          4: ints(...parts.outputs),
          5: list(table({ 2: list(...parts.instructions) })),
          6: list(
            ...parts.operators.map((name) => {
              const [own = '', overload = ''] = name.split('.');
              return table({ 0: text(own), 1: text(overload) });
            }),
          ),
          7: list(...(parts.delegates ?? []).map((id) => table({ 0: text(id) }))),
        }),
      ),
    }),
    'ET12',
  );

/** A convolution, an addition of itself, a product behind a reshape, and a choice between two activations. */
export const network = (): Uint8Array =>
  program({
    values: [
      value.tensor([1, 3, 8, 8]), // 0
      value.tensor([4, 3, 3, 3], 1),
      value.tensor([4], 2),
      value.int(1),
      value.int(2),
      value.ints(4, 4), // 5: stride
      value.ints(3, 3),
      value.ints(3, 3),
      value.bool(false), // 8
      value.int(0),
      value.ints(9, 9),
      value.tensor([1, 4, 4, 4]), // 11
      value.tensor([1, 4, 4, 4]),
      value.int(64),
      value.ints(3, 13), // 14: 1, 64
      value.tensor([1, 64]),
      value.tensor([10, 64], 3), // 16
      value.int(-1),
      value.tensor([64, 10]), // 18
      value.tensor([10], 4),
      value.tensor([1, 10]), // 20
      value.tensor([], 0, 11),
      value.tensor([1, 10]), // 22
      value.double(1),
      value.ints(3, 9), // 24: 1, 0
    ],
    inputs: [0, 21],
    outputs: [22],
    operators: [
      'aten::convolution.out',
      'aten::add.out',
      'aten::view_copy.out',
      'aten::permute_copy.out',
      'aten::addmm.out',
      'aten::relu.out',
      'aten::tanh.out',
    ],
    instructions: [
      call(0, 0, 1, 2, 5, 6, 7, 8, 10, 3, 11, 11),
      call(1, 11, 11, 3, 12, 12),
      call(2, 12, 14, 15, 15),
      call(3, 16, 24, 18, 18),
      call(4, 19, 15, 18, 3, 3, 20, 20),
      jump(21, 8),
      call(5, 20, 22, 22),
      jump(8, 9),
      call(6, 20, 22, 22),
    ],
  });

/** What a backend has compiled, between operators of its own library. */
export const delegated = (): Uint8Array =>
  program({
    values: [value.tensor([2, 16]), value.tensor([2, 32]), value.tensor([2, 32])],
    inputs: [0],
    outputs: [2],
    operators: ['aten::relu.out'],
    delegates: ['XnnpackBackend'],
    instructions: [delegate(0, 0, 1), call(0, 1, 2, 2)],
  });
