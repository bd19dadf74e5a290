import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { attendTo } from '../../blocks/cross.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, sized, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { encoderBlocks, idefics3Tower, shuffled } from './towers.js';

const F = nn.functional;

/** Learned latents that attend to an image's tokens and to themselves, layer by layer: as many tokens for every image. */
function perceiver(c: Config): Layer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('resampler_n_heads')];
  const latents = new nn.Parameter([c.size('resampler_n_latents'), hidden]);
  const act = activation(c, 'hidden_act', 'silu');
  const layers = layersOf(c.layers('resampler_depth'), () => {
    const attention = attendTo({
      type: 'Idefics2PerceiverAttention',
      hidden,
      heads,
      kv: c.size('num_key_value_heads', heads),
      d: c.size('resampler_head_dim'),
    });
    const [own, context, after] = [rms(hidden), rms(hidden), rms(hidden)];
    const mlp = new nn.GatedMLP(hidden, 4 * hidden, { activation: act });
    return unit(
      'Idefics2PerceiverLayer',
      {
        input_latents_norm: own,
        input_context_norm: context,
        self_attn: attention as never,
        post_attention_layernorm: after,
        mlp,
      },
      (x: nn.Tensor, from: nn.Tensor) => {
        const a = own(x);
        const states = F.cat([context(from), a], 1);
        const y = x.add(attention(a, { states, length: states.size(1) }));
        return y.add(mlp(after(y)));
      },
    );
  });
  const norm = rms(hidden);
  return unit('Idefics2PerceiverResampler', { latents, layers: list(layers as never), norm }, (x: nn.Tensor) => {
    let y: nn.Tensor = latents.unsqueeze(0).expand(x.size(0), latents.size(0), hidden);
    for (const layer of layers) y = layer(y, x);
    return norm(y);
  });
}
const idefics2 = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'idefics2_vision');
  const tower = idefics3Tower(v, 'Idefics2');
  const hidden = text.size('hidden_size');
  const project = otherWidth('Idefics2MLP', v.size('hidden_size'), text.size('intermediate_size'), hidden, text);
  const resampler = perceiver(inside(c, 'perceiver_config', 'idefics2_perceiver'));
  const connector = unit(
    'Idefics2Connector',
    { modality_projection: project, perceiver_resampler: resampler },
    (x: nn.Tensor) => resampler(project(x)),
  );
  return {
    parts: { vision_model: tower, connector },
    run: (pixels) => connector(tower(pixels)),
    ...sized(v),
    tiles: 1,
  };
};
/** A gated MLP that ends in another width. */
function otherWidth(type: string, from: number, inner: number, to: number, c: Config): Layer {
  const [gate, up, down] = [linear(from, inner), linear(from, inner), linear(inner, to)];
  const act = activation(c, 'hidden_act', 'silu');
  return unit(type, { gate_proj: gate, up_proj: up, down_proj: down }, (x: nn.Tensor) => down(act(gate(x)).mul(up(x))));
}

/** Every token of the tower as weights of a vocabulary of images, whose table gives what the language model reads. */
const ovis2 = (c: Config, text: Config): Sight => {
  const v = inside(c, 'vision_config', 'ovis2_vision', OVIS);
  const [hidden, inner] = [v.size('hidden_size'), v.size('intermediate_size')];
  const [image, patch] = [pairOf(v, 'image_size', 224), v.size('patch_size', 14)];
  const conv = new nn.Conv2d(v.int('num_channels', 3), hidden, patch, { stride: patch }) as unknown as Layer;
  const table = embedding(Math.floor(image[0] / patch) * Math.floor(image[1] / patch), hidden);
  const first = rms(hidden);
  const embeddings = unit(
    'Ovis2VisionEmbeddings',
    { patch_embedding: conv, position_embedding: table, rms_norm: first },
    (pixels: nn.Tensor) => {
      const x = first(patches(conv(pixels)));
      return x.add(table(F.arange(x.size(1))));
    },
  );
  const act = activation(v, 'hidden_act', 'silu');
  const encoder = encoderBlocks('Ovis2', v.layers('num_hidden_layers'), () => ({
    attention: [
      'attention',
      fullAttention(hidden, v.size('num_attention_heads'), {
        bias: v.bool('qkv_bias'),
        names: { o: 'out_proj' },
      }),
    ],
    mlp: ['ffn', new nn.GatedMLP(hidden, inner, { bias: v.bool('mlp_bias'), activation: act })],
    norms: [
      ['rms_norm1', rms(hidden)],
      ['rms_norm2', rms(hidden)],
    ],
  }));
  const last = rms(hidden);
  const transformer = unit('Ovis2VisionTransformer', { embeddings, encoder, rms_norm: last }, (x: nn.Tensor) =>
    last(encoder(embeddings(x))),
  );
  const [vocab, stride] = [v.size('vocab_size', 16384), v.size('hidden_stride', 1)];
  const indicators = v.int('num_visual_indicator_tokens', 5);
  const words = vocab - indicators;
  if (words < 1) throw v.wrong('vocab_size', `is ${vocab}: ${indicators} of them are indicators`);
  const [head, norm] = [linear(hidden * stride * stride, words), layerNorm(words)];
  const tower = unit('Ovis2VisionModel', { transformer, head_linear: head, head_norm: norm }, (pixels: nn.Tensor) => {
    const x = transformer(pixels);
    const y = norm(head(stride > 1 ? shuffled(x, stride) : x));
    return F.pad(F.softmax(y, -1), [0, indicators]);
  });
  const [width, hidden_size] = [c.size('hidden_size', 1536), text.size('hidden_size')];
  const weight = new nn.Parameter([vocab, width]);
  const visual = unit('Ovis2VisualEmbeddingTable', { weight }, (x: nn.Tensor) => x.matmul(weight));
  return {
    parts: { vision_tower: tower, visual_embeddings_table: visual },
    run: (pixels) => visual(tower(pixels)),
    ...sized(v),
    ...(width === hidden_size
      ? {}
      : {
          impossible: `no pass with images: "hidden_size" is ${width}, and the words have a width of ${hidden_size}; the parameters of the image encoder are counted`,
        }),
  };
};
const OVIS = {
  hidden_size: 1024,
  intermediate_size: 2816,
  num_hidden_layers: 24,
  num_attention_heads: 8,
  image_size: 224,
  patch_size: 14,
  vocab_size: 16384,
};

export const families: Readonly<Record<string, Builder>> = byName({
  idefics2: visionLanguage({
    type: 'Idefics2',
    tied: false,
    language: 'text_model',
    text: textOf('mistral'),
    sight: idefics2,
  }),
  ovis2: visionLanguage({ type: 'Ovis2', tied: true, text: textOf('qwen2'), sight: ovis2 }),
});
