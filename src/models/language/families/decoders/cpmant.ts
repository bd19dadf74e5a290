import { add, sub } from '../../../../dim/index.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { embedding, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

/** Attention to the prompt and to all of the text, and a gated MLP, each behind a norm. */
function layerOf(c: Config): PassLayer {
  const { hidden, heads, d } = sizes(c);
  const inner = c.size('dim_ff');
  const attention = new nn.GroupedAttention({
    hidden_size: hidden,
    num_heads: heads,
    head_dim: c.int('dim_head', d),
    rotary_dim: 0,
    causal: false,
    names: { q: 'project_q', k: 'project_k', v: 'project_v', o: 'attention_out' },
  });
  const [n1, n2] = [new nn.RMSNorm(hidden), new nn.RMSNorm(hidden)];
  const [w0, w1, out] = [linear(hidden, inner), linear(hidden, inner), linear(inner, hidden)];
  const w_in = unit('CpmAntDenseGatedACT', { w_0: w0, w_1: w1 }, (x: nn.Tensor) =>
    nn.functional.gelu(w0(x)).mul(w1(x)),
  );
  const ffn = unit('CpmAntFeedForward', { w_in, w_out: out }, (x: nn.Tensor) => out(w_in(x)));
  const att = unit(
    'CpmAntSelfAttentionBlock',
    { layernorm_before_attention: n1, self_attention: attention },
    (x: nn.Tensor, pass: nn.Pass) => x.add(attention(n1(x), pass)),
  );
  const ff = unit('CpmAntFFNBlock', { layernorm_before_ffn: n2, ffn }, (x: nn.Tensor) => x.add(ffn(n2(x))));
  return unit('CpmAntTransformerBlock', { self_att: att, ffn: ff }, (x: nn.Tensor, pass: nn.Pass) => ff(att(x, pass)));
}

function encoderOf(c: Config): PassLayer {
  const layers = layersOf(sizes(c).layers, () => layerOf(c));
  const output = new nn.RMSNorm(sizes(c).hidden);
  return unit(
    'CpmAntEncoder',
    { layers: new nn.ModuleList(layers as unknown as nn.Module[]), output_layernorm: output },
    (x: nn.Tensor, pass: nn.Pass) => output(layers.reduce((y, run) => run(y, pass), x)),
  );
}

/** CPM-Ant. Tokens of a prompt are before those of the text, in prefill. */
const cpmant: Builder = (c, o) => {
  const { hidden, heads, vocab } = sizes(c);
  const prompt = c.int('prompt_length', 32);
  const types = c.int('segment_types', 32);
  const encoder = encoderOf(c);
  const segment = embedding(types, hidden);
  const relative = unit(
    'CpmAntSegmentPositionEmbedding',
    {
      relative_attention_bias: new nn.Parameter([types * types + c.int('position_bias_num_buckets', 512), heads]),
    },
    (x: nn.Tensor) => x,
  );
  const input = embedding(vocab + prompt * c.int('prompt_types', 32), hidden);
  const head = linear(hidden, vocab);
  let kept: nn.Kept[] = [];
  const base = unit(
    'CpmAntModel',
    { encoder, segment_embedding: segment, input_embedding: input, position_bias: relative },
    (ids: nn.Tensor, mask: nn.Tensor): nn.Tensor => {
      const text = input(ids);
      const prefix = input(nn.functional.zeros([ids.size(0), prompt], 'int64'));
      const pass = new nn.Pass(ids.size(0), ids.size(1), sub(mask.size(1), ids.size(1)));
      kept = pass.kept;
      return encoder(nn.functional.cat([prefix, text], 1), pass).narrow(1, prompt, ids.size(1));
    },
  );
  if (!/(?:Model|CausalLM)$/.test(o.architecture) && o.architecture !== '') throw headUnknown(c, o.architecture);
  const module = /Model$/.test(o.architecture)
    ? base
    : unit('CpmAntForCausalLM', { cpmant: base, lm_head: head }, (ids: nn.Tensor, mask: nn.Tensor) =>
        head(base(ids, mask)),
      );
  return {
    module,
    inputs: (free) => [
      { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
      { name: 'attention_mask', shape: [free('batch'), add(free('past'), free('sequence'))], dtype: 'int64' },
    ],
    kept: () => kept,
  };
};

export const families: Readonly<Record<string, Builder>> = { cpmant };
