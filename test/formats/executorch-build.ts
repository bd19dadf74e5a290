import {
  bytes,
  type Flat,
  f32,
  f64,
  flatFile,
  i32,
  i64,
  ints,
  list,
  longs,
  table,
  text,
  u8,
} from '../wire/flat-build.js';

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
export const jump = (condition: number, to: number): Flat =>
  table({ 0: u8(4), 1: table({ 0: i32(condition), 1: i32(to) }) });
/** One value becomes another. */
export const move = (from: number, to: number): Flat => table({ 0: u8(3), 1: table({ 0: i32(from), 1: i32(to) }) });

export interface MethodParts {
  readonly values: readonly Flat[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly string[];
  readonly instructions: readonly Flat[];
  readonly delegates?: readonly string[];
  /** What the first delegate has compiled, within the program. */
  readonly compiled?: Uint8Array;
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
          7: list(
            ...(parts.delegates ?? []).map((id) =>
              table({ 0: text(id), 1: table({ 0: u8(parts.compiled ? 0 : 1), 1: i32(0) }) }),
            ),
          ),
        }),
      ),
      ...(parts.compiled ? { 3: list(table({ 0: bytes([...parts.compiled]) })) } : {}),
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

const xvalue = (id: number, dims: readonly number[], external: number | null, type = 1): Flat =>
  table({
    0: u8(1),
    1: table({
      0: u8(type),
      1: i32(dims.length),
      2: ints(...dims),
      3: i32(external === null ? id : 0),
      4: i32(external ?? -1),
      6: i32(id),
    }),
  });

/** Behind a header, XNNPACK's graph of a convolution over channels that are last, bounded from below, and a product. */
export const xnnpack = (): Uint8Array => {
  const graph = flatFile(
    table({
      0: text('0'),
      1: list(
        table({
          0: u8(7),
          1: table({
            0: i32(1),
            1: i32(1),
            2: i32(1),
            3: i32(1),
            6: i32(2),
            7: i32(2),
            8: i32(1),
            9: i32(1),
            12: i32(1),
            16: i32(1),
            17: i32(2),
            18: i32(3),
          }),
          3: table({ 0: f32(0), 1: f32(Number.POSITIVE_INFINITY) }),
        }),
        table({ 0: u8(20), 1: table({ 0: i32(2), 1: ints(1, 128), 2: i32(3), 3: i32(4) }) }),
        table({ 0: u8(2), 1: table({ 0: i32(4), 1: i32(5), 2: i32(-1), 3: i32(6) }) }),
      ),
      2: list(
        xvalue(0, [1, 8, 8, 3], 0),
        xvalue(1, [8, 3, 3, 3], null),
        xvalue(2, [8], null),
        xvalue(3, [1, 4, 4, 8], -1),
        xvalue(4, [1, 128], -1),
        xvalue(5, [10, 128], null, 6),
        xvalue(6, [1, 10], 1),
      ),
      3: i32(2),
      4: ints(0),
      5: ints(6),
    }),
    'XN01',
  );
  const file = new Uint8Array(32 + graph.length);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode('XH00'), 4);
  view.setUint16(8, 30, true);
  view.setUint32(10, 32, true);
  view.setUint32(14, graph.length, true);
  file.set(graph, 32);
  return file;
};

export const compiled = (): Uint8Array =>
  program({
    values: [value.tensor([1, 3, 8, 8]), value.tensor([1, 10]), value.tensor([1, 10])],
    inputs: [0],
    outputs: [2],
    operators: ['aten::relu.out'],
    delegates: ['XnnpackBackend'],
    compiled: xnnpack(),
    instructions: [delegate(0, 0, 1), call(0, 1, 2, 2)],
  });

/**
 * What `map` becomes: a row of x is taken, multiplied by a matrix of 8 × 8 and written into a row of the result; a counter
 * goes up, and the program jumps back until it is as large as x has rows.
 */
export const mapped = (rows: number): Uint8Array =>
  program({
    values: [
      value.tensor([rows, 1, 8]), // 0: x
      value.tensor([8, 8], 1),
      value.tensor([rows, 1, 8]), // 2: result
      value.int(0), // 3: counter
      value.int(0), // 4: rows of x
      value.int(0), // 5: axis
      value.int(1), // 6: step
      value.bool(false), // 7: done
      value.tensor([1, 8]), // 8: row
      value.tensor([1, 8]), // 9: product
    ],
    inputs: [0],
    outputs: [2],
    operators: [
      'aten::sym_size.int',
      'aten::select_copy.int_out',
      'aten::mm.out',
      'executorch_prim::et_copy_index.tensor',
      'executorch_prim::add.Scalar',
      'executorch_prim::eq.Scalar',
      'executorch_prim::sub.Scalar',
    ],
    instructions: [
      call(0, 0, 5, 4),
      call(1, 0, 5, 3, 8, 8),
      call(2, 8, 1, 9, 9),
      call(3, 2, 9, 3),
      call(4, 3, 6, 3),
      call(5, 3, 4, 7),
      jump(7, 1),
      call(6, 3, 4, 3),
    ],
  });

/** `while (i < 5) { h = h·w; i += 1 }`; where `counts` is false the condition is a tensor that is computed from h. */
export const whileProgram = (counts: boolean): Uint8Array =>
  program({
    values: [
      value.tensor([1, 8]), // 0: h
      value.tensor([8, 8], 1),
      value.tensor([1, 8]), // 2: product
      value.int(0), // 3: counter
      value.int(5),
      value.int(1),
      counts ? value.bool(false) : value.tensor([], 0, 11), // 6: condition
      value.bool(false), // 7: a jump that is always taken
      value.tensor([1, 8], 0, 11),
    ],
    inputs: [0],
    outputs: [0],
    operators: ['executorch_prim::lt.Scalar', 'aten::mm.out', 'executorch_prim::add.Scalar', 'aten::any.all_out'],
    instructions: [
      counts ? call(0, 3, 4, 6) : call(3, 0, 6, 6),
      jump(6, 6),
      call(1, 0, 1, 2, 2),
      move(2, 0),
      call(2, 3, 5, 3),
      jump(7, 0),
    ],
  });
