import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { classified, perStage } from './convnets.js';

const F = nn.functional;
const area = (pair: readonly number[]): number => pair.reduce((a, b) => a * b, 1);

/** Sizes of one layer, tokens counted in areas rather than edges. */
interface LayerSizes {
  readonly from: number;
  readonly to: number;
  readonly heads: number;
  /** Neighbouring tokens that become one: the largest of each group. */
  readonly pool: number;
  /** Tokens of a unit behind the pooling, if attention keeps to units. */
  readonly unit: number | null;
}

function attentionOf({ from, to, heads, pool, unit: unitSize }: LayerSizes): Layer {
  const [qkv, proj] = [linear(from, 3 * to, true), linear(to, to, true)];
  const size = to / heads;
  return unit('HieraMaskUnitAttention', { qkv, proj }, (x: nn.Tensor) => {
    const [b, s] = [x.size(0), nn.int(x.size(1))];
    const windows = unitSize === null ? 1 : Math.floor(s / (pool * unitSize));
    const all = qkv(x)
      .reshape(b, s / windows, windows, 3, heads, size)
      .permute(3, 0, 4, 2, 1, 5);
    const [k, v] = [all.select(0, 1), all.select(0, 2)];
    let q = all.select(0, 0);
    if (pool > 1) q = q.reshape(b, heads, windows, pool, s / windows / pool, size).amax(3);
    const y = F.matmul(F.softmax(F.matmul(q.mul(size ** -0.5), k.transpose(-1, -2)), -1), v);
    return proj(y.transpose(1, 3).reshape(b, s / pool, to));
  });
}

function layerOf(c: Config, sizes: LayerSizes): Layer {
  const { from, to, pool } = sizes;
  const attn = attentionOf(sizes);
  const [before, after] = [layerNorm(from), layerNorm(to)];
  const inner = Math.floor(to * c.number('mlp_ratio', 4));
  const mlp = plainMlp('HieraMlp', to, inner, activation(c), ['fc1', 'fc2']) as Layer;
  const widen = from === to ? null : linear(from, to, true);
  return unit(
    'HieraLayer',
    { layernorm_before: before, attn, layernorm_after: after, mlp, proj: widen },
    (x: nn.Tensor) => {
      const y = before(x);
      let kept = x;
      if (widen !== null) {
        kept = widen(y);
        if (pool > 1) kept = kept.reshape(x.size(0), pool, nn.int(x.size(1)) / pool, to).amax(1);
      }
      const z = kept.add(attn(y));
      return z.add(mlp(after(z)));
    },
  );
}

/** Patches with learned positions: N×3×H×W → N×tokens×width. */
function embeddingsOf(c: Config, image: readonly [number, number], width: number): Layer {
  const [kernel, stride, padding] = [
    pairOf(c, 'patch_size', 7),
    pairOf(c, 'patch_stride', 4),
    pairOf(c, 'patch_padding', 3),
  ];
  const projection = new nn.Conv2d(c.int('num_channels', 3), width, kernel, { stride, padding }) as unknown as Layer;
  const tokens = area(image.map((size, i) => Math.floor(size / (stride[i] as number))));
  const positions = new nn.Parameter([1, tokens, width]);
  const patch = unit('HieraPatchEmbeddings', { projection }, (x: nn.Tensor) => patches(projection(x)));
  return unit('HieraEmbeddings', { position_embeddings: positions, patch_embeddings: patch }, (x: nn.Tensor) =>
    patch(x).add(positions),
  );
}

/** Stages, each after the first with fewer tokens of more channels; and the width of the last. */
function stagesOf(c: Config, first: number): { readonly stages: Layer[]; readonly width: number } {
  const depths = perStage(c, 'depths');
  const heads = perStage(c, 'num_heads', depths.length);
  const local = c.list('masked_unit_attention') ?? [];
  const query = area(pairOf(c, 'query_stride', 2));
  const unitArea = area(pairOf(c, 'masked_unit_size', 8));
  const pools = c.int('num_query_pool', 3);
  const grows = c.number('embed_dim_multiplier', 2);
  let width = first;
  const stages = depths.map((depth, s) => {
    const [from, to] = [width, s === 0 ? first : Math.floor(width * grows)];
    width = to;
    const layers = layersOf(
      depth,
      (l) => {
        // Units get smaller from stage to stage; the first layer of a stage still attends as the stage before.
        const inUnits = local[s] === true || (l === 0 && local[Math.max(0, s - 1)] === true);
        return layerOf(c, {
          from: l === 0 ? from : to,
          to,
          heads: heads[s] as number,
          pool: l === 0 && s > 0 && s <= pools ? query : 1,
          unit: inUnits ? Math.max(1, Math.floor(unitArea / query ** s)) : null,
        });
      },
      (l) => l === 0,
    );
    return unit('HieraStage', { layers: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
  return { stages, width };
}

/** Hiera: tokens in the order of their windows, pooled by the largest of each group between the stages. */
const hiera: Builder = (c, o) => {
  const image = pairOf(c, 'image_size', 224);
  const first = c.size('embed_dim', 96);
  const embeddings = embeddingsOf(c, image, first);
  const { stages, width } = stagesOf(c, first);
  const encoder = unit('HieraEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const norm = layerNorm(width);
  const pooler = unit('HieraPooler', { layernorm: norm }, (x: nn.Tensor) => norm(x.mean(1)));
  return classified(c, o, {
    type: 'Hiera',
    base: 'hiera',
    image,
    parts: { embeddings, encoder, pooler },
    run: (x) => pooler(encoder(embeddings(x))),
    take: (x) => x,
    width,
    head: 'classifier',
  });
};

export const families: Readonly<Record<string, Builder>> = { hiera };
