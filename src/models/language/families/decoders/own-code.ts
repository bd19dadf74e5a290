import { byName } from '../../../../source/by-name.js';
import { deepseekMoe } from '../../blocks/deepseek-moe.js';
import { gated, llamaLike, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { type Layer, layerNorm, rms } from '../../blocks/parts.js';

/** Types whose code comes with their checkpoints (`auto_map`): the names are those of the checkpoints. */

/** Llama's names and layers, with what some add: biases by other fields, other norms. */
const plain =
  (type: string, o: { bias?: string; output?: string; mlp?: string; norm?: typeof rms } = {}): Builder =>
  (c, build) =>
    llamaLike(c, build, {
      type,
      ...(o.norm ? { norm: o.norm } : {}),
      attention: () => ({
        ...(o.bias ? { bias: c.bool(o.bias) } : {}),
        ...(o.output ? { output_bias: c.bool(o.output) } : {}),
      }),
      mlp: () => ['mlp', gated(c, sizes(c).inner, o.mlp ? { bias: c.bool(o.mlp) } : {})],
    });
const internlm2: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'InternLM2',
    attentionName: 'attention',
    norms: ['attention_norm', 'ffn_norm'],
    attention: () => ({ bias: c.bool('bias'), names: { qkv: 'wqkv', o: 'wo' } }),
    mlp: () => ['feed_forward', gated(c, sizes(c).inner, { bias: false, names: { gate: 'w1', up: 'w3', down: 'w2' } })],
    decoder: { names: { embed: 'tok_embeddings', head: 'output' } },
  });
const baichuan: Builder = (c, o) =>
  llamaLike(c, o, { type: 'Baichuan', attention: () => ({ bias: false, names: { qkv: 'W_pack' } }) });
/** From ChatGLM 2 on; the first one is another model under the same name. */
const chatglm: Builder = (c, o) => {
  if (c.says('position_encoding_2d') || c.says('inner_hidden_size'))
    throw c.wrong('model_type', 'is the first ChatGLM, which is not known; ChatGLM 2 and later are');
  const s = sizes(c);
  const bias = c.bool('add_bias_linear');
  const several = c.bool('multi_query_attention');
  const norm = c.bool('rmsnorm', true) ? rms : layerNorm;
  const d = c.int('kv_channels', s.d);
  const ownModel = o.architecture === 'ChatGLMModel' ? { ...o, architecture: 'ChatGLMForConditionalGeneration' } : o;
  return llamaLike(c, ownModel, {
    type: 'ChatGLM',
    norm,
    attentionName: 'self_attention',
    attention: () => ({
      head_dim: d,
      num_kv_heads: several ? c.size('multi_query_group_num') : s.heads,
      bias: bias || c.bool('add_qkv_bias'),
      output_bias: bias,
      rotary_dim: Math.floor(d / 2),
      names: { qkv: 'query_key_value', o: 'dense' },
    }),
    mlp: () => ['mlp', gated(c, s.inner, { bias, names: { merged: 'dense_h_to_4h', down: 'dense_4h_to_h' } })],
    decoder: {
      names: {
        base: 'transformer',
        embed: 'embedding.word_embeddings',
        layers: 'encoder.layers',
        norm: 'encoder.final_layernorm',
        head: 'transformer.output_layer',
      },
      ...(c.bool('post_layer_norm', true) ? {} : { norm: null }),
    },
  });
};
/** The first Qwen: `intermediate_size` is that of both halves of its MLP. */
const qwen: Builder = (c, o) => {
  const bias = !c.bool('no_bias', true);
  const s = sizes(c);
  return llamaLike(c, o, {
    type: 'QWen',
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn',
    attention: () => ({
      head_dim: c.int('kv_channels', s.d),
      bias: true,
      output_bias: bias,
      names: { qkv: 'c_attn', o: 'c_proj' },
    }),
    mlp: () => ['mlp', gated(c, Math.floor(s.inner / 2), { bias, names: { gate: 'w2', up: 'w1', down: 'c_proj' } })],
    decoder: { names: { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' } },
  });
};
/** The first DeepSeek with experts: dense layers first, then experts in every layer, or in every so many. */
const deepseek: Builder = (c, o) => {
  const dense = c.int('first_k_dense_replace', 0);
  const every = Math.max(1, c.int('moe_layer_freq', 1));
  const routed = c.maybe('n_routed_experts') !== null;
  const isSparse = (i: number): boolean => routed && i >= dense && i % every === 0;
  return llamaLike(c, o, {
    type: 'Deepseek',
    kind: isSparse,
    mlp: (i) => ['mlp', isSparse(i) ? deepseekMoe(c, 'DeepseekMoE') : gated(c, sizes(c).inner, { bias: false })],
  });
};
/** EXAONE 3. */
const exaone: Builder = (c, o) =>
  llamaLike(c, o, {
    type: 'Exaone',
    norms: ['ln_1', 'ln_2'],
    attentionName: 'attn.attention',
    attention: () => ({ bias: false, names: { o: 'out_proj' } }),
    mlp: () => [
      'mlp',
      gated(
        c,
        sizes(c).inner,
        { bias: false, names: { gate: 'c_fc_0', up: 'c_fc_1', down: 'c_proj' } },
        'activation_function',
      ),
    ],
    decoder: { names: { base: 'transformer', embed: 'wte', layers: 'h', norm: 'ln_f' } },
  });
/** Ling: experts beside shared ones, merged projections; the second version normalises queries and keys. */
const bailing =
  (type: string): Builder =>
  (c, o) => {
    const s = sizes(c);
    const dense = c.int('first_k_dense_replace', 0);
    const isSparse = (i: number): boolean => i >= dense;
    const none = c.int('num_shared_experts', 0) === 0;
    const routed = (): Layer => deepseekMoe(c, `${type}SparseMoeBlock`, none ? { shared: false } : {});
    const bias = c.bool('use_qkv_bias');
    return llamaLike(c, o, {
      type,
      kind: isSparse,
      attentionName: 'attention',
      attention: () => ({
        bias,
        output_bias: c.bool('use_bias'),
        names: { qkv: 'query_key_value', o: 'dense' },
        ...(c.bool('use_qk_norm')
          ? { q_norm: ['query_layernorm', rms(s.d)] as const, k_norm: ['key_layernorm', rms(s.d)] as const }
          : {}),
      }),
      mlp: (i) => ['mlp', isSparse(i) ? routed() : gated(c, s.inner, { bias: false })],
      decoder: { names: { embed: 'word_embeddings' } },
    });
  };
/** Another type's model under an older name, whose defaults are its own. */
const like =
  (type: string): Builder =>
  (c, o) => {
    const build = o.builderOf?.(type);
    if (!build) throw c.wrong('model_type', `needs ${type}, which is not known`);
    return build(c, o);
  };

export const families: Readonly<Record<string, Builder>> = byName({
  internlm: plain('InternLM', { bias: 'bias', output: 'bias' }),
  internlm2,
  internlm3: plain('InternLM3', { bias: 'qkv_bias', output: 'bias', mlp: 'bias' }),
  baichuan,
  chatglm,
  qwen,
  deepseek,
  exaone,
  bailing_moe: bailing('BailingMoe'),
  bailing_moe_v2: bailing('BailingMoeV2'),
  minicpm: plain('MiniCPM'),
  xverse: plain('Xverse'),
  orion: plain('Orion', { norm: (size) => layerNorm(size) }),
  aquila: plain('Aquila'),
  Yi: plain('Yi'),
  mimo: like('qwen2'),
  stablelm_epoch: like('stablelm'),
  RefinedWeb: like('falcon'),
  RefinedWebModel: like('falcon'),
});
