import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

/** RWKV 4: time mixing and channel mixing, both elementwise recurrences around projections. */
const rwkv: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const attn = c.maybe('attention_hidden_size') ?? hidden;
  const inner = c.maybe('intermediate_size') ?? 4 * hidden;
  const mix = (): nn.Parameter => new nn.Parameter([1, 1, hidden]);
  const shifted = (x: nn.Tensor, m: nn.Parameter): nn.Tensor => x.mul(m).add(x.mul(m));
  const layer = (i: number): PassLayer => {
    const [ln1, ln2] = [layerNorm(hidden), layerNorm(hidden)];
    const pre = i === 0 ? layerNorm(hidden) : null;
    const [key, value, receptance, output] = [
      linear(hidden, attn),
      linear(hidden, attn),
      linear(hidden, attn),
      linear(attn, hidden),
    ];
    const m = [mix(), mix(), mix()] as const;
    const [decay, first] = [new nn.Parameter([attn]), new nn.Parameter([attn])];
    const attention = unit(
      'RwkvSelfAttention',
      {
        time_decay: decay,
        time_first: first,
        time_mix_key: m[0],
        time_mix_value: m[1],
        time_mix_receptance: m[2],
        key,
        value,
        receptance,
        output,
      },
      (x: nn.Tensor, pass: nn.Pass) => {
        pass.state('attention_shift', [pass.batch, hidden], x.dtype);
        for (const name of ['numerator', 'denominator', 'maximum']) pass.state(name, [pass.batch, attn], 'float32');
        const k = key(shifted(x, m[0]))
          .exp()
          .mul(value(shifted(x, m[1])));
        return output(receptance(shifted(x, m[2])).sigmoid().mul(k.add(first).div(decay)));
      },
    );
    const f = [mix(), mix()] as const;
    const [up, gate, down] = [linear(hidden, inner), linear(hidden, hidden), linear(inner, hidden)];
    const ff = unit(
      'RwkvFeedForward',
      { time_mix_key: f[0], time_mix_receptance: f[1], key: up, receptance: gate, value: down },
      (x: nn.Tensor, pass: nn.Pass) => {
        pass.state('feed_forward_shift', [pass.batch, hidden], x.dtype);
        return gate(shifted(x, f[1]))
          .sigmoid()
          .mul(down(nn.functional.relu(up(shifted(x, f[0]))).square()));
      },
    );
    return unit('RwkvBlock', { pre_ln: pre, ln1, ln2, attention, feed_forward: ff }, (x: nn.Tensor, pass: nn.Pass) => {
      const y = pre?.(x) ?? x;
      const z = y.add(attention(ln1(y), pass));
      return z.add(ff(ln2(z), pass));
    });
  };
  return decoder(
    c,
    {
      type: 'Rwkv',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(c.layers('num_hidden_layers'), layer, (i) => i === 0),
      norm: layerNorm(hidden),
      tie: c.bool('tie_word_embeddings'),
      names: { base: 'rwkv', embed: 'embeddings', layers: 'blocks', norm: 'ln_out', head: 'head' },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { rwkv };
