import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { kindsOf } from '../../blocks/layer-kinds.js';
import { plainMlp, sizes } from '../../blocks/llama.js';
import type { Architecture, Builder } from '../../blocks/model.js';
import { activation, bareRms, embedding, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
type Sizes = ReturnType<typeof sizes>;
/** A layer: its input, the words as they came in, and values of the table of words where the layer adds them. */
type EncoderLayer = nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor | null], nn.Tensor>;

/** Takes out of each head's result what lies along that token's own value. */
function exclusiveOf(heads: number): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const alpha = new nn.Parameter([heads]);
  return unit('NeoMMEExclusiveSelfAttention', { alpha }, (y: nn.Tensor, v: nn.Tensor) => {
    const unitValues = F.normalize(v, 2, -1);
    return y.sub(y.mul(unitValues).sum(-1, true).mul(alpha.tanh().view(heads, 1)).mul(unitValues));
  });
}

/** An output projection behind a gate that the layer's input opens. */
function gatedProjection(hidden: number, width: number, bias: boolean): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const [gate, out] = [linear(hidden, width), linear(width, hidden, bias)];
  return unit('NeoMMESigmoidGatedProjection', { gate_proj: gate, o_proj: out }, (y: nn.Tensor, x: nn.Tensor) =>
    out(y.mul(gate(x).sigmoid())),
  );
}

function attentionOf(s: Sizes, bias: boolean): nn.Module<[nn.Tensor, nn.Tensor | null], nn.Tensor> {
  const [q, kv] = [s.heads * s.d, s.kv * s.d];
  const [wq, wk, wv] = [linear(s.hidden, q, bias), linear(s.hidden, kv, bias), linear(s.hidden, kv, bias)];
  const exclusive = exclusiveOf(s.heads);
  const projection = gatedProjection(s.hidden, q, bias);
  return unit(
    'NeoMMEAttention',
    {
      q_proj: wq,
      k_proj: wk,
      v_proj: wv,
      exclusive_self_attention: exclusive as never,
      output_projection: projection as never,
    },
    (x: nn.Tensor, more: nn.Tensor | null) => {
      const [n, steps] = [x.size(0), x.size(1)];
      const split = (t: nn.Tensor, heads: number): nn.Tensor => t.view(n, steps, heads, s.d).transpose(1, 2);
      const raw = wv(x);
      const values = split(more === null ? raw : raw.add(more), s.kv);
      const y = F.scaled_dot_product_attention(
        F.rotary(bareRms(split(wq(x), s.heads))),
        F.rotary(bareRms(split(wk(x), s.kv))),
        values,
        { enable_gqa: s.kv !== s.heads },
      ).transpose(1, 2);
      const spread = values
        .unsqueeze(2)
        .expand(n, s.kv, s.heads / s.kv, steps, s.d)
        .reshape(n, s.heads, steps, s.d)
        .transpose(1, 2);
      return projection(exclusive(y, spread).reshape(n, steps, q), x);
    },
  );
}

function layerOf(c: Config, s: Sizes): EncoderLayer {
  const [attend, lambdas] = [attentionOf(s, c.bool('attention_bias')), new nn.Parameter([2])];
  const act = activation(c, 'hidden_act', 'relu2');
  const mlp = plainMlp('NeoMMEMLP', s.hidden, s.inner, act, ['up_proj', 'down_proj'], c.bool('mlp_bias'));
  return unit(
    'NeoMMEEncoderLayer',
    { lambdas, self_attn: attend as never, mlp },
    (x: nn.Tensor, first: nn.Tensor, values: nn.Tensor | null) => {
      const mixed = x.mul(lambdas.narrow(0, 0, 1)).add(first.mul(lambdas.narrow(0, 1, 1)));
      const y = x.add(attend(bareRms(mixed), values).mul(1));
      return y.add(mlp(bareRms(y)).mul(1));
    },
  );
}

/** Patches of an image as tokens: counted with the parameters, and not run by a pass over words. */
function patchEmbeddings(c: Config, hidden: number): Layer {
  const depth = 3 * c.size('patch_size') ** 2;
  const [norm, up, down] = [layerNorm(depth), linear(depth, 2 * hidden), linear(2 * hidden, hidden, true)];
  return unit('NeoMMEPatchEmbeddings', { norm, up_proj: up, down_proj: down }, (x: nn.Tensor) =>
    down(F.gelu(up(norm(x)))),
  );
}

/** The layers whose values a table of words adds to: the first and the last of those that see all tokens. */
function layersWithValues(c: Config, layers: number): ReadonlySet<number> {
  const kinds = kindsOf(c, (i) => (i % 6 === 5 || i === layers - 1 ? 'full_attention' : 'sliding_attention'));
  const full = kinds.flatMap((kind, i) => (kind === 'full_attention' ? [i] : []));
  if (full.length === 0) throw c.wrong('layer_types', 'has no layer of full attention');
  return new Set([full[0] as number, full.at(-1) as number]);
}

/** NeoMME: an encoder of words and image patches; a table of words also adds to the values of two layers. */
const neomme: Builder = (c, o) => {
  const s = sizes(c);
  const rank = c.size('embedding_rank');
  const withValues = layersWithValues(c, s.layers);
  const layers = layersOf(s.layers, () => layerOf(c, s));
  const [words, project] = [embedding(s.vocab, rank), linear(rank, s.hidden)];
  const tokens = unit('NeoMMEEmbeddings', { word_embeddings: words, embedding_projection: project }, (ids: nn.Tensor) =>
    project(words(ids)),
  );
  const values = embedding(s.vocab, s.kv * s.d);
  const base = unit(
    'NeoMMEModel',
    {
      embed_tokens: tokens,
      patch_embeddings: patchEmbeddings(c, s.hidden),
      layers: new nn.ModuleList(layers as never),
      value_embeddings: values,
    },
    (ids: nn.Tensor) => {
      const first = bareRms(tokens(ids));
      const own = values(ids);
      return bareRms(layers.reduce((y, run, i) => run(y, first, withValues.has(i) ? own : null), first));
    },
  );
  const inputs: Architecture['inputs'] = (free) => [
    { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
  ];
  const name = o.architecture;
  if (/Model$/.test(name)) return { module: base, inputs, kept: () => null };
  if (!/MaskedLM$/.test(name) && name !== '') throw headUnknown(c, name);
  const back = linear(rank, s.hidden) as unknown as nn.Linear;
  const head = linear(rank, s.vocab) as unknown as nn.Linear;
  if (c.bool('tie_word_embeddings', true)) {
    back.weight = (project as unknown as nn.Linear).weight;
    head.weight = words.weight;
  }
  const module = unit(
    name || 'NeoMMEForMaskedLM',
    { model: base, unembedding_projection: back as unknown as Layer, lm_head: head as unknown as Layer },
    (ids: nn.Tensor) => head(base(ids).matmul(back.weight)),
  );
  return { module, inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ neomme });
