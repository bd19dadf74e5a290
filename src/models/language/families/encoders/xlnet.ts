import { add } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, type BuildOptions, decoder, labelsOf } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** Relative attention: scores by content and by distance, each with a bias of its own, over the inputs of past passes too. */
function attentionOf(c: Config): PassLayer {
  const [hidden, heads] = [c.size('d_model'), c.size('n_head')];
  const d = c.int('d_head', Math.floor(hidden / heads));
  const memory = c.bool('use_mems_eval', true) ? c.maybe('mem_len') : 0;
  const bothWays = c.str('attn_type', 'bi') === 'bi';
  const matrix = (): nn.Parameter => new nn.Parameter([hidden, heads, d]);
  const bias = (): nn.Parameter => new nn.Parameter([heads, d]);
  const [q, k, v, out, r] = [matrix(), matrix(), matrix(), matrix(), matrix()];
  const [byDistance, bySegment, byWord] = [bias(), bias(), bias()];
  const norm = layerNorm(hidden);
  const project = (t: nn.Tensor, w: nn.Tensor): nn.Tensor => F.einsum('bih,hnd->bind', t, w);
  return unit(
    'XLNetRelativeAttention',
    {
      ...{ q, k, v, o: out, r },
      ...{ r_r_bias: byDistance, r_s_bias: bySegment, r_w_bias: byWord },
      seg_embed: new nn.Parameter([2, heads, d]),
      layer_norm: norm,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const all = memory === 0 ? x : pass.extend('memory', x, 1, memory === null ? null : memory + 1);
      const [rows, keys] = [x.size(1), all.size(1)];
      const distances = F.zeros([x.size(0), add(keys, bothWays ? rows : 1), hidden], x.dtype);
      const [qh, kh, vh, rh] = [project(x, q), project(all, k), project(all, v), project(distances, r)];
      const content = F.einsum('bind,bjnd->bnij', qh.add(byWord), kh);
      const position = F.einsum('bind,bjnd->bnij', qh.add(byDistance), rh).narrow(3, 0, keys);
      const weights = content.add(position).mul(1).softmax(-1);
      const read = F.einsum('bnij,bjnd->bind', weights, vh);
      return norm(F.einsum('bind,hnd->bih', read, out).add(x));
    },
  );
}

function layerOf(c: Config): PassLayer {
  const [hidden, inner] = [c.size('d_model'), c.size('d_inner')];
  const act = activation(c, 'ff_activation', 'gelu');
  const attention = attentionOf(c);
  const [up, down, last] = [linear(hidden, inner, true), linear(inner, hidden, true), layerNorm(hidden)];
  const ff = unit('XLNetFeedForward', { layer_norm: last, layer_1: up, layer_2: down }, (x: nn.Tensor) =>
    last(down(act(up(x))).add(x)),
  );
  return unit('XLNetLayer', { rel_attn: attention, ff }, (x: nn.Tensor, pass: nn.Pass) => ff(attention(x, pass)));
}

/** The language model, or its base. */
function modelOf(c: Config, o: BuildOptions): Architecture {
  const [hidden, vocab] = [c.size('d_model'), c.size('vocab_size')];
  return decoder(
    c,
    {
      type: 'XLNet',
      hidden,
      vocab,
      embed: embedding(vocab, hidden),
      layers: layersOf(c.layers('n_layer'), () => layerOf(c)),
      norm: null,
      tie: c.bool('tie_word_embeddings', true),
      names: { base: 'transformer', embed: 'word_embedding', layers: 'layer', head: 'lm_loss' },
      parts: { mask_emb: new nn.Parameter([1, 1, hidden]) },
      headBias: true,
    },
    o,
  );
}

/** A head on the base: classes of the whole sequence, by its first token, or numbers for each token. */
function withTask(
  c: Config,
  name: string,
  base: Architecture,
  whole: boolean,
  part: string,
  labels: number,
): Architecture {
  const hidden = c.size('d_model');
  const model = base.module as unknown as nn.Module<nn.Tensor[], nn.Tensor>;
  const dense = linear(hidden, hidden, true);
  const summary = whole
    ? unit('XLNetSequenceSummary', { summary: dense }, (x: nn.Tensor) => dense(x.select(1, 0)).tanh())
    : null;
  const head = linear(hidden, labels, true);
  const parts = { transformer: model as never, sequence_summary: summary, [part]: head };
  const module = unit(name, parts, (...x: nn.Tensor[]) => {
    const y = model(...x);
    return head(summary?.(y) ?? y);
  });
  return { ...base, module };
}

/** XLNet keeps the input of every layer, so keys and values of past tokens are projected again in each pass. */
const xlnet: Builder = (c, o) => {
  const name = o.architecture;
  const [task, kind] = /(Sequence|Token)Classification$|MultipleChoice$|QuestionAnsweringSimple$/.exec(name) ?? [];
  if (task === undefined) {
    if (/(?:LMHeadModel|XLNetModel|^)$/.test(name)) return modelOf(c, o);
    throw new ModelError('unsupported', `${c.type}: the head of ${name.slice(0, 80)} is not known`, {
      format: 'transformers',
      at: { field: 'architectures' },
      hint: 'known for this type: XLNetLMHeadModel, XLNetModel, …ForSequenceClassification, …ForTokenClassification',
    });
  }
  const base = modelOf(c, { ...o, architecture: 'XLNetModel' });
  const choice = task === 'MultipleChoice';
  const whole = kind === 'Sequence' || choice;
  const part = whole ? 'logits_proj' : kind === 'Token' ? 'classifier' : 'qa_outputs';
  return withTask(c, name, base, whole, part, choice ? 1 : labelsOf(c));
};

export const families: Readonly<Record<string, Builder>> = byName({ xlnet });
