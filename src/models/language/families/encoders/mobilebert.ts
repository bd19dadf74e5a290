import { sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, grouped, type Head, stack, tanhPooler } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { withinPositions } from '../../blocks/positions.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

type Residual = nn.Module<[x: nn.Tensor, residual: nn.Tensor], nn.Tensor>;

/** A norm, or a scale and a shift alone. */
function normOf(c: Config, size: number): Layer {
  if (c.str('normalization_type', 'no_norm') === 'layer_norm') return layerNorm(size);
  const [bias, weight] = [new nn.Parameter([size]), new nn.Parameter([size])];
  return unit('NoNorm', { bias, weight }, (x: nn.Tensor) => x.mul(weight).add(bias));
}
/** A projection, a residual and a norm. */
function projected(c: Config, type: string, inputs: number, outputs: number, parts: Parts = {}): Residual {
  const [dense, norm] = [linear(inputs, outputs, true), normOf(c, outputs)];
  return unit(type, { dense, LayerNorm: norm, ...parts }, (x: nn.Tensor, residual: nn.Tensor) =>
    norm(dense(x).add(residual)),
  );
}
function narrowing(c: Config, hidden: number, inner: number): Layer {
  const [dense, norm] = [linear(hidden, inner, true), normOf(c, inner)];
  return unit('BottleneckLayer', { dense, LayerNorm: norm }, (x: nn.Tensor) => norm(dense(x)));
}

type Four = readonly [query: nn.Tensor, key: nn.Tensor, value: nn.Tensor, residual: nn.Tensor];

/** Whether layers are narrower inside than the states that go through them, and how wide they are there. */
function widthOf(c: Config): { narrow: boolean; width: number } {
  const narrow = c.bool('use_bottleneck', true);
  return { narrow, width: narrow ? c.size('intra_bottleneck_size') : c.size('hidden_size') };
}

/** Attention whose values may be wider than queries and keys. */
function attentionOf(c: Config): nn.Module<[...Four], nn.Tensor> {
  const { hidden, heads } = sizes(c);
  const { width } = widthOf(c);
  const d = Math.floor(width / heads);
  const inner = d * heads;
  const values = c.bool('use_bottleneck_attention') ? width : hidden;
  const [q, k, v] = [linear(width, inner, true), linear(width, inner, true), linear(values, inner, true)];
  const self = unit(
    'MobileBertSelfAttention',
    { query: q, key: k, value: v },
    (query: nn.Tensor, key: nn.Tensor, value: nn.Tensor) => {
      const split = (x: nn.Tensor): nn.Tensor => x.view(x.size(0), x.size(1), heads, d).transpose(1, 2);
      const out = F.scaled_dot_product_attention(split(q(query)), split(k(key)), split(v(value)));
      return out.transpose(1, 2).reshape(query.size(0), query.size(1), inner);
    },
  );
  const output = projected(c, 'MobileBertSelfOutput', width, width);
  return unit(
    'MobileBertAttention',
    { self: self as never, output: output as never },
    (query: nn.Tensor, key: nn.Tensor, value: nn.Tensor, residual: nn.Tensor) =>
      output(self(query, key, value), residual),
  );
}

/** Makes of the states what attention reads; null if layers are as wide as the states. */
function bottleneckOf(c: Config): nn.Module<[nn.Tensor], Four> | null {
  const { narrow, width } = widthOf(c);
  if (!narrow) return null;
  const hidden = c.size('hidden_size');
  const own = c.bool('use_bottleneck_attention');
  const input = narrowing(c, hidden, width);
  const forBoth = c.bool('key_query_shared_bottleneck', true) ? narrowing(c, hidden, width) : null;
  return unit('Bottleneck', { input, attention: forBoth }, (x: nn.Tensor): Four => {
    const small = input(x);
    if (own) return [small, small, small, small];
    const keys = forBoth?.(x) ?? x;
    return [keys, keys, x, small];
  });
}

/** A layer narrower inside than the states that go through it, with several feed-forward networks one after the other. */
function layerOf(c: Config): PassLayer {
  const { hidden, inner } = sizes(c);
  const { narrow, width } = widthOf(c);
  const act = activation(c, 'hidden_act', 'relu');
  const attention = attentionOf(c);
  const up = (): Layer => {
    const dense = linear(width, inner, true);
    return unit('MobileBertIntermediate', { dense }, (x: nn.Tensor) => act(dense(x)));
  };
  const ffn = layersOf(c.layers('num_feedforward_networks', 1) - 1, (): Layer => {
    const [intermediate, output] = [up(), projected(c, 'FFNOutput', inner, width)];
    return unit('FFNLayer', { intermediate, output: output as never }, (x: nn.Tensor) => output(intermediate(x), x));
  });
  const intermediate = up();
  const widen = narrow ? projected(c, 'OutputBottleneck', width, hidden) : null;
  const output = projected(c, 'MobileBertOutput', inner, width, { bottleneck: widen as never });
  const bottleneck = bottleneckOf(c);
  return unit(
    'MobileBertLayer',
    {
      attention: attention as never,
      intermediate,
      output: output as never,
      bottleneck: bottleneck as never,
      ...(ffn.length > 0 ? { ffn: new nn.ModuleList(ffn as never) } : {}),
    },
    (x: nn.Tensor) => {
      const y = ffn.reduce((z, layer) => layer(z), attention(...(bottleneck?.(x) ?? ([x, x, x, x] as const))));
      const z = output(intermediate(y), y);
      return widen?.(z, x) ?? z;
    },
  );
}

/** Words, with those before and after them beside each, made as wide as the layers. */
function embeddingsOf(c: Config, word: nn.Embedding, hidden: number): PassLayer {
  const width = word.embedding_dim;
  const three = c.bool('trigram_input', true);
  const positions = embedding(c.size('max_position_embeddings'), hidden);
  const segments = embedding(c.int('type_vocab_size', 2), hidden);
  const transform = linear(three ? 3 * width : width, hidden, true);
  const norm = normOf(c, hidden);
  return unit(
    'MobileBertEmbeddings',
    {
      ...{ word_embeddings: word, position_embeddings: positions, token_type_embeddings: segments },
      ...{ embedding_transformation: transform, LayerNorm: norm },
    },
    (ids: nn.Tensor, pass: nn.Pass) => {
      withinPositions(positions.num_embeddings, pass);
      let x: nn.Tensor = word(ids);
      const rest = sub(ids.size(1), 1);
      if (three)
        x = F.cat([F.pad(x.narrow(1, 1, rest), [0, 0, 0, 1]), x, F.pad(x.narrow(1, 0, rest), [0, 0, 1, 0])], 2);
      if (three || width !== hidden) x = transform(x);
      return norm(x.add(positions(F.arange(ids.size(1)))).add(segments(F.zeros(ids.shape, 'int64'))));
    },
  );
}

/** The table of words and a second matrix, side by side as wide as the layers. */
function wordsOf(c: Config, table: nn.Embedding, hidden: number): Head {
  const [dense, norm] = [linear(hidden, hidden, true), layerNorm(hidden)];
  const act = activation(c, 'hidden_act', 'relu');
  const transform = unit('MobileBertPredictionHeadTransform', { dense, LayerNorm: norm }, (x: nn.Tensor) =>
    norm(act(dense(x))),
  );
  const vocab = table.num_embeddings;
  const decoder = new nn.Linear(table.embedding_dim, vocab, true);
  const second = new nn.Linear(vocab, hidden - Number(table.embedding_dim), false);
  const tied = c.bool('tie_word_embeddings', true);
  if (tied) decoder.weight = table.weight;
  const bias = tied ? decoder.bias : new nn.Parameter([vocab]);
  return grouped(
    'cls',
    'MobileBertOnlyMLMHead',
    grouped('predictions', 'MobileBertLMPredictionHead', {
      parts: { bias, transform, dense: second, decoder },
      run: (x) => {
        const both = F.cat([(decoder.weight as nn.Tensor).t(), second.weight as nn.Tensor], 0);
        return transform(x)
          .matmul(both)
          .add(decoder.bias as nn.Tensor);
      },
    }),
  );
}

const mobilebert: Builder = (c, o) => {
  const s = sizes(c);
  const width = c.size('embedding_size');
  if (width > s.hidden) throw c.wrong('embedding_size', 'is larger than "hidden_size"');
  const word = embedding(s.vocab, width);
  const embeddings = embeddingsOf(c, word, s.hidden);
  const layers = stack(
    'MobileBertEncoder',
    layersOf(s.layers, () => layerOf(c)),
  );
  return encoder(
    c,
    {
      type: 'MobileBert',
      base: 'mobilebert',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => layers(embeddings(ids, pass), pass),
      pooler: () => [
        'pooler',
        c.bool('classifier_activation', true)
          ? tanhPooler(s.hidden, 'MobileBertPooler')
          : unit('MobileBertPooler', {}, (x: nn.Tensor) => firstToken(x)),
      ],
      masked: (table) => wordsOf(c, table, s.hidden),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ mobilebert });
