/** Writes GGUF headers for tests: metadata, tensor infos, and nothing behind them. */
export type Meta = Readonly<Record<string, MetaValue>>;
export type MetaValue =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | { readonly raw: Uint8Array };
export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type?: number;
  readonly offset?: number;
}

const F32 = 0;
const SIZES: Readonly<Record<number, readonly [block: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  8: [32, 34],
  12: [256, 144],
};

class Writer {
  readonly #parts: number[] = [];
  readonly little: boolean;
  readonly version: number;
  constructor(little: boolean, version: number) {
    this.little = little;
    this.version = version;
  }
  bytes(values: Iterable<number>): this {
    this.#parts.push(...values);
    return this;
  }
  number(value: bigint | number, size: 1 | 4 | 8): this {
    const bytes = Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    return this.bytes(this.little ? bytes : bytes.reverse());
  }
  u32(value: number): this {
    return this.number(value, 4);
  }
  /** A length: of 32 bits in version 1. */
  length(value: bigint | number): this {
    return this.number(value, this.version === 1 ? 4 : 8);
  }
  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.length(bytes.length).bytes(bytes);
  }
  value(value: MetaValue): this {
    if (typeof value === 'object' && 'raw' in value) return this.bytes(value.raw);
    if (typeof value === 'boolean') return this.u32(7).number(value ? 1 : 0, 1);
    if (typeof value === 'string') return this.u32(8).text(value);
    if (typeof value === 'number') return this.u32(4).u32(value);
    this.u32(9)
      .u32(typeof value[0] === 'string' ? 8 : 4)
      .length(value.length);
    for (const item of value) typeof item === 'string' ? this.text(item) : this.u32(item);
    return this;
  }
  done(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}

export function gguf(
  meta: Meta,
  tensors: readonly Tensor[],
  o: { readonly little?: boolean; readonly version?: number; readonly counts?: readonly [bigint, bigint] } = {},
): Uint8Array {
  const w = new Writer(o.little ?? true, o.version ?? 3);
  w.bytes([0x47, 0x47, 0x55, 0x46]).u32(o.version ?? 3);
  w.length(o.counts?.[0] ?? tensors.length).length(o.counts?.[1] ?? Object.keys(meta).length);
  for (const [key, value] of Object.entries(meta)) w.text(key).value(value);
  let offset = 0;
  for (const tensor of tensors) {
    const type = tensor.type ?? F32;
    const [block, bytes] = SIZES[type] ?? [1, 1];
    w.text(tensor.name).u32(tensor.dims.length);
    for (const d of tensor.dims) w.length(d);
    w.u32(type).number(tensor.offset ?? offset, 8);
    offset += Math.ceil(((tensor.dims.reduce((a, b) => a * b, 1) / block) * bytes) / 32) * 32;
  }
  return w.done();
}

/** A Llama of two layers. */
export const SMALL: { readonly meta: Meta; readonly tensors: readonly Tensor[] } = {
  meta: {
    'general.architecture': 'llama',
    'general.name': 'small',
    'llama.block_count': 2,
    'llama.embedding_length': 64,
    'llama.feed_forward_length': 128,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
    'llama.context_length': 256,
  },
  tensors: [
    { name: 'token_embd.weight', dims: [64, 100], type: 8 },
    ...[0, 1].flatMap((i) => [
      { name: `blk.${i}.attn_norm.weight`, dims: [64] },
      { name: `blk.${i}.attn_q.weight`, dims: [64, 64], type: 8 },
      { name: `blk.${i}.attn_k.weight`, dims: [64, 32], type: 8 },
      { name: `blk.${i}.attn_v.weight`, dims: [64, 32], type: 1 },
      { name: `blk.${i}.attn_output.weight`, dims: [64, 64], type: 8 },
      { name: `blk.${i}.ffn_norm.weight`, dims: [64] },
      { name: `blk.${i}.ffn_gate.weight`, dims: [64, 128], type: 8 },
      { name: `blk.${i}.ffn_up.weight`, dims: [64, 128], type: 8 },
      { name: `blk.${i}.ffn_down.weight`, dims: [128, 64], type: 8 },
    ]),
    { name: 'output_norm.weight', dims: [64] },
    { name: 'output.weight', dims: [64, 100], type: 8 },
  ],
};
