import { add, ceildiv, type Dim, equal, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
const MOST_LAYERS = 512;

type FunnelLayer = nn.Module<[query: nn.Tensor, key: nn.Tensor], nn.Tensor>;

/** Scores by content, by distance and by segment, each with a bias of its own; queries may be fewer than keys. */
function attentionOf(c: Config): FunnelLayer {
  const [hidden, heads, d] = [c.size('d_model'), c.size('n_head'), c.size('d_head')];
  const factorized = c.str('attention_type', 'relative_shift') === 'factorized';
  const inner = heads * d;
  const [q, k, v] = [linear(hidden, inner), linear(hidden, inner, true), linear(hidden, inner, true)];
  const [out, norm] = [linear(inner, hidden, true), layerNorm(hidden)];
  const [byWord, byDistance, bySegment] = [0, 1, 2].map(() => new nn.Parameter([heads, d])) as [
    nn.Parameter,
    nn.Parameter,
    nn.Parameter,
  ];
  const kernel = new nn.Parameter([hidden, heads, d]);
  const segments = new nn.Parameter([2, heads, d]);
  const distance = (qh: nn.Tensor, rows: Dim, keys: Dim): nn.Tensor => {
    const biased = qh.add(byDistance);
    if (!factorized) {
      // One row for each distance; a shift then lines them up. Queries with fewer positions than keys need more of them.
      const all = F.zeros([equal(rows, keys) ? mul(2, keys) : add(mul(2, rows), keys), hidden], qh.dtype);
      const projected = F.einsum('td,dnh->tnh', all, kernel);
      return F.einsum('binh,tnh->bnit', biased, projected).narrow(3, 0, keys);
    }
    const turned = F.einsum('binh,dnh->bind', biased, kernel);
    const half = (): nn.Tensor => F.einsum('bind,jd->bnij', turned.mul(1), F.zeros([keys, hidden], qh.dtype));
    return half().add(half());
  };
  return unit(
    'FunnelRelMultiheadAttention',
    {
      ...{ r_w_bias: byWord, r_r_bias: byDistance, r_kernel: kernel, r_s_bias: bySegment, seg_embed: segments },
      ...{ q_head: q, k_head: k, v_head: v, post_proj: out, layer_norm: norm },
    },
    (x: nn.Tensor, key: nn.Tensor) => {
      const [n, rows, keys] = [x.size(0), x.size(1), key.size(1)];
      const qh = q(x).view(n, rows, heads, d).mul(1);
      const [kh, vh] = [k(key).view(n, keys, heads, d), v(key).view(n, keys, heads, d)];
      const content = F.einsum('bind,bjnd->bnij', qh.add(byWord), kh);
      const position = distance(qh, rows, keys);
      const segment = F.einsum('bind,snd->bnis', qh.add(bySegment), segments).narrow(3, 0, 1);
      const weights = content.add(position).add(segment).softmax(-1);
      const read = F.einsum('bnij,bjnd->bind', weights, vh).reshape(n, rows, inner);
      return norm(x.add(out(read)));
    },
  );
}

function layerOf(c: Config): FunnelLayer {
  const hidden = c.size('d_model');
  const attention = attentionOf(c);
  const act = activation(c, 'hidden_act', 'gelu_new');
  const [up, down, norm] = [
    linear(hidden, c.size('d_inner'), true),
    linear(c.size('d_inner'), hidden, true),
    layerNorm(hidden),
  ];
  const ffn = unit('FunnelPositionwiseFFN', { linear_1: up, linear_2: down, layer_norm: norm }, (x: nn.Tensor) =>
    norm(x.add(down(act(up(x))))),
  );
  return unit('FunnelLayer', { attention: attention as never, ffn }, (x: nn.Tensor, key: nn.Tensor) =>
    ffn(attention(x, key)),
  );
}

/** Half as many positions; the first one, of the class, stands apart and pushes out the last where that is cut. */
function halved(c: Config, x: nn.Tensor): nn.Tensor {
  const apart = c.bool('separate_cls', true);
  const length = x.size(1);
  let all = x;
  if (apart) {
    const rest = c.bool('truncate_seq', true) ? x.narrow(1, 0, sub(length, 1)) : x;
    all = F.cat([x.narrow(1, 0, 1), rest], 1);
  }
  const rows = ceildiv(all.size(1), 2);
  const wide = F.pad(all, [0, 0, 0, sub(mul(2, rows), all.size(1))]);
  const pairs = wide.reshape(x.size(0), rows, 2, x.size(2));
  return c.str('pooling_type', 'mean') === 'mean' ? pairs.mean(2) : pairs.amax(2);
}

/** Blocks of layers, each block on half the positions of the one before; gives the last states and those of the first block. */
function funnelEncoder(c: Config): nn.Module<[nn.Tensor], readonly [nn.Tensor, nn.Tensor]> {
  const sizes = c.ints('block_sizes') ?? [4, 4, 4];
  const repeats = c.ints('block_repeats') ?? sizes.map(() => 1);
  if (sizes.length === 0 || [...sizes, ...repeats].some((n) => n < 1)) throw c.wrong('block_sizes', 'has no layers');
  if (repeats.length !== sizes.length)
    throw c.wrong('block_repeats', `has ${repeats.length} members for ${sizes.length} blocks`);
  if (sizes.reduce((sum, n, i) => sum + n * (repeats[i] as number), 0) > MOST_LAYERS)
    throw c.wrong('block_sizes', `makes more than ${MOST_LAYERS} layers`);
  const queriesOnly = c.bool('pool_q_only', true);
  const least = c.bool('separate_cls', true) ? 2 : 1;
  const blocks = sizes.map((size) => layersOf(size, () => layerOf(c)));
  return unit(
    'FunnelEncoder',
    { blocks: new nn.ModuleList(blocks.map((list) => new nn.ModuleList(list as never)) as never) },
    (embedded: nn.Tensor) => {
      let x = embedded;
      let first = embedded;
      blocks.forEach((layers, b) => {
        const length = x.size(1);
        const pooled = b > 0 && !(typeof length === 'number' && length <= least) ? halved(c, x) : null;
        layers.forEach((layer, l) => {
          for (let r = 0; r < (repeats[b] as number); r++)
            x = l === 0 && r === 0 && pooled !== null ? layer(pooled, queriesOnly ? x : pooled) : layer(x, x);
        });
        if (b === 0) first = x;
      });
      return [x, first] as const;
    },
  );
}

/** All positions again, each of the last block's repeated, and the first block's states added. */
function funnelDecoder(c: Config): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const layers = layersOf(c.layers('num_decoder_layers'), () => layerOf(c));
  const stride = 2 ** ((c.ints('block_sizes') ?? [4, 4, 4]).length - 1);
  return unit('FunnelDecoder', { layers: new nn.ModuleList(layers as never) }, (last: nn.Tensor, first: nn.Tensor) => {
    const [n, rows, hidden] = [last.size(0), last.size(1), last.size(2)];
    const wide = last.unsqueeze(2).expand(n, rows, stride, hidden).reshape(n, mul(rows, stride), hidden);
    const x = wide.narrow(1, 0, first.size(1)).add(first);
    return layers.reduce((y, layer) => layer(y, y), x);
  });
}

const funnel: Builder = (c, o) => {
  const [hidden, vocab] = [c.size('d_model'), c.size('vocab_size')];
  if (/(?:MultipleChoice|PreTraining)$/.test(o.architecture))
    throw new ModelError('unsupported', `${c.type}: the head of ${o.architecture.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known for this type: FunnelForMaskedLM, FunnelModel, FunnelBaseModel, …ForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering',
    });
  const word = embedding(vocab, hidden);
  const embeddings = wordEmbeddings('Funnel', {
    word,
    width: hidden,
    positions: null,
    segments: 0,
    norm: 'layer_norm',
  });
  const blocks = funnelEncoder(c);
  const decoder = /(?:BaseModel|SequenceClassification)$/.test(o.architecture) ? null : funnelDecoder(c);
  return encoder(
    c,
    {
      type: 'Funnel',
      base: 'funnel',
      hidden,
      word,
      parts: { embeddings, encoder: blocks as never, ...(decoder === null ? {} : { decoder: decoder as never }) },
      run: (ids, pass) => {
        const [last, first] = blocks(embeddings(ids, pass));
        return decoder === null ? last : decoder(last, first);
      },
      masked: (table) => {
        const head = linear(hidden, vocab, true) as unknown as nn.Linear;
        if (c.bool('tie_word_embeddings', true)) head.weight = table.weight;
        return { parts: { lm_head: head }, run: (x) => head(x) };
      },
      classifier: (labels) => {
        const [dense, out] = [linear(hidden, hidden, true), linear(hidden, labels, true)];
        const head: Layer = unit(
          'FunnelClassificationHead',
          { linear_hidden: dense, linear_out: out },
          (x: nn.Tensor) => out(dense(x).tanh()),
        );
        return { parts: { classifier: head }, run: (x) => head(firstToken(x)) };
      },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ funnel });
