import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { encoder, firstToken, grouped, type Head, stack, wordEmbeddings, wordHead } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

function layerOf(c: Config): PassLayer {
  const s = sizes(c);
  const act = activation(c, 'hidden_act', 'gelu_new');
  const attention = fullAttention(s.hidden, s.heads, {
    names: { q: 'query', k: 'key', v: 'value', o: 'dense' },
  });
  // The norm behind attention is one of its parts.
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
}

/** Few groups of layers, each run several times in a row: together as many runs as the model has layers. */
function transformerOf(c: Config, width: number): PassLayer {
  const s = sizes(c);
  const groups = layersOf(Math.max(1, c.layers('num_hidden_groups', 1)), () =>
    stack(
      'AlbertLayerGroup',
      layersOf(c.layers('inner_group_num', 1), () => layerOf(c)),
      'albert_layers',
    ),
  );
  const map = linear(width, s.hidden, true);
  return unit(
    'AlbertTransformer',
    { embedding_hidden_mapping_in: map, albert_layer_groups: new nn.ModuleList(groups as unknown as nn.Module[]) },
    (x: nn.Tensor, pass: nn.Pass) => {
      let y = map(x);
      for (let i = 0; i < s.layers; i++) y = (groups[Math.floor((i * groups.length) / s.layers)] as PassLayer)(y, pass);
      return y;
    },
  );
}

/** The reference keeps this projection as the pooler itself. */
function poolerOf(hidden: number): Layer {
  const { weight, bias } = linear(hidden, hidden, true) as unknown as nn.Linear;
  return unit('AlbertPooler', { weight, bias }, (x: nn.Tensor) =>
    nn.functional.linear(firstToken(x), weight, bias).tanh(),
  );
}

/** Words, and whether two sentences are in their order. */
function pretrainingHead(c: Config, words: Head) {
  const order = linear(sizes(c).hidden, labelsOf(c), true);
  const head = unit('AlbertSOPHead', { classifier: order }, (x: nn.Tensor) => order(x));
  return {
    parts: { ...words.parts, sop_classifier: head },
    run: (x: nn.Tensor, pooled: nn.Tensor): nn.Tensor => {
      head(pooled);
      return words.run(x);
    },
    pooled: true,
  };
}

/** ALBERT: a narrow table of words, and few layers whose weights serve many. */
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
  const layers = transformerOf(c, width);
  return encoder(
    c,
    {
      type: 'Albert',
      base: 'albert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pretraining: (table) => pretrainingHead(c, albertHead(c, table, s.hidden, width)),
      pooler: () => ['pooler', poolerOf(s.hidden)],
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

export const families: Readonly<Record<string, Builder>> = { albert };
