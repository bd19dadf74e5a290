import * as nn from '../../../../torch/nn/index.js';
import type { Builder } from '../../blocks/model.js';
import { type Activation, chain, type Layer, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { pairOf, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { classified, conv, perStage } from './convnets.js';

const F = nn.functional;
const mlpAct: Activation = F.hardswish;

/** A linear layer and batch norm over all tokens. */
const projected = (i: number, out: number): Layer => {
  const own = linear(i, out, false);
  const batch = new nn.BatchNorm1d(out) as unknown as Layer;
  return unit('MLPLayerWithBN', { linear: own, batch_norm: batch }, (x: nn.Tensor) => {
    const y = own(x);
    return batch(y.flatten(0, 1)).reshape(y.size(0), y.size(1), out);
  });
};

/** Heads of their own axis: N × tokens × heads × depth. */
const split = (x: nn.Tensor, count: number): nn.Tensor => x.view(x.size(0), x.size(1), count, -1);

const attend = (q: nn.Tensor, key: nn.Tensor, v: nn.Tensor, scale: number, bias: nn.Tensor): nn.Tensor =>
  F.matmul(F.softmax(F.matmul(q, key.transpose(-2, -1)).mul(scale).add(bias), -1), v);

// Which bias a pair has is a look-up, which computes nothing: one of each head stands for all.
const biasOf = (biases: nn.Tensor): nn.Tensor => biases.narrow(1, 0, 1).unsqueeze(0).unsqueeze(-1);

const residual = (module: Layer): Layer => unit('LevitResidualLayer', { module }, (x: nn.Tensor) => x.add(module(x)));

const mlp = (dim: number, inner: number): Layer => {
  const [up, down] = [projected(dim, inner), projected(inner, dim)];
  return unit('LevitMLPLayer', { linear_up: up, linear_down: down }, (x: nn.Tensor) => down(mlpAct(up(x))));
};

/** Attention among `points` tokens, `count` heads with keys of depth `key` and values `ratio` times as deep. */
const attention = (dim: number, count: number, key: number, ratio: number, points: number): Layer => {
  const value = Math.floor(ratio * key);
  const qkv = projected(dim, count * (2 * key + value));
  const out = projected(count * value, dim);
  const biases = new nn.Parameter([count, points]);
  return unit(
    'LevitAttention',
    { attention_biases: biases, queries_keys_values: qkv, projection: out },
    (x: nn.Tensor) => {
      const all = split(qkv(x), count).transpose(1, 2);
      const [q, kk, v] = [all.narrow(3, 0, key), all.narrow(3, key, key), all.narrow(3, 2 * key, value)];
      const y = attend(q, kk, v, key ** -0.5, biasOf(biases));
      return out(mlpAct(y.transpose(1, 2).reshape(x.size(0), x.size(1), count * value)));
    },
  );
};

/** The same between stages: queries are those of every `stride`th token in both directions. */
const thinned = (
  [i, out]: [number, number],
  count: number,
  key: number,
  ratio: number,
  stride: number,
  [h, w]: [number, number],
): Layer => {
  const value = Math.floor(ratio * key);
  const kv = projected(i, count * (key + value));
  const subsample = unit('LevitSubsample', {}, (x: nn.Tensor) => {
    const at = (size: number): number => Math.ceil(size / stride);
    return F.max_pool2d(x.view(x.size(0), h, w, i).permute(0, 3, 1, 2), 1, { stride })
      .permute(0, 2, 3, 1)
      .reshape(x.size(0), at(h) * at(w), i);
  });
  const queries = projected(i, count * key);
  const projection = projected(count * value, out);
  const biases = new nn.Parameter([count, h * w]);
  return unit(
    'LevitAttentionSubsample',
    { attention_biases: biases, keys_values: kv, queries_subsample: subsample, queries, projection },
    (x: nn.Tensor) => {
      const both = split(kv(x), count).transpose(1, 2);
      const q = split(queries(subsample(x)), count).transpose(1, 2);
      const y = attend(q, both.narrow(3, 0, key), both.narrow(3, key, value), key ** -0.5, biasOf(biases));
      return projection(mlpAct(y.transpose(1, 2).reshape(x.size(0), q.size(2), count * value)));
    },
  );
};

/** Four convolutions, each of which halves the image: the patches, and the rows and columns of them. */
function embeddingsOf(c: Config, first: number, image: readonly [number, number]): [Layer, [number, number]] {
  const [k, s, p] = [c.size('kernel_size', 3), c.size('stride', 2), c.int('padding', 1)];
  const widths = [c.int('num_channels', 3), first / 8, first / 4, first / 2, first].map(Math.floor);
  let [h, w] = image;
  const embeds = [0, 1, 2, 3].map((j) => {
    const [i, out] = [widths[j] as number, widths[j + 1] as number];
    const convolution = conv(i, out, k, s, { padding: p, bias: false });
    const batch = new nn.BatchNorm2d(out) as unknown as Layer;
    [h, w] = [Math.floor((h + 2 * p - k) / s) + 1, Math.floor((w + 2 * p - k) / s) + 1];
    return unit('LevitConvEmbeddings', { convolution, batch_norm: batch }, (x: nn.Tensor) => batch(convolution(x)));
  });
  const embeddings = unit(
    'LevitPatchEmbeddings',
    Object.fromEntries(embeds.map((e, j) => [`embedding_layer_${j + 1}`, e])),
    (x: nn.Tensor) => patches(embeds.reduce((y, run, j) => run(j === 0 ? y : F.hardswish(y)), x)),
  );
  return [embeddings, [h, w]];
}

interface Down {
  readonly key: number;
  readonly count: number;
  readonly ratio: number;
  readonly grow: number;
  readonly stride: number;
}

/** How each stage goes over to the next; by default with keys as deep as in the first, and enough heads for its width. */
function downsOf(c: Config, widths: readonly number[], key: number): (Down | null)[] {
  const given = c.says('down_ops') ? c.list('down_ops') : null;
  const downs = given ?? widths.slice(0, -1).map((width) => ['Subsample', key, Math.floor(width / key), 4, 2, 2]);
  return widths.map((_, j) => {
    const own = downs[j];
    const down: readonly unknown[] = Array.isArray(own) ? own : [];
    if (down[0] !== 'Subsample') return null;
    const [depth, count, ratio, grow, stride] = down.slice(1).map(Number) as [number, number, number, number, number];
    if (widths[j + 1] === undefined || ![depth, count, stride].every((v) => Number.isSafeInteger(v) && v > 0))
      throw c.wrong(
        'down_ops',
        'is not ["Subsample", key size, heads, attention ratio, MLP ratio, stride] between stages',
      );
    return { key: depth, count, ratio, grow, stride };
  });
}

function stagesOf(c: Config, widths: readonly number[], start: readonly [number, number]): Layer[] {
  const n = widths.length;
  const [heads, depths] = [perStage(c, 'num_attention_heads', n), perStage(c, 'depths', n)];
  const keys = perStage(c, 'key_dim', n);
  const [ratios, grows] = [c.list('attention_ratio') ?? [], c.list('mlp_ratio') ?? []];
  const downs = downsOf(c, widths, keys[0] as number);
  let [h, w] = start;
  return depths.slice(0, n).map((depth, j) => {
    const dim = widths[j] as number;
    const layers: Layer[] = [];
    const grown = (width: number, grow: number): void => {
      if (grow > 0) layers.push(residual(mlp(width, Math.floor(width * grow))));
    };
    for (let l = 0; l < depth; l++) {
      layers.push(residual(attention(dim, heads[j] as number, keys[j] as number, Number(ratios[j] ?? 2), h * w)));
      grown(dim, Number(grows[j] ?? 2));
    }
    const down = downs[j] ?? null;
    if (down !== null) {
      const next = widths[j + 1] as number;
      layers.push(thinned([dim, next], down.count, down.key, down.ratio, down.stride, [h, w]));
      [h, w] = [Math.ceil(h / down.stride), Math.ceil(w / down.stride)];
      grown(next, down.grow);
    }
    return unit('LevitStage', { layers: list(layers) }, (x: nn.Tensor) => chain(layers, x));
  });
}

/** LeViT: attention with batch norms, whose queries are thinned out between the stages. */
const levit: Builder = (c, o) => {
  const widths = perStage(c, 'hidden_sizes');
  const image = pairOf(c, 'image_size', 224);
  const [embeddings, places] = embeddingsOf(c, widths[0] as number, image);
  const stages = stagesOf(c, widths, places);
  const encoder = unit('LevitEncoder', { stages: list(stages) }, (x: nn.Tensor) => chain(stages, x));
  const heading = (width: number, labels: number): Layer => {
    const [batch, own] = [new nn.BatchNorm1d(width) as unknown as Layer, linear(width, labels, true)];
    return unit('LevitClassificationLayer', { batch_norm: batch, linear: own }, (x: nn.Tensor) => own(batch(x)));
  };
  return classified(c, o, {
    type: 'Levit',
    base: 'levit',
    image,
    parts: { patch_embeddings: embeddings, encoder },
    run: (x) => encoder(embeddings(x)),
    take: (x) => x.mean(1),
    width: widths.at(-1) as number,
    head: 'classifier',
    make: heading,
  });
};

export const families: Readonly<Record<string, Builder>> = { levit };
