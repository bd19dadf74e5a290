import * as nn from '../../../../torch/nn/index.js';
import { encoder, stack, tanhPooler, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { bertHead, bertPairHead, intermediate, nextSentence, residualOutput } from './bert.js';

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

export const families: Readonly<Record<string, Builder>> = { fnet };
