import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, chain, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf, patches } from '../../blocks/vit.js';
import { classified, perStage } from './convnets.js';

const F = nn.functional;
const area = (pair: readonly number[]): number => pair.reduce((a, b) => a * b, 1);

/** Hiera: tokens in the order of their windows, pooled by the largest of each group between the stages. */
const hiera: Builder = (c, o) => {
  const depths = perStage(c, 'depths');
  const n = depths.length;
  const heads = perStage(c, 'num_heads', n);
  const local = c.list('masked_unit_attention') ?? [];
  const [image, kernel] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 7)];
  const [stride, padding] = [pairOf(c, 'patch_stride', 4), pairOf(c, 'patch_padding', 3)];
  const query = area(pairOf(c, 'query_stride', 2));
  const pools = c.int('num_query_pool', 3);
  const grows = c.number('embed_dim_multiplier', 2);
  const ratio = c.number('mlp_ratio', 4);
  const act = activation(c);
  const first = c.size('embed_dim', 96);
  const projection = new nn.Conv2d(c.int('num_channels', 3), first, kernel, { stride, padding }) as unknown as Layer;
  const tokens = area(image.map((size, i) => Math.floor(size / (stride[i] as number))));
  const positions = new nn.Parameter([1, tokens, first]);
  const patch = unit('HieraPatchEmbeddings', { projection }, (x: nn.Tensor) => patches(projection(x)));
  const embeddings = unit(
    'HieraEmbeddings',
    { position_embeddings: positions, patch_embeddings: patch },
    (x: nn.Tensor) => patch(x).add(positions),
  );
  const layer = (i: number, out: number, count: number, pool: number, unitSize: number, inUnits: boolean): Layer => {
    const [qkv, proj] = [linear(i, 3 * out, true), linear(out, out, true)];
    const size = out / count;
    const attn = unit('HieraMaskUnitAttention', { qkv, proj }, (x: nn.Tensor) => {
      const [b, s] = [x.size(0), nn.int(x.size(1))];
      const windows = inUnits ? Math.floor(s / (pool * unitSize)) : 1;
      const all = qkv(x)
        .reshape(b, s / windows, windows, 3, count, size)
        .permute(3, 0, 4, 2, 1, 5);
      const [k, v] = [all.select(0, 1), all.select(0, 2)];
      let q = all.select(0, 0);
      if (pool > 1) q = q.reshape(b, count, windows, pool, s / windows / pool, size).amax(3);
      const y = F.matmul(F.softmax(F.matmul(q.mul(size ** -0.5), k.transpose(-1, -2)), -1), v);
      return proj(y.transpose(1, 3).reshape(b, s / pool, out));
    });
    const [before, after] = [layerNorm(i), layerNorm(out)];
    const mlp = plainMlp('HieraMlp', out, Math.floor(out * ratio), act, ['fc1', 'fc2']);
    const widen = i === out ? null : linear(i, out, true);
    return unit(
      'HieraLayer',
      { layernorm_before: before, attn, layernorm_after: after, mlp, proj: widen },
      (x: nn.Tensor) => {
        const y = before(x);
        let kept = x;
        if (widen !== null) {
          kept = widen(y);
          if (pool > 1) kept = kept.reshape(x.size(0), pool, nn.int(x.size(1)) / pool, out).amax(1);
        }
        const z = kept.add(attn(y));
        return z.add((mlp as Layer)(after(z)));
      },
    );
  };
  const unitArea = area(pairOf(c, 'masked_unit_size', 8));
  let width = first;
  const stages = depths.map((depth, s) => {
    const out = s === 0 ? first : Math.floor(width * grows);
    const layers = layersOf(
      depth,
      (l) => {
        const pool = l === 0 && s > 0 && s <= pools ? query : 1;
        // Groups get smaller from stage to stage; the first layer of a stage still attends as the stage before.
        const unitSize = Math.max(1, Math.floor(unitArea / query ** s));
        const inUnits = local[s] === true || (l === 0 && local[Math.max(0, s - 1)] === true);
        return layer(l === 0 ? width : out, out, heads[s] as number, pool, unitSize, inUnits);
      },
      (l) => l === 0,
    );
    width = out;
    return unit('HieraStage', { layers: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
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
