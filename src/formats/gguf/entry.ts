import type { GgufFacts } from './metadata.js';

/** Fields of a config.json. A field that is undefined is left out, and the model type's default stands for it. */
export type Fields = Readonly<Record<string, unknown>>;

/** How an architecture of llama.cpp is called in transformers, and what its config.json would say beyond the usual fields. */
export interface Entry {
  readonly type: string;
  /** The class, for `architectures`. */
  readonly as: string;
  readonly fields?: (f: GgufFacts) => Fields;
}
export type Known = Entry | ((f: GgufFacts) => Entry);

export const causal = (type: string, prefix: string, fields?: Entry['fields']): Entry => ({
  type,
  as: `${prefix}ForCausalLM`,
  ...(fields === undefined ? {} : { fields }),
});

export const llama = causal('llama', 'Llama');
export const experts = (f: GgufFacts): Fields => ({
  num_local_experts: f.number('expert_count'),
  num_experts: f.number('expert_count'),
  num_experts_per_tok: f.number('expert_used_count'),
});
export const expertWidth = (f: GgufFacts): number | undefined =>
  f.number('expert_feed_forward_length') ?? f.layerDim('ffn_up_exps', 1) ?? f.number('feed_forward_length');
export const moe = (f: GgufFacts): Fields => ({ ...experts(f), moe_intermediate_size: expertWidth(f) });
export const window = (f: GgufFacts): Fields => ({ sliding_window: f.number('attention.sliding_window') });
export const parallel = (f: GgufFacts): Fields => ({
  use_parallel_residual: f.bool('use_parallel_residual') ?? !f.some('ffn_norm'),
});
/** Layers with experts and dense ones, as DeepSeek numbers them. */
export const routed = (f: GgufFacts): Fields => ({
  ...moe(f),
  n_routed_experts: f.number('expert_count'),
  // A file without them has no matrices of them, not even empty ones.
  n_shared_experts: (f.number('expert_shared_count') ?? (f.some('ffn_up_shexp') ? 1 : 0)) || null,
  first_k_dense_replace: f.number('leading_dense_block_count') ?? f.layersWith('ffn_gate_inp')[0] ?? 0,
});
export const latent = (f: GgufFacts): Fields => {
  const rope = f.number('rope.dimension_count') ?? 64;
  const key = f.number('attention.key_length_mla', 'attention.key_length');
  return {
    q_lora_rank: f.number('attention.q_lora_rank') ?? f.layerDim('attn_q_a', 1) ?? null,
    kv_lora_rank: f.number('attention.kv_lora_rank'),
    qk_rope_head_dim: rope,
    qk_nope_head_dim: key === undefined ? undefined : key - rope,
    v_head_dim: f.number('attention.value_length_mla', 'attention.value_length'),
    head_dim: undefined,
  };
};
/** The window of every layer, if the file says it by layer. */
export const pattern = (f: GgufFacts): Fields => {
  const kinds = f.list('attention.sliding_window_pattern');
  return kinds.length < 2
    ? { sliding_window_pattern: kinds[0] }
    : { layer_types: kinds.map((on) => (on ? 'sliding_attention' : 'full_attention')) };
};
export const gemma3 = (f: GgufFacts): Fields => ({ ...window(f), ...pattern(f) });
/** The kinds of the layers, told by the tensors that each has. */
export const kindsOf = (f: GgufFacts, kinds: readonly (readonly [tensor: string, kind: string])[]): string[] =>
  Array.from(
    { length: f.layers },
    (_, i) => kinds.find(([tensor]) => f.has(`blk.${i}.${tensor}`))?.[1] ?? (kinds.at(-1)?.[1] as string),
  );
