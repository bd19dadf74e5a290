import * as nn from '../../../../torch/nn/index.js';
import { gated, llamaLike, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { bareRms, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

const F = nn.functional;

/** Two softmaxes over the same keys, the second subtracted; each is computed for both halves of the values. */
const diffllama: Builder = (c, o) => {
  const s = sizes(c);
  const mixer = (): PassLayer => {
    const bias = c.bool('attention_bias');
    const [q, k, v] = [
      linear(s.hidden, s.heads * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
    ];
    const out = linear(s.heads * s.d, s.hidden, bias);
    const lambdas = Object.fromEntries(
      ['lambda_q1', 'lambda_k1', 'lambda_q2', 'lambda_k2'].map((name) => [name, new nn.Parameter([s.d])]),
    );
    return unit(
      'DiffLlamaAttention',
      { ...lambdas, q_proj: q, k_proj: k, v_proj: v, o_proj: out },
      (x: nn.Tensor, pass: nn.Pass) => {
        const [n, length] = [x.size(0), x.size(1)];
        const heads = (t: nn.Tensor, count: number): nn.Tensor => t.view(n, length, count, s.d).transpose(1, 2);
        const query = F.rotary(heads(q(x), s.heads));
        const key = pass.extend('key', F.rotary(heads(k(x), s.kv)), 2);
        const value = pass.extend('value', heads(v(x), s.kv), 2);
        const one = (): nn.Tensor =>
          F.scaled_dot_product_attention(query, key, value, {
            is_causal: true,
            at_end: true,
            enable_gqa: s.kv !== s.heads,
          });
        const [a, b] = F.cat([one(), one()], -1).chunk(2, 1) as [nn.Tensor, nn.Tensor];
        const difference = bareRms(a.sub(b.mul(1))).mul(1);
        return out(difference.transpose(1, 2).reshape(n, length, s.heads * s.d));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'DiffLlama',
    mixer: () => ['self_attn', mixer()],
    mlp: () => ['mlp', gated(c, s.inner, { bias: false })],
  });
};

export const families: Readonly<Record<string, Builder>> = { diffllama };
