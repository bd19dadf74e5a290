import { byName } from '../../../source/by-name.js';
import * as nn from '../../../torch/nn/index.js';
import { block } from '../block.js';
import type { Config } from '../config.js';
import { encoder, firstToken, grouped, type Head, stack, tanhPooler, wordEmbeddings, wordHead } from '../encoder.js';
import { layersOf } from '../kinds.js';
import { plainMlp, sizes } from '../llama.js';
import { type Builder, labelsOf } from '../model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../parts.js';
import { unit } from '../unit.js';
import {
  bertHead,
  bertLayer,
  bertPairHead,
  intermediate,
  nextSentence,
  residualOutput,
  robertaClassifier,
  robertaHead,
} from './bert.js';
import { rowsBeforeTokens } from './common.js';

/** A table narrower than the layers, and a head that goes back to it. */
const electra: Builder = (c, o) => {
  const s = sizes(c);
  const width = c.size('embedding_size', s.hidden);
  const word = embedding(s.vocab, width);
  const embeddings = wordEmbeddings('Electra', {
    word,
    width,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
  });
  const project = width === s.hidden ? null : linear(width, s.hidden, true);
  const layers = stack(
    'ElectraEncoder',
    layersOf(s.layers, () => bertLayer(c, 'Electra')),
  );
  return encoder(
    c,
    {
      type: 'Electra',
      base: 'electra',
      hidden: s.hidden,
      word,
      parts: { embeddings, embeddings_project: project, encoder: layers },
      run: (ids, pass) => {
        const x = embeddings(ids, pass);
        return layers(project?.(x) ?? x, pass);
      },
      masked: (table) => {
        const dense = linear(s.hidden, width, true);
        const norm = layerNorm(width);
        const predictions = unit('ElectraGeneratorPredictions', { LayerNorm: norm, dense }, (x: nn.Tensor) =>
          norm(nn.functional.gelu(dense(x))),
        );
        const head = linear(width, s.vocab, true) as unknown as nn.Linear;
        if (c.bool('tie_word_embeddings', true)) head.weight = table.weight;
        return {
          parts: { generator_predictions: predictions, generator_lm_head: head },
          run: (x) => head(predictions(x)),
        };
      },
      classifier: robertaClassifier(s.hidden, 'Electra', (x) => nn.functional.gelu(x)),
      choice: () => {
        const last = linear(s.hidden, 1, true);
        const summary = linear(s.hidden, s.hidden, true);
        const one = unit('ElectraSequenceSummary', { summary }, (x: nn.Tensor) =>
          nn.functional.gelu(summary(firstToken(x))),
        );
        return { parts: { sequence_summary: one, classifier: last }, run: (x) => last(one(x)) };
      },
      // It was trained to find replaced words.
      pretraining: () => {
        const act = activation(c);
        const [dense, last] = [linear(s.hidden, s.hidden, true), linear(s.hidden, 1, true)];
        const found = unit('ElectraDiscriminatorPredictions', { dense, dense_prediction: last }, (x: nn.Tensor) =>
          last(act(dense(x))).squeeze(-1),
        );
        return { parts: { discriminator_predictions: found }, run: (x) => found(x), pooled: false };
      },
    },
    o,
  );
};
const distilbert: Builder = (c, o) => {
  const hidden = c.size('dim');
  const heads = c.size('n_heads');
  const word = embedding(c.size('vocab_size'), hidden);
  const embeddings = wordEmbeddings('DistilBert', {
    word,
    width: hidden,
    positions: c.size('max_position_embeddings'),
    segments: 0,
    norm: 'LayerNorm',
  });
  const act = activation(c, 'activation', 'gelu');
  const layers = layersOf(c.layers('n_layers'), () =>
    block({
      type: 'DistilBertTransformerBlock',
      style: 'after',
      attention: [
        'attention',
        new nn.GroupedAttention({
          hidden_size: hidden,
          num_heads: heads,
          bias: true,
          rotary_dim: 0,
          causal: false,
          cached: false,
          names: { q: 'q_lin', k: 'k_lin', v: 'v_lin', o: 'out_lin' },
        }),
      ],
      mlp: ['ffn', plainMlp('DistilBertFFN', hidden, c.size('hidden_dim'), act, ['lin1', 'lin2'])],
      norms: [
        ['sa_layer_norm', layerNorm(hidden)],
        ['output_layer_norm', layerNorm(hidden)],
      ],
    }),
  );
  const transformer = stack('DistilBertTransformer', layers);
  return encoder(
    c,
    {
      type: 'DistilBert',
      base: 'distilbert',
      hidden,
      word,
      parts: { embeddings, transformer },
      run: (ids, pass) => transformer(embeddings(ids, pass), pass),
      masked: (table) =>
        wordHeadNamed(c, table, hidden, act, ['vocab_transform', 'vocab_layer_norm', 'vocab_projector']),
      classifier: (labels) => {
        const [pre, last] = [linear(hidden, hidden, true), linear(hidden, labels, true)];
        return {
          parts: { pre_classifier: pre, classifier: last },
          run: (x) => last(nn.functional.relu(pre(firstToken(x)))),
        };
      },
      choice: () => {
        const [pre, last] = [linear(hidden, hidden, true), linear(hidden, 1, true)];
        return {
          parts: { pre_classifier: pre, classifier: last },
          run: (x) => last(nn.functional.relu(pre(firstToken(x)))),
        };
      },
    },
    o,
  );
};
/** dense, activation, norm and projection beside each other in the model. */
function wordHeadNamed(
  c: Config,
  table: nn.Embedding,
  hidden: number,
  act: (x: nn.Tensor) => nn.Tensor,
  [dense, norm, decoder]: readonly [string, string, string],
): Head {
  return wordHead(c, table, { hidden, type: '', names: { dense, norm, decoder }, biasOnDecoder: true, act });
}
/** Layers of few groups, each applied many times. */
const albert: Builder = (c, o) => {
  const s = sizes(c);
  const width = c.size('embedding_size');
  const word = embedding(s.vocab, width);
  const embeddings = wordEmbeddings('Albert', {
    word,
    width,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
  });
  const act = activation(c, 'hidden_act', 'gelu_new');
  const layer = (): PassLayer => {
    const attention = new nn.GroupedAttention({
      hidden_size: s.hidden,
      num_heads: s.heads,
      bias: true,
      rotary_dim: 0,
      causal: false,
      cached: false,
      names: { q: 'query', k: 'key', v: 'value', o: 'dense' },
    });
    const norm = layerNorm(s.hidden);
    (attention as unknown as Record<string, unknown>)['LayerNorm'] = norm;
    const forward = attention.forward.bind(attention);
    Object.defineProperty(attention, 'forward', {
      value: (x: nn.Tensor, pass: nn.Pass) => norm(x.add(forward(x, pass))),
      enumerable: false,
    });
    const [up, down, last] = [linear(s.hidden, s.inner, true), linear(s.inner, s.hidden, true), layerNorm(s.hidden)];
    return unit(
      'AlbertLayer',
      { full_layer_layer_norm: last, attention, ffn: up, ffn_output: down },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = attention(x, pass);
        return last(down(act(up(y))).add(y));
      },
    );
  };
  const groups = layersOf(Math.max(1, c.layers('num_hidden_groups', 1)), () =>
    stack('AlbertLayerGroup', layersOf(c.layers('inner_group_num', 1), layer), 'albert_layers'),
  );
  const map = linear(width, s.hidden, true);
  const layers = unit(
    'AlbertTransformer',
    { embedding_hidden_mapping_in: map, albert_layer_groups: new nn.ModuleList(groups as unknown as nn.Module[]) },
    (x: nn.Tensor, pass: nn.Pass) => {
      let y = map(x);
      for (let i = 0; i < s.layers; i++) y = (groups[Math.floor((i * groups.length) / s.layers)] as PassLayer)(y, pass);
      return y;
    },
  );
  const pool = linear(s.hidden, s.hidden, true);
  return encoder(
    c,
    {
      type: 'Albert',
      base: 'albert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pretraining: (table) => {
        const words = albertHead(c, table, s.hidden, width);
        const order = linear(s.hidden, labelsOf(c), true);
        const head = unit('AlbertSOPHead', { classifier: order }, (x: nn.Tensor) => order(x));
        return {
          parts: { ...words.parts, sop_classifier: head },
          run: (x, pooled) => {
            head(pooled);
            return words.run(x);
          },
          pooled: true,
        };
      },
      // The reference keeps this projection as the pooler itself.
      pooler: () => {
        const { weight, bias } = pool as unknown as nn.Linear;
        return [
          'pooler',
          unit('AlbertPooler', { weight, bias }, (x: nn.Tensor) =>
            nn.functional.linear(firstToken(x), weight, bias).tanh(),
          ),
        ];
      },
      masked: (table) => albertHead(c, table, s.hidden, width),
    },
    o,
  );
};
function albertHead(c: Config, table: nn.Embedding, hidden: number, width: number): Head {
  const act = activation(c, 'hidden_act', 'gelu_new');
  const names = { dense: 'dense', norm: 'LayerNorm', decoder: 'decoder' };
  const head = wordHead(c, table, { hidden, width, type: 'Albert', names, act });
  return grouped('predictions', 'AlbertMLMHead', head);
}
/** A bias by distance, one table for all layers. */
const mpnet: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings('MPNet', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    unused: rowsBeforeTokens(c),
    segments: 0,
    norm: 'LayerNorm',
  });
  const layer = (): PassLayer => {
    const attn = new nn.GroupedAttention({
      hidden_size: s.hidden,
      num_heads: s.heads,
      bias: true,
      rotary_dim: 0,
      causal: false,
      cached: false,
      names: { q: 'q', k: 'k', v: 'v', o: 'o' },
    });
    const norm = layerNorm(s.hidden);
    const attention = unit('MPNetAttention', { attn, LayerNorm: norm }, (x: nn.Tensor, pass: nn.Pass) =>
      norm(attn(x, pass).add(x)),
    );
    const inner = intermediate('MPNetIntermediate', s.hidden, s.inner, activation(c));
    const out = residualOutput('MPNetOutput', s.inner, s.hidden);
    return unit(
      'MPNetLayer',
      { attention, intermediate: inner, output: out as never },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = attention(x, pass);
        return out(inner(y), y);
      },
    );
  };
  const bias = embedding(c.int('relative_attention_num_buckets', 32), s.heads);
  const layers = stack('MPNetEncoder', layersOf(s.layers, layer), 'layer', {
    relative_attention_bias: bias,
  });
  return encoder(
    c,
    {
      type: 'MPNet',
      base: 'mpnet',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pooler: () => ['pooler', tanhPooler(s.hidden, 'MPNetPooler')],
      masked: robertaHead(c, 'MPNet'),
      classifier: robertaClassifier(s.hidden, 'MPNet'),
    },
    o,
  );
};
/** Fourier transforms in place of attention. */
const fnet: Builder = (c, o) => {
  const s = { hidden: c.size('hidden_size'), inner: c.size('intermediate_size'), vocab: c.size('vocab_size') };
  const word = embedding(s.vocab, s.hidden);
  const project = linear(s.hidden, s.hidden, true);
  const embeddings = wordEmbeddings('FNet', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 4),
    norm: 'LayerNorm',
    parts: { projection: project },
    after: (x) => project(x),
  });
  const layer = (): PassLayer => {
    const norm = layerNorm(s.hidden);
    const output = unit('FNetBasicOutput', { LayerNorm: norm }, (x: nn.Tensor) => norm(x));
    const fourier = unit('FNetFourierTransform', { output }, (x: nn.Tensor) =>
      output(nn.functional.fourier(x, [1, 2]).add(x)),
    );
    const inner = intermediate('FNetIntermediate', s.hidden, s.inner, activation(c, 'hidden_act', 'gelu_new'));
    const out = residualOutput('FNetOutput', s.inner, s.hidden);
    return unit('FNetLayer', { fourier, intermediate: inner, output: out as never }, (x: nn.Tensor) => {
      const y = fourier(x);
      return out(inner(y), y);
    });
  };
  const layers = stack('FNetEncoder', layersOf(c.layers('num_hidden_layers'), layer));
  return encoder(
    c,
    {
      type: 'FNet',
      base: 'fnet',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pooler: () => ['pooler', tanhPooler(s.hidden, 'FNetPooler')],
      poolerAlways: true,
      masked: bertHead(c, 'FNet'),
      pretraining: bertPairHead(c, 'FNet'),
      nextSentence: nextSentence(s.hidden, 'FNet'),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ electra, distilbert, albert, mpnet, fnet });
