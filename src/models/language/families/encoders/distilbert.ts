import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { block } from '../../blocks/block.js';
import { encoder, firstToken, type Head, stack, wordEmbeddings, wordHead } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
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

/** Of the first token: a projection, ReLU, and one more. */
function classifierOf(hidden: number, outputs: number): Head {
  const [pre, last] = [linear(hidden, hidden, true), linear(hidden, outputs, true)];
  return {
    parts: { pre_classifier: pre, classifier: last },
    run: (x) => last(nn.functional.relu(pre(firstToken(x)))),
  };
}

function layerOf(c: Config): PassLayer {
  const hidden = c.size('dim');
  const names = { q: 'q_lin', k: 'k_lin', v: 'v_lin', o: 'out_lin' };
  const act = activation(c, 'activation', 'gelu');
  return block({
    type: 'DistilBertTransformerBlock',
    style: 'after',
    attention: ['attention', fullAttention(hidden, c.size('n_heads'), { names })],
    mlp: ['ffn', plainMlp('DistilBertFFN', hidden, c.size('hidden_dim'), act, ['lin1', 'lin2'])],
    norms: [
      ['sa_layer_norm', layerNorm(hidden)],
      ['output_layer_norm', layerNorm(hidden)],
    ],
  });
}

/** DistilBERT: BERT's layers without segments and pooler. */
const distilbert: Builder = (c, o) => {
  const hidden = c.size('dim');
  const word = embedding(c.size('vocab_size'), hidden);
  const embeddings = wordEmbeddings('DistilBert', {
    word,
    width: hidden,
    positions: c.size('max_position_embeddings'),
    segments: 0,
    norm: 'LayerNorm',
  });
  const layers = layersOf(c.layers('n_layers'), () => layerOf(c));
  const transformer = stack('DistilBertTransformer', layers);
  const act = activation(c, 'activation', 'gelu');
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
      classifier: (labels) => classifierOf(hidden, labels),
      choice: () => classifierOf(hidden, 1),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { distilbert };
