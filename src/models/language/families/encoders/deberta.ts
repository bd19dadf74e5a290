import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { encoder, firstToken, grouped, type Head, wordEmbeddings } from '../../blocks/encoder.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { type Parts, unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { bertHead, bertLayer } from './bert.js';

/** How many distances to each side have an embedding; null if attention knows none. */
function spanOf(c: Config): number | null {
  if (!c.bool('relative_attention')) return null;
  const most = (name: string): number => {
    const value = c.get(name);
    return typeof value === 'number' && value > 0 ? c.size(name) : 0;
  };
  return most('position_buckets') || most('max_relative_positions') || c.size('max_position_embeddings');
}

/** Scores of content by content, and of content by distance in one direction or both. */
function disentangled(c: Config, distances: () => nn.Tensor | null): PassLayer {
  const s = sizes(c);
  const inner = s.heads * s.d;
  const [q, k, v] = [linear(s.hidden, inner, true), linear(s.hidden, inner, true), linear(s.hidden, inner, true)];
  const given = c.get('pos_att_type');
  const kinds = typeof given === 'string' ? given.toLowerCase().split('|') : (c.list('pos_att_type') ?? []);
  const relative = spanOf(c) !== null;
  const [byKey, byQuery] = [relative && kinds.includes('c2p'), relative && kinds.includes('p2c')];
  const own = !c.bool('share_att_key');
  const posKey = byKey && own ? linear(s.hidden, inner, true) : null;
  const posQuery = byQuery && own ? linear(s.hidden, inner, true) : null;
  const parts: Parts = { query_proj: q, key_proj: k, value_proj: v, pos_key_proj: posKey, pos_query_proj: posQuery };
  return unit('DisentangledSelfAttention', parts, (x: nn.Tensor) => {
    const heads = (t: nn.Tensor): nn.Tensor => t.view(t.size(0), t.size(1), s.heads, s.d).transpose(1, 2);
    const [qh, kh, vh] = [heads(q(x)), heads(k(x)), heads(v(x))];
    let scores = qh.matmul(kh.transpose(-1, -2));
    const table = distances();
    if (table !== null) {
      const length = x.size(1);
      // Every score by distance is computed; those that a pair has are then picked.
      const picked = (t: nn.Tensor, rows: nn.Tensor): nn.Tensor =>
        t.matmul(rows.transpose(-1, -2)).narrow(3, 0, 1).expand(x.size(0), s.heads, length, length);
      if (byKey) scores = scores.add(picked(qh, heads((posKey ?? k)(table))));
      if (byQuery) scores = scores.add(picked(kh, heads((posQuery ?? q)(table))));
    }
    return scores.softmax(-1).matmul(vh).transpose(1, 2).reshape(x.size(0), x.size(1), inner);
  });
}

const deberta: Builder = (c, o) => {
  const s = sizes(c);
  const refuse = (field: string, what: string): never => {
    throw new ModelError('unsupported', `${c.type}: ${what} is not known`, {
      format: 'transformers',
      at: { field },
      hint: 'known: DeBERTa V2 and V3 without convolution, with the older head',
    });
  };
  if (c.int('conv_kernel_size', 0) > 0) refuse('conv_kernel_size', 'a convolution beside the first layer');
  if (c.size('embedding_size', s.hidden) !== s.hidden) refuse('embedding_size', 'a table narrower than the layers');
  const word = embedding(s.vocab, s.hidden);
  const embeddings = wordEmbeddings('DebertaV2', {
    word,
    width: s.hidden,
    positions: c.bool('position_biased_input', true) ? c.size('max_position_embeddings') : null,
    segments: c.int('type_vocab_size', 0),
    norm: 'LayerNorm',
  });
  const span = spanOf(c);
  const table = span === null ? null : embedding(2 * span, s.hidden);
  const normed = c.str('norm_rel_ebd', 'none').toLowerCase().includes('layer_norm');
  const norm = table !== null && normed ? layerNorm(s.hidden) : null;
  let distances: nn.Tensor | null = null;
  const layers = layersOf(s.layers, () =>
    bertLayer(
      c,
      'DebertaV2',
      disentangled(c, () => distances),
    ),
  );
  const stack = unit(
    'DebertaV2Encoder',
    { layer: new nn.ModuleList(layers as never), rel_embeddings: table, LayerNorm: norm },
    (x: nn.Tensor, pass: nn.Pass) => {
      const rows: nn.Tensor | null = table === null ? null : (table.weight as nn.Tensor).unsqueeze(0);
      distances = rows !== null && norm !== null ? norm(rows) : rows;
      return layers.reduce((y, layer) => layer(y, pass), x);
    },
  );
  const width = c.int('pooler_hidden_size', s.hidden);
  const act = activation(c, 'pooler_hidden_act', 'gelu');
  const scored = (labels: number): Head => {
    const [dense, out] = [linear(width, width, true), linear(width, labels, true)];
    const pooler = unit('ContextPooler', { dense }, (x: nn.Tensor) => act(dense(firstToken(x))));
    return { parts: { pooler, classifier: out }, run: (x) => out(pooler(x)) };
  };
  return encoder(
    c,
    {
      type: 'DebertaV2',
      base: 'deberta',
      hidden: s.hidden,
      word,
      parts: { embeddings, encoder: stack },
      run: (ids, pass) => stack(embeddings(ids, pass), pass),
      masked: c.bool('legacy', true) ? bertHead(c, 'DebertaV2') : wordsAgain(c),
      classifier: scored,
      choice: () => scored(1),
    },
    o,
  );
};

/** The newer head: dense and norm, then a product with the table of words itself. */
function wordsAgain(c: Config): (word: nn.Embedding) => Head {
  return (word) => {
    const hidden = c.size('hidden_size');
    const [dense, norm, bias] = [
      linear(hidden, hidden, true),
      layerNorm(hidden),
      new nn.Parameter([word.num_embeddings]),
    ];
    const act = activation(c);
    return grouped(
      'lm_predictions',
      'DebertaV2OnlyMLMHead',
      grouped('lm_head', 'DebertaV2LMPredictionHead', {
        parts: { dense, LayerNorm: norm, bias },
        run: (x) => nn.functional.linear(norm(act(dense(x))), word.weight, bias),
      }),
    );
  };
}

export const families: Readonly<Record<string, Builder>> = byName({ 'deberta-v2': deberta });
