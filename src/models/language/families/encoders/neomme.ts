import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { kindsOf } from '../../blocks/layer-kinds.js';
import { plainMlp, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';

const F = nn.functional;
const bare = (x: nn.Tensor): nn.Tensor => F.rms_norm(x, [x.size(-1)]);
type Encoder = nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor | null, nn.Pass], nn.Tensor>;

/** NeoMME: an encoder of words and image patches; a table of words also adds to the values of two layers. */
const neomme: Builder = (c, o) => {
  const s = sizes(c);
  const [rank, patch] = [c.size('embedding_rank'), c.size('patch_size')];
  const bias = c.bool('attention_bias');
  const kinds = kindsOf(c, (i) => (i % 6 === 5 || i === s.layers - 1 ? 'full_attention' : 'sliding_attention'));
  const full = kinds.flatMap((kind, i) => (kind === 'full_attention' ? [i] : []));
  if (full.length === 0) throw c.wrong('layer_types', 'has no layer of full attention');
  const withValues = new Set([full[0], full.at(-1)]);
  const act = activation(c, 'hidden_act', 'relu2');
  const attention = (): nn.Module<[nn.Tensor, nn.Tensor | null], nn.Tensor> => {
    const [q, kv] = [s.heads * s.d, s.kv * s.d];
    const [wq, wk, wv] = [linear(s.hidden, q, bias), linear(s.hidden, kv, bias), linear(s.hidden, kv, bias)];
    const alpha = new nn.Parameter([s.heads]);
    const exclusive = unit('NeoMMEExclusiveSelfAttention', { alpha }, (y: nn.Tensor, v: nn.Tensor) => {
      const unitValues = F.normalize(v, 2, -1);
      return y.sub(y.mul(unitValues).sum(-1, true).mul(alpha.tanh().view(s.heads, 1)).mul(unitValues));
    });
    const [gate, out] = [linear(s.hidden, q), linear(q, s.hidden, bias)];
    const projection = unit(
      'NeoMMESigmoidGatedProjection',
      { gate_proj: gate, o_proj: out },
      (y: nn.Tensor, x: nn.Tensor) => out(y.mul(gate(x).sigmoid())),
    );
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
          F.rotary(bare(split(wq(x), s.heads))),
          F.rotary(bare(split(wk(x), s.kv))),
          values,
          { enable_gqa: s.kv !== s.heads },
        ).transpose(1, 2);
        const each = s.heads / s.kv;
        const spread = values
          .unsqueeze(2)
          .expand(n, s.kv, each, steps, s.d)
          .reshape(n, s.heads, steps, s.d)
          .transpose(1, 2);
        return projection(exclusive(y, spread).reshape(n, steps, q), x);
      },
    );
  };
  const layers = layersOf(s.layers, (): Encoder => {
    const [attend, lambdas] = [attention(), new nn.Parameter([2])];
    const mlp = plainMlp('NeoMMEMLP', s.hidden, s.inner, act, ['up_proj', 'down_proj'], c.bool('mlp_bias'));
    return unit(
      'NeoMMEEncoderLayer',
      { lambdas, self_attn: attend as never, mlp },
      (x: nn.Tensor, first: nn.Tensor, values: nn.Tensor | null) => {
        const mixed = x.mul(lambdas.narrow(0, 0, 1)).add(first.mul(lambdas.narrow(0, 1, 1)));
        const y = x.add(attend(bare(mixed), values).mul(1));
        return y.add(mlp(bare(y)).mul(1));
      },
    );
  });
  const [words, project] = [embedding(s.vocab, rank), linear(rank, s.hidden)];
  const tokens = unit('NeoMMEEmbeddings', { word_embeddings: words, embedding_projection: project }, (ids: nn.Tensor) =>
    project(words(ids)),
  );
  const depth = 3 * patch * patch;
  const [norm, up, down] = [layerNorm(depth), linear(depth, 2 * s.hidden), linear(2 * s.hidden, s.hidden, true)];
  const patches = unit('NeoMMEPatchEmbeddings', { norm, up_proj: up, down_proj: down }, (x: nn.Tensor) =>
    down(F.gelu(up(norm(x)))),
  );
  const values = embedding(s.vocab, s.kv * s.d);
  const base = unit(
    'NeoMMEModel',
    {
      embed_tokens: tokens,
      patch_embeddings: patches,
      layers: new nn.ModuleList(layers as never),
      value_embeddings: values,
    },
    (ids: nn.Tensor) => {
      const first = bare(tokens(ids));
      const own = values(ids);
      const pass = new nn.Pass(ids.size(0), ids.size(1), 0);
      return bare(layers.reduce((y, run, i) => run(y, first, withValues.has(i) ? own : null, pass), first));
    },
  );
  const inputs = (free: Parameters<ReturnType<Builder>['inputs']>[0]): nn.InputSpec[] => [
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
    { model: base, unembedding_projection: back as unknown as Layer, lm_head: head as unknown as PassLayer },
    (ids: nn.Tensor) => head(base(ids).matmul(back.weight)),
  );
  return { module, inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ neomme });
