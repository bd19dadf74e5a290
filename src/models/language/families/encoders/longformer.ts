import { add, ceildiv, type Dim, exactdiv, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { encoder, stack, tanhPooler, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { embedding, linear, type PassLayer } from '../../blocks/parts.js';
import { rowsBeforeTokens } from '../../blocks/positions.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { bertLayer, robertaClassifier, robertaHead } from './bert.js';

const F = nn.functional;

/** The window of each layer, and the multiple that sequences are filled up to: the largest of them. */
function windowsOf(c: Config, layers: number): { windows: number[]; multiple: number } {
  const given = c.get('attention_window');
  const windows = Array.isArray(given)
    ? (c.ints('attention_window') as number[])
    : new Array<number>(layers).fill(c.size('attention_window', 512));
  if (windows.length !== layers)
    throw c.wrong('attention_window', `has ${windows.length} entries for ${layers} layers`);
  const multiple = Math.max(...windows, 2);
  const bad = windows.find((w) => w < 2 || w % 2 !== 0 || multiple % w !== 0);
  if (bad !== undefined)
    throw c.wrong('attention_window', `has ${bad}: even numbers that divide the largest were expected`);
  return { windows, multiple };
}

/**
 * Attention within a window, in the reference's form: overlapping chunks of 2w tokens for the scores, and each block of w
 * queries over the 3w values around it. Global tokens see all others and are seen by them, with projections of their own.
 */
function windowed(c: Config, window: number, global: number): PassLayer {
  const s = sizes(c);
  if (s.hidden % s.heads !== 0)
    throw c.wrong('num_attention_heads', `is ${s.heads}, which does not divide ${s.hidden}`);
  const d = s.hidden / s.heads;
  const half = window / 2;
  const project = (): ReturnType<typeof linear> => linear(s.hidden, s.hidden, true);
  const [q, k, v] = [project(), project(), project()];
  const [qg, kg, vg] = [project(), project(), project()];
  return unit(
    'LongformerSelfAttention',
    { query: q, key: k, value: v, query_global: qg, key_global: kg, value_global: vg },
    (x: nn.Tensor) => {
      const [n, length] = [x.size(0), x.size(1)];
      const split = (t: nn.Tensor): nn.Tensor => t.view(n, t.size(1), s.heads, d).transpose(1, 2);
      const blocks: Dim = exactdiv(length, half) ?? ceildiv(length, half);
      const cut = (t: nn.Tensor): nn.Tensor => t.reshape(n, s.heads, blocks, half, d);
      const [query, key, value] = [split(q(x).mul(1)), split(k(x)), split(v(x))];
      const chunked = (t: nn.Tensor): nn.Tensor => {
        const all = cut(t);
        const count = sub(blocks, 1);
        return F.cat([all.narrow(2, 0, count), all.narrow(2, 1, count)], 3);
      };
      chunked(query).matmul(chunked(key).transpose(-1, -2));
      const wide = window + 1 + global;
      let weights = F.zeros([n, s.heads, length, wide], x.dtype);
      const seen = global > 0 ? query.matmul(key.narrow(2, 0, global).transpose(-1, -2)) : null;
      weights = weights.softmax(-1);
      const own = F.pad(weights.narrow(-1, global, window + 1).reshape(n, s.heads, blocks, half, window + 1), [
        0,
        half - 1,
      ]);
      const padded = F.pad(value, [0, 0, half, half]).reshape(n, s.heads, add(blocks, 2), half, d);
      const around = F.cat(
        [0, 1, 2].map((i) => padded.narrow(2, i, blocks)),
        3,
      );
      let y = own.matmul(around).reshape(n, s.heads, length, d);
      if (seen !== null) {
        y = y.add(weights.narrow(-1, 0, global).matmul(value.narrow(2, 0, global)));
        const [keys, values] = [split(kg(x)), split(vg(x))];
        split(qg(x.narrow(1, 0, global)).mul(1))
          .matmul(keys.transpose(-1, -2))
          .softmax(-1)
          .matmul(values);
      }
      return y.transpose(1, 2).reshape(n, length, s.hidden);
    },
  );
}

const longformer: Builder = (c, o) => {
  const s = sizes(c);
  if (/(?:QuestionAnswering|MultipleChoice)$/.test(o.architecture))
    throw new ModelError(
      'unsupported',
      `${c.type}: in ${o.architecture.slice(0, 80)} the question's tokens are global`,
      {
        format: 'transformers',
        at: { field: 'architectures' },
        hint: 'known: …Model, …ForMaskedLM, …ForSequenceClassification, …ForTokenClassification',
      },
    );
  const { windows, multiple } = windowsOf(c, s.layers);
  // The first token stands for the sequence and is global where sequences are classified.
  const global = /SequenceClassification$/.test(o.architecture) ? 1 : 0;
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings('Longformer', {
    word,
    width: s.hidden,
    positions: c.size('max_position_embeddings'),
    unused: rowsBeforeTokens(c),
    segments: c.int('type_vocab_size', 2),
    norm: 'LayerNorm',
  });
  const layers = stack(
    'LongformerEncoder',
    layersOf(
      windows.length,
      (i) => bertLayer(c, 'Longformer', windowed(c, windows[i] as number, global)),
      (i) => windows[i],
    ),
  );
  return encoder(
    c,
    {
      type: 'Longformer',
      base: 'longformer',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: layers },
      run: (ids, pass) => {
        const length = ids.size(1);
        const filled = F.pad(ids, [0, sub(mul(ceildiv(length, multiple), multiple), length)]);
        return layers(embeddings(filled, pass), pass).narrow(1, 0, length);
      },
      pooler: () => ['pooler', tanhPooler(s.hidden, 'LongformerPooler')],
      masked: robertaHead(c, 'Longformer'),
      classifier: robertaClassifier(s.hidden, 'Longformer'),
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ longformer });
