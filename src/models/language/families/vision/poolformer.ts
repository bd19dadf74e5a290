import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { classified, conv, perStage } from './convnets.js';

const F = nn.functional;

/** PoolFormer: what attention does elsewhere is done by an average of neighbours. */
const poolformer: Builder = (c, o) => {
  const depths = perStage(c, 'depths');
  const n = depths.length;
  const [widths, kernels] = [perStage(c, 'hidden_sizes', n), perStage(c, 'patch_sizes', n)];
  const [strides, pads] = [perStage(c, 'strides', n), perStage(c, 'padding', n)];
  const act = activation(c);
  const scaled = c.bool('use_layer_scale', true);
  const k = c.size('pool_size', 3);
  const norm = (dim: number): Layer => new nn.GroupNorm(1, dim) as unknown as Layer;
  const layer = (dim: number): Layer => {
    const inner = Math.floor(dim * c.number('mlp_ratio', 4));
    const [up, down] = [conv(dim, inner, 1), conv(inner, dim, 1)];
    const output = unit('PoolFormerOutput', { conv1: up, conv2: down }, (x: nn.Tensor) => down(act(up(x))));
    const [before, after] = [norm(dim), norm(dim)];
    const scales = scaled ? [new nn.Parameter([dim]), new nn.Parameter([dim])] : [null, null];
    const branch = (x: nn.Tensor, y: nn.Tensor, scale: nn.Parameter | null | undefined): nn.Tensor =>
      x.add(scale ? y.mul(scale.unsqueeze(-1).unsqueeze(-1)) : y);
    return unit(
      'PoolFormerLayer',
      {
        layer_scale_1: scales[0] as nn.Parameter | null,
        layer_scale_2: scales[1] as nn.Parameter | null,
        output,
        before_norm: before,
        after_norm: after,
      },
      (x: nn.Tensor) => {
        const y = before(x);
        const pooled = F.avg_pool2d(y, k, { stride: 1, padding: Math.floor(k / 2) });
        const mixed = branch(x, pooled.sub(y), scales[0]);
        return branch(mixed, output(after(mixed)), scales[1]);
      },
    );
  };
  const patch = depths.map((_, i) => {
    const from = i === 0 ? c.int('num_channels', 3) : (widths[i - 1] as number);
    const projection = conv(from, widths[i] as number, kernels[i] as number, strides[i], { padding: pads[i] });
    return unit('PoolFormerEmbeddings', { projection }, (x: nn.Tensor) => projection(x));
  });
  const blocks = depths.map((depth, i) => layersOf(depth, () => layer(widths[i] as number)));
  const encoder = unit(
    'PoolFormerEncoder',
    { patch_embeddings: list(patch), block: new nn.ModuleList(blocks.map(list) as never) },
    (x: nn.Tensor) => patch.reduce((y, embed, i) => chain(blocks[i] as Layer[], embed(y)), x),
  );
  const width = widths.at(-1) as number;
  const last = norm(width);
  return classified(c, o, {
    type: 'PoolFormer',
    base: 'poolformer',
    parts: { encoder },
    run: (x) => encoder(x),
    extra: { norm: last },
    take: (x) => last(x).mean([2, 3]),
    width,
    head: 'classifier',
  });
};

export const families: Readonly<Record<string, Builder>> = { poolformer };
