import type { Dim } from '../../../../dim/index.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Architecture, Builder } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { depthOf, imageInputs, pairOf, patches, vitLayer } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** What the encoder hands on: its tokens, which patches are hidden (1), and where each patch stood. */
type Encoded = readonly [tokens: nn.Tensor, hidden: nn.Tensor, places: nn.Tensor];

interface Grid {
  readonly image: readonly [number, number];
  readonly patch: readonly [number, number];
  readonly count: number;
}

/** A masked autoencoder: the encoder sees a part of the patches, drawn by chance; the decoder all of them. */
const vitMae: Builder = (c, o): Architecture => {
  const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
  const grid = { image, patch, count: Math.floor(image[0] / patch[0]) * Math.floor(image[1] / patch[1]) };
  const base = encoder(c, grid);
  const inputs = imageInputs(c, image);
  const kept = (): null => null;
  if (/PreTraining$/.test(o.architecture)) return { module: pretraining(c, o.architecture, base, grid), inputs, kept };
  if (!/Model$/.test(o.architecture) && o.architecture !== '')
    throw c.wrong(
      'architectures',
      `names ${o.architecture.slice(0, 80)}, whose head is not known; …Model and …ForPreTraining are`,
    );
  return { module: base, inputs, kept };
};

/** Positions are sines and cosines that training leaves as they are. */
const positionsOf = (rows: number, width: number): nn.Parameter =>
  new nn.Parameter([1, rows, width], { requires_grad: false });

function encoder(c: Config, grid: Grid): nn.Module<[nn.Tensor], Encoded> {
  const hidden = c.size('hidden_size');
  const layers = layersOf(c.layers('num_hidden_layers'), () => layer(c, hidden, ''));
  const [embeddings, norm] = [embedded(c, grid, hidden), layerNorm(hidden)];
  return unit('ViTMAEModel', { embeddings, layers: new nn.ModuleList(layers as never), layernorm: norm }, (pixels) => {
    const [x, mask, places] = embeddings(pixels);
    return [norm(run(layers, x)), mask, places] as const;
  });
}

function layer(c: Config, hidden: number, prefix: '' | 'decoder_'): PassLayer {
  const biased = c.bool('qkv_bias', true);
  return vitLayer({
    type: 'ViTMAE',
    hidden,
    heads: c.size(`${prefix}num_attention_heads`),
    ...depthOf(c),
    inner: c.size(`${prefix}intermediate_size`),
    act: activation(c),
    bias: { q: biased, k: biased, v: biased },
  });
}

function run(layers: readonly PassLayer[], x: nn.Tensor): nn.Tensor {
  const pass = new nn.Pass(x.size(0), x.size(1), 0);
  return layers.reduce((y, one) => one(y, pass), x);
}

const filled = (by: 'rand' | 'ones', rows: Dim, columns: number): nn.Tensor =>
  nn.aten(by, [[rows, columns]])[0] as nn.Tensor;

function embedded(c: Config, grid: Grid, hidden: number): nn.Module<[nn.Tensor], Encoded> {
  const projection = new nn.Conv2d(c.int('num_channels', 3), hidden, grid.patch, { stride: grid.patch });
  const patched = unit('ViTMAEPatchEmbeddings', { projection }, (x: nn.Tensor) => patches(projection(x)));
  const [first, positions] = [new nn.Parameter([1, 1, hidden]), positionsOf(grid.count + 1, hidden)];
  const seen = Math.trunc(grid.count * (1 - c.number('mask_ratio', 0.75)));
  const parts = { cls_token: first, position_embeddings: positions, patch_embeddings: patched };
  return unit('ViTMAEEmbeddings', parts, (pixels: nn.Tensor) => {
    const x = patched(pixels).add(positions.narrow(1, 1, grid.count));
    const n = x.size(0);
    const order = filled('rand', n, grid.count).argsort(1);
    const places = order.argsort(1);
    const kept = order.narrow(1, 0, seen).unsqueeze(-1).repeat(1, 1, hidden);
    const mask = filled('ones', n, grid.count).gather(1, places);
    const begin = first.add(positions.narrow(1, 0, 1)).expand(n, 1, hidden);
    return [F.cat([begin, x.gather(1, kept)], 1), mask, places] as const;
  });
}

function decoder(c: Config, { patch, count }: Grid): nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
  const width = c.size('decoder_hidden_size');
  const embed = linear(c.size('hidden_size'), width, true);
  const [hiddenPatch, positions] = [new nn.Parameter([1, 1, width]), positionsOf(count + 1, width)];
  const layers = layersOf(c.layers('decoder_num_hidden_layers'), () => layer(c, width, 'decoder_'));
  const norm = layerNorm(width);
  const pixels = linear(width, patch[0] * patch[1] * c.int('num_channels', 3), true);
  const parts = {
    mask_token: hiddenPatch,
    decoder_pos_embed: positions,
    decoder_embed: embed,
    decoder_layers: new nn.ModuleList(layers as never),
    decoder_norm: norm,
    decoder_pred: pixels,
  };
  return unit('ViTMAEDecoder', parts, (tokens: nn.Tensor, places: nn.Tensor) => {
    const x = embed(tokens);
    const seen = nn.int(x.size(1)) - 1;
    const all = F.cat([x.narrow(1, 1, seen), hiddenPatch.repeat(x.size(0), count - seen, 1)], 1);
    const ordered = all.gather(1, places.unsqueeze(-1).repeat(1, 1, width));
    const y = run(layers, F.cat([x.narrow(1, 0, 1), ordered], 1).add(positions));
    return pixels(norm(y)).narrow(1, 1, count);
  });
}

/** The reference works out the error of the hidden patches in every pass: its targets are the image itself. */
function pretraining(c: Config, name: string, base: nn.Module<[nn.Tensor], Encoded>, grid: Grid): Layer {
  const rebuild = decoder(c, grid);
  return unit(name, { vit: base, decoder: rebuild }, (image: nn.Tensor) => {
    const [tokens, mask, places] = base(image);
    const logits = rebuild(tokens, places);
    const wrong = logits
      .sub(target(c, image, grid))
      .pow(2)
      .mean(-1);
    wrong.mul(mask).sum().div(mask.sum());
    return logits;
  });
}

/** N×C×H×W → N×patches×pixels of a patch, on request with a mean of 0 and a deviation of 1 each. */
function target(c: Config, image: nn.Tensor, { patch, count }: Grid): nn.Tensor {
  const [n, channels] = [image.size(0), c.int('num_channels', 3)];
  const [rows, columns] = [nn.int(image.size(2)) / patch[0], nn.int(image.size(3)) / patch[1]];
  const cut = image.reshape(n, channels, rows, patch[0], columns, patch[1]).permute(0, 2, 4, 3, 5, 1);
  const flat = cut.reshape(n, count, patch[0] * patch[1] * channels);
  if (!c.bool('norm_pix_loss')) return flat;
  return flat.sub(flat.mean(-1, true)).div(flat.var(-1, true).add(1e-6).pow(0.5));
}

export const families: Readonly<Record<string, Builder>> = { vit_mae: vitMae };
