import type * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { encoder, stack, tanhPooler, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, type PassLayer } from '../../blocks/parts.js';
import { rowsBeforeTokens } from '../../blocks/positions.js';
import { unit } from '../../blocks/unit.js';
import { intermediate, residualOutput, robertaClassifier, robertaHead } from './bert.js';

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
    const attn = fullAttention(s.hidden, s.heads, {
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

export const families: Readonly<Record<string, Builder>> = { mpnet };
