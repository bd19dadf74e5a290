import { ModelError } from '../../../../source/errors.js';
import * as nn from '../../../../torch/nn/index.js';
import { windowsOf } from '../../blocks/layer-kinds.js';
import { llamaLike, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { linear, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

const F = nn.functional;

/** A mask made of the values of all positions, and residuals with learned scales. */
const doge: Builder = (c, o) => {
  const s = sizes(c);
  if (c.bool('is_moe'))
    throw new ModelError('unsupported', `${c.type}: its experts are not known`, { format: 'transformers' });
  const w = windowsOf(c, () => (c.maybe('sliding_window') === null ? 'full_attention' : 'sliding_attention'));
  const mixer = (i: number): PassLayer => {
    const window = w[i] ?? null;
    const bias = c.bool('attention_bias');
    const [q, k, v] = [
      linear(s.hidden, s.heads * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
      linear(s.hidden, s.kv * s.d, bias),
    ];
    const [dt, out, A] = [
      linear(s.kv * s.d, s.kv, bias),
      linear(s.heads * s.d, s.hidden, bias),
      new nn.Parameter([s.kv]),
    ];
    const [qn, kn] = [rms(s.d), rms(s.d)];
    return unit(
      'DogeAttention',
      { A, q_proj: q, k_proj: k, v_proj: v, dt_proj: dt, o_proj: out, q_norm: qn, k_norm: kn },
      (x: nn.Tensor, pass: nn.Pass) => {
        const [n, length] = [x.size(0), x.size(1)];
        const heads = (t: nn.Tensor, count: number): nn.Tensor => t.view(n, length, count, s.d).transpose(1, 2);
        const key = pass.extend('key', F.rotary(kn(heads(k(x), s.kv))), 2, window);
        const value = pass.extend('value', heads(v(x), s.kv), 2, window);
        const states = dt(value.transpose(1, 2).reshape(n, value.size(2), s.kv * s.d));
        F.softplus(states).mul(A).exp();
        const y = F.scaled_dot_product_attention(F.rotary(qn(heads(q(x), s.heads))), key, value, {
          is_causal: true,
          at_end: true,
          window,
          enable_gqa: s.kv !== s.heads,
        });
        return out(y.transpose(1, 2).reshape(n, length, s.heads * s.d));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'Doge',
    mixer: (i) => ['self_attn', mixer(i)],
    block: () => {
      const scales = [new nn.Parameter([s.hidden]), new nn.Parameter([s.hidden])] as const;
      return {
        parts: { input_residual: scales[0], post_attention_residual: scales[1] },
        branch: (x, residual, which) => residual.mul(scales[which]).add(x),
      };
    },
  });
};

export const families: Readonly<Record<string, Builder>> = { doge };
