import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { chain, divisible, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { classified, perStage } from './convnets.js';
import { MobileViTBody, type Stage } from './mobilevit-body.js';

const F = nn.functional;

/** MobileViT v2: inverted residuals, then patches with attention that is linear in their number. */
const mobilevitv2: Builder = (c, o) => {
  const body = new MobileViTBody(c, 'MobileViTV2', { act: 'swish', expand: 2 });
  const factor = c.number('width_multiplier', 1);
  const ffn = c.number('ffn_multiplier', 2);
  const first = Math.max(16, Math.min(64, 32 * factor));
  const widths = [
    divisible(first, 8, 16),
    ...[64, 128, 256, 384, 512].map((n) => divisible(n * factor, n === 64 ? 16 : 8)),
  ] as [number, number, number, number, number, number];
  const depths = perStage(c, 'n_attn_blocks', 3);
  const dims = perStage(c, 'base_attn_unit_dims', 3).map((n) => divisible(n * factor, 8));
  const stem = body.stem(widths[0]);
  const encoder = body.encoder(widths, 2, (stage) => {
    const dim = dims[stage.at] as number;
    const inner = Math.floor((ffn * dim) / 16) * 16;
    const layers = layersOf(depths[stage.at] as number, () => layerOf(body, dim, inner));
    return stageOf(body, stage, dim, layers);
  });
  return classified(c, o, {
    type: 'MobileViTV2',
    base: 'mobilevitv2',
    image: body.image,
    parts: { conv_stem: stem, encoder },
    run: (x) => encoder(stem(x)),
    take: (x) => x.mean([2, 3]),
    width: widths[5],
    head: 'classifier',
  });
};

const norm = (dim: number): Layer => new nn.GroupNorm(1, dim) as unknown as Layer;

/** A transformer layer over N × dim × pixels of a patch × patches. */
function layerOf(body: MobileViTBody, dim: number, inner: number): Layer {
  const point = (i: number, out: number): Layer => body.point(i, out, { bias: true });
  const [qkv, out] = [point(dim, 1 + 2 * dim), point(dim, dim)];
  const attention = unit('MobileViTV2LinearSelfAttention', { qkv_proj: qkv, out_proj: out }, (x: nn.Tensor) => {
    const all = qkv(x);
    const scores = F.softmax(all.narrow(1, 0, 1), -1);
    const context = all.narrow(1, 1, dim).mul(scores).sum(-1, true);
    return out(F.relu(all.narrow(1, 1 + dim, dim)).mul(context));
  });
  const [conv1, conv2] = [point(dim, inner), point(inner, dim)];
  const ffn = unit('MobileViTV2FFN', { conv1, conv2 }, (x: nn.Tensor) => conv2(body.act(conv1(x))));
  const [before, after] = [norm(dim), norm(dim)];
  const parts = { layernorm_before: before, attention, layernorm_after: after, ffn };
  return unit('MobileViTV2TransformerLayer', parts, (x: nn.Tensor) => {
    const y = x.add(attention(before(x)));
    return y.add(ffn(after(y)));
  });
}

/** Layers over patches, between convolutions. Pixels that fill no whole patch are left out, and are zero afterwards. */
function stageOf(body: MobileViTBody, stage: Stage, dim: number, layers: readonly Layer[]): Layer {
  const { patch, kernel } = body;
  const { down, out, height, width } = stage;
  const [local, enter] = [body.block(out, out, kernel, { groups: out }), body.point(out, dim, { bias: false })];
  const transformer = unit('MobileViTV2Transformer', { layer: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  const [last, leave] = [norm(dim), body.block(dim, out, 1, { plain: true })];
  const [rows, columns] = [Math.floor(height / patch), Math.floor(width / patch)];
  const fits = height % patch === 0 && width % patch === 0;
  const parts = {
    downsampling_layer: down,
    conv_kxk: local,
    conv_1x1: enter,
    transformer,
    layernorm: last,
    conv_projection: leave,
  };
  return unit('MobileViTV2Layer', parts, (x: nn.Tensor) => {
    let y = enter(local(down(x)));
    const n = y.size(0);
    if (!fits) y = y.narrow(2, 0, rows * patch).narrow(3, 0, columns * patch);
    const cut = y
      .reshape(n, dim, rows, patch, columns, patch)
      .permute(0, 1, 3, 5, 2, 4)
      .reshape(n, dim, patch * patch, rows * columns);
    const back = last(transformer(cut))
      .reshape(n, dim, patch, patch, rows, columns)
      .permute(0, 1, 4, 2, 5, 3)
      .reshape(n, dim, rows * patch, columns * patch);
    return leave(fits ? back : F.pad(back, [0, width - columns * patch, 0, height - rows * patch]));
  });
}

export const families: Readonly<Record<string, Builder>> = { mobilevitv2 };
