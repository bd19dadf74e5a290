import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { classified, conv, perStage, seq } from './convnets.js';

const F = nn.functional;

/** A map padded below and to the right so far that patches fill it. */
function filled(x: nn.Tensor, patch: number): nn.Tensor {
  const missing = (length: number): number => (patch - (length % patch)) % patch;
  const [down, across] = [missing(nn.int(x.size(2))), missing(nn.int(x.size(3)))];
  return down + across > 0 ? F.pad(x, [0, across, 0, down]) : x;
}

/** Patches as a map of another width: N×C×H×W → N×out×H/patch×W/patch. */
function embedding(c: Config, i: number, out: number, patch: number, start: boolean): Layer {
  const projection = c.bool('use_conv_embed')
    ? conv(i, out, start ? 7 : 3, start ? 4 : 2, { padding: start ? 2 : 1 })
    : conv(i, out, patch, patch, { padding: 0 });
  const norm = layerNorm(out);
  return unit('FocalNetPatchEmbeddings', { projection, norm }, (x: nn.Tensor) =>
    norm(projection(filled(x, patch)).permute(0, 2, 3, 1)).permute(0, 3, 1, 2),
  );
}

/** Each place times the sum of its surroundings at `levels` distances and of the whole map, each through a gate. */
function modulationOf(c: Config, dim: number, levels: number, window: number): Layer {
  const [into, context, out] = [linear(dim, 2 * dim + levels + 1, true), conv(dim, dim, 1), linear(dim, dim, true)];
  const layers = Array.from({ length: levels }, (_, l) =>
    seq(conv(dim, dim, 2 * l + window, 1, { groups: dim, bias: false }), new nn.GELU()),
  );
  const norm = c.bool('use_post_layernorm_in_modulation') ? layerNorm(dim) : null;
  return unit(
    'FocalNetModulation',
    {
      projection_in: into,
      projection_context: context,
      projection_out: out,
      focal_layers: list(layers),
      layernorm: norm,
    },
    (x: nn.Tensor) => {
      const all = into(x).permute(0, 3, 1, 2);
      const [q, gates] = [all.narrow(1, 0, dim), all.narrow(1, 2 * dim, levels + 1)];
      let around = all.narrow(1, dim, dim);
      let sum: nn.Tensor | null = null;
      const put = (y: nn.Tensor, level: number): void => {
        const part = y.mul(gates.narrow(1, level, 1));
        sum = sum === null ? part : sum.add(part);
      };
      for (const [level, run] of layers.entries()) {
        around = run(around);
        put(around, level);
      }
      put(F.gelu(around.mean([2, 3], true)), levels);
      const y = q.mul(context(sum as unknown as nn.Tensor)).permute(0, 2, 3, 1);
      return out(norm?.(y) ?? y);
    },
  );
}

function layerOf(c: Config, dim: number, levels: number, window: number): Layer {
  const late = c.bool('use_post_layernorm');
  const [norm1, norm2] = [layerNorm(dim), layerNorm(dim)];
  const modulation = modulationOf(c, dim, levels, window);
  const inner = Math.floor(dim * c.number('mlp_ratio', 4));
  const mlp = plainMlp('FocalNetMlp', dim, inner, activation(c), ['fc1', 'fc2']) as Layer;
  const [gamma1, gamma2] = c.bool('use_layerscale') ? [new nn.Parameter([dim]), new nn.Parameter([dim])] : [null, null];
  const branch = (norm: Layer, run: Layer, gamma: nn.Parameter | null, x: nn.Tensor): nn.Tensor => {
    const y = late ? norm(run(x)) : run(norm(x));
    return x.add(gamma === null ? y : y.mul(gamma));
  };
  return unit('FocalNetLayer', { gamma_1: gamma1, gamma_2: gamma2, norm1, modulation, norm2, mlp }, (x: nn.Tensor) =>
    branch(norm2, mlp, gamma2, branch(norm1, modulation, gamma1, x)),
  );
}

/** The first patches; their norm is beside them, not within. */
function firstEmbeddings(c: Config, width: number): Layer {
  const side = c.size('patch_size', 4);
  const patch = embedding(c, c.int('num_channels', 3), width, side, true);
  const { projection, norm } = Object.fromEntries(patch.named_children()) as { projection: Layer; norm: Layer };
  const inner = unit('FocalNetPatchEmbeddings', { projection }, (x: nn.Tensor) => projection(filled(x, side)));
  return unit('FocalNetEmbeddings', { patch_embeddings: inner, norm }, (x: nn.Tensor) =>
    norm(inner(x).permute(0, 2, 3, 1)),
  );
}

/** FocalNet: each place is modulated by its surroundings at several distances. */
const focalnet: Builder = (c, o) => {
  const depths = perStage(c, 'depths');
  const n = depths.length;
  const [levels, windows] = [perStage(c, 'focal_levels', n), perStage(c, 'focal_windows', n)];
  const first = c.size('embed_dim', 96);
  const embeddings = firstEmbeddings(c, first);
  const stages = depths.map((depth, j) => {
    const dim = first * 2 ** j;
    const layers = layersOf(depth, () => layerOf(c, dim, levels[j] as number, windows[j] as number));
    const downsample = j < n - 1 ? embedding(c, dim, 2 * dim, 2, false) : null;
    return unit('FocalNetStage', { layers: list(layers), downsample }, (x: nn.Tensor) => {
      const y = chain(layers, x);
      return downsample === null ? y : downsample(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1);
    });
  });
  const encoder = unit('FocalNetEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const width = first * 2 ** (n - 1);
  const last = layerNorm(width);
  return classified(c, o, {
    type: 'FocalNet',
    base: 'focalnet',
    image: pairOf(c, 'image_size', 224),
    parts: { embeddings, encoder, layernorm: last },
    run: (x) => last(encoder(embeddings(x))),
    take: (x) => x.mean([1, 2]),
    width,
    head: 'classifier',
  });
};

export const families: Readonly<Record<string, Builder>> = { focalnet };
