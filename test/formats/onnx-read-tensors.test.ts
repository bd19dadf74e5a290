import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOnnx } from '../../src/formats/onnx/read.js';
import type { TensorProto } from '../../src/formats/onnx/schema.js';
import { SMALL_ELEMENTS, type TensorReader } from '../../src/formats/onnx/tensors.js';
import { memorySource } from '../../src/source/memory.js';
import { type Bytes, double, float, int, len, varint } from '../wire/encode.js';
import { external, model, tensor } from './onnx-build.js';

/** A file with one initializer, read. */
function one(
  contents: Bytes,
  siblings: Readonly<Record<string, Uint8Array>> = {},
): { readonly tensors: TensorReader; readonly tensor: TensorProto } {
  const source = memorySource(model(len(5, contents)), { siblings: (path) => siblings[path] });
  const { graph, tensors } = readOnnx(source);
  return { tensors, tensor: graph.initializer[0]! };
}

const ints = (...args: Parameters<typeof one>) => {
  const { tensors, tensor } = one(...args);
  return tensors.smallInts(tensor);
};
const floats = (...args: Parameters<typeof one>) => {
  const { tensors, tensor } = one(...args);
  return tensors.smallFloats(tensor);
};
const raw = (buffer: ArrayBufferLike): Uint8Array => len(9, new Uint8Array(buffer));
const malformed = (message: RegExp) =>
  expect.objectContaining({ kind: 'ModelError', code: 'malformed', message: expect.stringMatching(message) });

describe('integers', () => {
  test('int64 from raw data, from the typed field packed and not, and from another file', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 50 }),
        (values) => {
          const data = BigInt64Array.from(values).buffer;
          const dims = [values.length];
          expect(ints(tensor('t', dims, 7, raw(data)))).toEqual(values);
          expect(ints(tensor('t', dims, 7, len(7, ...values.map(varint))))).toEqual(values);
          expect(ints(tensor('t', dims, 7, ...values.map((value) => int(7, value))))).toEqual(values);
          const file = new Uint8Array(8 + data.byteLength);
          file.set(new Uint8Array(data), 8);
          expect(ints(external('t', dims, 7, 'w/x.bin', 8), { 'w/x.bin': file })).toEqual(values);
        },
      ),
    );
  });

  test('narrow and unsigned types', () => {
    expect(ints(tensor('t', [2], 9, len(9, [0, 1])))).toEqual([0n, 1n]);
    expect(ints(tensor('t', [2], 9, len(5, [1, 0])))).toEqual([1n, 0n]);
    expect(ints(tensor('t', [2], 2, len(9, [200, 1])))).toEqual([200n, 1n]);
    expect(ints(tensor('t', [2], 3, len(9, [200, 1])))).toEqual([-56n, 1n]);
    expect(ints(tensor('t', [2], 6, raw(Int32Array.of(-5, 5).buffer)))).toEqual([-5n, 5n]);
    expect(ints(tensor('t', [2], 6, int(5, -5), int(5, 5)))).toEqual([-5n, 5n]);
    expect(ints(tensor('t', [1], 4, raw(Uint16Array.of(65535).buffer)))).toEqual([65535n]);
    expect(ints(tensor('t', [1], 12, int(11, 2 ** 32 - 1)))).toEqual([2n ** 32n - 1n]);
    expect(ints(tensor('t', [1], 13, raw(BigUint64Array.of(2n ** 64n - 1n).buffer)))).toEqual([2n ** 64n - 1n]);
    expect(ints(tensor('t', [1], 13, int(11, 2n ** 64n - 1n)))).toEqual([2n ** 64n - 1n]);
  });

  test('four-bit types: two a byte, the first in the low half', () => {
    expect(ints(tensor('t', [3], 22, len(9, [0xf7, 0x08])))).toEqual([7n, -1n, -8n]);
    expect(ints(tensor('t', [3], 21, len(9, [0xf7, 0x08])))).toEqual([7n, 15n, 8n]);
    expect(ints(tensor('t', [3], 22, int(5, 0xf7), int(5, 0x08)))).toEqual([7n, -1n, -8n]);
  });

  test('a scalar has one element, an empty tensor none', () => {
    expect(ints(tensor('t', [], 7, raw(BigInt64Array.of(3n).buffer)))).toEqual([3n]);
    expect(ints(tensor('t', [0, 5], 7))).toEqual([]);
  });
});

test('floating point, 64 to 16 bits', () => {
  expect(floats(tensor('t', [2], 1, raw(Float32Array.of(0.5, -1).buffer)))).toEqual([0.5, -1]);
  expect(floats(tensor('t', [2], 1, float(4, 0.5), float(4, -1)))).toEqual([0.5, -1]);
  expect(floats(tensor('t', [1], 11, double(10, Math.PI)))).toEqual([Math.PI]);
  const half = [1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NaN];
  const halfBits = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00];
  expect(floats(tensor('t', [6], 10, raw(Uint16Array.from(halfBits).buffer)))).toEqual(half);
  expect(floats(tensor('t', [6], 10, len(5, ...halfBits.map(varint))))).toEqual(half);
  expect(floats(tensor('t', [2], 16, raw(Uint16Array.of(0x3f80, 0xc040).buffer)))).toEqual([1, -3]);
});

test('there is nothing to give: weights, other dtypes, absent files, stripped contents', () => {
  expect(ints(tensor('t', [SMALL_ELEMENTS + 1], 7))).toBeUndefined();
  expect(ints(tensor('t', [2 ** 40, 2 ** 40], 7))).toBeUndefined();
  expect(ints(tensor('t', [1], 1, raw(Float32Array.of(1).buffer)))).toBeUndefined();
  expect(floats(tensor('t', [1], 7, raw(BigInt64Array.of(1n).buffer)))).toBeUndefined();
  expect(ints(tensor('t', [1], 8, len(6, 'text')))).toBeUndefined();
  expect(ints(tensor('t', [1], 99))).toBeUndefined();
  expect(ints(tensor('t', [1], 7))).toBeUndefined();
  expect(ints(external('t', [1], 7, 'absent.bin'))).toBeUndefined();
  expect(
    ints(external('t', [1], 7, '../../../etc/passwd'), { '../../../etc/passwd': new Uint8Array(8) }),
  ).toBeUndefined();
});

test('contents that do not fit the shape are named, with both numbers', () => {
  expect(() => ints(tensor('pads', [2], 7, raw(new ArrayBuffer(8))))).toThrow(
    malformed(/'pads': 16 bytes expected .* found 8/),
  );
  expect(() => ints(tensor('pads', [2], 7, len(7, [1])))).toThrow(malformed(/'pads': 2 elements expected .* found 1/));
  expect(() => ints(tensor('pads', [2], 7, len(7, [1, 2, 3])))).toThrow(malformed(/2 elements expected .* found more/));
  expect(() => ints(tensor('pads', [-2], 7))).toThrow(malformed(/dimension -2 is negative/));
  expect(() => ints(external('w', [3], 7, 'short.bin'), { 'short.bin': new Uint8Array(8) })).toThrow(
    expect.objectContaining({ code: 'truncated' }),
  );
});
