import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, labelsOf } from '../../blocks/model.js';
import { type Activation, activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageHead, imageInputs, pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { batchNorm, conv } from './convnets.js';
import {
  asMap,
  type ReducedAttention,
  reducedAttention,
  type StageSizes,
  stageSizes,
  type TokenMap,
  windowsAlong,
} from './reduced-attention.js';

const F = nn.functional;

/** Two projections with a depthwise convolution between. */
function mixMlp(
  type: string,
  dim: number,
  inner: number,
  act: Activation,
  names: readonly [string, string],
): { module: Layer; run: (m: TokenMap) => nn.Tensor } {
  const [a, b] = [linear(dim, inner, true), linear(inner, dim, true)];
  const depthwise = conv(inner, inner, 3, 1, { groups: inner });
  const dwconv = unit(`${type}DWConv`, { dwconv: depthwise }, (x: nn.Tensor) => depthwise(x));
  const run = (m: TokenMap): nn.Tensor => b(act(patches(dwconv(asMap({ ...m, tokens: a(m.tokens) })))));
  return { module: unit(`${type}MixFFN`, { [names[0]]: a, dwconv, [names[1]]: b }, (x: nn.Tensor) => x), run };
}

type Kind = 'segformer' | 'pvt_v2';
const typeOf = (kind: Kind): string => (kind === 'segformer' ? 'Segformer' : 'PvtV2');

function attentionOf(c: Config, kind: Kind, stage: StageSizes): ReducedAttention {
  const common = { type: `${typeOf(kind)}SequenceReduction`, norm: 'layer_norm' };
  if (kind === 'segformer')
    return reducedAttention(stage, {
      ...common,
      bias: true,
      projections: {},
      reduction: 'sequence_reduction',
      nested: 'sequence_reduction',
    });
  return reducedAttention(stage, {
    ...common,
    bias: c.bool('qkv_bias', true),
    projections: { q: 'query', k: 'key', v: 'value', o: 'proj' },
    reduction: 'spatial_reduction',
    pooled: c.bool('linear_attention'),
  });
}

type GridLayer = nn.Module<[x: nn.Tensor, h: number, w: number], nn.Tensor>;
function layerOf(c: Config, kind: Kind, stage: StageSizes): GridLayer {
  const [type, { dim, inner }] = [typeOf(kind), stage];
  const seg = kind === 'segformer';
  const attention = attentionOf(c, kind, stage);
  const mlp = mixMlp(type, dim, inner, activation(c), seg ? ['fc1', 'fc2'] : ['dense1', 'dense2']);
  const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
  const [before, after] = seg ? ['layernorm_before', 'layernorm_after'] : ['layer_norm_1', 'layer_norm_2'];
  return unit(
    `${type}Layer`,
    { [before as string]: n1, attention: attention.attention, [after as string]: n2, mlp: mlp.module },
    (x: nn.Tensor, h: number, w: number) => {
      const y = x.add(attention.run({ tokens: n1(x), h, w }));
      return y.add(mlp.run({ tokens: n2(y), h, w }));
    },
  );
}

/** N×C×H×W → N×dim×H/stride×W/stride. */
function stageOf(c: Config, kind: Kind, stage: StageSizes): Layer {
  const type = typeOf(kind);
  const { from, dim, kernel, stride } = stage;
  const [proj, norm] = [conv(from, dim, kernel, stride), layerNorm(dim)];
  const embed = unit(`${type}OverlapPatchEmbeddings`, { proj, layer_norm: norm }, (x: nn.Tensor) =>
    norm(patches(proj(x))),
  );
  const blocks = layersOf(stage.depth, () => layerOf(c, kind, stage));
  const last = layerNorm(dim);
  const along = (size: number): number => windowsAlong(size, kernel, stride, Math.floor(kernel / 2));
  return unit(
    `${type}Stage`,
    {
      [kind === 'segformer' ? 'patch_embeddings' : 'patch_embedding']: embed,
      blocks: new nn.ModuleList(blocks as never),
      layer_norm: last,
    },
    (x: nn.Tensor): nn.Tensor => {
      const [h, w] = [along(nn.int(x.size(2))), along(nn.int(x.size(3)))];
      const y = last(blocks.reduce((z, run) => run(z, h, w), embed(x)));
      return asMap({ tokens: y, h, w });
    },
  );
}

/** The maps of all stages, the largest first. */
function modelOf(c: Config, kind: Kind, sizes: readonly StageSizes[]): nn.Module<[nn.Tensor], nn.Tensor[]> {
  const stages = sizes.map((stage) => stageOf(c, kind, stage));
  const all = (x: nn.Tensor): nn.Tensor[] => {
    let y = x;
    return stages.map((stage) => (y = stage(y)));
  };
  const list = new nn.ModuleList(stages as never);
  if (kind === 'segformer') return unit('SegformerModel', { stages: list }, all);
  const encoder = unit('PvtV2Encoder', { layers: list }, all);
  return unit('PvtV2Model', { encoder: encoder as never }, (x: nn.Tensor) => encoder(x));
}

/** SegFormer and PVT v2: overlapping patches, four stages of reduced attention. */
const overlapping =
  (kind: Kind): Builder =>
  (c, o): Architecture => {
    const stages = stageSizes(c, 'sr_ratios');
    const widths = stages.map(({ dim }) => dim);
    const inputs = imageInputs(c, kind === 'segformer' ? [512, 512] : pairOf(c, 'image_size', 224));
    const model = modelOf(c, kind, stages);
    const result = (module: nn.AnyModule): Architecture => ({ module, inputs, kept: () => null });
    const name = o.architecture;
    if (/Model$/.test(name) || name === '') return result(model);
    if (/SemanticSegmentation$/.test(name) && kind === 'segformer') {
      const head = decodeHead(c, widths);
      return result(
        unit(name, { segformer: model as never, decode_head: head as never }, (x: nn.Tensor) => head(model(x))),
      );
    }
    // The classifier has the width of the last stage listed, built or not.
    const width = (c.ints('hidden_sizes') ?? widths).at(-1) as number;
    const take = (x: nn.Tensor): nn.Tensor => {
      const map = (x as unknown as nn.Tensor[]).at(-1) as nn.Tensor;
      return map.permute(0, 2, 3, 1).reshape(map.size(0), -1, width).mean(1);
    };
    return result(imageHead(c, name, kind, model as never, { width, take }));
  };

/** All four maps in one width, at the size of the first, fused to classes of every place. */
function decodeHead(c: Config, widths: readonly number[]): nn.Module<[nn.Tensor[]], nn.Tensor> {
  const dim = c.size('decoder_hidden_size');
  const projections = widths.map((width) => {
    const proj = linear(width, dim, true);
    return unit('SegformerMLP', { proj }, (x: nn.Tensor) => proj(patches(x)));
  });
  const fuse = conv(dim * widths.length, dim, 1, 1, { bias: false });
  const norm = batchNorm(dim);
  const classes = conv(dim, labelsOf(c), 1);
  return unit(
    'SegformerDecodeHead',
    {
      linear_projections: new nn.ModuleList(projections as never),
      linear_fuse: fuse,
      batch_norm: norm,
      classifier: classes,
    },
    (maps: nn.Tensor[]) => {
      const size = (maps[0] as nn.Tensor).shape.slice(2);
      const same = maps.map((map, i) => {
        const y = (projections[i] as Layer)(map).transpose(1, 2).view(map.size(0), dim, map.size(2), map.size(3));
        return F.interpolate(y, { size, mode: 'bilinear', align_corners: false });
      });
      return classes(F.relu(norm(fuse(F.cat(same.reverse(), 1)))));
    },
  );
}

export const families: Readonly<Record<string, Builder>> = {
  segformer: overlapping('segformer'),
  pvt_v2: overlapping('pvt_v2'),
};
