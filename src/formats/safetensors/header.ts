import { byName, isRecord } from '../../source/by-name.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { bitsOf } from '../../tensor/dtype.js';
import type { DType } from '../../tensor/index.js';
import { checkJson } from '../../wire/json.js';

/** The format's own limit (https://github.com/huggingface/safetensors, `MAX_HEADER_SIZE`). */
const HEADER_LIMIT = 100_000_000;
const FORMAT = 'safetensors';

const DTYPES: Readonly<Record<string, DType>> = byName({
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8e4m3fn',
  F8_E4M3FN: 'float8e4m3fn',
  F8_E4M3FNUZ: 'float8e4m3fnuz',
  F8_E5M2: 'float8e5m2',
  F8_E5M2FNUZ: 'float8e5m2fnuz',
  E8M0: 'float8e8m0',
  F8_E8M0: 'float8e8m0',
  F6_E2M3: 'float6e2m3',
  F6_E3M2: 'float6e3m2',
  F4: 'float4e2m1',
  C64: 'complex64',
  C128: 'complex128',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
});

export interface HeaderTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes of the payload, from the end of the header. */
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: readonly HeaderTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the payload begins. */
  readonly payload: number;
  /** Where the payload should end, and the file with it. */
  readonly end: number;
}

/**
 * Reads the header of one file; the weights after it are not touched. Throws ModelError: `truncated`, `limit`,
 * `malformed` or `unsupported`, with the tensor's name.
 */
export function readHeader(source: Source): Header {
  const length = headerLength(source);
  const json = parse(source, length);
  const tensors: HeaderTensor[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const name of Object.keys(json)) {
    const value = json[name];
    if (name === '__metadata__') metadata = metadataOf(value);
    else tensors.push(tensorOf(name, value));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const tensor of tensors) {
    if (tensor.start < end)
      throw wrong(`tensor ${tensor.name} begins at ${tensor.start}, within the one before it`, tensor.name);
    end = tensor.end;
  }
  return { tensors, metadata, payload: 8 + length, end: 8 + length + end };
}

function headerLength(source: Source): number {
  if (source.size < 8)
    throw new ModelError('truncated', `${source.name} has ${source.size} bytes, and a header takes at least 10`, {
      format: FORMAT,
      at: { offset: 0 },
      hint: 'download or copy it again',
    });
  const bytes = source.read(0, 8);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT))
    throw new ModelError('limit', `the header would have ${length} bytes: the format allows ${HEADER_LIMIT}`, {
      format: FORMAT,
      at: { offset: 0 },
      hint: 'this is not a safetensors file, or it is damaged',
    });
  if (Number(length) > source.size - 8)
    throw new ModelError('truncated', `the header has ${length} bytes, and the file ends after ${source.size - 8}`, {
      format: FORMAT,
      at: { offset: 8 },
      hint: 'download or copy it again',
    });
  return Number(length);
}

function parse(source: Source, length: number): Readonly<Record<string, unknown>> {
  const bytes = source.read(8, 8 + length);
  checkJson(bytes, { name: `the header of ${source.name}`, format: FORMAT });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw new ModelError('malformed', `the header of ${source.name} is not JSON`, {
      format: FORMAT,
      at: { offset: 8 },
      hint: 'the file is damaged: download or copy it again',
      cause,
    });
  }
  if (!isRecord(json)) throw wrong('the header is not an object', '');
  return json;
}

function metadataOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw wrong('__metadata__ is not an object', '__metadata__');
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}

function tensorOf(name: string, value: unknown): HeaderTensor {
  if (!isRecord(value)) throw wrong(`${name} is not described by an object`, name);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = typeof code === 'string' && Object.hasOwn(DTYPES, code) ? DTYPES[code] : undefined;
  if (dtype === undefined)
    throw new ModelError('unsupported', `tensor ${name} has dtype ${String(JSON.stringify(code)).slice(0, 80)}`, {
      format: FORMAT,
      at: { field: name },
      hint: `known: ${Object.keys(DTYPES).join(', ')}`,
    });
  if (!isExtents(shape)) throw wrong(`the shape of ${name} is not a list of whole numbers`, name);
  if (!isExtents(offsets) || offsets.length !== 2)
    throw wrong(`data_offsets of ${name} are not two whole numbers`, name);
  const [start, end] = offsets as [number, number];
  if (start > end || !fits(bitsOf(dtype), shape, end - start))
    throw wrong(
      `tensor ${name} is ${shape.join('×') || 'a scalar'} of ${code}, and its bytes are ${start} to ${end}`,
      name,
    );
  return { name, dtype, shape, start, end };
}

/** Whether elements of this many bits take this many bytes; in bigint where a product of extents is past what a number holds. */
function fits(bits: number, shape: readonly number[], bytes: number): boolean {
  let all = bits;
  for (const d of shape) all *= d;
  if (all <= Number.MAX_SAFE_INTEGER) return Math.ceil(all / 8) === bytes;
  return (shape.reduce((n, d) => n * BigInt(d), BigInt(bits)) + 7n) / 8n === BigInt(bytes);
}

function isExtents(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((d) => Number.isSafeInteger(d) && d >= 0);
}

function wrong(message: string, field: string): ModelError {
  return new ModelError('malformed', message, {
    format: FORMAT,
    at: { field },
    hint: 'the file is damaged, or was written by something else than the safetensors library',
  });
}
