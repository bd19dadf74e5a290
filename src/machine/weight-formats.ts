import { isStatic, product, toBigInt } from '../dim/index.js';
import { tensorType } from '../formats/gguf/types.js';
import { type AnyLedger, namesIn, type Weight, withStored } from '../ledger/index.js';
import { byName } from '../source/by-name.js';
import { ModelError } from '../source/errors.js';
import { bitsOf, type DType, isFloating } from '../tensor/index.js';

/** How weights may be kept: bits of a value, and what is beside a group of values. */
interface Kept {
  readonly dtype: DType;
  /** Bits of a matrix rows×columns, scales included. */
  readonly bits: (rows: bigint, columns: bigint) => bigint;
  readonly words: string;
  /** Whether tables of words and the head are kept so as well, and vectors too. */
  readonly everything?: boolean;
}

const grouped = (dtype: DType, bits: bigint, group: bigint, scale: bigint, words: string): Kept => ({
  dtype,
  bits: (rows, columns) => rows * (columns * bits + ((columns + group - 1n) / group) * scale),
  words,
});
const plain = (dtype: DType, words: string): Kept => ({
  dtype,
  bits: (rows, columns) => rows * columns * BigInt(bitsOf(dtype)),
  words,
  everything: true,
});
const blocks = (n: bigint): bigint => (n + 127n) / 128n;

/** The usual layouts of each name; where a layout has options, those of its best known checkpoints. */
const FORMATS: Readonly<Record<string, Kept>> = byName<Record<string, Kept>>({
  fp32: plain('float32', '32 bits'),
  bf16: plain('bfloat16', '16 bits'),
  fp16: plain('float16', '16 bits'),
  fp8: {
    dtype: 'float8e4m3fn',
    bits: (rows, columns) => rows * columns * 8n + blocks(rows) * blocks(columns) * 32n,
    words: '8 bits, a scale of 32 bits for 128×128 weights',
  },
  int8: {
    dtype: 'int8',
    bits: (rows, columns) => rows * (columns * 8n + 32n),
    words: '8 bits, a scale of 32 bits for a row',
  },
  int4: grouped('uint4', 4n, 128n, 16n, '4 bits, a scale of 16 bits for 128 weights'),
  nf4: grouped('uint4', 4n, 64n, 32n, '4 bits, a scale of 32 bits for 64 weights'),
  mxfp4: grouped('float4e2m1', 4n, 32n, 8n, '4 bits, a scale of 8 bits for 32 weights'),
  nvfp4: grouped('float4e2m1', 4n, 16n, 8n, '4 bits, a scale of 8 bits for 16 weights'),
});
const ALIASES: Readonly<Record<string, string>> = byName({
  float32: 'fp32',
  f32: 'fp32',
  bfloat16: 'bf16',
  float16: 'fp16',
  f16: 'fp16',
  fp4: 'mxfp4',
});
const GGUF_IDS = Array.from({ length: 64 }, (_, id) => id);

/** A format of weights by name: those above, or a type of GGUF (`q4_k`). Throws ModelError `argument`. */
export function weightFormat(name: string): Kept & { readonly name: string } {
  const wanted = name.toLowerCase();
  const own = ALIASES[wanted] ?? wanted;
  const found = FORMATS[own];
  if (found !== undefined) return { ...found, name: own };
  const type = GGUF_IDS.map((id) => tensorType(id)).find((t) => t?.name.toLowerCase() === wanted);
  if (type === undefined)
    throw new ModelError('argument', `there is no format of weights "${name.slice(0, 40)}"`, {
      hint: `known: ${Object.keys(FORMATS).join(', ')}, and the types of GGUF: q4_0, q4_k, q6_k, q8_0, iq4_xs, …`,
    });
  const [block, bytes] = [BigInt(type.block), BigInt(type.bytes)];
  return {
    name: wanted,
    dtype: type.dtype,
    bits: (rows, columns) => rows * ((columns + block - 1n) / block) * bytes * 8n,
    words: `blocks of ${type.block} weights in ${type.bytes} bytes`,
    // llama.cpp keeps tables of words and the head so as well; vectors stay.
    everything: true,
  };
}

/**
 * The same model with its weights kept otherwise: matrices in the format, vectors as they are. Formats of less than 16 bits
 * leave tables that are looked up and the head as they are, as the libraries that write such checkpoints do; those of GGUF
 * take them too. Counts do not change.
 */
export function withWeights<L extends AnyLedger>(ledger: L, name: string): L {
  const format = weightFormat(name);
  const left = format.everything ? new Set<Weight>() : tablesAndHead(ledger);
  const stored = new Map<string, { dtype: DType; bytes: number; absent?: true }>(ledger.description?.stored ?? []);
  const wide = bitsOf(format.dtype) >= 16;
  for (const weight of ledger.weights) {
    const { shape } = weight;
    const before = stored.get(weight.name);
    if (!shape.every(isStatic) || before?.absent || left.has(weight)) continue;
    if (weight.kind !== 'parameter' || (!wide && shape.length < 2)) continue;
    if (!isFloating(weight.dtype) && weight.bytes === undefined) continue;
    const columns = toBigInt(shape.at(-1) ?? 1);
    const rows = toBigInt(product(shape.slice(0, -1)));
    const kept = { dtype: format.dtype, bytes: Number((format.bits(rows, columns) + 7n) / 8n) };
    for (const copy of namesIn(ledger, weight.name)) stored.set(copy, kept);
  }
  return withStored(ledger, stored, format.name);
}

/** Tables that are looked up, and what the last product of the pass multiplies with. */
function tablesAndHead(ledger: AnyLedger): ReadonlySet<Weight> {
  const found = new Set<Weight>();
  let last: Weight | null = null;
  for (const entry of ledger.entries)
    for (const value of entry.inputs) {
      if (value?.weight == null) continue;
      if (entry.op === 'embedding') found.add(value.weight);
      else if (value.weight.shape.length === 2) last = value.weight;
    }
  if (last !== null) found.add(last);
  return found;
}
