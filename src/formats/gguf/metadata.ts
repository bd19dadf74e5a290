import type { Header, TensorInfo, Value } from './header.js';

/** A file as an architecture's entry asks about it: its own keys, and what the tensors themselves say. */
export class GgufFacts {
  /** `llama`, `qwen2moe`, …; empty if the file does not say. */
  readonly architecture: string;
  readonly #metadata: ReadonlyMap<string, Value>;
  readonly #tensors: ReadonlyMap<string, TensorInfo>;

  constructor(metadata: Header['metadata'], tensors: readonly TensorInfo[]) {
    this.#metadata = metadata;
    this.#tensors = new Map(tensors.map((t) => [t.name, t]));
    this.architecture = this.text('general.architecture') ?? '';
  }

  text(key: string): string | null {
    const value = this.#metadata.get(key);
    return typeof value === 'string' ? value : null;
  }

  #own(key: string): Value | undefined {
    return this.#metadata.get(`${this.architecture}.${key}`);
  }

  /** A number of the architecture's own; of a list with one entry a layer the largest. Undefined if the file has none. */
  number(...keys: readonly string[]): number | undefined {
    for (const key of keys) {
      const value = this.#own(key);
      if (typeof value === 'number') return value;
      const largest = this.list(key).reduce((most, entry) => Math.max(most, entry), Number.NEGATIVE_INFINITY);
      if (Number.isFinite(largest)) return largest;
    }
    return undefined;
  }

  bool(key: string): boolean | undefined {
    const value = this.#own(key);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** A list with one entry a layer; empty if the file has none, or one number for all. */
  list(key: string): number[] {
    const value = this.#own(key);
    if (typeof value !== 'object' || value.values === null) return [];
    return value.values.flatMap((v) => (typeof v === 'number' ? [v] : typeof v === 'boolean' ? [Number(v)] : []));
  }

  has(tensor: string): boolean {
    return this.#tensors.has(`${tensor}.weight`) || this.#tensors.has(tensor);
  }

  /** Whether any layer has such a tensor. */
  some(part: string): boolean {
    return this.layersWith(part).length > 0;
  }

  /** Numbers of the layers that have such a tensor. */
  layersWith(part: string): number[] {
    return Array.from({ length: this.layers }, (_, i) => i).filter((i) => this.has(`blk.${i}.${part}`));
  }

  /** A dimension of a tensor as the file counts them: 0 is the inner one. */
  dim(tensor: string, axis: number): number | undefined {
    return this.#tensors.get(`${tensor}.weight`)?.dims[axis];
  }

  /** The same of the first layer that has the tensor. */
  layerDim(part: string, axis: number): number | undefined {
    const [layer] = this.layersWith(part);
    return layer === undefined ? undefined : this.dim(`blk.${layer}.${part}`, axis);
  }

  /** Layers of the model itself, without those that predict more tokens; 0 if the file cannot have so many. */
  get layers(): number {
    const all = this.number('block_count') ?? 0;
    const further = this.number('nextn_predict_layers') ?? 0;
    return Number.isInteger(all) && all > 0 && all <= this.#tensors.size ? Math.max(0, all - further) : 0;
  }
}
