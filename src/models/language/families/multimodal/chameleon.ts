import * as nn from '../../../../torch/nn/index.js';
import { llamaLike, sizes } from '../../blocks/llama.js';
import type { Architecture, Builder } from '../../blocks/model.js';
import type { Layer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { firstPass, inside } from '../../blocks/vision-language.js';
import { vqModel } from './vqgan.js';

/** Chameleon: a tokenizer of images inside, whose entries are words; norms of queries and keys a head. */
const chameleon: Builder = (c, o): Architecture => {
  const s = sizes(c);
  const norm = (heads: number): Layer => {
    const [weight, bias] = [new nn.Parameter([heads, s.d]), new nn.Parameter([heads, s.d])];
    return unit('ChameleonLayerNorm', { weight, bias }, (x: nn.Tensor) =>
      nn.functional.layer_norm(x, [s.d]).mul(weight.unsqueeze(1)).add(bias.unsqueeze(1)),
    );
  };
  const q = inside(c, 'vq_config', 'chameleon_vqgan');
  const tokenizer = vqModel(q, 'Chameleon');
  let pixels: nn.Tensor | undefined;
  const made = llamaLike(c, o, {
    type: 'Chameleon',
    style: c.bool('swin_norm') ? 'post' : 'pre',
    attention: () => ({ q_norm: ['q_norm', norm(s.heads)], k_norm: ['k_norm', norm(s.kv)] }),
    decoder: {
      parts: { vqmodel: tokenizer },
      before: (x) => {
        if (pixels !== undefined) tokenizer(pixels.to(x.dtype));
        return x;
      },
    },
  });
  const forward = made.module.forward.bind(made.module) as (...inputs: nn.Tensor[]) => unknown;
  Object.defineProperty(made.module, 'forward', {
    value: (ids: nn.Tensor, mask: nn.Tensor, image?: nn.Tensor) => {
      pixels = image;
      return forward(ids, mask);
    },
    enumerable: false,
  });
  const side = q.size('resolution', 512);
  const inputs: Architecture['inputs'] = (free) => [
    ...made.inputs(free),
    ...(firstPass(free)
      ? [{ name: 'pixel_values', shape: [free('batch'), q.size('in_channels', 3), side, side] }]
      : []),
  ];
  return { ...made, inputs };
};

export const families: Readonly<Record<string, Builder>> = { chameleon };
