import { type Bytes, float, int, join, key, len, varint } from '../wire/encode.js';

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

/** Attributes of a node by what their values are: integers, floats, texts, lists, and bodies given as bytes. */
export const attributes = (
  values: Readonly<
    Record<string, number | string | readonly number[] | readonly string[] | Uint8Array | { readonly float: number }>
  >,
): Uint8Array =>
  join(
    ...Object.entries(values).map(([name, value]) => {
      if (typeof value === 'number') return attribute(name, 2, int(3, value));
      if (typeof value === 'string') return attribute(name, 3, len(4, value));
      if (value instanceof Uint8Array) return attribute(name, 5, len(6, value));
      if ('float' in value) return attribute(name, 1, float(2, value.float));
      if (typeof value[0] === 'string') return attribute(name, 8, ...value.map((v) => len(9, String(v))));
      return attribute(name, 7, ...value.map((v) => int(8, Number(v))));
    }),
  );

/** int64 contents, one `int64_data` field each. */
export const ints = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  tensor(name, dims, 7, ...values.map((v) => int(7, v)));

export interface GraphParts {
  readonly nodes: readonly Uint8Array[];
  /** Shapes of float32 inputs, or a type of its own. */
  readonly inputs?: Readonly<Record<string, readonly (number | string | null)[] | Uint8Array>>;
  readonly outputs: readonly string[];
  readonly initializers?: readonly Uint8Array[];
}

export const graph = ({ nodes, inputs = {}, outputs, initializers = [] }: GraphParts): Uint8Array =>
  join(
    ...nodes.map((n) => len(1, n)),
    len(2, 'g'),
    ...initializers.map((t) => len(5, t)),
    ...Object.entries(inputs).map(([name, type]) =>
      len(11, valueInfo(name, type instanceof Uint8Array ? type : tensorType(1, type))),
    ),
    ...outputs.map((name) => len(12, len(1, name))),
  );

/** A model of one graph; `rest` are further fields of it (functions, imports of domains). */
export const modelOf = (parts: GraphParts, opset = 17, ...rest: readonly Bytes[]): Uint8Array =>
  join(int(1, 8), len(2, 'hand'), len(7, graph(parts)), len(8, int(2, opset)), ...rest);
