import { byName } from '../../source/by-name.js';

/**
 * A weight's part in its layer, in one word for both sides: llama.cpp's name of it without layer and ending. Weights for
 * which this table has nothing are recognised by their layer and their number of elements.
 */
const TAILS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)(q_proj|query|q_lin|Wq)$/, 'attn_q'],
  [/(^|\.)(k_proj|key|k_lin|Wk)$/, 'attn_k'],
  [/(^|\.)(v_proj|value|v_lin|Wv)$/, 'attn_v'],
  [/(^|\.)(qkv_proj|query_key_value|c_attn|Wqkv|qkv)$/, 'attn_qkv'],
  [/(attn|attention|temporal_block)\.(o_proj|out_proj|c_proj|dense|output\.dense|Wo)$/, 'attn_output'],
  [/(^|\.)(q_norm|q_layernorm|query_layernorm)$/, 'attn_q_norm'],
  [/(^|\.)(k_norm|k_layernorm|key_layernorm)$/, 'attn_k_norm'],
  [/q_a_proj$/, 'attn_q_a'],
  [/q_a_layernorm$/, 'attn_q_a_norm'],
  [/q_b_proj$/, 'attn_q_b'],
  [/kv_a_proj_with_mqa$/, 'attn_kv_a_mqa'],
  [/kv_a_layernorm$/, 'attn_kv_a_norm'],
  [/kv_b_proj$/, 'attn_kv_b'],
  [/experts\.(gate_proj|w1)$/, 'ffn_gate_exps'],
  [/experts\.(up_proj|w3)$/, 'ffn_up_exps'],
  [/experts\.(down_proj|w2)$/, 'ffn_down_exps'],
  [/experts\.gate_up_proj(_bias)?$/, 'ffn_gate_up_exps'],
  [/experts\.(down_proj)(_bias)?$/, 'ffn_down_exps'],
  [/experts\.up_proj(_bias)?$/, 'ffn_up_exps'],
  [/shared_expert_gate$/, 'ffn_gate_inp_shexp'],
  [/shared_(experts?|mlp)\.gate_proj$/, 'ffn_gate_shexp'],
  [/shared_(experts?|mlp)\.up_proj$/, 'ffn_up_shexp'],
  [/shared_(experts?|mlp)\.(down_proj|output_linear)$/, 'ffn_down_shexp'],
  [/shared_(experts?|mlp)\.(gate_up_proj|input_linear)$/, 'ffn_gate_up_shexp'],
  [/(mlp|block_sparse_moe|feed_forward|mixer)\.(gate|router|router\.gate|router\.layer)$/, 'ffn_gate_inp'],
  [/(^|\.)(gate_proj|w1)$/, 'ffn_gate'],
  [/(^|\.)(up_proj|w3|fc1|c_fc|fc_in|dense_h_to_4h|intermediate\.dense)$/, 'ffn_up'],
  [/(^|\.)gate_up_proj$/, 'ffn_gate_up'],
  [/(^|\.)(down_proj|w2|fc2|fc_out|dense_4h_to_h|mlp\.c_proj|output\.dense)$/, 'ffn_down'],
];
const WHOLE: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)(embed_tokens|wte|word_embeddings|embed_in|embeddings|tokens_embed|tok_embeddings)$/, 'token_embd'],
  [/(^|\.)(wpe|embed_positions|position_embeddings|positions_embed)$/, 'position_embd'],
  [/(^|\.)token_type_embeddings$/, 'token_types'],
  [/^(lm_head|embed_out|head|output)$/, 'output'],
];

/** llama.cpp's word for what is one tensor on one side and several on the other. */
const GROUPS: Readonly<Record<string, string>> = byName({
  attn_q: 'qkv',
  attn_k: 'qkv',
  attn_v: 'qkv',
  attn_qkv: 'qkv',
  attn_kv_b: 'kv_b',
  attn_k_b: 'kv_b',
  attn_v_b: 'kv_b',
  ffn_gate: 'gate_up',
  ffn_up: 'gate_up',
  ffn_gate_up: 'gate_up',
  ffn_gate_exps: 'gate_up_exps',
  ffn_up_exps: 'gate_up_exps',
  ffn_gate_up_exps: 'gate_up_exps',
  ffn_gate_shexp: 'gate_up_shexp',
  ffn_up_shexp: 'gate_up_shexp',
  ffn_gate_up_shexp: 'gate_up_shexp',
});

/** Where a weight stands and what it does. */
export interface Role {
  /** Layer by number, or null outside the layers. */
  readonly layer: string | null;
  readonly role: string;
  readonly group: string;
  readonly ending: 'weight' | 'bias';
}

/** The role of a tensor of a GGUF file. */
export function roleOfTensor(name: string): Role {
  const [, layer = null, tail = name] = /^(?:blk|enc\.blk|dec\.blk)\.(\d+)\.(.+)$/.exec(name) ?? [];
  const ending = tail.endsWith('.bias') ? 'bias' : 'weight';
  const role = tail.replace(/\.(weight|bias)$/, '');
  return { layer, role, group: GROUPS[role] ?? role, ending };
}

/** The role of a parameter of the reference; `role` is its own name where the table does not have it. */
export function roleOfParameter(name: string): Role {
  const [, layer = null, tail = name] = /\.(\d+)\.(.+)$/.exec(name.replace(/\.experts\.\d+\./, '.experts.')) ?? [];
  const ending = /[._]bias$/.test(tail) ? 'bias' : 'weight';
  const path = tail.replace(/\.(weight|bias)$/, '');
  const role = (layer === null ? WHOLE : TAILS).find(([pattern]) => pattern.test(path))?.[1] ?? path;
  return { layer, role, group: GROUPS[role] ?? role, ending };
}

/** Tables that a program computes for itself; the reference does not count them either. */
export function isTable(name: string): boolean {
  return /(^|\.)(rope_freqs|rope_factors_long|rope_factors_short|attn_rot_embd)(\.weight)?$/.test(name);
}
