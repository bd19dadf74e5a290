import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { withinPositions } from '../../blocks/positions.js';
import { crossAttention } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import type { Config } from '../../config.js';
import { intermediate, residualOutput, selfAttention } from '../encoders/bert.js';
import { BLIP, visionTower } from './clip.js';

const F = nn.functional;
type QLayer = nn.Module<[nn.Tensor, number, nn.Tensor, nn.Pass], nn.Tensor>;

/** A layer of the Q-Former: queries attend to the image in some layers, and have an MLP of their own. */
function layer(c: Config, looks: boolean, words: boolean): QLayer {
  const s = sizes(c);
  const act = activation(c);
  const attention = (inner: nn.AnyModule, run: (x: nn.Tensor) => nn.Tensor): Layer => {
    const output = residualOutput('QFormerSelfOutput', s.hidden, s.hidden);
    return unit('QFormerAttention', { attention: inner, output: output as never }, (x: nn.Tensor) => output(run(x), x));
  };
  const mlp = (): { inner: Layer; out: nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> } => ({
    inner: intermediate('QFormerIntermediate', s.hidden, s.inner, act),
    out: residualOutput('QFormerOutput', s.inner, s.hidden),
  });
  let pass: nn.Pass;
  let image: nn.Tensor;
  const own = selfAttention(c, { causal: false, cached: false });
  const self = attention(own, (x) => own(x, pass));
  const across = looks
    ? crossAttention({
        type: 'QFormerMultiHeadAttention',
        hidden: s.hidden,
        heads: s.heads,
        source: c.size('encoder_hidden_size'),
        bias: true,
        names: { q: 'query', k: 'key', v: 'value', o: null },
      })
    : null;
  const cross =
    across === null
      ? null
      : attention(across as never, (x) => across(x, pass, { states: image, length: image.size(1) }));
  const [query, text] = [mlp(), words ? mlp() : null];
  return unit(
    'QFormerLayer',
    {
      attention: self,
      crossattention: cross,
      intermediate: text?.inner ?? null,
      output: (text?.out as never) ?? null,
      intermediate_query: query.inner,
      output_query: query.out as never,
    },
    (x: nn.Tensor, queries: number, seen: nn.Tensor, within: nn.Pass) => {
      pass = within;
      image = seen;
      const all = self(x);
      const asked = all.narrow(1, 0, queries);
      const looked = cross?.(asked) ?? asked;
      const first = query.out(query.inner(looked), looked);
      const rest = nn.int(all.size(1)) - queries;
      if (text === null || rest === 0) return first;
      const told = all.narrow(1, queries, rest);
      return F.cat([first, text.out(text.inner(told), told)], 1);
    },
  );
}

type QEmbeddings = nn.Module<[ids: nn.Tensor, queries: nn.Tensor], nn.Tensor>;

/** The words of a question behind the queries, and one norm of both. */
function questionOf(q: Config, type: string, norm: Layer): QEmbeddings {
  const hidden = q.size('hidden_size');
  const [table, places] = [
    embedding(q.size('vocab_size'), hidden),
    embedding(q.size('max_position_embeddings'), hidden),
  ];
  return unit(
    `${type}QFormerEmbeddings`,
    { word_embeddings: table, position_embeddings: places, layernorm: norm },
    (ids: nn.Tensor, queries: nn.Tensor) => {
      withinPositions(places.num_embeddings, { sequence: ids.size(1), past: 0 });
      const text = table(ids).add(places(F.arange(ids.size(1))));
      return norm(F.cat([queries, text], 1));
    },
  );
}

/** The layers over `count` queries, all that they read, and the image. */
function encoderOf(q: Config, type: string, told: boolean, count: number): nn.Module<nn.Tensor[], nn.Tensor> {
  const every = q.size('cross_attention_frequency', 2);
  const looks = (i: number): boolean => i % every === 0;
  const layers = layersOf(q.layers('num_hidden_layers'), (i) => layer(q, looks(i), told), looks);
  const run = (x: nn.Tensor, image: nn.Tensor): nn.Tensor => {
    const pass = new nn.Pass(x.size(0), x.size(1), 0);
    return layers.reduce((y, one) => one(y, count, image, pass), x);
  };
  return unit(`${type}QFormerEncoder`, { layer: list(layers as never) }, run as (...x: nn.Tensor[]) => nn.Tensor);
}

/** Learned queries that draw from an image what the language model reads; InstructBLIP's read the question as well. */
const qformer =
  (type: string, asks: boolean) =>
  (c: Config, words: Config): Sight => {
    const v = inside(c, 'vision_config', asks ? 'instructblip_vision_model' : 'blip_2_vision_model');
    const q = inside(c, 'qformer_config', asks ? 'instructblip_qformer' : 'blip_2_qformer');
    const tower = visionTower(v, BLIP);
    const hidden = q.size('hidden_size');
    const count = c.size('num_query_tokens', 32);
    const queries = new nn.Parameter([1, count, hidden]);
    const encoder = encoderOf(q, type, asks || q.bool('use_qformer_text_input'), count);
    const norm = layerNorm(hidden);
    const question = asks ? questionOf(q, type, norm) : null;
    const former = unit(
      `${type}QFormerModel`,
      {
        ...(question === null ? { layernorm: norm } : { embeddings: question as never }),
        encoder: encoder as never,
      },
      (image: nn.Tensor, ids?: nn.Tensor) => {
        const asked = queries.expand(image.size(0), count, hidden);
        const x = question === null || ids === undefined ? norm(asked) : question(ids, asked);
        return encoder(x, image).narrow(1, 0, count);
      },
    );
    const project = linear(hidden, words.size('hidden_size'), true);
    const more: Sight['more'] = (free) => ({
      name: 'qformer_input_ids',
      shape: [free('batch'), free('question', 32)],
      dtype: 'int64',
    });
    return {
      parts: {
        query_tokens: queries,
        vision_model: tower as never,
        qformer: former as never,
        language_projection: project,
      },
      run: (pixels, ids) => project(former(tower(pixels)[0], ...(ids === undefined ? [] : [ids]))),
      ...(asks ? { more } : {}),
      ...sized(v),
    };
  };
const model = (type: string, asks: boolean): Builder =>
  visionLanguage({ type, tied: 'text', nested: true, text: textOf('opt'), sight: qformer(type, asks) });

export const families: Readonly<Record<string, Builder>> = byName({
  'blip-2': model('Blip2', false),
  instructblip: model('InstructBlip', true),
});
