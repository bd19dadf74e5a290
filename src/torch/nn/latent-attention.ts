import { optionsIn } from './argument.js';
import * as F from './functional.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm, RMSNorm } from './norm.js';
import { Parameter } from './parameter.js';
import type { Pass } from './pass.js';
import type { Tensor } from './tensor.js';

export interface LatentAttentionOptions {
  readonly hidden_size: number;
  readonly num_heads: number;
  /** Rank of the queries' compression; null for a projection in one step. */
  readonly q_lora_rank: number | null;
  readonly kv_lora_rank: number;
  readonly qk_nope_head_dim: number;
  readonly qk_rope_head_dim: number;
  readonly v_head_dim: number;
  /** Of the compressing projections and of the output. */
  readonly bias?: boolean;
  /** A small attention of its own that picks which keys count. The products of attention are of all keys all the same. */
  readonly indexer?: { readonly heads: number; readonly dim: number } | null;
  /** The output is multiplied by a sigmoid: of a projection of its own, or merged into that of q. */
  readonly gate?: 'gate_proj' | 'q_gate_proj' | null;
  /** A learned score a head that takes no value. */
  readonly sinks?: boolean;
  /**
   * `expanded`: keys and values of all cached tokens are made anew from the latents at every pass, as transformers does.
   * `absorbed`: the expanding matrices go over to queries and outputs, as servers do; the cache is read as it is.
   */
  readonly form?: 'expanded' | 'absorbed';
}

/**
 * Multi-head latent attention (DeepSeek V2): keys and values are compressed to one latent a token, and that is what the cache holds,
 * `kv_lora_rank` + `qk_rope_head_dim` numbers a token. x: N×S×hidden → N×S×hidden.
 */
export class LatentAttention extends Module<[Tensor, Pass], Tensor> {
  static override readonly type: string = 'LatentAttention';
  readonly #o: LatentAttentionOptions;
  q_proj: Linear | null = null;
  q_a_proj: Linear | null = null;
  q_a_layernorm: RMSNorm | null = null;
  q_b_proj: Linear | null = null;
  q_gate_proj: Linear | null = null;
  kv_a_proj_with_mqa: Linear;
  kv_a_layernorm: RMSNorm;
  kv_b_proj: Linear;
  o_proj: Linear;
  gate_proj: Linear | null = null;
  sinks: Parameter | null = null;
  indexer: Indexer | null = null;

  constructor(options: LatentAttentionOptions) {
    super();
    this.#o = options;
    const { hidden_size: h, num_heads: heads, q_lora_rank, kv_lora_rank: r, bias = false } = optionsIn(options);
    const { qk_nope_head_dim: nope, qk_rope_head_dim: rope, v_head_dim: v } = options;
    if (options.sinks) this.sinks = new Parameter([heads]);
    if (q_lora_rank === null) this.q_proj = new Linear(h, heads * (nope + rope), false);
    else {
      this.q_a_proj = new Linear(h, q_lora_rank, bias);
      this.q_a_layernorm = new RMSNorm(q_lora_rank);
      if (options.gate === 'q_gate_proj')
        this.q_gate_proj = new Linear(2 * q_lora_rank, heads * (nope + rope + v), false);
      else this.q_b_proj = new Linear(q_lora_rank, heads * (nope + rope), false);
    }
    this.kv_a_proj_with_mqa = new Linear(h, r + rope, bias);
    this.kv_a_layernorm = new RMSNorm(r);
    this.kv_b_proj = new Linear(r, heads * (nope + v), false);
    this.o_proj = new Linear(heads * v, h, bias);
    if (options.gate === 'gate_proj') this.gate_proj = new Linear(h, heads * v, false);
    const { indexer } = options;
    if (indexer) this.indexer = new Indexer(h, q_lora_rank ?? h, indexer.heads, indexer.dim, rope);
  }

  forward(x: Tensor, pass: Pass): Tensor {
    const {
      num_heads: heads,
      kv_lora_rank: r,
      qk_nope_head_dim: nope,
      qk_rope_head_dim: rope,
      v_head_dim: v,
    } = this.#o;
    const [n, s] = [x.size(0), x.size(1)];
    let gate: Tensor | null = this.gate_proj?.(x) ?? null;
    let query: Tensor;
    let compressed = x;
    if (this.q_proj !== null) query = this.q_proj(x).view(n, s, heads, nope + rope);
    else {
      const raw = (this.q_a_proj as Linear)(x);
      compressed = (this.q_a_layernorm as RMSNorm)(raw);
      if (this.q_gate_proj !== null) {
        const both = this.q_gate_proj(F.cat([compressed, raw], -1)).view(n, s, heads, nope + rope + v);
        const [q, g] = both.split([nope + rope, v], -1) as [Tensor, Tensor];
        query = q;
        gate = g.reshape(n, s, heads * v);
      } else query = (this.q_b_proj as Linear)(compressed).view(n, s, heads, nope + rope);
    }
    const [qNope, qRope] = query.transpose(1, 2).split([nope, rope], -1) as [Tensor, Tensor];
    const [latent, kRope] = this.kv_a_proj_with_mqa(x).split([r, rope], -1) as [Tensor, Tensor];
    const qRotated = F.rotary(qRope);
    const kRotated = pass.extend('key_rotated', F.rotary(kRope.view(n, 1, s, rope)), 2);
    const latents = pass.extend('latent', this.kv_a_layernorm(latent).view(n, 1, s, r), 2);
    this.indexer?.(x, compressed, pass);
    const attended =
      this.#o.form === 'absorbed'
        ? this.#absorbed(qNope, qRotated, latents, kRotated)
        : this.#expanded(qNope, qRotated, latents, kRotated);
    const out = attended.transpose(1, 2).reshape(n, s, heads * v);
    return this.o_proj(gate === null ? out : out.mul(gate.sigmoid()));
  }

  #expanded(qNope: Tensor, qRotated: Tensor, latents: Tensor, kRotated: Tensor): Tensor {
    const { num_heads: heads, qk_nope_head_dim: nope, v_head_dim: v, qk_rope_head_dim: rope } = this.#o;
    const [n, length] = [latents.size(0), latents.size(2)];
    const pair = this.kv_b_proj(latents)
      .view(n, length, heads, nope + v)
      .transpose(1, 2);
    const [kNope, value] = pair.split([nope, v], -1) as [Tensor, Tensor];
    const key = F.cat([kNope, kRotated.expand(n, heads, length, rope)], -1);
    return F.scaled_dot_product_attention(F.cat([qNope, qRotated], -1), key, value, {
      is_causal: true,
      at_end: true,
      sinks: this.sinks,
    });
  }

  /** Queries are taken into the latent space, and what is attended is taken out of it. */
  #absorbed(qNope: Tensor, qRotated: Tensor, latents: Tensor, kRotated: Tensor): Tensor {
    const { num_heads: heads, qk_nope_head_dim: nope, v_head_dim: v, kv_lora_rank: r } = this.#o;
    const [up, down] = this.kv_b_proj.weight.view(heads, nope + v, r).split([nope, v], 1) as [Tensor, Tensor];
    const query = F.cat([qNope.matmul(up), qRotated], -1);
    const attended = F.scaled_dot_product_attention(query, F.cat([latents, kRotated], -1), latents, {
      is_causal: true,
      at_end: true,
      enable_gqa: true,
      sinks: this.sinks,
    });
    return attended.matmul(down.transpose(1, 2));
  }
}

/** Scores of every key by a few small heads, of which each query keeps the best: DeepSeek V3.2's sparse attention. */
class Indexer extends Module<[Tensor, Tensor, Pass], Tensor> {
  wq_b: Linear;
  wk: Linear;
  k_norm: LayerNorm;
  weights_proj: Linear;
  readonly #heads: number;
  readonly #dim: number;
  readonly #rope: number;

  constructor(hidden: number, rank: number, heads: number, dim: number, rope: number) {
    super();
    this.#heads = heads;
    this.#dim = dim;
    this.#rope = rope;
    this.wq_b = new Linear(rank, heads * dim, false);
    this.wk = new Linear(hidden, dim, false);
    this.k_norm = new LayerNorm(dim);
    this.weights_proj = new Linear(hidden, heads, false);
  }

  forward(x: Tensor, compressed: Tensor, pass: Pass): Tensor {
    const [n, s] = [x.size(0), x.size(1)];
    const query = F.rotary(this.wq_b(compressed).view(n, s, this.#heads, this.#dim), this.#rope);
    const key = pass.extend('index_key', F.rotary(this.k_norm(this.wk(x)), this.#rope), 1);
    const scores = F.relu(query.matmul(key.transpose(1, 2).unsqueeze(1)).mul(1));
    return this.weights_proj(x).unsqueeze(2).matmul(scores).squeeze(2);
  }
}
