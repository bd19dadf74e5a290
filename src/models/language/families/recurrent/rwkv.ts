import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, decoder } from '../../blocks/model.js';
import { layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

/** The share of a token and of the one before it in what a projection reads. */
const mix = (hidden: number): nn.Parameter => new nn.Parameter([1, 1, hidden]);
const shifted = (x: nn.Tensor, m: nn.Parameter): nn.Tensor => x.mul(m).add(x.mul(m));

/** Time mixing: weighted means of all values before, kept as three sums. */
function attentionOf(hidden: number, width: number): PassLayer {
  const into = (): ReturnType<typeof linear> => linear(hidden, width);
  const [key, value, receptance, output] = [into(), into(), into(), linear(width, hidden)];
  const [ofKey, ofValue, ofReceptance] = [mix(hidden), mix(hidden), mix(hidden)];
  const [decay, first] = [new nn.Parameter([width]), new nn.Parameter([width])];
  return unit(
    'RwkvSelfAttention',
    {
      time_decay: decay,
      time_first: first,
      time_mix_key: ofKey,
      time_mix_value: ofValue,
      time_mix_receptance: ofReceptance,
      ...{ key, value, receptance, output },
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      pass.state('attention_shift', [pass.batch, hidden], x.dtype);
      for (const name of ['numerator', 'denominator', 'maximum']) pass.state(name, [pass.batch, width], 'float32');
      const k = key(shifted(x, ofKey))
        .exp()
        .mul(value(shifted(x, ofValue)));
      return output(receptance(shifted(x, ofReceptance)).sigmoid().mul(k.add(first).div(decay)));
    },
  );
}

/** Channel mixing: a gated MLP. */
function feedForwardOf(hidden: number, inner: number): PassLayer {
  const [ofKey, ofReceptance] = [mix(hidden), mix(hidden)];
  const [up, gate, down] = [linear(hidden, inner), linear(hidden, hidden), linear(inner, hidden)];
  return unit(
    'RwkvFeedForward',
    { time_mix_key: ofKey, time_mix_receptance: ofReceptance, key: up, receptance: gate, value: down },
    (x: nn.Tensor, pass: nn.Pass) => {
      pass.state('feed_forward_shift', [pass.batch, hidden], x.dtype);
      return gate(shifted(x, ofReceptance))
        .sigmoid()
        .mul(down(nn.functional.relu(up(shifted(x, ofKey))).square()));
    },
  );
}

function layerOf(c: Config, i: number): PassLayer {
  const hidden = c.size('hidden_size');
  const [ln1, ln2] = [layerNorm(hidden), layerNorm(hidden)];
  const pre = i === 0 ? layerNorm(hidden) : null;
  const attention = attentionOf(hidden, c.maybe('attention_hidden_size') ?? hidden);
  const ff = feedForwardOf(hidden, c.maybe('intermediate_size') ?? 4 * hidden);
  return unit('RwkvBlock', { pre_ln: pre, ln1, ln2, attention, feed_forward: ff }, (x: nn.Tensor, pass: nn.Pass) => {
    const y = pre?.(x) ?? x;
    const z = y.add(attention(ln1(y), pass));
    return z.add(ff(ln2(z), pass));
  });
}

/** RWKV 4: time mixing and channel mixing, both elementwise recurrences around projections. */
const rwkv: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  return decoder(
    c,
    {
      type: 'Rwkv',
      hidden,
      vocab: c.size('vocab_size'),
      layers: layersOf(
        c.layers('num_hidden_layers'),
        (i) => layerOf(c, i),
        (i) => i === 0,
      ),
      norm: layerNorm(hidden),
      tie: c.bool('tie_word_embeddings'),
      names: { base: 'rwkv', embed: 'embeddings', layers: 'blocks', norm: 'ln_out', head: 'head' },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = { rwkv };
