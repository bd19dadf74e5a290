import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageHead, imageInputs, pairOf, patches, plainAttention } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { conv } from './convnets.js';

const F = nn.functional;
interface Map {
  readonly tokens: nn.Tensor;
  readonly h: number;
  readonly w: number;
}
const asMap = ({ tokens, h, w }: Map): nn.Tensor => tokens.transpose(1, 2).view(tokens.size(0), tokens.size(-1), h, w);
const outOf = (n: number, k: number, s: number, p: number): number => Math.floor((n + 2 * p - k) / s) + 1;

/** Lists of one value a stage, cut to as many stages as are built. */
function perBlock(c: Config, names: readonly string[]): number[][] {
  const lists = names.map((name) => c.ints(name) ?? []);
  const count = c.int('num_encoder_blocks', (lists[0] as number[]).length);
  for (const [i, list] of lists.entries())
    if (list.length < count) throw c.wrong(names[i] as string, `has ${list.length} values for ${count} stages`);
  const cut = lists.map((list) => list.slice(0, count));
  const [widths, heads] = [cut[names.indexOf('hidden_sizes')], cut[names.indexOf('num_attention_heads')]];
  for (const [i, width] of (widths ?? []).entries())
    if (width % (heads?.[i] ?? 1) !== 0)
      throw c.wrong('hidden_sizes', `has ${width}, which does not divide into ${heads?.[i]} heads`);
  return cut;
}

/** Attention whose keys and values come from a map made smaller by a strided convolution. */
function reduced(
  dim: number,
  heads: number,
  ratio: number,
  s: {
    bias: boolean;
    projections: Record<string, string>;
    reduction: string;
    norm: string;
    nested?: string;
    type: string;
    /** Keys from the map's means over 7×7 squares, through one projection. */
    pooled?: boolean;
  },
): { attention: nn.GroupedAttention; run: (m: Map) => nn.Tensor } {
  const attention = plainAttention({
    hidden: dim,
    heads,
    bias: { q: s.bias, k: s.bias, v: s.bias },
    projections: s.projections as never,
  });
  const own = attention as unknown as Record<string, (x: nn.Tensor) => nn.Tensor>;
  let shrink: ((m: Map) => nn.Tensor) | null = null;
  if (s.pooled) {
    const [mix, norm] = [conv(dim, dim, 1, 1, { padding: 0 }), layerNorm(dim)];
    (own as Record<string, unknown>)[s.reduction] = mix;
    (own as Record<string, unknown>)[s.norm] = norm;
    shrink = (m) => F.gelu(norm(patches(mix(F.adaptive_avg_pool2d(asMap(m), 7)))));
  } else if (ratio > 1) {
    const [down, norm] = [conv(dim, dim, ratio, ratio, { padding: 0 }), layerNorm(dim)];
    if (s.nested === undefined) {
      (own as Record<string, unknown>)[s.reduction] = down;
      (own as Record<string, unknown>)[s.norm] = norm;
      shrink = (m) => norm(patches(down(asMap(m))));
    } else {
      const both = unit(s.type, { [s.reduction]: down, [s.norm]: norm }, (x: nn.Tensor) => norm(patches(down(x))));
      (own as Record<string, unknown>)[s.nested] = both;
      shrink = (m) => both(asMap(m));
    }
  }
  const name = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', ...s.projections };
  const split = (x: nn.Tensor): nn.Tensor => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);
  return {
    attention,
    run: (m) => {
      const source = shrink === null ? m.tokens : shrink(m);
      const call = (p: string, x: nn.Tensor): nn.Tensor => (own[p] as (x: nn.Tensor) => nn.Tensor)(x);
      const y = F.scaled_dot_product_attention(
        split(call(name.q, m.tokens)),
        split(call(name.k, source)),
        split(call(name.v, source)),
      );
      const flat = y.transpose(1, 2).reshape(m.tokens.size(0), m.tokens.size(1), dim);
      return name.o === null ? flat : call(name.o, flat);
    },
  };
}
/** Two projections with a depthwise convolution between. */
function mixMlp(
  type: string,
  dim: number,
  inner: number,
  act: (x: nn.Tensor) => nn.Tensor,
  names: readonly [string, string],
): { module: Layer; run: (m: Map) => nn.Tensor } {
  const [a, b] = [linear(dim, inner, true), linear(inner, dim, true)];
  const depthwise = conv(inner, inner, 3, 1, { groups: inner });
  const dwconv = unit(`${type}DWConv`, { dwconv: depthwise }, (x: nn.Tensor) => depthwise(x));
  const run = (m: Map): nn.Tensor => b(act(patches(dwconv(asMap({ ...m, tokens: a(m.tokens) })))));
  return { module: unit(`${type}MixFFN`, { [names[0]]: a, dwconv, [names[1]]: b }, (x: nn.Tensor) => x), run };
}

/** SegFormer and PVT v2: overlapping patches, four stages of reduced attention. */
function mixed(kind: 'segformer' | 'pvt_v2'): Builder {
  return (c, o) => {
    const [depths, widths, kernels, strides, ratios, heads, mlps] = perBlock(c, [
      'depths',
      'hidden_sizes',
      'patch_sizes',
      'strides',
      'sr_ratios',
      'num_attention_heads',
      'mlp_ratios',
    ]) as [number[], number[], number[], number[], number[], number[], number[]];
    const seg = kind === 'segformer';
    const type = seg ? 'Segformer' : 'PvtV2';
    const image: [number, number] = seg ? [512, 512] : pairOf(c, 'image_size', 224);
    const act = activation(c);
    const stages = depths.map((depth, i) => {
      const [from, dim] = [i === 0 ? c.int('num_channels', 3) : (widths[i - 1] as number), widths[i] as number];
      const [k, s] = [kernels[i] as number, strides[i] as number];
      const [proj, norm] = [conv(from, dim, k, s), layerNorm(dim)];
      const embed = unit(`${type}OverlapPatchEmbeddings`, { proj, layer_norm: norm }, (x: nn.Tensor) =>
        norm(patches(proj(x))),
      );
      const blocks = layersOf(depth, () => {
        const attention = reduced(dim, heads[i] as number, ratios[i] as number, {
          type: `${type}SequenceReduction`,
          bias: seg ? true : c.bool('qkv_bias', true),
          projections: seg ? {} : { q: 'query', k: 'key', v: 'value', o: 'proj' },
          reduction: seg ? 'sequence_reduction' : 'spatial_reduction',
          norm: 'layer_norm',
          ...(seg ? { nested: 'sequence_reduction' } : { pooled: c.bool('linear_attention') }),
        });
        const mlp = mixMlp(type, dim, dim * (mlps[i] as number), act, seg ? ['fc1', 'fc2'] : ['dense1', 'dense2']);
        const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
        const names = seg
          ? (['layernorm_before', 'layernorm_after'] as const)
          : (['layer_norm_1', 'layer_norm_2'] as const);
        return unit(
          `${type}Layer`,
          { [names[0]]: n1, attention: attention.attention, [names[1]]: n2, mlp: mlp.module },
          (x: nn.Tensor, h: number, w: number) => {
            const y = x.add(attention.run({ tokens: n1(x), h, w }));
            return y.add(mlp.run({ tokens: n2(y), h, w }));
          },
        );
      });
      const last = layerNorm(dim);
      return unit(
        `${type}Stage`,
        {
          [seg ? 'patch_embeddings' : 'patch_embedding']: embed,
          blocks: new nn.ModuleList(blocks as never),
          layer_norm: last,
        },
        (x: nn.Tensor): nn.Tensor => {
          const [h, w] = [
            outOf(nn.int(x.size(2)), k, s, Math.floor(k / 2)),
            outOf(nn.int(x.size(3)), k, s, Math.floor(k / 2)),
          ];
          const y = last(blocks.reduce((z, run) => run(z, h, w), embed(x)));
          return asMap({ tokens: y, h, w });
        },
      );
    });
    const list = new nn.ModuleList(stages as never);
    const all = (x: nn.Tensor): nn.Tensor[] => {
      let y = x;
      return stages.map((stage) => (y = stage(y)));
    };
    const base = seg ? 'segformer' : 'pvt_v2';
    const encoder = seg ? null : unit('PvtV2Encoder', { layers: list }, all);
    const model = unit(`${type}Model`, seg ? { stages: list } : { encoder: encoder as never }, (x: nn.Tensor) =>
      (encoder ?? all)(x),
    );
    const inputs = imageInputs(c, image);
    const name = o.architecture;
    const result = (module: nn.AnyModule) => ({ module, inputs, kept: () => null });
    if (/Model$/.test(name) || name === '') return result(model);
    if (/SemanticSegmentation$/.test(name) && seg) {
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
    return result(imageHead(c, name, base, model as never, { width, take }));
  };
}
/** All four maps in one width, at the size of the first, fused to classes of every place. */
function decodeHead(c: Config, widths: readonly number[]): nn.Module<[nn.Tensor[]], nn.Tensor> {
  const dim = c.size('decoder_hidden_size');
  const projections = widths.map((width) => {
    const proj = linear(width, dim, true);
    return unit('SegformerMLP', { proj }, (x: nn.Tensor) => proj(patches(x)));
  });
  const fuse = conv(dim * widths.length, dim, 1, 1, { bias: false });
  const norm = new nn.BatchNorm2d(dim) as unknown as Layer;
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
/** PVT: patches without overlap, tables of positions, a class token at the last stage. */
const pvt: Builder = (c, o) => {
  const [depths, widths, kernels, strides, ratios, heads, mlps] = perBlock(c, [
    'depths',
    'hidden_sizes',
    'patch_sizes',
    'strides',
    'sequence_reduction_ratios',
    'num_attention_heads',
    'mlp_ratios',
  ]) as [number[], number[], number[], number[], number[], number[], number[]];
  const image = pairOf(c, 'image_size', 224);
  const act = activation(c);
  let at: [number, number] = [...image];
  const embeds: Layer[] = [];
  const blocks: nn.Module<[nn.Tensor, number, number], nn.Tensor>[][] = [];
  const grids: [number, number][] = [];
  for (const [i, depth] of depths.entries()) {
    const [from, dim] = [i === 0 ? c.int('num_channels', 3) : (widths[i - 1] as number), widths[i] as number];
    const [k, s] = [kernels[i] as number, strides[i] as number];
    // The convolution has the stride for its kernel and the size of a patch for its stride; the table of positions is made
    // for patches at halved sizes.
    at = [outOf(at[0], s, k, 0), outOf(at[1], s, k, 0)];
    grids.push(at);
    const rows = image.reduce((n, edge) => n * Math.floor((i === 0 ? edge : Math.floor(edge / 2 ** (i + 1))) / k), 1);
    const fits = rows === at[0] * at[1];
    const last = i === depths.length - 1;
    const token = last ? new nn.Parameter([1, 1, dim]) : null;
    const table = new nn.Parameter([1, rows + (last ? 1 : 0), dim]);
    const [projection, norm] = [conv(from, dim, s, k, { padding: 0 }), layerNorm(dim)];
    embeds.push(
      unit(
        'PvtPatchEmbeddings',
        { position_embeddings: table, cls_token: token, projection, layer_norm: norm },
        (x: nn.Tensor) => {
          let y = norm(patches(projection(x)));
          if (token !== null) y = F.cat([token.expand(y.size(0), 1, dim), y], 1);
          // Another grid takes its positions between those of the table.
          return y.add(fits ? table : F.zeros([1, y.size(1), dim], y.dtype));
        },
      ),
    );
    blocks.push(
      layersOf(depth, () => {
        const inside = reduced(dim, heads[i] as number, ratios[i] as number, {
          type: 'Pvt',
          bias: c.bool('qkv_bias', true),
          projections: { q: 'query', k: 'key', v: 'value', o: null as never },
          reduction: 'sequence_reduction',
          norm: 'layer_norm',
        });
        const dense = linear(dim, dim, true);
        const output = unit('PvtSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
        const attention = unit('PvtAttention', { self: inside.attention, output }, (x: nn.Tensor) => x);
        const [a, b] = [linear(dim, dim * (mlps[i] as number), true), linear(dim * (mlps[i] as number), dim, true)];
        const mlp = unit('PvtFFN', { dense1: a, dense2: b }, (x: nn.Tensor) => b(act(a(x))));
        const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
        return unit(
          'PvtLayer',
          { layer_norm_1: n1, attention, layer_norm_2: n2, mlp },
          (x: nn.Tensor, h: number, w: number) => {
            const y = x.add(output(inside.run({ tokens: n1(x), h, w })));
            return y.add(mlp(n2(y)));
          },
        );
      }),
    );
  }
  const norm = layerNorm(widths.at(-1) as number);
  const lists = blocks.map((list) => new nn.ModuleList(list as never));
  const encoder = unit(
    'PvtEncoder',
    {
      patch_embeddings: new nn.ModuleList(embeds as never),
      block: new nn.ModuleList(lists as never),
      layer_norm: norm,
    },
    (x: nn.Tensor): nn.Tensor => {
      let y = x;
      for (const [i, embed] of embeds.entries()) {
        const [h, w] = grids[i] as [number, number];
        y = (blocks[i] as (typeof blocks)[number]).reduce((z, run) => run(z, h, w), embed(y));
        if (i < embeds.length - 1) y = asMap({ tokens: y, h, w });
      }
      return norm(y);
    },
  );
  const model = unit('PvtModel', { encoder }, (x: nn.Tensor) => encoder(x));
  const inputs = imageInputs(c, image);
  if (/Model$/.test(o.architecture) || o.architecture === '') return { module: model, inputs, kept: () => null };
  return {
    module: imageHead(c, o.architecture, 'pvt', model, { width: widths.at(-1) as number, take: (x) => x.select(1, 0) }),
    inputs,
    kept: () => null,
  };
};

export const families: Readonly<Record<string, Builder>> = {
  segformer: mixed('segformer'),
  pvt_v2: mixed('pvt_v2'),
  pvt,
};
