import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { chain, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { classified, perStage } from './convnets.js';
import { MobileViTBody, type Stage } from './mobilevit-body.js';

const F = nn.functional;

interface LayerOptions {
  readonly dim: number;
  readonly heads: number;
  readonly bias: boolean;
  /** Width of the MLP. */
  readonly wide: number;
}

/** MobileViT: inverted residuals, then attention among the pixels that have the same place in their patches. */
const mobilevit: Builder = (c, o) => {
  const body = new MobileViTBody(c, 'MobileViT', { act: 'silu', expand: 4 });
  const heads = c.size('num_attention_heads', 4);
  const bias = c.bool('qkv_bias', true);
  const widths = perStage(c, 'neck_hidden_sizes', 7) as [number, number, number, number, number, number, number];
  const dims = perStage(c, 'hidden_sizes', 3);
  const stem = body.stem(widths[0]);
  const encoder = body.encoder(widths, 3, (stage) => {
    const dim = dims[stage.at] as number;
    const wide = Math.floor(dim * c.number('mlp_ratio', 2));
    const layers = layersOf([2, 4, 3][stage.at] as number, () => layerOf(body, { dim, heads, bias, wide }));
    return stageOf(body, stage, dim, layers);
  });
  const [, , , , , last, end] = widths;
  const widened = body.block(last, end, 1);
  return classified(c, o, {
    type: 'MobileViT',
    base: 'mobilevit',
    image: body.image,
    parts: { conv_stem: stem, encoder, conv_1x1_exp: widened },
    run: (x) => widened(encoder(stem(x))),
    take: (x) => x.mean([2, 3]),
    width: end,
    head: 'classifier',
  });
};

/** A transformer layer over N × pixels × dim. */
function layerOf({ act }: MobileViTBody, { dim, heads, bias, wide }: LayerOptions): Layer {
  const attention = attentionOf(dim, heads, bias);
  const [grow, shrink] = [linear(dim, wide, true), linear(wide, dim, true)];
  const intermediate = unit('MobileViTIntermediate', { dense: grow }, (x: nn.Tensor) => act(grow(x)));
  const output = unit('MobileViTOutput', { dense: shrink }, (x: nn.Tensor) => shrink(x));
  const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
  const parts = { attention, intermediate, output, layernorm_before: n1, layernorm_after: n2 };
  return unit('MobileViTTransformerLayer', parts, (x: nn.Tensor) => {
    const y = x.add(attention(n1(x)));
    return y.add(output(intermediate(n2(y))));
  });
}

function attentionOf(dim: number, heads: number, bias: boolean): Layer {
  const [query, key, value] = [linear(dim, dim, bias), linear(dim, dim, bias), linear(dim, dim, bias)];
  const split = (x: nn.Tensor): nn.Tensor => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);
  const inner = unit('MobileViTSelfAttention', { query, key, value }, (x: nn.Tensor) =>
    F.scaled_dot_product_attention(split(query(x)), split(key(x)), split(value(x)))
      .transpose(1, 2)
      .reshape(x.size(0), x.size(1), dim),
  );
  const dense = linear(dim, dim, true);
  const after = unit('MobileViTSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
  return unit('MobileViTAttention', { attention: inner, output: after }, (x: nn.Tensor) => after(inner(x)));
}

/** Layers over patches, between convolutions; a map that patches do not fill is resized, and back afterwards. */
function stageOf(body: MobileViTBody, stage: Stage, dim: number, layers: readonly Layer[]): Layer {
  const { patch, kernel } = body;
  const { down, out, height, width } = stage;
  const [local, enter] = [body.block(out, out, kernel), body.point(out, dim, { bias: false })];
  const transformer = unit('MobileViTTransformer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  const [norm, leave, fusion] = [layerNorm(dim), body.block(dim, out, 1), body.block(2 * out, out, kernel)];
  const [rows, columns] = [Math.ceil(height / patch), Math.ceil(width / patch)];
  const fits = height % patch === 0 && width % patch === 0;
  const sized = (z: nn.Tensor, h: number, w: number): nn.Tensor =>
    F.interpolate(z, { size: [h, w], mode: 'bilinear', align_corners: false });
  const parts = {
    downsampling_layer: down,
    conv_kxk: local,
    conv_1x1: enter,
    transformer,
    layernorm: norm,
    conv_projection: leave,
    fusion,
  };
  return unit('MobileViTLayer', parts, (x: nn.Tensor) => {
    const before = down(x);
    let y = enter(local(before));
    const n = y.size(0);
    if (!fits) y = sized(y, rows * patch, columns * patch);
    const cut = y
      .reshape(n, dim, rows, patch, columns, patch)
      .permute(0, 3, 5, 2, 4, 1)
      .reshape(-1, rows * columns, dim);
    const back = norm(transformer(cut))
      .reshape(n, patch, patch, rows, columns, dim)
      .permute(0, 5, 3, 1, 4, 2)
      .reshape(n, dim, rows * patch, columns * patch);
    return fusion(F.cat([before, leave(fits ? back : sized(back, height, width))], 1));
  });
}

export const families: Readonly<Record<string, Builder>> = { mobilevit };
