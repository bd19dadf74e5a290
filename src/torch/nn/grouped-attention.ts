import type { Dim } from '../../dim/index.js';
import { ModelError } from '../../source/errors.js';
import { optionsIn } from './argument.js';
import * as F from './functional.js';
import { Linear } from './linear.js';
import { type AnyModule, Module } from './module.js';
import { Parameter } from './parameter.js';
import type { Pass } from './pass.js';
import type { Tensor } from './tensor.js';
import { int } from './tensor-shapes.js';

export interface GroupedAttentionOptions {
  readonly hidden_size: number;
  readonly num_heads: number;
  /** Heads of keys and values, each shared by num_heads / num_kv_heads query heads; num_heads by default. */
  readonly num_kv_heads?: number;
  /** hidden_size / num_heads by default. */
  readonly head_dim?: number;
  /** Depth of values where it is not that of keys. */
  readonly value_dim?: number;
  /** Biases of the projections of q, k and v, and of the output. */
  readonly bias?: boolean;
  readonly output_bias?: boolean;
  /** Names of the projections in checkpoints; `qkv` merges three into one, and a null `o` leaves the output to the caller. `q_proj`, `k_proj`, `v_proj`, `o_proj`. */
  readonly names?: Partial<Record<'q' | 'k' | 'v' | 'qkv', string>> & { readonly o?: string | null };
  /** How a projection is made: `Linear` by default. */
  readonly linear?: (inputs: number, outputs: number, bias: boolean) => AnyModule;
  /** Modules by name that normalise queries and keys: over each head, or over all heads at once. */
  readonly q_norm?: readonly [name: string, norm: AnyModule] | null;
  readonly k_norm?: readonly [name: string, norm: AnyModule] | null;
  readonly norm_over?: 'head' | 'all';
  /** Dimensions of a head that carry rotary positions; 0 for none; all by default. */
  readonly rotary_dim?: number;
  /** A query sees at most this many keys, itself among them; the cache holds one fewer. */
  readonly window?: Dim | null;
  /** Whether the cache is cut to the window as well; true. */
  readonly windowed_cache?: boolean;
  readonly causal?: boolean;
  /** A learned score a head that takes no value, under this name. */
  readonly sinks?: string | null;
  /** The output is multiplied by a sigmoid of as many gates, merged into the projection of q or of its own. */
  readonly gate?: 'in_q' | { readonly name: string; readonly outputs: number; readonly bias?: boolean } | null;
  /** Whether keys and values are kept for the next pass; true. */
  readonly cached?: boolean;
  /** Another norm before the output projection. */
  readonly o_norm?: readonly [name: string, norm: AnyModule] | null;
  /** Keys and values of one layer serve later ones: the layer that gives them, under a name, and those that take them. */
  readonly shared_kv?: { readonly name: string; readonly role: 'gives' | 'takes' } | null;
  /** Values are the keys before they are rotated: no projection of their own. */
  readonly keys_are_values?: boolean;
}

/**
 * Attention of a language model: projections, rotary positions, keys and values of the passes before from the cache, softmax
 * attention with grouped heads, output projection. x: N×S×hidden, and the pass that it is part of; gives N×S×hidden.
 */
export class GroupedAttention extends Module<[Tensor, Pass], Tensor> {
  static override readonly type: string = 'GroupedAttention';
  readonly #o: Required<Omit<GroupedAttentionOptions, 'names' | 'linear'>> & {
    names: Record<'q' | 'k' | 'v', string> & { qkv: string | null; o: string | null };
  };

  constructor(options: GroupedAttentionOptions) {
    super();
    const { num_heads, hidden_size } = optionsIn(options);
    const head_dim = options.head_dim ?? Math.floor(hidden_size / num_heads);
    const o = {
      num_kv_heads: num_heads,
      value_dim: head_dim,
      bias: false,
      output_bias: options.bias ?? false,
      q_norm: null,
      k_norm: null,
      o_norm: null,
      norm_over: 'head' as const,
      rotary_dim: head_dim,
      window: null,
      windowed_cache: true,
      causal: true,
      sinks: null,
      gate: null,
      cached: true,
      keys_are_values: false,
      shared_kv: null,
      ...options,
      head_dim,
      names: { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', qkv: null, ...options.names },
    };
    if (o.num_kv_heads > 0 && num_heads % o.num_kv_heads !== 0)
      throw new ModelError('argument', `${o.num_kv_heads} heads of keys do not divide ${num_heads} heads of queries`, {
        format: 'nn',
      });
    this.#o = o;
    const linear = options.linear ?? ((i: number, out: number, bias: boolean) => new Linear(i, out, bias));
    const q = num_heads * head_dim;
    const k = o.num_kv_heads * head_dim;
    const v = o.num_kv_heads * o.value_dim;
    if (o.sinks !== null) this.#part(o.sinks, new Parameter([num_heads]));
    if (o.names.qkv !== null) this.#part(o.names.qkv, linear(hidden_size, q + k + v, o.bias));
    else {
      this.#part(o.names.q, linear(hidden_size, o.gate === 'in_q' ? 2 * q : q, o.bias));
      if (o.shared_kv?.role !== 'takes') {
        this.#part(o.names.k, linear(hidden_size, k, o.bias));
        if (!o.keys_are_values) this.#part(o.names.v, linear(hidden_size, v, o.bias));
      }
    }
    if (o.gate !== null && o.gate !== 'in_q')
      this.#part(o.gate.name, linear(hidden_size, o.gate.outputs, o.gate.bias ?? false));
    if (o.names.o !== null) this.#part(o.names.o, linear(num_heads * o.value_dim, hidden_size, o.output_bias));
    for (const norm of [o.q_norm, o.k_norm, o.o_norm]) if (norm !== null) this.#part(norm[0], norm[1]);
  }

  #part(name: string, part: AnyModule | Parameter): void {
    (this as unknown as Record<string, unknown>)[name] = part;
  }
  #call(name: string, x: Tensor): Tensor {
    return (this as unknown as Record<string, (x: Tensor) => Tensor>)[name]!(x);
  }

  forward(x: Tensor, pass: Pass): Tensor {
    const o = this.#o;
    const [n, s] = [x.size(0), x.size(1)];
    const heads = (t: Tensor, count: number): Tensor => t.view(n, s, count, int(t.size(-1)) / count).transpose(1, 2);
    const normed = (t: Tensor, count: number, norm: readonly [string, AnyModule] | null): Tensor => {
      if (norm === null) return heads(t, count);
      if (o.norm_over === 'all') return heads(this.#call(norm[0], t), count);
      return this.#call(norm[0], heads(t, count));
    };
    if (o.shared_kv?.role === 'takes') return this.#borrowed(x, pass, o.shared_kv.name);
    let [q, k, v] = this.#project(x);
    let gate: Tensor | null = null;
    if (o.gate === 'in_q') [q, gate] = q.chunk(2, -1) as [Tensor, Tensor];
    let qh = normed(q, o.num_heads, o.q_norm);
    let kh = normed(k, o.num_kv_heads, o.k_norm);
    let vh = heads(v, o.num_kv_heads);
    if (o.rotary_dim > 0) {
      qh = F.rotary(qh, o.rotary_dim);
      kh = F.rotary(kh, o.rotary_dim);
    }
    if (o.cached) {
      const kept = o.windowed_cache ? o.window : null;
      kh = pass.extend('key', kh, 2, kept);
      vh = pass.extend('value', vh, 2, kept);
    }
    if (o.shared_kv?.role === 'gives') {
      pass.shared.set(`${o.shared_kv.name}.key`, kh);
      pass.shared.set(`${o.shared_kv.name}.value`, vh);
    }
    const attended = F.scaled_dot_product_attention(qh, kh, vh, {
      is_causal: o.causal,
      at_end: o.cached,
      window: o.window,
      enable_gqa: o.num_kv_heads !== o.num_heads,
      sinks: o.sinks === null ? null : ((this as unknown as Record<string, Tensor>)[o.sinks] as Tensor),
    });
    let out = attended.transpose(1, 2).reshape(n, s, o.num_heads * o.value_dim);
    if (o.gate !== null) out = gated(out, gate ?? this.#call((o.gate as { name: string }).name, x));
    if (o.o_norm !== null) out = this.#call(o.o_norm[0], out);
    return o.names.o === null ? out : this.#call(o.names.o, out);
  }

  /** Attention to keys and values that an earlier layer made. */
  #borrowed(x: Tensor, pass: Pass, name: string): Tensor {
    const o = this.#o;
    const [n, s] = [x.size(0), x.size(1)];
    const key = pass.shared.get(`${name}.key`);
    const value = pass.shared.get(`${name}.value`);
    if (key === undefined || value === undefined)
      throw new ModelError('argument', `no layer before this one gives the keys and values "${name}"`, {
        format: 'nn',
      });
    const raw = this.#call(o.names.q, x).view(n, s, o.num_heads, o.head_dim).transpose(1, 2);
    const normed = o.q_norm === null ? raw : this.#call(o.q_norm[0], raw);
    const out = F.scaled_dot_product_attention(o.rotary_dim > 0 ? F.rotary(normed, o.rotary_dim) : normed, key, value, {
      is_causal: o.causal,
      at_end: o.cached,
      window: o.window,
      enable_gqa: o.num_kv_heads !== o.num_heads,
    });
    return this.#call(o.names.o as string, out.transpose(1, 2).reshape(n, s, o.num_heads * o.value_dim));
  }

  #project(x: Tensor): [Tensor, Tensor, Tensor] {
    const o = this.#o;
    if (o.names.qkv === null) {
      const k = this.#call(o.names.k, x);
      return [this.#call(o.names.q, x), k, o.keys_are_values ? k : this.#call(o.names.v, x)];
    }
    const sizes = [o.num_heads * o.head_dim, o.num_kv_heads * o.head_dim, o.num_kv_heads * o.value_dim];
    return this.#call(o.names.qkv, x).split(sizes, -1) as [Tensor, Tensor, Tensor];
  }
}

/** N×S×features times the sigmoid of a gate: one for each feature, or one for as many features in a row as there are to each. */
function gated(out: Tensor, gate: Tensor): Tensor {
  const [n, s, features] = [out.size(0), out.size(1), int(out.size(-1))];
  const width = int(gate.size(-1));
  const open = gate.sigmoid();
  if (width === features) return out.mul(open);
  return out
    .view(n, s, width, features / width)
    .mul(open.unsqueeze(-1))
    .reshape(n, s, features);
}
