import * as nn from '../../../../torch/nn/index.js';
import { embedding, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
const swish = (x: nn.Tensor): nn.Tensor => x.mul(x.sigmoid());
const conv = (from: number, to: number, kernel = 3, stride = 1): Layer =>
  new nn.Conv2d(from, to, kernel, { stride, padding: kernel === 3 && stride === 1 ? 1 : 0 }) as unknown as Layer;
const norm = (channels: number): Layer => new nn.GroupNorm(32, channels) as unknown as Layer;

function residual(from: number, to: number): Layer {
  const [norm1, conv1, norm2, conv2] = [norm(from), conv(from, to), norm(to), conv(to, to)];
  const shortcut = from === to ? null : conv(from, to, 1);
  return unit('VQResnetBlock', { norm1, conv1, norm2, conv2, nin_shortcut: shortcut }, (x: nn.Tensor) =>
    (shortcut?.(x) ?? x).add(conv2(swish(norm2(conv1(swish(norm1(x))))))),
  );
}
/** Attention of all points of a map, one head as deep as the map has channels. */
function mapAttention(channels: number): Layer {
  const [q, k, v, out] = [
    conv(channels, channels, 1),
    conv(channels, channels, 1),
    conv(channels, channels, 1),
    conv(channels, channels, 1),
  ];
  const first = norm(channels);
  return unit('VQAttnBlock', { norm: first, q, k, v, proj_out: out }, (x: nn.Tensor) => {
    const y = first(x);
    const flat = (t: nn.Tensor): nn.Tensor => t.flatten(2).transpose(1, 2);
    const weights = F.softmax(flat(q(y)).matmul(k(y).flatten(2)), -1);
    const attended = v(y).flatten(2).matmul(weights.transpose(1, 2));
    return x.add(out(attended.reshape(x.size(0), channels, x.size(2), x.size(3))));
  });
}
function middle(
  channels: number,
  attended: boolean,
): { parts: Record<string, Layer>; run: (x: nn.Tensor) => nn.Tensor } {
  const [a, b] = [residual(channels, channels), residual(channels, channels)];
  const attention = attended ? mapAttention(channels) : null;
  return {
    parts: { block_1: a, ...(attention === null ? {} : { attn_1: attention }), block_2: b },
    run: (x) => {
      const y = a(x);
      return b(attention?.(y) ?? y);
    },
  };
}
/** Which levels have attention: the coarsest, as in Janus, or those whose maps have certain sides, as in Chameleon. */
type Attended = (level: number) => boolean;

function stages(c: Config, attended: Attended, type: string): Layer {
  const base = c.size('base_channels', 128);
  const factors = c.ints('channel_multiplier') ?? [1, 1, 2, 2, 4];
  const blocks = c.layers('num_res_blocks', 2);
  let width = base;
  const levels = factors.map((factor, level) => {
    const pairs = Array.from({ length: blocks }, () => {
      const block = residual(width, base * factor);
      width = base * factor;
      return [block, attended(level) ? mapAttention(width) : null] as const;
    });
    const halve = level < factors.length - 1 ? conv(width, width, 3, 2) : null;
    const downsample =
      halve === null
        ? null
        : unit('VQConvDownsample', { conv: halve }, (x: nn.Tensor) => halve(F.pad(x, [0, 1, 0, 1])));
    const attn = pairs.flatMap(([, a]) => (a === null ? [] : [a]));
    return unit('VQLevel', { block: list(pairs.map(([b]) => b)), attn: list(attn), downsample }, (x: nn.Tensor) => {
      let y = x;
      for (const [block, attention] of pairs) {
        y = block(y);
        y = attention?.(y) ?? y;
      }
      return downsample?.(y) ?? y;
    });
  });
  const mid = middle(width, type !== 'Chameleon' || c.str('attn_type', 'vanilla') === 'vanilla');
  const latent = c.size('latent_channels', 256) * (c.bool('double_latent') ? 2 : 1);
  const [into, last, out] = [conv(c.size('in_channels', 3), base), norm(width), conv(width, latent)];
  const between = unit('VQMidBlock', mid.parts, mid.run);
  return unit(
    `${type}VQVAEEncoder`,
    { conv_in: into, down: list(levels), mid: between, norm_out: last, conv_out: out },
    (x: nn.Tensor) => out(swish(last(between(levels.reduce((y, level) => level(y), into(x)))))),
  );
}
/** The other way: only its parameters, since no pass over texts runs it. */
function generator(c: Config): Layer {
  const base = c.size('base_channels', 128);
  const factors = c.ints('channel_multiplier') ?? [1, 1, 2, 2, 4];
  const blocks = c.layers('num_res_blocks', 2) + 1;
  let width = base * (factors.at(-1) as number);
  const into = conv(c.size('latent_channels', 256), width);
  const mid = middle(width, true);
  const levels = [...factors.keys()].reverse().map((level) => {
    const block = Array.from({ length: blocks }, () => {
      const made = residual(width, base * (factors[level] as number));
      width = base * (factors[level] as number);
      return made;
    });
    const attn = level === factors.length - 1 ? block.map(() => mapAttention(width)) : [];
    const upsample = level === 0 ? null : unit('VQConvUpsample', { conv: conv(width, width) }, (x: nn.Tensor) => x);
    return unit('VQLevel', { block: list(block), attn: list(attn), upsample }, (x: nn.Tensor) => x);
  });
  return unit(
    'VQVAEDecoder',
    {
      conv_in: into,
      mid: unit('VQMidBlock', mid.parts, mid.run),
      up: list(levels),
      norm_out: norm(width),
      conv_out: conv(width, c.size('out_channels', 3)),
    },
    (x: nn.Tensor) => x,
  );
}

/** An image as entries of a codebook: N×C×H×W → N×tokens×width of an entry. With what turns entries into images, on request. */
export function vqModel(c: Config, type: 'Janus' | 'Chameleon'): Layer {
  const [latent, width] = [c.size('latent_channels', 256), c.size('embed_dim')];
  const factors = c.ints('channel_multiplier') ?? [1, 1, 2, 2, 4];
  const sides = new Set(c.ints('attn_resolutions') ?? []);
  const resolution = type === 'Chameleon' ? c.size('resolution', 512) : 0;
  const encoder = stages(
    c,
    (level) => (type === 'Janus' ? level === factors.length - 1 : sides.has(Math.floor(resolution / 2 ** level))),
    type,
  );
  const entries = embedding(c.size('num_embeddings'), width);
  const quantize = unit(`${type}VQVAEVectorQuantizer`, { embedding: entries }, (x: nn.Tensor) => {
    const flat = x.flatten(2).transpose(1, 2);
    flat.matmul(entries.weight.t());
    return flat;
  });
  const [before, after] = [conv(latent, width, 1), conv(width, latent, 1)];
  return unit(
    `${type}VQVAE`,
    {
      encoder,
      quantize,
      quant_conv: before,
      post_quant_conv: after,
      decoder: type === 'Janus' ? generator(c) : null,
    },
    (pixels: nn.Tensor) => quantize(before(encoder(pixels))),
  );
}
