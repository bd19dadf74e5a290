import { add, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { block } from '../../blocks/block.js';
import { layersOf } from '../../blocks/kinds.js';
import { windowsOf } from '../../blocks/layer-kinds.js';
import { everyNth, gated, rotaryDims, sizes } from '../../blocks/llama.js';
import type { Architecture, Builder } from '../../blocks/model.js';
import { lastPosition } from '../../blocks/model.js';
import { embedding, linear, type PassLayer, rms } from '../../blocks/parts.js';
import type { CrossSource } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { SIGLIP, visionTower } from '../image-text/clip.js';

const F = nn.functional;

function layerOf(c: Config, side: string, attention: PassLayer): PassLayer {
  const hidden = c.size('hidden_size');
  return block({
    type: `T5Gemma2${side}Layer`,
    attention: ['self_attn', attention],
    mlp: ['mlp', gated(c, c.size('intermediate_size'), { bias: false }, 'hidden_activation')],
    style: 'both',
    norms: [
      ['pre_self_attn_layernorm', rms(hidden)],
      ['post_self_attn_layernorm', rms(hidden)],
      ['pre_feedforward_layernorm', rms(hidden)],
      ['post_feedforward_layernorm', rms(hidden)],
    ],
  });
}

/** One attention over the decoder's own keys and those of the encoder, all of the same projections. */
function merged(c: Config, window: number | null, source: () => CrossSource): PassLayer {
  const s = sizes(c);
  const bias = c.bool('attention_bias');
  const rotary = rotaryDims(c, s.d);
  const [q, o] = [linear(s.hidden, s.heads * s.d, bias), linear(s.heads * s.d, s.hidden, bias)];
  const [k, v] = [linear(s.hidden, s.kv * s.d, bias), linear(s.hidden, s.kv * s.d, bias)];
  const [qn, kn] = [rms(s.d), rms(s.d)];
  return unit(
    'T5Gemma2MergedAttention',
    { q_proj: q, k_proj: k, v_proj: v, o_proj: o, q_norm: qn, k_norm: kn },
    (x: nn.Tensor, pass: nn.Pass) => {
      const [n, steps] = [x.size(0), x.size(1)];
      const split = (t: nn.Tensor, heads: number): nn.Tensor => t.view(n, t.size(1), heads, s.d).transpose(1, 2);
      const query = F.rotary(qn(split(q(x), s.heads)), rotary);
      const key = pass.extend('key', F.rotary(kn(split(k(x), s.kv)), rotary), 2, window);
      const value = pass.extend('value', split(v(x), s.kv), 2, window);
      const { states, length } = source();
      const cross = (name: string, make: (t: nn.Tensor) => nn.Tensor): nn.Tensor => {
        if (states === null) return pass.state(name, [n, s.kv, length, s.d], x.dtype);
        const made = make(states);
        pass.kept.push({ name, dtype: made.dtype, shape: made.shape });
        return made;
      };
      const keys = F.cat([key, cross('cross_key', (t) => kn(split(k(t), s.kv)))], 2);
      const values = F.cat([value, cross('cross_value', (t) => split(v(t), s.kv))], 2);
      const out = F.scaled_dot_product_attention(query, keys, values, { enable_gqa: s.kv !== s.heads });
      return o(out.transpose(1, 2).reshape(n, steps, s.heads * s.d));
    },
  );
}

function tableOf(c: Config): nn.Embedding {
  const made = embedding(c.size('vocab_size'), c.size('hidden_size'));
  (made as unknown as Record<string, unknown>)['eoi_embedding'] = new nn.Parameter([c.size('hidden_size')]);
  return made;
}

/** Text alone: the image tower and its projector are among the parameters, and are not run. */
function encoderOf(c: Config, text: Config, words: nn.Embedding): PassLayer {
  const s = sizes(text);
  const layers = layersOf(s.layers, () =>
    layerOf(
      text,
      'Encoder',
      new nn.GroupedAttention({
        hidden_size: s.hidden,
        num_heads: s.heads,
        num_kv_heads: s.kv,
        head_dim: s.d,
        bias: text.bool('attention_bias'),
        rotary_dim: rotaryDims(text, s.d),
        q_norm: ['q_norm', rms(s.d)],
        k_norm: ['k_norm', rms(s.d)],
        causal: false,
        cached: false,
      }),
    ),
  );
  const norm = rms(s.hidden);
  const inner = unit(
    'T5Gemma2TextEncoder',
    { embed_tokens: words, layers: new nn.ModuleList(layers as never), norm },
    (ids: nn.Tensor, pass: nn.Pass) => norm(layers.reduce((x, layer) => layer(x, pass), words(ids).mul(1))),
  );
  const vision = c.sub('vision_config', 'siglip_vision_model');
  const width = vision.size('hidden_size');
  const projector = unit(
    'T5Gemma2MultiModalProjector',
    { mm_input_projection_weight: new nn.Parameter([width, s.hidden]), mm_soft_emb_norm: rms(width) },
    (x: nn.Tensor) => x,
  );
  return unit(
    'T5Gemma2Encoder',
    { text_model: inner, vision_tower: visionTower(vision, SIGLIP) as never, multi_modal_projector: projector },
    (ids: nn.Tensor, pass: nn.Pass) => inner(ids, pass),
  );
}

const t5gemma2: Builder = (c, o): Architecture => {
  const outer = c.sub('encoder', 't5gemma2_encoder');
  // The text halves have the fields of Gemma 3, with the same defaults.
  const text = outer.sub('text_config', 'gemma3_text').as('gemma3_text');
  const own = c.sub('decoder', 'gemma3_text').as('gemma3_text');
  const tied = c.bool('tie_word_embeddings', true);
  const words = tableOf(text);
  const target = tied ? words : tableOf(own);
  const encoder = encoderOf(outer, text, words);
  const s = sizes(own);
  const w = windowsOf(own, everyNth(own.int('sliding_window_pattern', 6)));
  let source: CrossSource = { states: null, length: 1 };
  const layers = layersOf(
    s.layers,
    (i) =>
      layerOf(
        own,
        'Decoder',
        merged(own, w[i] ?? null, () => source),
      ),
    (i) => w[i],
  );
  const norm = rms(s.hidden);
  const decoder = unit(
    'T5Gemma2Decoder',
    { embed_tokens: target, layers: new nn.ModuleList(layers as never), norm },
    (ids: nn.Tensor, pass: nn.Pass) => norm(layers.reduce((x, layer) => layer(x, pass), target(ids).mul(1))),
  );
  let kept: nn.Kept[] = [];
  const base = unit('T5Gemma2Model', { encoder, decoder }, (x: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor) => {
    const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
    kept = pass.kept;
    source = { states: pass.first ? encoder(x, pass) : null, length: x.size(1) };
    return decoder(ids, pass);
  });
  const out = linear(s.hidden, s.vocab) as unknown as nn.Linear;
  if (tied) out.weight = words.weight;
  const head = unit('T5Gemma2LMHead', { out_proj: out }, (x: nn.Tensor) => out(x));
  const last = lastPosition(o);
  if (!/(?:ConditionalGeneration|Model|^)$/.test(o.architecture))
    throw new ModelError('unsupported', `${c.type}: the head of ${o.architecture.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known for this type: T5Gemma2ForConditionalGeneration, T5Gemma2Model',
    });
  return {
    module: /Model$/.test(o.architecture)
      ? base
      : unit(
          o.architecture || 'T5Gemma2ForConditionalGeneration',
          { model: base as never, lm_head: head },
          (x: nn.Tensor, ids: nn.Tensor, mask: nn.Tensor) => head(last(base(x, ids, mask))),
        ),
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('source')], dtype: 'int64' },
      { name: 'decoder_input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      {
        name: 'decoder_attention_mask',
        shape: [free('batch'), add(free('past', 0), free('sequence'))],
        dtype: 'int64',
      },
    ],
    kept: () => kept,
  };
};

export const families: Readonly<Record<string, Builder>> = byName({ t5gemma2 });
