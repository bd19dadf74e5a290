import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { block } from '../../blocks/block.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, sizes } from '../../blocks/llama.js';
import { type Builder, decoder } from '../../blocks/model.js';
import type { Layer, PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';

/** Each run of a layer is recorded; the published model has 128. */
const MAX_RUNS = 768;
/**
 * Two stacks in cycles: a low one runs several times for each run of the high one, every time with keys and values of its
 * own in the cache. Norms have no weights.
 */
const hrm: Builder = (c, o) => {
  const s = sizes(c);
  const [high, low] = [c.layers('H_cycles'), c.layers('L_cycles')];
  const each = c.get('num_layers_per_stack') == null ? s.layers : c.layers('num_layers_per_stack');
  if (each * high * (low + 1) > MAX_RUNS) throw c.wrong('H_cycles', `makes more than ${MAX_RUNS} runs of a layer`);
  const bias = c.bool('attention_bias');
  const bare = (): Layer => new nn.RMSNorm(s.hidden, 1e-6, false);
  const layer = (): PassLayer =>
    block({
      type: 'HrmTextDecoderLayer',
      attention: [
        'self_attn',
        new nn.GroupedAttention({
          hidden_size: s.hidden,
          num_heads: s.heads,
          head_dim: s.d,
          bias,
          gate: { name: 'gate_proj', outputs: s.heads * s.d, bias },
        }),
      ],
      mlp: ['mlp', gated(c, s.inner)],
      style: 'pre',
      norms: [
        ['input_layernorm', bare()],
        ['post_attention_layernorm', bare()],
      ],
    });
  const stackOf = (): PassLayer => {
    const layers = layersOf(each, layer);
    const norm = bare();
    return unit(
      'HrmTextStack',
      { layers: new nn.ModuleList(layers as never), final_norm: norm },
      (x: nn.Tensor, pass: nn.Pass) => norm(layers.reduce((y, run) => run(y, pass), x)),
    );
  };
  const [fast, slow] = [stackOf(), stackOf()];
  const start = new nn.Parameter([s.hidden]);
  return decoder(
    c,
    {
      type: 'HrmText',
      hidden: s.hidden,
      vocab: s.vocab,
      layers: [],
      norm: null,
      tie: c.bool('tie_word_embeddings'),
      parts: { z_L_init: start, L_module: fast, H_module: slow },
      before: (x) => x.mul(1),
      run: (x, pass) => {
        let above = x;
        let below: nn.Tensor = start.expand(x.size(0), x.size(1), s.hidden);
        for (let h = 0; h < high; h++) {
          for (let l = 0; l < low; l++) below = fast(below.add(above), pass);
          above = slow(above.add(below), pass);
        }
        return above;
      },
    },
    o,
  );
};

export const families: Readonly<Record<string, Builder>> = byName({ hrm_text: hrm });
