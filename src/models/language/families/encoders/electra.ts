import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, stack, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { bertLayer, robertaClassifier } from './bert.js';

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

export const families: Readonly<Record<string, Builder>> = { electra };
