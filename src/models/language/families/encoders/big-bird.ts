import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAtMost } from '../../blocks/block-sparse.js';
import { encoder, firstToken, grouped, type Head, stack, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { activation, embedding, type Layer, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import {
  bertHead,
  bertLayer,
  bertPairHead,
  intermediate,
  residualOutput,
  robertaClassifier,
  selfAttention,
} from './bert.js';

/** BERT's layers, whose attention is full for as many tokens as its blocks would cover. */
const bigBird: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings('BigBird', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
    ...(c.bool('rescale_embeddings') ? { before: (x: nn.Tensor) => x.mul(Math.sqrt(s.hidden)) } : {}),
  });
  const bias = c.bool('use_bias', true);
  const layers = stack(
    'BigBirdEncoder',
    layersOf(c.layers('num_hidden_layers'), () => bertLayer(c, 'BigBird', selfAttention(c, { bias }))),
  );
  return encoder(
    c,
    {
      type: 'BigBird',
      base: 'bert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => {
        fullAtMost(c, ids.size(1));
        return layers(embeddings(ids, pass), pass);
      },
      // Answers are looked for without it.
      pooler: /QuestionAnswering$/.test(o.architecture) ? null : () => ['pooler', pooler(s.hidden)],
      poolerAlways: true,
      masked: bertHead(c, 'BigBird'),
      pretraining: bertPairHead(c, 'BigBird'),
      classifier: robertaClassifier(s.hidden, 'BigBird', activation(c)),
      answers: () => answers(c, s.hidden, s.inner),
    },
    o,
  );
};

/** A projection of the first token by itself, not under `dense`. */
function pooler(hidden: number): Layer {
  const { weight, bias } = linear(hidden, hidden, true) as unknown as nn.Linear;
  return unit('torch.nn.Linear', { weight, bias }, (x: nn.Tensor) =>
    nn.functional.linear(firstToken(x), weight, bias).tanh(),
  );
}

/** The MLP of a layer more, and the ends of the answer. */
function answers(c: Config, hidden: number, inner: number): Head {
  const up = intermediate('BigBirdIntermediate', hidden, inner, activation(c));
  const output = residualOutput('BigBirdOutput', inner, hidden);
  const ends = linear(hidden, labelsOf(c), true);
  return grouped('qa_classifier', 'BigBirdForQuestionAnsweringHead', {
    parts: { intermediate: up, output: output as never, qa_outputs: ends },
    run: (x) => ends(output(up(x), x)),
  });
}

export const families: Readonly<Record<string, Builder>> = byName({ big_bird: bigBird });
