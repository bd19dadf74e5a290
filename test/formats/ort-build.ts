import { bytes, type Flat, f32, flatFile, i32, i64, list, longs, table, text, texts, u8 } from '../wire/flat-build.js';

/** ONNX Runtime's files for tests, by the fields of its public schema. */

export const tensor = (name: string, dims: readonly number[], type = 1, raw: readonly number[] | null = null): Flat =>
  table({ 0: text(name), 2: longs(...dims), 3: i32(type), ...(raw === null ? {} : { 4: bytes(raw) }) });

const dim = (d: number | string): Flat =>
  table({ 0: typeof d === 'number' ? table({ 0: u8(1), 1: i64(d) }) : table({ 0: u8(2), 2: text(d) }) });

export const info = (name: string, dims: readonly (number | string)[], type = 1): Flat =>
  table({
    0: text(name),
    2: table({ 1: u8(1), 2: table({ 0: i32(type), 1: table({ 0: list(...dims.map(dim)) }) }) }),
  });

export const attribute = {
  int: (name: string, n: number): Flat => table({ 0: text(name), 2: i32(2), 4: i64(n) }),
  float: (name: string, n: number): Flat => table({ 0: text(name), 2: i32(1), 3: f32(n) }),
  ints: (name: string, ...n: number[]): Flat => table({ 0: text(name), 2: i32(7), 9: longs(...n) }),
  text: (name: string, s: string): Flat => table({ 0: text(name), 2: i32(3), 5: text(s) }),
  graph: (name: string, graph: Flat): Flat => table({ 0: text(name), 2: i32(5), 7: graph }),
};

export const node = (
  op: string,
  input: readonly string[],
  output: readonly string[],
  attributes: readonly Flat[] = [],
  domain = '',
): Flat =>
  table({
    0: text(output[0] ?? ''),
    2: text(domain),
    5: text(op),
    8: texts(...input),
    9: texts(...output),
    10: list(...attributes),
  });

export interface GraphParts {
  readonly initializers?: readonly Flat[];
  readonly infos?: readonly Flat[];
  readonly nodes: readonly Flat[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export const graph = ({ initializers = [], infos = [], nodes, inputs, outputs }: GraphParts): Flat =>
  table({
    0: list(...initializers),
    1: list(...infos),
    2: list(...nodes),
    5: texts(...inputs),
    6: texts(...outputs),
  });

export const model = (of: Flat): Uint8Array =>
  flatFile(
    table({
      0: text('6'),
      1: table({ 0: i64(8), 1: list(table({ 0: text(''), 1: i64(17) })), 2: text('onnx.quantize'), 7: of }),
    }),
    'ORTM',
  );

/** A convolution over a free batch, a fused one, and a choice between two products. */
export const network = (): Uint8Array => {
  const arm = (out: string, weight: string): Flat =>
    graph({ nodes: [node('MatMul', ['flat', weight], [out])], inputs: [], outputs: [out] });
  return model(
    graph({
      initializers: [
        tensor('conv.weight', [8, 3, 3, 3], 1, new Array<number>(8 * 27 * 4).fill(0)),
        tensor('conv.bias', [8], 1, new Array<number>(32).fill(0)),
        tensor('point', [4, 8, 1, 1], 1, new Array<number>(128).fill(0)),
        tensor('to', [2], 7, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), // [0, 256]
        tensor('a', [256, 10], 1, new Array<number>(10_240).fill(0)),
        tensor('b', [256, 10], 1, new Array<number>(10_240).fill(0)),
      ],
      infos: [info('x', ['batch', 3, 8, 8]), info('which', [], 9), info('y', ['batch', 10])],
      nodes: [
        node('Conv', ['x', 'conv.weight', 'conv.bias'], ['h'], [attribute.ints('pads', 1, 1, 1, 1)]),
        node('FusedConv', ['h', 'point'], ['p'], [attribute.text('activation', 'Relu')], 'com.microsoft'),
        node('Reshape', ['p', 'to'], ['flat']),
        node(
          'If',
          ['which'],
          ['y'],
          [attribute.graph('then_branch', arm('left', 'a')), attribute.graph('else_branch', arm('right', 'b'))],
        ),
      ],
      inputs: ['x', 'which'],
      outputs: ['y'],
    }),
  );
};
