import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { block } from '../../blocks/block.js';
import { encoder, firstToken, type Head, stack, wordEmbeddings, wordHead } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear } from '../../blocks/parts.js';
import type { Config } from '../../config.js';

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
        fullAttention(hidden, heads, {
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

export const families: Readonly<Record<string, Builder>> = { distilbert };
