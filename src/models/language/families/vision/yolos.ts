import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, labelsOf } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { imageInputs, pairOf, patches, plainAttention, vitPooler } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** Rows and columns of patches, and the tokens of detections. */
interface Extents {
  readonly grid: readonly [number, number];
  readonly detections: number;
  readonly hidden: number;
}

/** YOLOS: a vision transformer over patches and tokens of detections, which have positions in front of each layer. */
const yolos: Builder = (c, o): Architecture => {
  const [image, patch] = [pairOf(c, 'image_size', 224), c.size('patch_size')];
  const grid = [Math.floor(image[0] / patch), Math.floor(image[1] / patch)] as const;
  const extents: Extents = { grid, detections: c.size('num_detection_tokens', 100), hidden: c.size('hidden_size') };
  const bare = /Model$/.test(o.architecture) || o.architecture === '';
  const base = model(c, extents, patch, bare);
  const inputs = imageInputs(c, image);
  if (bare) return { module: base, inputs, kept: () => null };
  if (!/ObjectDetection$/.test(o.architecture))
    throw c.wrong(
      'architectures',
      `names ${o.architecture.slice(0, 80)}, whose head is not known; …Model and …ForObjectDetection are`,
    );
  return { module: detection(c, o.architecture, base, extents), inputs, kept: () => null };
};

function model(c: Config, e: Extents, patch: number, pooled: boolean): Layer {
  const { hidden, grid, detections } = e;
  const tokens = 1 + grid[0] * grid[1] + detections;
  const projection = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, { stride: patch });
  const [first, found] = [new nn.Parameter([1, 1, hidden]), new nn.Parameter([1, detections, hidden])];
  const positions = new nn.Parameter([1, tokens, hidden]);
  const patched = unit('YolosPatchEmbeddings', { projection }, (x: nn.Tensor) => patches(projection(x)));
  const embeddings = unit(
    'YolosEmbeddings',
    { cls_token: first, detection_tokens: found, position_embeddings: positions, patch_embeddings: patched },
    (pixels: nn.Tensor) => {
      const x = patched(pixels);
      const n = x.size(0);
      return F.cat([first.expand(n, 1, hidden), x, found.expand(n, detections, hidden)], 1).add(resized(positions, e));
    },
  );
  const layers = layersOf(c.layers('num_hidden_layers'), () => layer(c, hidden));
  const between = c.bool('use_mid_position_embeddings', true)
    ? new nn.Parameter([layers.length - 1, 1, tokens, hidden])
    : null;
  const interpolation = unit(
    'InterpolateMidPositionEmbeddings',
    { mid_position_embeddings: between },
    (x: nn.Tensor) => x,
  );
  const encoder = unit(
    'YolosEncoder',
    { layer: new nn.ModuleList(layers as never), ...(between === null ? {} : { interpolation }) },
    (x: nn.Tensor) => {
      const pass = new nn.Pass(x.size(0), x.size(1), 0);
      const more = between === null ? null : resized(between.view(layers.length - 1, tokens, hidden), e);
      return layers.reduce((y, run, i) => {
        const z = run(y, pass);
        return more === null || i === layers.length - 1 ? z : z.add(more.narrow(0, i, 1));
      }, x);
    },
  );
  const norm = layerNorm(hidden);
  const pooler = pooled ? vitPooler(c, hidden, 'Yolos') : null;
  const parts = { embeddings, encoder, layernorm: norm, ...(pooler === null ? {} : { [pooler[0]]: pooler[1] }) };
  return unit('YolosModel', parts, (pixels: nn.Tensor) => {
    const x = norm(encoder(embeddings(pixels)));
    pooler?.[1](x);
    return x;
  });
}

/** Positions of the patches are brought to the size of the image, also where it is the one that they were made for. */
function resized(positions: nn.Tensor, { grid, detections, hidden }: Extents): nn.Tensor {
  const count = nn.int(positions.size(0));
  const cells = grid[0] * grid[1];
  const map = positions
    .narrow(1, 1, cells)
    .transpose(1, 2)
    .reshape(count, hidden, ...grid);
  const scaled = F.interpolate(map, { size: grid, mode: 'bicubic' });
  return F.cat([positions.narrow(1, 0, 1), patches(scaled), positions.narrow(1, 1 + cells, detections)], 1);
}

/** A layer of ViT, with parts under the names that BERT has. */
function layer(c: Config, hidden: number): PassLayer {
  const bias = c.bool('qkv_bias', true);
  const attention = plainAttention({
    hidden,
    heads: c.size('num_attention_heads'),
    bias: { q: bias, k: bias, v: bias },
    projections: { q: 'query', k: 'key', v: 'value', o: null as never },
  });
  const dense = linear(hidden, hidden, true);
  const output = unit('YolosSelfOutput', { dense }, (x: nn.Tensor) => dense(x));
  const all = unit('YolosAttention', { attention, output }, (x: nn.Tensor, pass: nn.Pass) =>
    output(attention(x, pass)),
  );
  const inner = c.size('intermediate_size');
  const [up, down] = [linear(hidden, inner, true), linear(inner, hidden, true)];
  const act = activation(c);
  const first = unit('YolosIntermediate', { dense: up }, (x: nn.Tensor) => act(up(x)));
  const second = unit('YolosOutput', { dense: down }, (x: nn.Tensor) => down(x));
  const [before, after] = [layerNorm(hidden), layerNorm(hidden)];
  return unit(
    'YolosLayer',
    { attention: all, intermediate: first, output: second, layernorm_before: before, layernorm_after: after },
    (x: nn.Tensor, pass: nn.Pass) => {
      const y = x.add(all(before(x), pass));
      return y.add(second(first(after(y))));
    },
  );
}

/** A class and a box of each token of detections. */
function detection(c: Config, name: string, vit: Layer, { detections, hidden }: Extents): Layer {
  const [classes, boxes] = [threeLayers(hidden, labelsOf(c) + 1), threeLayers(hidden, 4)];
  return unit(name, { vit, class_labels_classifier: classes, bbox_predictor: boxes }, (pixels: nn.Tensor) => {
    const x = vit(pixels);
    const found = x.narrow(1, nn.int(x.size(1)) - detections, detections);
    classes(found);
    return boxes(found).sigmoid();
  });
}

function threeLayers(hidden: number, outputs: number): Layer {
  const steps = [linear(hidden, hidden, true), linear(hidden, hidden, true), linear(hidden, outputs, true)] as const;
  return unit('YolosMLPPredictionHead', { layers: new nn.ModuleList(steps as never) }, (x: nn.Tensor) =>
    steps[2](steps[1](steps[0](x).relu()).relu()),
  );
}

export const families: Readonly<Record<string, Builder>> = byName({ yolos });
