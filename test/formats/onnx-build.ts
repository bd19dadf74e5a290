import { type Bytes, int, join, key, len, varint } from '../wire/encode.js';

/** ONNX files for tests, built field by field from the public schema. */

export const tensor = (name: string, dims: readonly number[], dataType: number, ...rest: Bytes[]): Uint8Array =>
  join(...dims.map((dim) => int(1, dim)), int(2, dataType), ...(name === '' ? [] : [len(8, name)]), ...rest);

/** The key and length of `raw_data`, without the data. */
export const rawHead = (bytes: number): Uint8Array => join(key(9, 2), varint(bytes));

export const entry = (key_: string, value: string): Uint8Array => join(len(1, key_), len(2, value));

export const external = (
  name: string,
  dims: readonly number[],
  dataType: number,
  location: string,
  offset = 0,
): Uint8Array =>
  tensor(
    name,
    dims,
    dataType,
    len(13, entry('location', location)),
    len(13, entry('offset', String(offset))),
    int(14, 1),
  );

export const node = (
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...rest: Bytes[]
): Uint8Array =>
  join(...inputs.map((name) => len(1, name)), ...outputs.map((name) => len(2, name)), len(4, opType), ...rest);

export const attribute = (name: string, type: number, ...rest: Bytes[]): Uint8Array =>
  len(5, len(1, name), ...rest, int(20, type));

export const dim = (value: number | string | null): Uint8Array =>
  len(1, value === null ? [] : typeof value === 'number' ? int(1, value) : len(2, value));

export const tensorType = (elemType: number, shape?: readonly (number | string | null)[]): Uint8Array =>
  len(1, int(1, elemType), ...(shape === undefined ? [] : [len(2, ...shape.map(dim))]));

export const valueInfo = (name: string, type: Bytes): Uint8Array => join(len(1, name), len(2, type));

export const model = (graph: Bytes, ...rest: Bytes[]): Uint8Array =>
  join(int(1, 8), len(2, 'hand'), len(7, graph), len(8, int(2, 17)), ...rest);
