import * as nn from '../../../../torch/nn/index.js';
import { block } from '../../blocks/block.js';
import { encoder, grouped, type Head, tanhPooler, wordEmbeddings, wordHead } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, plainMlp, sizes } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { robertaClassifier, robertaHead } from './bert.js';

/** Attention both ways, with rotary positions. */
function bothWays(c: Config, o: Partial<nn.GroupedAttentionOptions> = {}): nn.GroupedAttention {
  const s = sizes(c);
  return new nn.GroupedAttention({
    hidden_size: s.hidden,
    num_heads: s.heads,
    num_kv_heads: s.kv,
    head_dim: s.d,
    causal: false,
    cached: false,
    ...o,
  });
}
const repeat = (c: Config, make: (i: number) => PassLayer, kind?: (i: number) => unknown): PassLayer[] =>
  layersOf(c.layers('num_hidden_layers'), make, kind);
/** A head of one projection of the shared table. */
const plainHead =
  (hidden: number, tie: boolean, bias: boolean) =>
  (word: nn.Embedding): Head => {
    const head = linear(hidden, word.num_embeddings, bias) as unknown as nn.Linear;
    if (tie) head.weight = word.weight;
    return { parts: { lm_head: head }, run: (x) => head(x) };
  };
const eurobert: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const norm = rms(s.hidden);
  const layers = repeat(c, () =>
    block({
      type: 'EuroBertDecoderLayer',
      style: 'pre',
      attention: ['self_attn', bothWays(c, { bias: c.bool('attention_bias') })],
      mlp: ['mlp', gated(c, s.inner)],
      norms: [
        ['input_layernorm', rms(s.hidden)],
        ['post_attention_layernorm', rms(s.hidden)],
      ],
    }),
  );
  return encoder(
    c,
    {
      type: 'EuroBert',
      base: 'model',
      hidden: s.hidden,
      word,
      parts: { embed_tokens: word, layers: new nn.ModuleList(layers as never), norm },
      run: (ids, pass) => norm(layers.reduce((x, run) => run(x, pass), word(ids))),
      masked: plainHead(s.hidden, c.bool('tie_word_embeddings'), c.bool('mlp_bias')),
      classifier: (labels) => {
        const [dense, last] = [linear(s.hidden, s.hidden, true), linear(s.hidden, labels, true)];
        // `late`: classes of every token, of which the mean is taken.
        const late = c.str('classifier_pooling', 'late') === 'late';
        return {
          parts: { dense, classifier: last },
          run: (x) => last(nn.functional.gelu(dense(late ? x : x.select(1, 0)))),
        };
      },
    },
    o,
  );
};
const esmc: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const bare = (n: number): Layer => layerNorm(n, false);
  const norm = bare(s.hidden);
  const layers = repeat(c, () =>
    block({
      type: 'EsmcLayer',
      style: 'pre',
      attention: [
        'self_attn',
        bothWays(c, {
          bias: c.bool('attention_bias'),
          norm_over: 'all',
          q_norm: ['q_norm', bare(s.heads * s.d)],
          k_norm: ['k_norm', bare(s.kv * s.d)],
        }),
      ],
      mlp: ['mlp', gated(c, s.inner)],
      norms: [
        ['input_layernorm', layerNorm(s.hidden)],
        ['post_attention_layernorm', layerNorm(s.hidden)],
      ],
    }),
  );
  return encoder(
    c,
    {
      type: 'Esmc',
      base: 'esmc',
      hidden: s.hidden,
      word,
      parts: { embed_tokens: word, layers: new nn.ModuleList(layers as never), norm },
      run: (ids, pass) => norm(layers.reduce((x, run) => run(x, pass), word(ids))),
      masked: (table) =>
        grouped(
          'lm_head',
          'EsmcMaskedLMHead',
          wordHead(c, table, {
            hidden: s.hidden,
            type: 'Esmc',
            tie: false,
            biasOnDecoder: true,
            names: { dense: 'dense', norm: 'layer_norm', decoder: 'decoder' },
            act: (x) => nn.functional.gelu(x),
          }),
        ),
      classifier: robertaClassifier(s.hidden, 'Esmc'),
      tokens: (labels) => {
        const score = linear(s.hidden, labels, true);
        return { parts: { score }, run: (x) => score(x) };
      },
    },
    o,
  );
};
/** Norms after the residuals, as in BERT, around attention with rotary positions. */
function postNorm(type: string, base: string, kind: 'nomic' | 'gte' | 'jina'): Builder {
  return (c, o) => {
    const s = sizes(c);
    const word = embedding(s.vocab, s.hidden);
    const embeddings = wordEmbeddings(type, {
      word,
      width: s.hidden,
      positions: null,
      segments: c.int('type_vocab_size', 0),
      norm: 'LayerNorm',
    });
    const mlp = (): Layer => {
      if (kind === 'jina') return plainMlp(`${type}MLP`, s.hidden, s.inner, activation(c), ['fc1', 'fc2']);
      const made = gated(c, s.inner, { bias: false, activation: activation(c) });
      if (kind === 'gte') (made as unknown as Record<string, unknown>)['down_proj'] = linear(s.inner, s.hidden, true);
      return made;
    };
    const layers = repeat(c, () =>
      block({
        type: `${type}Layer`,
        style: 'after',
        attention: ['self_attn', bothWays(c, { bias: kind !== 'nomic' })],
        mlp: ['mlp', mlp()],
        norms: [
          ['post_attention_layernorm', layerNorm(s.hidden)],
          ['post_mlp_layernorm', layerNorm(s.hidden)],
        ],
      }),
    );
    const nomicHead = (table: nn.Embedding): Head => {
      const head = wordHead(c, table, {
        hidden: s.hidden,
        type,
        transform: 'transform',
        names: { dense: 'dense', norm: 'layer_norm', decoder: 'decoder' },
        tie: true,
      });
      return grouped('cls', `${type}OnlyMLMHead`, grouped('predictions', `${type}LMPredictionHead`, head));
    };
    return encoder(
      c,
      {
        type,
        base,
        hidden: s.hidden,
        word,
        parts: { embeddings, layers: new nn.ModuleList(layers as never) },
        run: (ids, pass) => layers.reduce((x, run) => run(x, pass), embeddings(ids, pass)),
        pooler: kind === 'gte' ? null : () => ['pooler', tanhPooler(s.hidden, `${type}Pooler`)],
        ...(kind === 'nomic' ? { poolerInTasks: true } : {}),
        masked: kind === 'nomic' ? nomicHead : robertaHead(c, type, kind === 'gte'),
        ...(kind === 'jina' ? { classifier: robertaClassifier(s.hidden, type) } : {}),
      },
      o,
    );
  };
}
/** One matrix for gate and value, activation on the first half. */
function geglu(c: Config, type: string): Layer {
  const [hidden, inner] = [c.size('hidden_size'), c.size('intermediate_size')];
  const bias = c.bool('mlp_bias');
  const [wi, wo] = [linear(hidden, 2 * inner, bias), linear(inner, hidden, bias)];
  const act = activation(c, 'hidden_activation', 'gelu');
  return unit(`${type}MLP`, { Wi: wi, Wo: wo }, (x: nn.Tensor) => {
    const [a, b] = wi(x).chunk(2, -1) as [nn.Tensor, nn.Tensor];
    return wo(act(a).mul(b));
  });
}
/** Sliding and full attention in turns; the first layer has no norm before attention. */
function modernLayers(c: Config, type: string, causal: boolean): { layers: PassLayer[]; norm: () => Layer } {
  const s = sizes(c);
  const bias = c.bool('norm_bias');
  const norm = (): Layer => layerNorm(s.hidden, bias);
  const every = Math.max(1, c.int('global_attn_every_n_layers', 3));
  const kinds = c.kinds('layer_types', s.layers, (i) => (i % every === 0 ? 'full_attention' : 'sliding_attention'));
  const window = c.maybe('local_attention');
  const half = causal ? (c.maybe('sliding_window') ?? (window === null ? null : Math.floor(window / 2))) : null;
  const layers = repeat(
    c,
    (i) =>
      block({
        type: `${type}Layer`,
        style: 'pre',
        attention: [
          'attn',
          bothWays(c, {
            bias: c.bool('attention_bias'),
            names: causal ? { o: 'Wo' } : { qkv: 'Wqkv', o: 'Wo' },
            causal,
            cached: causal,
            window: causal && kinds[i] === 'sliding_attention' ? half : null,
          }),
        ],
        mlp: ['mlp', geglu(c, type)],
        norms: [i === 0 ? null : ['attn_norm', norm()], ['mlp_norm', norm()]],
      }),
    (i) => [i === 0, kinds[i]],
  );
  return { layers, norm };
}
function modernHead(c: Config, type: string): { head: Layer; parts: Record<string, Layer> } {
  const hidden = c.size('hidden_size');
  const dense = linear(hidden, hidden, c.bool('classifier_bias'));
  const norm = layerNorm(hidden, c.bool('norm_bias'));
  const act = activation(c, 'classifier_activation', 'gelu');
  const head = unit(`${type}PredictionHead`, { dense, norm }, (x: nn.Tensor) => norm(act(dense(x))));
  return { head, parts: { dense, norm } };
}
const modernbert: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const word = embedding(c.size('vocab_size'), hidden);
  const { layers, norm } = modernLayers(c, 'ModernBert', false);
  const [first, last] = [norm(), norm()];
  const embeddings = unit('ModernBertEmbeddings', { tok_embeddings: word, norm: first }, (ids: nn.Tensor) =>
    first(word(ids)),
  );
  const scored = (labels: number, whole: boolean): Head => {
    const { head } = modernHead(c, 'ModernBert');
    const out = linear(hidden, labels, true);
    return { parts: { head, classifier: out }, run: (x) => out(head(whole ? x.select(1, 0) : x)) };
  };
  return encoder(
    c,
    {
      type: 'ModernBert',
      base: 'model',
      hidden,
      word,
      parts: { embeddings, layers: new nn.ModuleList(layers as never), final_norm: last },
      run: (ids, pass) => last(layers.reduce((x, run) => run(x, pass), embeddings(ids))),
      masked: (table) => {
        const { head } = modernHead(c, 'ModernBert');
        const out = linear(hidden, table.num_embeddings, c.bool('decoder_bias', true)) as unknown as nn.Linear;
        if (c.bool('tie_word_embeddings', true)) out.weight = table.weight;
        return { parts: { head, decoder: out }, run: (x) => out(head(x)) };
      },
      classifier: (labels) => scored(labels, true),
      choice: () => scored(1, true),
      tokens: (labels) => scored(labels, false),
      answers: () => scored(2, false),
    },
    o,
  );
};
const modernbertDecoder: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const { layers, norm } = modernLayers(c, 'ModernBertDecoder', true);
  const word = embedding(c.size('vocab_size'), hidden);
  const [first, last] = [norm(), norm()];
  const embeddings = unit('ModernBertDecoderEmbeddings', { tok_embeddings: word, norm: first }, (ids: nn.Tensor) =>
    first(word(ids)),
  );
  const { head } = modernHead(c, 'ModernBertDecoder');
  const out = linear(hidden, c.size('vocab_size'), c.bool('decoder_bias', true)) as unknown as nn.Linear;
  if (c.bool('tie_word_embeddings', true)) out.weight = word.weight;
  return decoder(
    c,
    {
      type: 'ModernBertDecoder',
      hidden,
      vocab: c.size('vocab_size'),
      layers,
      norm: last,
      tie: false,
      embed: word,
      embedding: embeddings,
      names: { embed: 'embeddings', norm: 'final_norm' },
      headParts: { parts: { lm_head: head, decoder: out }, run: (x) => out(head(x)) },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = {
  eurobert,
  esmc,
  nomic_bert: postNorm('NomicBert', 'nomic_bert', 'nomic'),
  gte: postNorm('Gte', 'gte', 'gte'),
  jina_embeddings_v3: postNorm('JinaEmbeddingsV3', 'roberta', 'jina'),
  modernbert,
  'modernbert-decoder': modernbertDecoder,
};
