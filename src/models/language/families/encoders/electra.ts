import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, type Head, type PairHead, stack, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { bertLayer, robertaClassifier } from './bert.js';

/** Words: back to the width of the table, and through it. */
function wordsOf(c: Config, table: nn.Embedding): Head {
  const { hidden, vocab } = sizes(c);
  const width = table.embedding_dim as number;
  const [dense, norm] = [linear(hidden, width, true), layerNorm(width)];
  const predictions = unit('ElectraGeneratorPredictions', { LayerNorm: norm, dense }, (x: nn.Tensor) =>
    norm(nn.functional.gelu(dense(x))),
  );
  const head = linear(width, vocab, true) as unknown as nn.Linear;
  if (c.bool('tie_word_embeddings', true)) head.weight = table.weight;
  return {
    parts: { generator_predictions: predictions, generator_lm_head: head },
    run: (x) => head(predictions(x)),
  };
}

/** One score of each choice. */
function choiceOf(hidden: number): Head {
  const [last, summary] = [linear(hidden, 1, true), linear(hidden, hidden, true)];
  const one = unit('ElectraSequenceSummary', { summary }, (x: nn.Tensor) => nn.functional.gelu(summary(firstToken(x))));
  return { parts: { sequence_summary: one, classifier: last }, run: (x) => last(one(x)) };
}

/** It was trained to find replaced words. */
function replacedOf(c: Config): PairHead {
  const { hidden } = sizes(c);
  const act = activation(c);
  const [dense, last] = [linear(hidden, hidden, true), linear(hidden, 1, true)];
  const found = unit('ElectraDiscriminatorPredictions', { dense, dense_prediction: last }, (x: nn.Tensor) =>
    last(act(dense(x))).squeeze(-1),
  );
  return { parts: { discriminator_predictions: found }, run: (x) => found(x), pooled: false };
}

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
      masked: (table) => wordsOf(c, table),
      classifier: robertaClassifier(s.hidden, 'Electra', (x) => nn.functional.gelu(x)),
      choice: () => choiceOf(s.hidden),
      pretraining: () => replacedOf(c),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { electra };
