import { readCoreml } from '../../src/formats/coreml/read.js';
import { readOpenvino } from '../../src/formats/openvino/read.js';
import { memorySource } from '../../src/source/index.js';
import { type DType, isFloating, type Shape } from '../../src/tensor/index.js';
import { type LayerText, net, result } from '../formats/openvino-build.js';
import { type Bytes, float, int, join, len, varint } from '../wire/encode.js';
import { type Cost, costOf, type Input, type Stored, typeOf } from './spell-types.js';

/** OpenVINO's operator with its attributes. */
export interface OpenvinoCase {
  readonly op: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly inputs?: readonly (Input | Stored | { readonly stored: readonly number[] })[];
  /** What the file states of the outputs, where shapes come from nowhere else. */
  readonly states?: readonly (readonly number[])[];
  readonly precision?: string;
  /** The version of the file, for layers that only old ones have. */
  readonly version?: number;
}

const PRECISIONS: Readonly<Partial<Record<DType, string>>> = {
  float32: 'FP32',
  float16: 'FP16',
  int32: 'I32',
  int64: 'I64',
  int8: 'I8',
  bool: 'BOOL',
};

/** Where weights lie: behind everything that is read. */
const WEIGHTS = 1 << 20;

export function viaOpenvino(of: OpenvinoCase, inputs: readonly Input[], outputs = 1): Cost {
  const bin: number[] = [];
  const given = (of.inputs ?? inputs).map((input, i): LayerText => {
    const name = `x${i}`;
    if ('stored' in input)
      return { type: 'Const', name, data: { offset: WEIGHTS + i }, outputs: [input.stored], precision: 'FP32' };
    if ('value' in input) {
      const shape = (input.shape ?? [input.value.length]) as readonly number[];
      const data = { element_type: 'i64', shape: shape.join(', '), offset: 8 * bin.length, size: 0 };
      bin.push(...input.value);
      return { type: 'Const', name, data, outputs: [shape], precision: 'I64' };
    }
    const { dtype, shape } = typeOf(input);
    const precision = PRECISIONS[dtype] ?? 'FP32';
    const data = { shape: shape.join(','), element_type: precision.replace('FP', 'f').toLowerCase() };
    return { type: 'Parameter', name, data, outputs: [shape as readonly number[]], precision };
  });
  const made = Array.from({ length: Math.max(1, outputs) }, (_, i) => of.states?.[i] ?? []);
  const own: LayerText = {
    type: of.op,
    name: 'y',
    data: of.with ?? {},
    inputs: given.map(({ name }) => name),
    outputs: made,
    precision: of.precision ?? 'FP32',
  };
  const results = made.map((_, i) => result(i === 0 ? 'y' : `y.${i}`));
  const bytes = new Uint8Array(BigInt64Array.from(bin.map(BigInt)).buffer);
  const siblings = (path: string) => (path === 'case.bin' ? bytes : undefined);
  const text = new TextEncoder().encode(net([...given, own, ...results], of.version));
  // Outputs that the case does not state are stated as scalars; only what the rule works out is compared.
  return costOf(readOpenvino(memorySource(text, { name: 'case.xml', siblings }), {}), outputs);
}

const packed = (field: number, ...numbers: number[]): Uint8Array => len(field, join(...numbers.map((n) => varint(n))));
const array = (field: number, name: string, { shape, dtype }: { shape: Shape; dtype: DType }): Uint8Array =>
  len(
    field,
    len(1, name),
    len(3, len(5, packed(1, ...(shape as readonly number[])), int(2, isFloating(dtype) ? 65568 : 131104))),
  );
const model = (kind: number, content: Bytes, inputs: readonly Input[], outputs: readonly string[]): Uint8Array =>
  join(
    int(1, 4),
    len(
      2,
      ...inputs.map((input, i) => array(1, `x${i}`, typeOf(input))),
      ...outputs.map((name) => array(10, name, { shape: [1], dtype: 'float32' })),
    ),
    len(kind, content),
  );
const namesOf = (outputs: number): string[] => Array.from({ length: Math.max(1, outputs) }, (_, i) => `y${i}`);

/** A layer of Core ML's networks: its kind and parameters by the numbers of their fields. */
export interface CoremlCase {
  readonly kind: number;
  readonly params?: readonly Bytes[];
  readonly inputs?: readonly Input[];
}

export function viaCoreml(of: CoremlCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  const made = namesOf(outputs);
  const layer = len(
    1,
    len(1, 'own'),
    ...inputs.map((_, i) => len(2, `x${i}`)),
    ...made.map((name) => len(3, name)),
    len(of.kind, ...(of.params ?? [])),
  );
  // Field 5: arrays have the axes that they state.
  const bytes = model(500, join(int(5, 1), layer), inputs, made);
  return costOf(readCoreml(memorySource(bytes, { name: 'case.mlmodel' })), outputs);
}

/** Lists of numbers in a message, for the parameters of layers. */
export const numbers = packed;
export { float, int, len };

/** An argument of an operator of a program: tensors by their places (`$0`), or what stands in the file. */
export type MilArgument = string | number | boolean | readonly number[] | readonly string[] | readonly boolean[];

/** An operator of Core ML's programs. */
export interface MilCase {
  readonly op: string;
  readonly args: Readonly<Record<string, MilArgument>>;
  readonly inputs?: readonly Input[];
  /** Types that the file states of the outputs, where they come from nowhere else. */
  readonly states?: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
}

const MIL_TYPES: Readonly<Partial<Record<DType, number>>> = {
  bool: 1,
  string: 2,
  float16: 10,
  float32: 11,
  int8: 21,
  int32: 23,
  int64: 23,
};
const milType = (dtype: DType, shape: readonly number[]): Uint8Array =>
  len(1, int(1, MIL_TYPES[dtype] ?? 11), int(2, shape.length), ...shape.map((d) => len(3, len(1, int(1, d)))));

function literal(given: Exclude<MilArgument, readonly string[]>): Uint8Array {
  const values = [given].flat() as (string | number | boolean)[];
  const shape = Array.isArray(given) ? [values.length] : [];
  const value = (dtype: DType, contents: Uint8Array): Uint8Array =>
    join(len(2, milType(dtype, shape)), len(3, len(1, contents)));
  const [first] = values;
  if (typeof first === 'string') return value('string', len(4, len(1, first)));
  if (typeof first === 'boolean') return value('bool', len(3, packed(1, ...values.map(Number))));
  const all = values.map(Number);
  if (all.every(Number.isInteger)) return value('int32', len(2, packed(1, ...all)));
  return value('float32', len(1, len(1, new Uint8Array(Float32Array.from(all).buffer))));
}

export function viaMil(of: MilCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  const binding = (argument: string | Exclude<MilArgument, readonly string[]>): Uint8Array =>
    typeof argument === 'string' && argument.startsWith('$')
      ? len(1, len(1, `x${argument.slice(1)}`))
      : len(1, len(2, literal(argument)));
  const args = Object.entries(of.args).map(([name, argument]) => {
    const list = Array.isArray(argument) && typeof argument[0] === 'string' ? (argument as string[]) : null;
    return len(2, len(1, name), len(2, ...(list ?? [argument]).map((a) => binding(a as string))));
  });
  const made = namesOf(outputs);
  const results = made.map((name, i) => {
    const stated = of.states?.[i];
    return len(3, len(1, name), ...(stated === undefined ? [] : [len(2, milType(stated.dtype, stated.shape))]));
  });
  const block = len(2, join(...made.map((name) => len(2, name)), len(3, len(1, of.op), ...args, ...results)));
  const main = len(
    2,
    ...inputs.map((input, i) => {
      const { dtype, shape } = typeOf(input);
      return len(1, len(1, `x${i}`), len(2, milType(dtype, shape as readonly number[])));
    }),
    len(2, 'CoreML7'),
    len(3, len(1, 'CoreML7'), block),
  );
  const bytes = model(502, join(int(1, 1), len(2, len(1, 'main'), main)), inputs, made);
  return costOf(readCoreml(memorySource(bytes, { name: 'case.mlmodel' })), outputs);
}
