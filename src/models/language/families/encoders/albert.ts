import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, grouped, type Head, stack, wordEmbeddings, wordHead } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

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

export const families: Readonly<Record<string, Builder>> = { albert };
