import { type Bytes, int, join, key, len, varint } from '../wire/encode.js';

/** Core ML models for tests, by the fields of the public schema. */

/** The key and length of a field whose contents are zeros. */
const zeros = (field: number, bytes: number): Uint8Array => join(key(field, 2), varint(bytes), new Uint8Array(bytes));
const packed = (field: number, ...numbers: number[]): Uint8Array => len(field, join(...numbers.map((n) => varint(n))));
const floats = (field: number, elements: number): Uint8Array => len(field, zeros(1, 4 * elements));
const halves = (field: number, elements: number): Uint8Array => len(field, zeros(2, 2 * elements));
const bytes8 = (field: number, elements: number): Uint8Array =>
  len(field, zeros(30, elements), len(40, int(1, 8), len(101, zeros(1, 4))));
const doubles = (field: number, elements: number): Uint8Array => zeros(field, 8 * elements);

const array = (name: string, field: number, ...shape: number[]): Uint8Array =>
  len(field, len(1, name), len(3, len(5, packed(1, ...shape), int(2, 65568))));
const image = (name: string, width: number, height: number): Uint8Array =>
  len(1, len(1, name), len(3, len(4, int(1, width), int(2, height), int(3, 20))));
const number = (name: string, field: number): Uint8Array => len(field, len(1, name), len(3, len(2)));

const model = (kind: number, content: Bytes, ...description: Bytes[]): Uint8Array =>
  join(int(1, 4), len(2, ...description), len(kind, content));

const layer = (
  name: string,
  input: readonly string[],
  output: readonly string[],
  kind: number,
  ...params: Bytes[]
): Uint8Array =>
  len(1, len(1, name), ...input.map((i) => len(2, i)), ...output.map((o) => len(3, o)), len(kind, ...params));

/** A convolution with same padding, an activation, a pooling, a flattening and a product with quantised weights. */
export const network = (): Uint8Array =>
  model(
    500,
    join(
      layer(
        'block/conv',
        ['image'],
        ['c'],
        100,
        int(1, 8),
        int(2, 3),
        int(10, 1),
        packed(20, 3, 3),
        packed(30, 2, 2),
        len(51),
        int(70, 1),
        halves(90, 8 * 27),
        halves(91, 8),
      ),
      layer('block/relu', ['c'], ['r'], 130, len(10)),
      layer('pool', ['r'], ['p'], 120, int(1, 0), packed(10, 2, 2), packed(20, 2, 2), len(30, len(1))),
      layer('flat', ['p'], ['f'], 301),
      layer('out', ['f'], ['y'], 140, int(1, 128), int(2, 10), int(10, 1), bytes8(20, 1280), floats(21, 10)),
    ),
    image('image', 16, 16),
    array('y', 10, 10),
  );

/** Exact shapes: an LSTM over a sequence, a loop that squares a matrix four times, a choice. */
export const controlled = (): Uint8Array => {
  const squared = layer('square', ['h', 'h'], ['h2'], 1045);
  const back = layer('back', ['h2'], ['h'], 600);
  const gates = join(
    ...[1, 2, 3, 4].map((g) => floats(g, 16 * 6)),
    ...[20, 21, 22, 23].map((g) => floats(g, 16 * 16)),
    ...[40, 41, 42, 43].map((g) => floats(g, 16)),
  );
  return model(
    500,
    join(
      int(5, 1),
      layer(
        'lstm',
        ['x'],
        ['all', 'hs', 'cs'],
        420,
        int(1, 6),
        int(2, 16),
        len(15, int(10, 1), int(20, 1)),
        len(20, gates),
      ),
      layer('m', ['all'], ['h0'], 1140, packed(1, 5, 16)),
      layer('t', ['h0', 'h0'], ['h'], 1045, int(2, 1)),
      layer('loop', [], [], 615, int(1, 4), len(4, squared, back)),
      layer(
        'which',
        ['c'],
        [],
        605,
        len(1, layer('a', ['h'], ['y'], 130, len(10))),
        len(2, layer('b', ['h'], ['y'], 130, len(30))),
      ),
    ),
    array('x', 1, 5, 1, 6, 1, 1),
    array('c', 1, 1),
    array('y', 10, 5, 5),
  );
};

/** A scaler of one feature behind a join of two numbers, and a linear model. */
export const pipeline = (): Uint8Array => {
  const join2 = model(602, len(1), number('a', 1), number('b', 1), array('ab', 10, 2));
  const scaler = model(604, len(1), array('ab', 1, 2), array('s', 10, 2));
  const linear = model(300, join(len(1, doubles(1, 2)), doubles(2, 1)), array('s', 1, 2), number('y', 10));
  return model(
    201,
    len(1, len(1, join2), len(1, scaler), len(1, linear), len(2, 'join'), len(2, 'scale'), len(2, 'line')),
    number('a', 1),
    number('b', 1),
    number('y', 10),
  );
};

/** Two trees, one of two levels and one of one. */
export const trees = (): Uint8Array => {
  const node = (tree: number, id: number, yes: number, no: number): Uint8Array =>
    len(1, int(1, tree), int(2, id), int(3, 0), int(12, yes), int(13, no));
  const leaf = (tree: number, id: number): Uint8Array => len(1, int(1, tree), int(2, id), int(3, 6));
  const ensemble = join(
    node(0, 0, 1, 2),
    leaf(0, 1),
    node(0, 2, 3, 4),
    leaf(0, 3),
    leaf(0, 4),
    node(1, 0, 1, 2),
    leaf(1, 1),
    leaf(1, 2),
    int(2, 1),
  );
  return model(302, len(1, ensemble), array('x', 1, 3), number('y', 10));
};

const type = (dtype: number, shape: readonly (number | null)[]): Uint8Array =>
  join(
    len(1, int(1, dtype), int(2, shape.length), ...shape.map((d) => len(3, d === null ? len(2) : len(1, int(1, d))))),
  );
const named = (field: number, name: string, dtype: number, shape: readonly (number | null)[]): Uint8Array =>
  len(field, len(1, name), len(2, type(dtype, shape)));
const attribute = (name: string, value: Uint8Array): Uint8Array => len(5, len(1, name), len(2, value));
const input = (name: string, ...values: string[]): Uint8Array =>
  len(2, len(1, name), len(2, ...values.map((v) => len(1, len(1, v)))));
const operation = (op: string, ...rest: Bytes[]): Uint8Array => len(3, len(1, op), ...rest);
const ints = (name: string, ...values: number[]): Uint8Array =>
  operation(
    'const',
    named(3, name, 23, [values.length]),
    attribute('val', join(len(2, type(23, [values.length])), len(3, len(1, len(2, packed(1, ...values)))))),
  );
const text = (name: string, value: string): Uint8Array =>
  operation(
    'const',
    named(3, name, 2, []),
    attribute('val', join(len(2, type(2, [])), len(3, len(1, len(4, len(1, value)))))),
  );
const blob = (name: string, dtype: number, shape: readonly number[]): Uint8Array =>
  operation(
    'const',
    named(3, name, dtype, shape),
    attribute('val', join(len(2, type(dtype, shape)), len(5, len(1, '@model_path/weights/weight.bin'), int(2, 64)))),
  );

/** A convolution of half precision over a free batch, a look-up table for a product's weights, a branch. */
export const program = (batch: number | null = null): Uint8Array => {
  const arm = (op: string): Uint8Array =>
    len(4, len(2, `${op}_y`), operation(op, input('x', 'l'), named(3, `${op}_y`, 10, [batch, 10])));
  const block = len(
    2,
    join(
      len(2, 'y'),
      blob('conv_weight', 10, [8, 3, 3, 3]),
      blob('conv_bias', 10, [8]),
      text('same', 'same'),
      ints('strides', 2, 2),
      operation(
        'conv',
        input('strides', 'strides'),
        input('bias', 'conv_bias'),
        input('weight', 'conv_weight'),
        input('x', 'x'),
        input('pad_type', 'same'),
        named(3, 'c', 10, [batch, 8, 8, 8]),
      ),
      operation('relu', input('x', 'c'), named(3, 'r', 10, [batch, 8, 8, 8])),
      ints('to', batch ?? -1, 512),
      operation('reshape', input('x', 'r'), input('shape', 'to'), named(3, 'f', 10, [batch, 512])),
      operation(
        'constexpr_lut_to_dense',
        named(3, 'w', 10, [10, 512]),
        attribute('indices', join(len(2, type(36, [1280])), len(5, len(1, 'w'), int(2, 64)))),
      ),
      operation('linear', input('x', 'f'), input('weight', 'w'), named(3, 'l', 10, [batch, 10])),
      operation('cond', input('pred', 'p'), arm('relu'), arm('tanh'), named(3, 'y', 10, [batch, 10])),
    ),
  );
  const main = len(
    2,
    named(1, 'x', 10, [batch, 3, 16, 16]),
    named(1, 'p', 1, []),
    len(2, 'CoreML6'),
    len(3, len(1, 'CoreML6'), block),
  );
  return model(502, join(int(1, 1), len(2, len(1, 'main'), main)), array('x', 1, 1, 3, 16, 16), array('y', 10, 1, 10));
};
