import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageHead, imageInputs, pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { conv } from './convnets.js';
import { asMap, reducedAttention, type StageSizes, stageSizes, windowsAlong } from './reduced-attention.js';

const F = nn.functional;
type GridLayer = nn.Module<[x: nn.Tensor, h: number, w: number], nn.Tensor>;

/** A stage, and the rows and columns of its patches. */
interface Stage {
  readonly embed: Layer;
  readonly blocks: readonly GridLayer[];
  readonly grid: readonly [h: number, w: number];
}

/** Patches and their positions, `rows` of which are in the table; the last stage has a class token in front. */
function embeddingOf(
  { from, dim, kernel, stride }: StageSizes,
  o: { readonly rows: number; readonly fits: boolean; readonly classToken: boolean },
): Layer {
  const token = o.classToken ? new nn.Parameter([1, 1, dim]) : null;
  const table = new nn.Parameter([1, o.rows + (o.classToken ? 1 : 0), dim]);
  // The convolution has the stride for its kernel and the size of a patch for its stride, as the reference has them.
  const [projection, norm] = [conv(from, dim, stride, kernel, { padding: 0 }), layerNorm(dim)];
  return unit(
    'PvtPatchEmbeddings',
    { position_embeddings: table, cls_token: token, projection, layer_norm: norm },
    (x: nn.Tensor) => {
      let y = norm(patches(projection(x)));
      if (token !== null) y = F.cat([token.expand(y.size(0), 1, dim), y], 1);
      // Another grid takes its positions between those of the table.
      return y.add(o.fits ? table : F.zeros([1, y.size(1), dim], y.dtype));
    },
  );
}

function layerOf(c: Config, stage: StageSizes): GridLayer {
  const { dim, inner } = stage;
  const act = activation(c);
  const inside = reducedAttention(stage, {
    type: 'Pvt',
    bias: c.bool('qkv_bias', true),
    projections: { q: 'query', k: 'key', v: 'value', o: null as never },
    reduction: 'sequence_reduction',
    norm: 'layer_norm',
  });
  const dense = linear(dim, dim, true);
  const output = unit('PvtSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
  const attention = unit('PvtAttention', { self: inside.attention, output }, (x: nn.Tensor) => x);
  const [up, down] = [linear(dim, inner, true), linear(inner, dim, true)];
  const mlp = unit('PvtFFN', { dense1: up, dense2: down }, (x: nn.Tensor) => down(act(up(x))));
  const [n1, n2] = [layerNorm(dim), layerNorm(dim)];
  return unit(
    'PvtLayer',
    { layer_norm_1: n1, attention, layer_norm_2: n2, mlp },
    (x: nn.Tensor, h: number, w: number) => {
      const y = x.add(output(inside.run({ tokens: n1(x), h, w })));
      return y.add(mlp(n2(y)));
    },
  );
}

function stagesOf(c: Config, image: readonly [number, number], sizes: readonly StageSizes[]): Stage[] {
  let grid = image;
  return sizes.map((stage, i): Stage => {
    const { kernel, stride, depth } = stage;
    const along = (extent: number): number => windowsAlong(extent, stride, kernel, 0);
    grid = [along(grid[0]), along(grid[1])];
    // The table of positions is made for patches at halved sizes.
    const half = (edge: number): number => (i === 0 ? edge : Math.floor(edge / 2 ** (i + 1)));
    const rows = image.reduce((n, edge) => n * Math.floor(half(edge) / kernel), 1);
    const embed = embeddingOf(stage, {
      rows,
      fits: rows === grid[0] * grid[1],
      classToken: i === sizes.length - 1,
    });
    return { embed, blocks: layersOf(depth, () => layerOf(c, stage)), grid };
  });
}

function encoderOf(stages: readonly Stage[], width: number): Layer {
  const norm = layerNorm(width);
  const lists = stages.map(({ blocks }) => new nn.ModuleList(blocks as never));
  return unit(
    'PvtEncoder',
    {
      patch_embeddings: new nn.ModuleList(stages.map(({ embed }) => embed) as never),
      block: new nn.ModuleList(lists as never),
      layer_norm: norm,
    },
    (x: nn.Tensor): nn.Tensor => {
      let y = x;
      for (const [i, { embed, blocks, grid }] of stages.entries()) {
        const [h, w] = grid;
        y = blocks.reduce((z, run) => run(z, h, w), embed(y));
        if (i < stages.length - 1) y = asMap({ tokens: y, h, w });
      }
      return norm(y);
    },
  );
}

/** PVT: patches without overlap, tables of positions, a class token at the last stage. */
const pvt: Builder = (c, o) => {
  const sizes = stageSizes(c, 'sequence_reduction_ratios');
  const image = pairOf(c, 'image_size', 224);
  const width = sizes.at(-1)?.dim as number;
  const encoder = encoderOf(stagesOf(c, image, sizes), width);
  const model = unit('PvtModel', { encoder }, (x: nn.Tensor) => encoder(x));
  const inputs = imageInputs(c, image);
  if (/Model$/.test(o.architecture) || o.architecture === '') return { module: model, inputs, kept: () => null };
  const head = imageHead(c, o.architecture, 'pvt', model, { width, take: (x) => x.select(1, 0) });
  return { module: head, inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = { pvt };
