import * as nn from '../../../../torch/nn/index.js';
import { gated, llamaLike, sizes } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

const F = nn.functional;

/** Griffin: gated linear recurrences, and attention in a window every third layer. */
const recurrentGemma: Builder = (c, o) => {
  const s = sizes(c);
  const width = c.maybe('lru_width') ?? s.hidden;
  const cycle = (c.list('block_types') ?? ['recurrent', 'recurrent', 'attention']) as string[];
  const inner = Math.floor(c.size('intermediate_size') / 2);
  const block = Math.floor(width / s.heads);
  const gates = (name: string): Record<string, nn.Parameter> => ({
    [`${name}_weight`]: new nn.Parameter([s.heads, block, block]),
    [`${name}_bias`]: new nn.Parameter([s.heads, block]),
  });
  const recurrent = (): PassLayer => {
    const [y, x, out] = [linear(s.hidden, width, true), linear(s.hidden, width, true), linear(width, s.hidden, true)];
    const kernel = c.size('conv1d_width');
    const conv = new nn.Conv1d(width, width, kernel, { groups: width, padding: kernel - 1 });
    const parts = { ...gates('input_gate'), ...gates('recurrent_gate') };
    const lru = unit(
      'RecurrentGemmaRglru',
      { recurrent_param: new nn.Parameter([width]), ...parts },
      (z: nn.Tensor, pass: nn.Pass) => {
        pass.state('recurrent', [pass.batch, width], 'float32');
        const heads = z.reshape(-1, s.heads, block).permute(1, 0, 2);
        for (const name of ['input_gate', 'recurrent_gate'])
          F.baddbmm(
            (parts[`${name}_bias`] as nn.Parameter).unsqueeze(1),
            heads,
            parts[`${name}_weight`] as nn.Parameter,
          ).sigmoid();
        return F.linear_recurrence(z);
      },
    );
    const act = activation(c, c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act', 'gelu_pytorch_tanh');
    return unit(
      'RecurrentGemmaRecurrentBlock',
      { linear_y: y, linear_x: x, linear_out: out, conv_1d: conv as unknown as Layer, rg_lru: lru as never },
      (z: nn.Tensor, pass: nn.Pass) => {
        const gate = act(y(z));
        const mixed = nn.causal_conv1d(x(z).transpose(1, 2), conv, pass).transpose(1, 2);
        return out(lru(mixed, pass).mul(gate));
      },
    );
  };
  return llamaLike(c, o, {
    type: 'RecurrentGemma',
    kind: (i) => cycle[i % cycle.length],
    norms: ['temporal_pre_norm', 'channel_pre_norm'],
    attentionName: 'temporal_block',
    attention: () => ({ bias: c.bool('attention_bias'), output_bias: true, window: c.maybe('attention_window_size') }),
    mixer: (i) => (cycle[i % cycle.length] === 'recurrent' ? ['temporal_block', recurrent()] : null),
    mlp: () => [
      'mlp_block',
      gated(c, inner, { bias: true }, c.get('hidden_activation') ? 'hidden_activation' : 'hidden_act'),
    ],
    decoder: { names: { norm: 'final_norm' }, softcap: c.get('logits_soft_cap') != null },
  });
};

export const families: Readonly<Record<string, Builder>> = { recurrent_gemma: recurrentGemma };
