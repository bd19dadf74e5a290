import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { activation, chain, type Layer, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown, imageInputs } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { batchNorm, conv, perStage, seq } from './convnets.js';

const F = nn.functional;

/** A depthwise convolution and two pointwise ones, `inner` channels between them. */
function convEncoder(type: string, dim: number, inner: number): Layer {
  const [deep, norm] = [conv(dim, dim, 3, 1, { groups: dim }), batchNorm(dim)];
  const [up, down] = [conv(dim, inner, 1), conv(inner, dim, 1)];
  const scale = new nn.Parameter([dim, 1, 1]);
  return unit(
    type,
    { layer_scale: scale, depth_wise_conv: deep, norm, point_wise_conv1: up, point_wise_conv2: down },
    (x: nn.Tensor) => x.add(down(F.gelu(up(norm(deep(x))))).mul(scale)),
  );
}

/** Additive attention: one global query, a sum of all by learned weights, times every key. */
function additiveAttention(dim: number): Layer {
  const [query, key] = [linear(dim, dim, true), linear(dim, dim, true)];
  const [project, final] = [linear(dim, dim, true), linear(dim, dim, true)];
  const weight = new nn.Parameter([dim, 1]);
  return unit(
    'SwiftFormerEfficientAdditiveAttention',
    { w_g: weight, to_query: query, to_key: key, proj: project, final },
    (x: nn.Tensor) => {
      const [q, k] = [F.normalize(query(x), 2, -1), F.normalize(key(x), 2, -1)];
      const global = q.matmul(weight).mul(1).softmax(-1).mul(q).sum(1, true);
      return final(project(global.mul(k)).add(q));
    },
  );
}

function encoderBlock(c: Config, dim: number, inner: number): Layer {
  const local = convEncoder('SwiftFormerLocalRepresentation', dim, dim);
  const attention = additiveAttention(dim);
  const [norm, fc1, fc2] = [batchNorm(dim), conv(dim, inner, 1), conv(inner, dim, 1)];
  const act = activation(c);
  const mlp = unit('SwiftFormerMlp', { norm1: norm, fc1, fc2 }, (x: nn.Tensor) => fc2(act(fc1(norm(x)))));
  const scales = c.bool('use_layer_scale', true)
    ? [new nn.Parameter([dim, 1, 1]), new nn.Parameter([dim, 1, 1])]
    : [null, null];
  const scaled = (x: nn.Tensor, i: 0 | 1): nn.Tensor => (scales[i] ? x.mul(scales[i]) : x);
  return unit(
    'SwiftFormerEncoderBlock',
    {
      layer_scale_1: scales[0] ?? null,
      layer_scale_2: scales[1] ?? null,
      local_representation: local,
      attn: attention,
      linear: mlp,
    },
    (x: nn.Tensor) => {
      const y = local(x);
      const [n, channels, height, width] = [y.size(0), y.size(1), y.size(2), y.size(3)];
      const flat = attention(y.flatten(2).transpose(1, 2));
      const z = y.add(scaled(flat.transpose(1, 2).view(n, channels, height, width), 0));
      return z.add(scaled(mlp(z), 1));
    },
  );
}

const swiftformer: Builder = (c, o) => {
  const [depths, dims] = [perStage(c, 'depths'), perStage(c, 'embed_dims')];
  if (dims.length < depths.length)
    throw c.wrong('embed_dims', `has ${dims.length} entries for ${depths.length} stages`);
  const ratio = c.number('mlp_ratio', 4);
  const down = c.list('downsamples') ?? [];
  const network = depths.flatMap((depth, i): Layer[] => {
    const dim = dims[i] as number;
    const inner = Math.floor(ratio * dim);
    const blocks = layersOf(
      depth,
      (k) => (k === depth - 1 ? encoderBlock(c, dim, inner) : convEncoder('SwiftFormerConvEncoder', dim, inner)),
      (k) => k === depth - 1,
    );
    const stage = unit('SwiftFormerStage', { blocks: new nn.ModuleList(blocks as never) }, (x: nn.Tensor) =>
      chain(blocks, x),
    );
    const next = dims[i + 1];
    if (i === depths.length - 1 || next === undefined || (down[i] !== true && next === dim)) return [stage];
    const proj = conv(dim, next, c.size('down_patch_size', 3), c.size('down_stride', 2), {
      padding: c.int('down_pad', 1),
    });
    const norm = batchNorm(next);
    return [stage, unit('SwiftFormerEmbeddings', { proj, norm }, (x: nn.Tensor) => norm(proj(x)))];
  });
  const width = dims[0] as number;
  const half = Math.floor(width / 2);
  const stem = seq(
    conv(c.int('num_channels', 3), half, 3, 2),
    batchNorm(half),
    new nn.ReLU(),
    conv(half, width, 3, 2),
    batchNorm(width),
    new nn.ReLU(),
  );
  const patch = unit('SwiftFormerPatchEmbedding', { patch_embedding: stem }, (x: nn.Tensor) => stem(x));
  const encoder = unit('SwiftFormerEncoder', { network: new nn.ModuleList(network as never) }, (x: nn.Tensor) =>
    chain(network, x),
  );
  const base = unit('SwiftFormerModel', { patch_embed: patch, encoder }, (x: nn.Tensor) => encoder(patch(x)));
  const inputs = imageInputs(c);
  const name = o.architecture;
  if (/Model$/.test(name) || name === '') return { module: base, inputs, kept: () => null };
  if (!/ImageClassification$/.test(name)) throw headUnknown(c, name);
  const last = dims[depths.length - 1] as number;
  const labels = labelsOf(c);
  const norm = batchNorm(last);
  const heads = labels === 0 ? null : ([linear(last, labels, true), linear(last, labels, true)] as const);
  const module = unit(
    name,
    { swiftformer: base, norm, head: heads?.[0] ?? null, dist_head: heads?.[1] ?? null },
    (x: nn.Tensor) => {
      const y = norm(base(x)).flatten(2).mean(-1);
      return heads === null ? y : heads[0](y).add(heads[1](y)).div(2);
    },
  );
  return { module, inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ swiftformer });
