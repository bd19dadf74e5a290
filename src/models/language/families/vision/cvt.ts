import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Builder, labelsOf } from '../../blocks/model.js';
import { chain, type Layer, layerNorm, linear } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown, imageInputs, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { conv, perStage } from './convnets.js';

const F = nn.functional;
type Grid = readonly [rows: number, columns: number];
type GridLayer = nn.Module<[nn.Tensor, Grid], nn.Tensor>;

/** One number of a list that has one for each stage. */
function at(c: Config, name: string, stage: number): number {
  const value = c.list(name)?.[stage];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw c.wrong(name, `has no number for stage ${stage}`);
  return value;
}
function flag(c: Config, name: string, stage: number): boolean {
  const value = c.list(name)?.[stage];
  if (typeof value !== 'boolean' && typeof value !== 'number') throw c.wrong(name, `says nothing of stage ${stage}`);
  return value !== false && value !== 0;
}

/** Tokens as a map through a depthwise convolution, and tokens again. */
function projection(c: Config, stage: number, dim: number, side: 'q' | 'kv'): Layer {
  const deep = conv(dim, dim, at(c, 'kernel_qkv', stage), at(c, `stride_${side}`, stage), {
    padding: at(c, `padding_${side}`, stage),
    groups: dim,
    bias: false,
  });
  const norm = new nn.BatchNorm2d(dim) as unknown as Layer;
  const inner = unit('CvtSelfAttentionConvProjection', { convolution: deep, normalization: norm }, (x: nn.Tensor) =>
    norm(deep(x)),
  );
  return unit('CvtSelfAttentionProjection', { convolution_projection: inner }, (x: nn.Tensor) => patches(inner(x)));
}

function attention(c: Config, stage: number, dim: number): GridLayer {
  const heads = at(c, 'num_heads', stage);
  if (dim % heads !== 0) throw c.wrong('num_heads', `has ${heads} for ${dim} channels, which it does not divide`);
  const bias = flag(c, 'qkv_bias', stage);
  const token = flag(c, 'cls_token', stage);
  const [q, k, v] = [projection(c, stage, dim, 'q'), projection(c, stage, dim, 'kv'), projection(c, stage, dim, 'kv')];
  const [wq, wk, wv] = [linear(dim, dim, bias), linear(dim, dim, bias), linear(dim, dim, bias)];
  const own = unit(
    'CvtSelfAttention',
    {
      convolution_projection_query: q,
      convolution_projection_key: k,
      convolution_projection_value: v,
      projection_query: wq,
      projection_key: wk,
      projection_value: wv,
    },
    (x: nn.Tensor, [rows, columns]: Grid) => {
      const n = x.size(0);
      const cells = token ? x.narrow(1, 1, rows * columns) : x;
      const map = cells.transpose(1, 2).view(n, dim, rows, columns);
      const split = (y: nn.Tensor, weight: Layer): nn.Tensor => {
        const all = weight(token ? F.cat([x.narrow(1, 0, 1), y], 1) : y);
        return all.view(n, all.size(1), heads, dim / heads).transpose(1, 2);
      };
      const keys = split(k(map), wk);
      const y = F.scaled_dot_product_attention(split(q(map), wq), keys, split(v(map), wv));
      return y.transpose(1, 2).reshape(n, y.size(2), dim);
    },
  );
  const dense = linear(dim, dim, true);
  const output = unit('CvtSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
  return unit('CvtAttention', { attention: own as never, output }, (x: nn.Tensor, grid: Grid) => output(own(x, grid)));
}

function layer(c: Config, stage: number, dim: number): GridLayer {
  const inner = Math.floor(dim * at(c, 'mlp_ratio', stage));
  const [attend, up, down] = [attention(c, stage, dim), linear(dim, inner, true), linear(inner, dim, true)];
  const [before, after] = [layerNorm(dim), layerNorm(dim)];
  const middle = unit('CvtIntermediate', { dense: up }, (x: nn.Tensor) => F.gelu(up(x)));
  const output = unit('CvtOutput', { dense: down }, (x: nn.Tensor, r: nn.Tensor) => down(x).add(r));
  return unit(
    'CvtLayer',
    {
      attention: attend as never,
      intermediate: middle,
      output: output as never,
      layernorm_before: before,
      layernorm_after: after,
    },
    (x: nn.Tensor, grid: Grid) => {
      const y = attend(before(x), grid).add(x);
      return output(middle(after(y)), y);
    },
  );
}

/** CvT: a vision transformer in stages, queries, keys and values through convolutions. */
const cvt: Builder = (c, o) => {
  const [dims, depths] = [perStage(c, 'embed_dim'), perStage(c, 'depth')];
  const last = dims[depths.length - 1];
  if (last === undefined) throw c.wrong('embed_dim', `has ${dims.length} entries for ${depths.length} stages`);
  const stages = depths.map((depth, i): nn.Module<[nn.Tensor], [nn.Tensor, nn.Tensor | null]> => {
    const dim = dims[i] as number;
    const before = i === 0 ? c.int('num_channels', 3) : (dims[i - 1] as number);
    const project = conv(before, dim, at(c, 'patch_sizes', i), at(c, 'patch_stride', i), {
      padding: at(c, 'patch_padding', i),
    });
    const norm = layerNorm(dim);
    const inner = unit('CvtConvEmbeddings', { projection: project, normalization: norm }, (x: nn.Tensor) => {
      const y = project(x);
      return norm(patches(y)).transpose(1, 2).view(y.size(0), dim, y.size(2), y.size(3));
    });
    const embed = unit('CvtEmbeddings', { convolution_embeddings: inner }, (x: nn.Tensor) => inner(x));
    const token = flag(c, 'cls_token', i) ? new nn.Parameter([1, 1, dims.at(-1) as number]) : null;
    const layers = layersOf(depth, () => layer(c, i, dim));
    return unit(
      'CvtStage',
      { cls_token: token, embedding: embed, layers: new nn.ModuleList(layers as never) },
      (x: nn.Tensor): [nn.Tensor, nn.Tensor | null] => {
        const map = embed(x);
        const [n, rows, columns] = [map.size(0), nn.int(map.size(2)), nn.int(map.size(3))];
        let y = patches(map);
        if (token !== null) y = F.cat([token.expand(n, 1, dim), y], 1);
        for (const run of layers) y = run(y, [rows, columns]);
        const cells = token === null ? y : y.narrow(1, 1, rows * columns);
        return [cells.transpose(1, 2).view(n, dim, rows, columns), token === null ? null : y.narrow(1, 0, 1)];
      },
    );
  });
  const encoder = unit('CvtEncoder', { stages: new nn.ModuleList(stages as never) }, (x: nn.Tensor) =>
    stages.reduce<[nn.Tensor, nn.Tensor | null]>(([y], run) => run(y), [x, null]),
  );
  const base = unit('CvtModel', { encoder: encoder as never }, (x: nn.Tensor) => encoder(x));
  const inputs = imageInputs(c);
  const name = o.architecture;
  if (/Model$/.test(name) || name === '') return { module: base, inputs, kept: () => null };
  if (!/ImageClassification$/.test(name)) throw headUnknown(c, name);
  const labels = labelsOf(c);
  const norm = layerNorm(dims.at(-1) as number);
  const head = labels === 0 ? null : linear(dims.at(-1) as number, labels, true);
  const tail: Layer[] = head === null ? [] : [head];
  const module = unit(name, { cvt: base as never, layernorm: norm, classifier: head }, (x: nn.Tensor) => {
    const [map, token] = base(x);
    return chain(tail, norm(token ?? patches(map)).mean(1));
  });
  return { module, inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ cvt });
