import { readMeasurement } from '../machine/measured.js';
import { type Host, profiled, type Stage } from './measure.js';
import { bytesField, joined, type Pieces, varintField } from './proto.js';

/** The machine's measured peaks through the runtime. */
export interface Machine {
  /** Of a product of two square matrices in single precision. */
  readonly flopsPerSecond: number;
  /** Rows and columns of the matrices. */
  readonly matrix: number;
  /** Read and written together, of a scaled copy that no cache holds; null if the runtime has no profile. */
  readonly bytesPerSecond: number | null;
  readonly copiedBytes: number;
}

/** The matrices grow until a product takes so long, or they are as large as this. */
const PRODUCT = { first: 512, last: 4096, seconds: 0.02, runs: 8, most: 3 };
/** Elements that are copied: 128 MiB. */
const COPY = { elements: 1 << 25, runs: 6 };
const FLOAT = 1;

/**
 * The rate of a matrix product and of a copy, the best of several runs. `threads`: as the model is to have; null leaves it to
 * the runtime.
 */
export async function measureMachine(
  host: Host,
  threads: number | null,
  say: (stage: Stage) => void,
): Promise<Machine> {
  const options = { ...host.options, ...(threads === null ? {} : { intraOpNumThreads: threads }) };
  const { flopsPerSecond, matrix } = await product(host, options, say);
  return {
    flopsPerSecond,
    matrix,
    bytesPerSecond: await copy(host, options, say),
    copiedBytes: 4 * COPY.elements,
  };
}

async function product(
  host: Host,
  options: Readonly<Record<string, unknown>>,
  say: (stage: Stage) => void,
): Promise<{ flopsPerSecond: number; matrix: number }> {
  const session = await host.ort.InferenceSession.create(matrixProduct(), { ...options });
  const best = { flopsPerSecond: 0, matrix: PRODUCT.first };
  const begin = host.now();
  for (let n = PRODUCT.first; ; n *= 2) {
    const [a, b] = ['a', 'b'].map(() => new host.ort.Tensor('float32', ones(n * n) as never, [n, n]));
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < PRODUCT.runs && (run < 2 || host.now() - begin < PRODUCT.most); run++) {
      say('measuring');
      const start = host.now();
      await session.run({ a: a as object, b: b as object });
      least = Math.min(least, host.now() - start);
    }
    const rate = (2 * n ** 3) / least;
    if (rate > best.flopsPerSecond) Object.assign(best, { flopsPerSecond: rate, matrix: n });
    if (least > PRODUCT.seconds || n === PRODUCT.last) break;
  }
  await session.release();
  return best;
}

const ones = (n: number): Float32Array => new Float32Array(n).fill(1);

/**
 * `y = x · 2` over more than caches hold, of which only the first element leaves the runtime: its own time for that kernel
 * has nothing of handing tensors over in it.
 */
async function copy(
  host: Host,
  options: Readonly<Record<string, unknown>>,
  say: (stage: Stage) => void,
): Promise<number | null> {
  if (host.profile === null) return null;
  const x = new host.ort.Tensor('float32', ones(COPY.elements) as never, [COPY.elements]);
  const all = { ...options, graphOptimizationLevel: 'disabled', ...host.profile.options };
  const profile = await profiled(host, scaledCopy(), all, async (session) => {
    for (let run = 0; run < COPY.runs; run++) {
      say('measuring');
      await session.run({ x });
    }
  });
  const { kernels } = readMeasurement(profile);
  const seconds = kernels.find(({ name }) => name === 'copy')?.seconds ?? 0;
  return seconds === 0 ? null : (8 * COPY.elements) / seconds;
}

function matrixProduct(): Uint8Array {
  return model([node('MatMul', 'product', ['a', 'b'], 'c')], { a: 2, b: 2 }, 'c', 2);
}

function scaledCopy(): Uint8Array {
  const constant = (name: string, type: number, dims: readonly number[], raw: Uint8Array): Pieces =>
    bytesField(5, [
      ...dims.flatMap((d) => varintField(1, d)),
      ...varintField(2, type),
      ...bytesField(8, name),
      ...bytesField(9, raw),
    ]);
  const bytes = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);
  return model(
    [
      node('Mul', 'copy', ['x', 'two'], 'y'),
      node('Slice', 'end', ['y', 'from', 'to'], 'z'),
      constant('two', FLOAT, [], bytes(Float32Array.of(2))),
      constant('from', 7, [1], bytes(BigInt64Array.of(0n))),
      constant('to', 7, [1], bytes(BigInt64Array.of(1n))),
    ],
    { x: 1 },
    'z',
    1,
  );
}

/** A model of single precision, of opset 13, with all sizes free. */
function model(
  parts: readonly Pieces[],
  inputs: Readonly<Record<string, number>>,
  output: string,
  axes: number,
): Uint8Array {
  const graph = [
    ...parts.flat(),
    ...bytesField(2, 'machine'),
    ...Object.entries(inputs).flatMap(([name, rank]) => bytesField(11, value(name, rank))),
    ...bytesField(12, value(output, axes)),
  ];
  return joined([...varintField(1, 8), ...bytesField(8, varintField(2, 13)), ...bytesField(7, graph)]);
}

function node(type: string, name: string, inputs: readonly string[], output: string): Pieces {
  return bytesField(1, [
    ...inputs.flatMap((input) => bytesField(1, input)),
    ...bytesField(2, output),
    ...bytesField(3, name),
    ...bytesField(4, type),
  ]);
}

function value(name: string, rank: number): Pieces {
  const shape = Array.from({ length: rank }, (_, axis) => bytesField(1, bytesField(2, `${name}${axis}`))).flat();
  return [...bytesField(1, name), ...bytesField(2, bytesField(1, [...varintField(1, FLOAT), ...bytesField(2, shape)]))];
}
