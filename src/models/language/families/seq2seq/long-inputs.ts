import { ceildiv, mul, sub } from '../../../../dim/index.js';
import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { fullAtMost } from '../../blocks/block-sparse.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { withinPositions } from '../../blocks/positions.js';
import { seq2seq } from '../../blocks/seq2seq.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';
import { loose } from '../decoders/opt.js';
import { spec } from './bart.js';

const F = nn.functional;

/** Hidden states of the tokens and of the global ones beside them. */
type Both = readonly [tokens: nn.Tensor, global: nn.Tensor];

/** Attention within blocks of tokens and to global tokens, which see all: each token's keys serve both. */
function globalLocal(hidden: number, heads: number, size: number): nn.Module<[nn.Tensor, nn.Tensor], Both> {
  const d = Math.floor(hidden / heads);
  const project = (): ReturnType<typeof linear> => linear(hidden, hidden);
  const [k, v, q, out] = [project(), project(), project(), project()];
  return unit(
    'PegasusXGlobalLocalAttention',
    { k_proj: k, v_proj: v, q_proj: q, out_proj: out },
    (tokens: nn.Tensor, global: nn.Tensor): Both => {
      const n = tokens.size(0);
      const split = (t: nn.Tensor): nn.Tensor => t.view(n, t.size(1), heads, d).transpose(1, 2);
      const [lq, lk, lv] = [split(q(tokens)), split(k(tokens)), split(v(tokens))];
      const [gq, gk, gv] = [split(q(global)), split(k(global)), split(v(global))];
      const merge = (t: nn.Tensor): nn.Tensor => out(t.transpose(1, 2).reshape(n, t.size(2), hidden));
      const all = gq
        .matmul(F.cat([gk, lk], 2).transpose(-1, -2))
        .softmax(-1)
        .matmul(F.cat([gv, lv], 2));
      const count = ceildiv(tokens.size(1), size);
      const blocks = (t: nn.Tensor): nn.Tensor => t.reshape(n, heads, count, size, d);
      const few = gk.size(2);
      const scores = F.cat(
        [
          lq.matmul(gk.transpose(-1, -2)).reshape(n, heads, count, size, few),
          blocks(lq).matmul(blocks(lk).transpose(-1, -2)),
        ],
        -1,
      ).softmax(-1);
      const toGlobal = scores.narrow(-1, 0, few).reshape(n, heads, mul(count, size), few).matmul(gv);
      const within = scores.narrow(-1, few, size).matmul(blocks(lv)).reshape(n, heads, mul(count, size), d);
      return [merge(toGlobal.add(within)), merge(all)];
    },
  );
}

/** Tokens filled up to whole blocks; every second layer moves the blocks by half a block, which takes one more. */
function pegasusXEncoder(c: Config, embed: nn.Embedding): nn.Module<[nn.Tensor], nn.Tensor> {
  const [hidden, size] = [c.size('d_model'), c.size('block_size', 512)];
  const globals = embedding(c.size('num_global_tokens'), hidden);
  const act = activation(c, 'activation_function', 'gelu');
  const staggered = c.bool('stagger_local_blocks', true);
  const half = Math.floor(size / 2);
  const layers = layersOf(
    c.layers('encoder_layers'),
    (i) => {
      const attention = globalLocal(hidden, c.size('encoder_attention_heads'), size);
      const ffn = loose(hidden, c.size('encoder_ffn_dim'), act);
      const [first, ofGlobal, last] = [layerNorm(hidden), layerNorm(hidden), layerNorm(hidden)];
      const moved = staggered && i % 2 === 1;
      return unit(
        'PegasusXEncoderLayer',
        {
          self_attn: attention as never,
          self_attn_layer_norm: first,
          global_self_attn_layer_norm: ofGlobal,
          ...ffn.parts,
          final_layer_norm: last,
        },
        (x: nn.Tensor, g: nn.Tensor): Both => {
          const normed = first(x);
          let [y, z] = attention(moved ? F.pad(normed, [0, 0, half, size - half]) : normed, ofGlobal(g));
          if (moved) y = y.narrow(1, half, x.size(1));
          y = x.add(y);
          z = g.add(z);
          return [y.add(ffn.run(last(y))), z.add(ffn.run(last(z)))];
        },
      );
    },
    (i) => staggered && i % 2 === 1,
  );
  const norm = layerNorm(hidden);
  return unit(
    'PegasusXEncoder',
    { embed_tokens: embed, embed_global: globals, layers: new nn.ModuleList(layers as never), layer_norm: norm },
    (ids: nn.Tensor): nn.Tensor => {
      const [n, length] = [ids.size(0), ids.size(1)];
      const words = embed(ids).mul(1);
      const x = F.pad(words.add(words), [0, 0, 0, sub(mul(size, ceildiv(length, size)), length)]);
      const few = globals.num_embeddings;
      let both: Both = [x, globals(F.arange(few)).unsqueeze(0).expand(n, few, hidden)];
      for (const layer of layers) both = layer(...both);
      return norm(both[0].narrow(1, 0, length));
    },
  );
}
const pegasusX: Builder = (c, o) =>
  seq2seq(
    c,
    {
      ...spec(c, 'PegasusX', { ownTables: true, extra: null, finalNorm: 'layer_norm', bias: false }),
      encoderStack: (embed) => pegasusXEncoder(c, embed),
    },
    o,
  );

function bigBirdEncoder(c: Config, embed: nn.Embedding): nn.Module<[nn.Tensor], nn.Tensor> {
  const [hidden, bias] = [c.size('d_model'), c.bool('use_bias')];
  const act = activation(c, 'activation_function', 'gelu_new');
  const positions = embedding(c.size('max_position_embeddings'), hidden);
  const layers = layersOf(c.layers('encoder_layers'), (): PassLayer => {
    const self = fullAttention(hidden, c.size('encoder_attention_heads'), {
      bias,
      names: { q: 'query', k: 'key', v: 'value', o: null },
    });
    const output = linear(hidden, hidden, bias);
    const attention = unit('BigBirdPegasusEncoderAttention', { self, output }, (x: nn.Tensor, pass: nn.Pass) =>
      output(self(x, pass)),
    );
    const ffn = loose(hidden, c.size('encoder_ffn_dim'), act);
    const [first, last] = [layerNorm(hidden), layerNorm(hidden)];
    return unit(
      'BigBirdPegasusEncoderLayer',
      { self_attn: attention, self_attn_layer_norm: first, ...ffn.parts, final_layer_norm: last },
      (x: nn.Tensor, pass: nn.Pass) => {
        const y = x.add(attention(first(x), pass));
        return y.add(ffn.run(last(y)));
      },
    );
  });
  const norm = layerNorm(hidden);
  return unit(
    'BigBirdPegasusEncoder',
    {
      embed_tokens: embed,
      embed_positions: positions,
      layers: new nn.ModuleList(layers as never),
      layernorm_embedding: norm,
    },
    (ids: nn.Tensor): nn.Tensor => {
      fullAtMost(c, ids.size(1));
      const pass = new nn.Pass(ids.size(0), ids.size(1), 0);
      withinPositions(positions.num_embeddings, pass);
      const x = embed(ids)
        .mul(1)
        .add(positions(F.arange(ids.size(1))));
      return norm(layers.reduce((y, layer) => layer(y, pass), x));
    },
  );
}
const bigBird: Builder = (c, o) =>
  seq2seq(
    c,
    {
      ...spec(c, 'BigBirdPegasus', { extra: 0, finalNorm: 'layernorm_embedding', bias: c.bool('use_bias') }),
      // The reference ties the decoder's table in the whole model alone.
      ...(/CausalLM$/.test(o.architecture) ? { tieHead: false } : {}),
      encoderStack: (embed) => bigBirdEncoder(c, embed),
    },
    o,
  );

export const families: Readonly<Record<string, Builder>> = byName({ pegasus_x: pegasusX, bigbird_pegasus: bigBird });
