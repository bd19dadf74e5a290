import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import {
  encoder,
  firstToken,
  grouped,
  type Head,
  type PairHead,
  stack,
  tanhPooler,
  wordEmbeddings,
  wordHead,
} from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { rowsBeforeTokens } from '../../blocks/positions.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** Query, key and value as BERT names them; the output projection is elsewhere. */
export function selfAttention(c: Config, o: Partial<nn.GroupedAttentionOptions> = {}): nn.GroupedAttention {
  const s = sizes(c);
  const decoder = c.bool('is_decoder');
  return fullAttention(s.hidden, s.heads, {
    causal: decoder,
    cached: decoder,
    names: { q: 'query', k: 'key', v: 'value', o: null },
    ...o,
  });
}
/** dense, then the residual, then the norm. */
export function residualOutput(
  type: string,
  inputs: number,
  outputs: number,
): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const dense = linear(inputs, outputs, true);
  const norm = layerNorm(outputs);
  return unit(type, { dense, LayerNorm: norm }, (x: nn.Tensor, residual: nn.Tensor) => norm(dense(x).add(residual)));
}
/** dense, then the residual: of layers whose norms are elsewhere. */
export function summedOutput(
  type: string,
  inputs: number,
  outputs: number,
): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const dense = linear(inputs, outputs, true);
  return unit(type, { dense }, (x: nn.Tensor, residual: nn.Tensor) => dense(x).add(residual));
}
/** One projection under `dense`, and an activation. */
export function intermediate(type: string, inputs: number, outputs: number, act: (x: nn.Tensor) => nn.Tensor): Layer {
  const dense = linear(inputs, outputs, true);
  return unit(type, { dense }, (x: nn.Tensor) => act(dense(x)));
}
/** A layer of BERT. */
export function bertLayer(c: Config, type: string, attention: PassLayer = selfAttention(c)): PassLayer {
  const s = sizes(c);
  const output = residualOutput(`${type}SelfOutput`, s.hidden, s.hidden);
  const all = unit(`${type}Attention`, { self: attention, output: output as never }, (x: nn.Tensor, pass: nn.Pass) =>
    output(attention(x, pass), x),
  );
  const inner = intermediate(`${type}Intermediate`, s.hidden, s.inner, activation(c));
  const out = residualOutput(`${type}Output`, s.inner, s.hidden);
  return unit(
    `${type}Layer`,
    { attention: all, intermediate: inner, output: out as never },
    (x: nn.Tensor, pass: nn.Pass) => {
      const y = all(x, pass);
      return out(inner(y), y);
    },
  );
}
const bertLayers = (c: Config, make: () => PassLayer): PassLayer[] => layersOf(c.layers('num_hidden_layers'), make);

/** BERT's head under `predictions`; `width` is that of the table of words. */
const bertPredictions = (c: Config, type: string, word: nn.Embedding, width = c.size('hidden_size')): Head =>
  wordHead(c, word, {
    hidden: c.size('hidden_size'),
    width,
    type,
    transform: 'transform',
    names: { dense: 'dense', norm: 'LayerNorm', decoder: 'decoder' },
  });
/** `cls.predictions`, as BERT has it. */
export const bertHead =
  (c: Config, type: string, width?: number) =>
  (word: nn.Embedding): Head => {
    const head = bertPredictions(c, type, word, width);
    return grouped('cls', `${type}OnlyMLMHead`, grouped('predictions', `${type}LMPredictionHead`, head));
  };
/** `cls` with both heads of BERT's training: words, and whether one sentence follows the other. */
export const bertPairHead =
  (c: Config, type: string) =>
  (word: nn.Embedding): PairHead => {
    const words = bertPredictions(c, type, word);
    const predictions = unit(`${type}LMPredictionHead`, words.parts, words.run);
    const relation = linear(c.size('hidden_size'), 2, true);
    const run = (x: nn.Tensor, pooled: nn.Tensor): nn.Tensor => {
      relation(pooled);
      return predictions(x);
    };
    const cls = unit(`${type}PreTrainingHeads`, { predictions, seq_relationship: relation }, run);
    return { parts: { cls: cls as never }, run: (x, pooled) => cls(x, pooled), pooled: true };
  };
/** `cls.seq_relationship` alone. */
export const nextSentence = (hidden: number, type: string) => (): Head => {
  const relation = linear(hidden, 2, true);
  return grouped('cls', `${type}OnlyNSPHead`, { parts: { seq_relationship: relation }, run: (x) => relation(x) });
};
/** `lm_head`, as RoBERTa has it. */
export const robertaHead =
  (c: Config, type: string, biasOnDecoder = false) =>
  (word: nn.Embedding): Head =>
    grouped(
      'lm_head',
      `${type}LMHead`,
      wordHead(c, word, {
        hidden: c.size('hidden_size'),
        type,
        names: { dense: 'dense', norm: 'layer_norm', decoder: 'decoder' },
        biasOnDecoder,
        act: (x) => nn.functional.gelu(x),
      }),
    );
/** dense, tanh, out_proj of the first token. */
export const robertaClassifier =
  (hidden: number, type: string, act: (x: nn.Tensor) => nn.Tensor = (x) => x.tanh()) =>
  (labels: number): Head => {
    const [dense, out] = [linear(hidden, hidden, true), linear(hidden, labels, true)];
    return grouped('classifier', `${type}ClassificationHead`, {
      parts: { dense, out_proj: out },
      run: (x) => out(act(dense(firstToken(x)))),
    });
  };

export function bert(
  type: string,
  base: string,
  kind: 'bert' | 'roberta',
  more: {
    /** More tables that are looked up at each position, by name, and their rows. */
    readonly tables?: (c: Config) => Readonly<Record<string, number>>;
    readonly pooler?: 'always' | 'none';
  } = {},
): Builder {
  return (c, o) => {
    const s = sizes(c);
    const word = embedding(s.vocab, s.hidden);
    const tasks = c.bool('use_task_id') ? embedding(c.int('task_type_vocab_size', 3), s.hidden) : null;
    const tables = Object.entries(more.tables?.(c) ?? {}).map(([n, rows]) => [n, embedding(rows, s.hidden)] as const);
    const embeddings = wordEmbeddings(type, {
      word,
      width: s.hidden,
      positions: c.size('max_position_embeddings'),
      unused: kind === 'roberta' ? rowsBeforeTokens(c) : 0,
      segments: c.int('type_vocab_size', 2),
      norm: 'LayerNorm',
      parts: { task_type_embeddings: tasks, ...Object.fromEntries(tables) },
      ...(tables.length === 0
        ? {}
        : { before: (x, ids) => tables.reduce((y, [, t]) => y.add(t(nn.functional.zeros(ids.shape, 'int64'))), x) }),
    });
    const layers = stack(
      `${type}Encoder`,
      bertLayers(c, () => bertLayer(c, type)),
    );
    return encoder(
      c,
      {
        type,
        base,
        hidden: s.hidden,
        word,
        parts: { embeddings, encoder: layers },
        run: (ids, pass) => layers(embeddings(ids, pass), pass),
        pooler: more.pooler === 'none' ? null : () => ['pooler', tanhPooler(s.hidden, `${type}Pooler`)],
        ...(more.pooler === 'always' ? { poolerAlways: true } : {}),
        masked: kind === 'bert' ? bertHead(c, type) : robertaHead(c, type),
        ...(kind === 'bert'
          ? { pretraining: bertPairHead(c, type), nextSentence: nextSentence(s.hidden, type) }
          : { classifier: robertaClassifier(s.hidden, type) }),
      },
      o,
    );
  };
}
/** No segments, and a head of one projection. */
const bertGeneration: Builder = (c, o) => {
  const s = sizes(c);
  const type = 'BertGeneration';
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings(type, {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: 0,
    norm: 'LayerNorm',
  });
  const layers = stack(
    'BertEncoder',
    bertLayers(c, () => bertLayer(c, type)),
  );
  return encoder(
    c,
    {
      type,
      base: 'bert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      masked: (table) => {
        const decoder = linear(s.hidden, s.vocab, true) as unknown as nn.Linear;
        const tied = c.bool('tie_word_embeddings', true);
        if (tied) decoder.weight = table.weight;
        return grouped('lm_head', 'BertGenerationOnlyLMHead', {
          parts: { decoder, bias: tied ? decoder.bias : new nn.Parameter([s.vocab]) },
          run: (x) => decoder(x),
        });
      },
    },
    o,
  );
};
/** Words also by their sound and their shape. */
const rocBert: Builder = (c, o) => {
  const s = sizes(c);
  const word = embedding(s.vocab, s.hidden);
  // Both tables are there; what is switched off does not read them.
  const tables = {
    sound: embedding(c.size('pronunciation_vocab_size'), c.size('pronunciation_embed_dim')),
    shape: embedding(c.size('shape_vocab_size'), c.size('shape_embed_dim')),
  };
  const sound = c.bool('enable_pronunciation', true) ? tables.sound : null;
  const shape = c.bool('enable_shape', true) ? tables.shape : null;
  const concat = c.bool('concat_input', true);
  const wide = s.hidden + (sound?.embedding_dim ?? 0) + (shape?.embedding_dim ?? 0);
  const map = concat ? linear(wide, s.hidden, true) : null;
  const embeddings = wordEmbeddings('RoCBert', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
    parts: { pronunciation_embed: tables.sound, shape_embed: tables.shape, map_inputs_layer: map },
    before: (x, ids) => {
      const more = [shape, sound].flatMap((table) => (table === null ? [] : [table(ids)]));
      return map === null ? x : map(nn.functional.cat([x, ...more], -1));
    },
  });
  const layers = stack(
    'RoCBertEncoder',
    bertLayers(c, () => bertLayer(c, 'RoCBert')),
  );
  return encoder(
    c,
    {
      type: 'RoCBert',
      base: 'roc_bert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pooler: () => ['pooler', tanhPooler(s.hidden)],
      masked: bertHead(c, 'RoCBert'),
    },
    o,
  );
};
/** Norms before attention and MLP; the head is RoBERTa's. */
function preNorm(type: string, base: string, xl: boolean): Builder {
  return (c, o) => {
    const s = sizes(c);
    const word = embedding(s.vocab, s.hidden);
    const embeddings = wordEmbeddings(type, {
      word,
      width: s.hidden,
      positions: c.size('max_position_embeddings'),
      unused: rowsBeforeTokens(c),
      segments: c.int('type_vocab_size', 2),
      norm: xl ? null : 'LayerNorm',
    });
    const layer = (): PassLayer => {
      const [n1, n2] = [layerNorm(s.hidden), layerNorm(s.hidden)];
      const attention = selfAttention(c);
      const output = summedOutput(`${type}SelfOutput`, s.hidden, s.hidden);
      const all = unit(
        `${type}Attention`,
        { self: attention, output: output as never, [xl ? 'self_attn_layer_norm' : 'LayerNorm']: n1 },
        (x: nn.Tensor, pass: nn.Pass) => output(attention(n1(x), pass), x),
      );
      const act = activation(c);
      const up = linear(s.hidden, s.inner, true);
      const inner = unit(`${type}Intermediate`, { ...(xl ? {} : { LayerNorm: n2 }), dense: up }, (x: nn.Tensor) =>
        act(up(n2(x))),
      );
      const out = summedOutput(`${type}Output`, s.inner, s.hidden);
      return unit(
        `${type}Layer`,
        { attention: all, intermediate: inner, output: out as never, ...(xl ? { LayerNorm: n2 } : {}) },
        (x: nn.Tensor, pass: nn.Pass) => {
          const y = all(x, pass);
          return out(inner(y), y);
        },
      );
    };
    const last = layerNorm(s.hidden);
    const layers = stack(`${type}Encoder`, bertLayers(c, layer), 'layer', xl ? { LayerNorm: last } : {});
    return encoder(
      c,
      {
        type,
        base,
        hidden: s.hidden,
        word,
        parts: { embeddings, encoder: layers, ...(xl ? {} : { LayerNorm: last }) },
        run: (ids, pass) => last(layers(embeddings(ids, pass), pass)),
        pooler: () => ['pooler', tanhPooler(s.hidden)],
        masked: robertaHead(c, type),
        classifier: robertaClassifier(s.hidden, type),
      },
      o,
    );
  };
}

export const families: Readonly<Record<string, Builder>> = byName({
  bert: bert('Bert', 'bert', 'bert'),
  ernie: bert('Ernie', 'ernie', 'bert'),
  roberta: bert('Roberta', 'roberta', 'roberta'),
  camembert: bert('Camembert', 'roberta', 'roberta'),
  'xlm-roberta': bert('XLMRoberta', 'roberta', 'roberta'),
  'data2vec-text': bert('Data2VecText', 'data2vec_text', 'roberta'),
  'bert-generation': bertGeneration,
  roc_bert: rocBert,
  'roberta-prelayernorm': preNorm('RobertaPreLayerNorm', 'roberta_prelayernorm', false),
  'xlm-roberta-xl': preNorm('XLMRobertaXL', 'roberta', true),
});
