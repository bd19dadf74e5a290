import { ModelError } from '../source/errors.js';
import type { DType } from '../tensor/index.js';

/** An input to make: its name, type and extents. */
export interface FeedSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

type Data = ArrayBufferView | readonly string[];

/** An input that was made, as a runtime takes it. */
export interface Feed extends FeedSpec {
  /** The runtime's name of the type. */
  readonly type: string;
  readonly data: Data;
  /** A description of its contents, for people. */
  readonly filled: string;
}

interface Filling {
  readonly make: (elements: number) => ArrayBufferView;
  readonly type?: string;
}

const RANDOM = 'random numbers from 0 to 1';

const FLOATS: ReadonlyMap<DType, Filling> = new Map<DType, Filling>([
  ['float32', { make: (n) => Float32Array.from({ length: n }, numbers()) }],
  ['float64', { make: (n) => Float64Array.from({ length: n }, numbers()) }],
  // From 0.5 to 1: the exponent of a half is fixed, its fraction random.
  ['float16', { make: (n) => Uint16Array.from({ length: n }, half(numbers())) }],
]);

const WHOLE: ReadonlyMap<DType, (elements: number, value: number) => ArrayBufferView> = new Map<
  DType,
  (elements: number, value: number) => ArrayBufferView
>([
  ['int8', (n, v) => new Int8Array(n).fill(v)],
  ['uint8', (n, v) => new Uint8Array(n).fill(v)],
  ['int16', (n, v) => new Int16Array(n).fill(v)],
  ['uint16', (n, v) => new Uint16Array(n).fill(v)],
  ['int32', (n, v) => new Int32Array(n).fill(v)],
  ['uint32', (n, v) => new Uint32Array(n).fill(v)],
  ['int64', (n, v) => new BigInt64Array(n).fill(BigInt(v))],
  ['uint64', (n, v) => new BigUint64Array(n).fill(BigInt(v))],
  ['bool', (n) => new Uint8Array(n).fill(1)],
]);

/** Inputs of a model: the same ones at every call. Throws ModelError for a type that cannot be made. */
export function feedsOf(specs: readonly FeedSpec[]): Feed[] {
  return specs.map((spec) => {
    const { name, dtype, shape } = spec;
    const elements = shape.reduce((n, d) => n * d, 1);
    const floats = FLOATS.get(dtype);
    if (floats !== undefined)
      return { ...spec, type: floats.type ?? dtype, data: floats.make(elements), filled: RANDOM };
    if (dtype === 'string')
      return { ...spec, type: 'string', data: new Array<string>(elements).fill(''), filled: 'empty texts' };
    const whole = WHOLE.get(dtype);
    if (whole === undefined)
      throw new ModelError(
        'unsupported',
        `the input ${name} is of type ${dtype}, which cannot be given to the runtime`,
        {
          format: 'onnx',
          at: { field: name },
          hint: 'export the model with inputs of float32, float16 or integers',
        },
      );
    // A mask of zeros hides everything; token 0 and position 0 are there in every model.
    const value = dtype === 'bool' || /mask|length/i.test(name) ? 1 : 0;
    const filled = dtype === 'bool' ? 'true' : value === 1 ? 'ones' : 'zeros';
    return { ...spec, type: dtype, data: whole(elements, value), filled };
  });
}

/** Numbers from 0 to 1, the same ones each time (a linear congruential generator, the constants of Numerical Recipes). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function half(next: () => number): () => number {
  return () => 0x3800 | Math.floor(next() * 1024);
}
