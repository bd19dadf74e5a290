import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { encoder, grouped, type Head, stack, tanhPooler, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { rowsBeforeTokens, withinPositions } from '../../blocks/positions.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import {
  bert,
  bertHead,
  bertLayer,
  bertPairHead,
  intermediate,
  nextSentence,
  robertaClassifier,
  selfAttention,
  summedOutput,
} from './bert.js';

/** Layers whose norms, both under one name, are before attention and MLP; queries and keys rotated on request. */
function normFirst(c: Config, type: string, norm: string, rotary: boolean): PassLayer {
  const s = sizes(c);
  const attention = selfAttention(c, rotary ? { rotary_dim: s.d } : {});
  const [n1, n2] = [layerNorm(s.hidden), layerNorm(s.hidden)];
  const output = summedOutput(`${type}SelfOutput`, s.hidden, s.hidden);
  const all = unit(
    `${type}Attention`,
    { [norm]: n1, self: attention, output: output as never },
    (x: nn.Tensor, pass: nn.Pass) => output(attention(n1(x), pass), x),
  );
  const inner = intermediate(`${type}Intermediate`, s.hidden, s.inner, activation(c));
  const out = summedOutput(`${type}Output`, s.inner, s.hidden);
  return unit(
    `${type}Layer`,
    { attention: all, intermediate: inner, output: out as never, [norm]: n2 },
    (x: nn.Tensor, pass: nn.Pass) => {
      const y = all(x, pass);
      return out(inner(n2(y)), y);
    },
  );
}
const megatron: Builder = (c, o) => {
  const s = sizes(c);
  const type = 'MegatronBert';
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings(type, {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: null,
  });
  const ln = layerNorm(s.hidden);
  const layers = stack(
    `${type}Encoder`,
    layersOf(s.layers, () => normFirst(c, type, 'ln', false)),
    'layer',
    { ln },
  );
  return encoder(
    c,
    {
      type,
      base: 'bert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => ln(layers(embeddings(ids, pass), pass)),
      pooler: () => ['pooler', tanhPooler(s.hidden, `${type}Pooler`)],
      masked: bertHead(c, type),
      pretraining: bertPairHead(c, type),
      nextSentence: nextSentence(s.hidden, type),
    },
    o,
  );
};
/** Proteins: rotary positions, or a table; the head keeps its bias to itself. */
const esm: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  const rotary = c.str('position_embedding_type', 'absolute') === 'rotary';
  const first = c.bool('emb_layer_norm_before');
  const embeddings = wordEmbeddings('Esm', {
    word,
    width: s.hidden,
    positions: rotary ? null : c.size('max_position_embeddings'),
    unused: rowsBeforeTokens(c),
    segments: 0,
    norm: first ? 'layer_norm' : null,
  });
  const after = layerNorm(s.hidden);
  const layers = stack(
    'EsmEncoder',
    layersOf(s.layers, () => normFirst(c, 'Esm', 'LayerNorm', rotary)),
    'layer',
    { emb_layer_norm_after: after },
  );
  const contacts = unit(
    'EsmContactPredictionHead',
    { regression: linear(s.layers * s.heads, 1, true) },
    (x: nn.Tensor) => x,
  );
  return encoder(
    c,
    {
      type: 'Esm',
      base: 'esm',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers, contact_head: contacts },
      run: (ids, pass) => after(layers(embeddings(ids, pass), pass)),
      pooler: () => ['pooler', tanhPooler(s.hidden, 'EsmPooler')],
      masked: (table) => {
        const [dense, norm] = [linear(s.hidden, s.hidden, true), layerNorm(s.hidden)];
        const decoder = linear(s.hidden, s.vocab) as unknown as nn.Linear;
        if (c.bool('tie_word_embeddings', true)) decoder.weight = table.weight;
        const bias = new nn.Parameter([s.vocab]);
        return grouped('lm_head', 'EsmLMHead', {
          parts: { dense, layer_norm: norm, decoder, bias },
          run: (x) => decoder(norm(nn.functional.gelu(dense(x)))).add(bias),
        });
      },
      classifier: robertaClassifier(s.hidden, 'Esm'),
    },
    o,
  );
};
/** A narrow table for words, a wide one for the head. */
const rembert: Builder = (c, o) => {
  const s = sizes(c);
  const type = 'RemBert';
  const width = c.size('input_embedding_size', 256);
  const wide = c.size('output_embedding_size', 1664);
  const word = embedding(s.vocab, width);
  const embeddings = wordEmbeddings(type, {
    word,
    width,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
  });
  const map = linear(width, s.hidden, true);
  const layers = stack(
    `${type}Encoder`,
    layersOf(s.layers, () => bertLayer(c, type)),
    'layer',
    { embedding_hidden_mapping_in: map },
  );
  return encoder(
    c,
    {
      type,
      base: 'rembert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(map(embeddings(ids, pass)), pass),
      pooler: () => ['pooler', tanhPooler(s.hidden, `${type}Pooler`)],
      masked: () => {
        const [dense, norm, decoder] = [linear(s.hidden, wide, true), layerNorm(wide), linear(wide, s.vocab, true)];
        const act = activation(c);
        const head: Head = { parts: { dense, decoder, LayerNorm: norm }, run: (x) => decoder(norm(act(dense(x)))) };
        return grouped('cls', `${type}OnlyMLMHead`, grouped('predictions', `${type}LMPredictionHead`, head));
      },
    },
    o,
  );
};
/** Rotary positions from a table of sines. */
const roformer: Builder = (c, o) => {
  const s = sizes(c);
  const type = 'RoFormer';
  const width = c.int('embedding_size', s.hidden);
  const word = embedding(s.vocab, width);
  const embeddings = wordEmbeddings(type, {
    word,
    width,
    positions: null,
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
  });
  const project = width === s.hidden ? null : linear(width, s.hidden, true);
  const table = embedding(c.size('max_position_embeddings'), s.d);
  const layers = stack(
    `${type}Encoder`,
    layersOf(s.layers, () => bertLayer(c, type, selfAttention(c, { rotary_dim: s.d }))),
    'layer',
    { embed_positions: table },
  );
  return encoder(
    c,
    {
      type,
      base: 'roformer',
      hidden: s.hidden,
      word,
      parts: { embeddings, embeddings_project: project, encoder: layers },
      run: (ids, pass) => {
        const x = embeddings(ids, pass);
        withinPositions(table.num_embeddings, pass);
        return layers(project?.(x) ?? x, pass);
      },
      masked: bertHead(c, type, width),
      classifier: robertaClassifier(s.hidden, type, activation(c)),
    },
    o,
  );
};
/** Tables of the places on a page. */
const pages = (c: Config): Record<string, number> => {
  const rows = c.size('max_2d_position_embeddings', 1024);
  return Object.fromEntries(['x', 'y', 'h', 'w'].map((axis) => [`${axis}_position_embeddings`, rows]));
};
/** One BERT for questions, one for passages: what it says of the first token is the result. */
const dpr: Builder = (c, o) => {
  const inside = o.architecture.startsWith('DPRQuestion') ? 'question_encoder' : 'ctx_encoder';
  if (!/^(?:DPR(?:Question|Context)Encoder)?$/.test(o.architecture))
    throw c.wrong(
      'architectures',
      `names ${o.architecture.slice(0, 60)}: DPRQuestionEncoder and DPRContextEncoder are known`,
    );
  const made = bert('Bert', 'bert', 'bert', { pooler: 'none' })(c, { ...o, architecture: 'BertModel' });
  const model = made.module as unknown as nn.Module<nn.Tensor[], [nn.Tensor, null]>;
  const width = c.int('projection_dim', 0);
  const project = width > 0 ? linear(c.size('hidden_size'), width, true) : null;
  const run = (...x: nn.Tensor[]): nn.Tensor => {
    const pooled = model(...x)[0].select(1, 0);
    return project?.(pooled) ?? pooled;
  };
  const whole = unit('DPREncoder', { bert_model: model as never, encode_proj: project }, run);
  return {
    ...made,
    module: unit(o.architecture || 'DPRContextEncoder', { [inside]: whole as never }, (...x: nn.Tensor[]) =>
      whole(...x),
    ),
  };
};

export const families: Readonly<Record<string, Builder>> = byName({
  'megatron-bert': megatron,
  esm,
  rembert,
  roformer,
  dpr,
  layoutlm: bert('LayoutLM', 'layoutlm', 'bert', { tables: pages, pooler: 'always' }),
  splinter: bert('Splinter', 'splinter', 'bert', { pooler: 'none' }),
  ibert: bert('IBert', 'ibert', 'roberta'),
});
