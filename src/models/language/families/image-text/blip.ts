import { add, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { firstToken, tanhPooler, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Architecture, Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, linear } from '../../blocks/parts.js';
import { type CrossSource, crossAttention, type DecoderLayer } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown, imageInputs, pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { bertHead, intermediate, residualOutput, selfAttention } from '../encoders/bert.js';
import { BLIP, contrast, type Tower, visionTower } from './clip.js';

/** BERT's layer with attention to an image between attention and MLP. */
function textLayer(c: Config, source: number, cached: boolean): DecoderLayer {
  const s = sizes(c);
  const self = selfAttention(c, { causal: cached, cached });
  const output = residualOutput('BlipTextSelfOutput', s.hidden, s.hidden);
  const attention = unit('BlipTextAttention', { self, output: output as never }, (x: nn.Tensor, pass: nn.Pass) =>
    output(self(x, pass), x),
  );
  const names = { q: 'query', k: 'key', v: 'value', o: null };
  const looks = crossAttention({
    type: 'BlipTextSelfAttention',
    hidden: s.hidden,
    heads: s.heads,
    source,
    bias: true,
    names,
  });
  const crossOutput = residualOutput('BlipTextSelfOutput', s.hidden, s.hidden);
  const cross = unit(
    'BlipTextAttention',
    { self: looks as never, output: crossOutput as never },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource) => crossOutput(looks(x, pass, from), x),
  );
  const inner = intermediate('BlipTextIntermediate', s.hidden, s.inner, activation(c));
  const out = residualOutput('BlipTextOutput', s.inner, s.hidden);
  const used = c.bool('is_decoder', true);
  return unit(
    'BlipTextLayer',
    { attention, crossattention: used ? (cross as never) : null, intermediate: inner, output: out as never },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => {
      let y = attention(x, pass);
      if (used && from !== null) y = cross(y, pass, from);
      return out(inner(y), y);
    },
  );
}

/** The text side: words alone, or words that attend to an image. */
function textModel(
  c: Config,
  source: number,
  o: { pooled: boolean; cached: boolean },
): { module: DecoderLayer; pool: Layer | null; word: nn.Embedding } {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings('BlipText', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: 0,
    norm: 'LayerNorm',
  });
  const layers = layersOf(s.layers, () => textLayer(c, source, o.cached));
  const run = (x: nn.Tensor, pass: nn.Pass, from: CrossSource | null): nn.Tensor =>
    layers.reduce((y, layer) => layer(y, pass, from), x);
  const encoder = unit('BlipTextEncoder', { layer: new nn.ModuleList(layers as never) }, run);
  const pool = o.pooled ? tanhPooler(s.hidden, 'BlipTextPooler') : null;
  const module = unit(
    'BlipTextModel',
    { embeddings, encoder: encoder as never, pooler: pool },
    (ids: nn.Tensor, pass: nn.Pass, from: CrossSource | null) => encoder(embeddings(ids, pass), pass, from),
  );
  return { module, pool, word };
}
const wholePass = (ids: nn.Tensor): nn.Pass => new nn.Pass(ids.size(0), ids.size(1), 0);
const ids: Architecture['inputs'] = (free) => [
  { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
];

const blip: Builder = (c, o) => {
  const [text, vision] = [c.sub('text_config', 'blip_text_model'), c.sub('vision_config', 'blip_vision_model')];
  const tower = visionTower(vision, BLIP);
  const source = vision.size('hidden_size');
  const images = imageInputs(vision, pairOf(vision, 'image_size', 384));
  const look = (x: nn.Tensor): CrossSource => ({ states: x, length: x.size(1) });
  const name = o.architecture;
  if (/ConditionalGeneration$/.test(name)) return captions(text, tower, source, images, name);
  if (/QuestionAnswering$/.test(name)) return answers(text, tower, source, images, name);
  if (/ImageTextRetrieval$/.test(name)) {
    const { module: words } = textModel(text, source, { pooled: false, cached: false });
    const width = c.size('image_text_hidden_size', 256);
    const hidden = text.size('hidden_size');
    const [vp, tp, match] = [linear(source, width, true), linear(hidden, width, true), linear(hidden, 2, true)];
    const module = unit(
      name,
      { vision_model: tower as never, text_encoder: words as never, vision_proj: vp, text_proj: tp, itm_head: match },
      (x: nn.Tensor, pixels: nn.Tensor) => match(firstToken(words(x, wholePass(x), look(tower(pixels)[0])))),
    );
    return { module, inputs: (free) => [...ids(free), ...images(free)], kept: () => null };
  }
  if (!/Model$/.test(name) && name !== '') throw headUnknown(c, name);
  const { module: words, pool } = textModel(text, source, { pooled: true, cached: false });
  const dim = c.size('projection_dim', 512);
  const [vp, tp] = [linear(source, dim), linear(text.size('hidden_size'), dim)];
  const module = unit(
    name || 'BlipModel',
    {
      logit_scale: new nn.Parameter([]),
      text_model: words as never,
      vision_model: tower as never,
      visual_projection: vp,
      text_projection: tp,
    },
    (x: nn.Tensor, pixels: nn.Tensor) => {
      const states = words(x, wholePass(x), null);
      return contrast(tower(pixels)[1], pool?.(states) ?? states, vp, tp);
    },
  );
  return { module, inputs: (free) => [...ids(free), ...images(free)], kept: () => null };
};

/** A decoder that writes what an image shows. */
function captions(
  text: Config,
  tower: Tower,
  source: number,
  images: Architecture['inputs'],
  name: string,
): Architecture {
  let kept: nn.Kept[] = [];
  const { module: words, word } = textModel(text, source, { pooled: false, cached: true });
  const head = bertHead(text, 'BlipText')(word);
  const side = unit(
    'BlipTextLMHeadModel',
    { bert: words as never, ...head.parts },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource) => head.run(words(x, pass, from)),
  );
  const module = unit(
    name,
    { vision_model: tower as never, text_decoder: side as never },
    (x: nn.Tensor, mask: nn.Tensor, pixels: nn.Tensor) => {
      const pass = new nn.Pass(x.size(0), x.size(1), sub(mask.size(1), x.size(1)));
      kept = pass.kept;
      const states = tower(pixels)[0];
      return side(x, pass, { states, length: states.size(1) });
    },
  );
  const inputs: Architecture['inputs'] = (free) => [
    ...ids(free),
    { name: 'attention_mask', shape: [free('batch'), add(free('past', 0), free('sequence'))], dtype: 'int64' },
    ...images(free),
  ];
  return { module, inputs, kept: () => kept };
}

/** An encoder of questions that attends to the image, and a decoder of answers that attends to the question. */
function answers(
  text: Config,
  tower: Tower,
  source: number,
  images: Architecture['inputs'],
  name: string,
): Architecture {
  const hidden = text.size('hidden_size');
  const { module: encoder } = textModel(text, source, { pooled: false, cached: false });
  const { module: words, word } = textModel(text, source, { pooled: false, cached: true });
  if (source !== hidden)
    throw text.wrong('hidden_size', `is ${hidden}: answers attend to questions as to images, of width ${source}`);
  const head = bertHead(text, 'BlipText')(word);
  const decoder = unit(
    'BlipTextLMHeadModel',
    { bert: words as never, ...head.parts },
    (x: nn.Tensor, pass: nn.Pass, from: CrossSource) => head.run(words(x, pass, from)),
  );
  const module = unit(
    name,
    { vision_model: tower as never, text_encoder: encoder as never, text_decoder: decoder as never },
    (question: nn.Tensor, answer: nn.Tensor, pixels: nn.Tensor) => {
      const seen = tower(pixels)[0];
      const states = encoder(question, wholePass(question), { states: seen, length: seen.size(1) });
      return decoder(answer, wholePass(answer), { states, length: states.size(1) });
    },
  );
  const inputs: Architecture['inputs'] = (free) => [
    { name: 'input_ids', shape: [free('batch'), free('source')], dtype: 'int64' },
    { name: 'decoder_input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
    ...images(free),
  ];
  return { module, inputs, kept: () => null };
}

export const families: Readonly<Record<string, Builder>> = byName({ blip });
