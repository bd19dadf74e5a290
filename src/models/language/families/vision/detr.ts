import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import { type Builder, type BuildOptions, labelsOf } from '../../blocks/model.js';
import { activation, chain, embedding, type Layer, layerNorm, linear, list } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown, imageInputs, patches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { batchNorm, conv, seq } from './convnets.js';

const F = nn.functional;

/** ResNets of timm by name: layers of each stage, and whether a layer is a bottleneck. */
const RESNETS: Readonly<Record<string, readonly [depths: readonly number[], wide: boolean]>> = byName({
  resnet18: [[2, 2, 2, 2], false],
  resnet34: [[3, 4, 6, 3], false],
  resnet50: [[3, 4, 6, 3], true],
  resnet101: [[3, 4, 23, 3], true],
  resnet152: [[3, 8, 36, 3], true],
});
interface Backbone {
  readonly module: Layer;
  readonly width: number;
}

/** A ResNet with timm's names. `stride`: of the whole; with 16 the last stage keeps its size. */
function timmResNet(name: string, channels: number, stride: number): Backbone | null {
  const found = RESNETS[name.split('.')[0] as string];
  if (found === undefined) return null;
  const [depths, wide] = found;
  let [width, reached] = [64, 4];
  const stages = depths.map((depth, n): Layer => {
    const narrow = 64 * 2 ** n;
    const out = wide ? 4 * narrow : narrow;
    let step = n === 0 ? 1 : 2;
    if (reached * step > stride) step = 1;
    reached *= step;
    const layers = layersOf(
      depth,
      (i): Layer => {
        const [from, s] = i === 0 ? [width, step] : [out, 1];
        const sizes: [number, number, number, number][] = wide
          ? [
              [from, narrow, 1, 1],
              [narrow, narrow, 3, s],
              [narrow, out, 1, 1],
            ]
          : [
              [from, out, 3, s],
              [out, out, 3, 1],
            ];
        const convs = sizes.map(([a, b, k, st]) => conv(a, b, k, st, { bias: false }));
        const norms = sizes.map(([, b]) => batchNorm(b));
        const down = s !== 1 || from !== out ? seq(conv(from, out, 1, s, { bias: false }), batchNorm(out)) : null;
        const parts: Record<string, nn.AnyModule> = {};
        for (const [k, c] of convs.entries()) {
          parts[`conv${k + 1}`] = c;
          parts[`bn${k + 1}`] = norms[k] as Layer;
        }
        return unit(wide ? 'Bottleneck' : 'BasicBlock', { ...parts, downsample: down }, (x: nn.Tensor) => {
          let y = x;
          for (const [k, c] of convs.entries()) {
            y = (norms[k] as Layer)(c(y));
            if (k < convs.length - 1) y = y.relu();
          }
          return y.add(down?.(x) ?? x).relu();
        });
      },
      (i) => i === 0,
    );
    width = out;
    return seq(...layers);
  });
  const [stem, bn] = [conv(channels, 64, 7, 2, { bias: false }), batchNorm(64)];
  const module = unit(
    'FeatureListNet',
    { conv1: stem, bn1: bn, ...Object.fromEntries(stages.map((stage, i) => [`layer${i + 1}`, stage])) },
    (x: nn.Tensor) => chain(stages, F.max_pool2d(bn(stem(x)).relu(), 3, { stride: 2, padding: 1 })),
  );
  return { module, width };
}

/** The convolutional network in front, its batch norms frozen: numbers that are not parameters. */
function backboneOf(c: Config, o: BuildOptions): Backbone {
  const given = c.get('backbone_config');
  const inner = typeof given === 'object' && given !== null ? c.sub('backbone_config', 'resnet') : null;
  const timm = inner === null ? (c.get('use_timm_backbone') ?? true) === true : inner.type === 'timm_backbone';
  const found = timm
    ? timmResNet(
        (inner ?? c).str('backbone', 'resnet50') || 'resnet50',
        c.int('num_channels', 3),
        c.bool('dilation') ? 16 : 32,
      )
    : libraryBackbone(inner ?? c.as('resnet'), o);
  if (found === null)
    throw c.wrong(
      inner === null ? 'backbone' : 'backbone_config',
      `is a network that is not known here; known: ${Object.keys(RESNETS).join(', ')}, and resnet by sizes`,
    );
  for (const m of found.module.modules())
    if (m instanceof nn.BatchNorm2d) Object.assign(m, { weight: null, bias: null });
  return found;
}
function libraryBackbone(c: Config, o: BuildOptions): Backbone | null {
  if (c.type !== 'resnet') return null;
  const build = o.builderOf?.(c.type) ?? null;
  const width = c.ints('hidden_sizes')?.at(-1);
  if (build === null || width === undefined) return null;
  return { module: build(c, { ...o, architecture: 'ResNetModel' }).module as Layer, width };
}

type Attend = nn.Module<[nn.Tensor, nn.Tensor, nn.Tensor], nn.Tensor>;
function attention(type: string, hidden: number, heads: number): Attend {
  const project = (): Layer => linear(hidden, hidden, true);
  const [k, v, q, out] = [project(), project(), project(), project()];
  const d = hidden / heads;
  return unit(
    type,
    { k_proj: k, v_proj: v, q_proj: q, o_proj: out },
    (x: nn.Tensor, keys: nn.Tensor, values: nn.Tensor) => {
      const split = (t: nn.Tensor): nn.Tensor => t.view(t.size(0), t.size(1), heads, d).transpose(1, 2);
      const y = F.scaled_dot_product_attention(split(q(x)), split(k(keys)), split(v(values)));
      return out(y.transpose(1, 2).reshape(x.size(0), x.size(1), hidden));
    },
  );
}

/** Encoder or decoder, as far as they are read in the same way. */
interface Side {
  readonly hidden: number;
  readonly heads: number;
  readonly layers: number;
  readonly mlp: () => Layer;
}

function sideOf(c: Config, name: 'encoder' | 'decoder'): Side {
  const hidden = c.size('d_model');
  const act = activation(c, 'activation_function', 'relu');
  const heads = c.size(`${name}_attention_heads`);
  if (hidden % heads !== 0) throw c.wrong(`${name}_attention_heads`, `is ${heads}, which does not divide ${hidden}`);
  return {
    hidden,
    heads,
    layers: c.layers(`${name}_layers`),
    mlp: () => plainMlp('DetrMLP', hidden, c.size(`${name}_ffn_dim`), act, ['fc1', 'fc2']),
  };
}

type Encode = nn.Module<[x: nn.Tensor, places: nn.Tensor], nn.Tensor>;
/** Self-attention over the places of a map: N×places×hidden → N×places×hidden. */
function encoderOf({ hidden, heads, layers, mlp: newMlp }: Side): Encode {
  const encoders = layersOf(layers, (): Encode => {
    const [self, mlp] = [attention('DetrSelfAttention', hidden, heads), newMlp()];
    const [n1, n2] = [layerNorm(hidden), layerNorm(hidden)];
    return unit(
      'DetrEncoderLayer',
      { self_attn: self as never, self_attn_layer_norm: n1, mlp, final_layer_norm: n2 },
      (x: nn.Tensor, places: nn.Tensor) => {
        const placed = x.add(places);
        const y = n1(x.add(self(placed, placed, x)));
        return n2(y.add(mlp(y)));
      },
    );
  });
  return unit('DetrEncoder', { layers: list(encoders as never) }, (x: nn.Tensor, places: nn.Tensor) =>
    encoders.reduce((y, run) => run(y, places), x),
  );
}

type DecodeLayer = nn.Module<[x: nn.Tensor, queries: nn.Tensor, memory: nn.Tensor, places: nn.Tensor], nn.Tensor>;
function decoderLayer({ hidden, heads, mlp: newMlp }: Side): DecodeLayer {
  const self = attention('DetrSelfAttention', hidden, heads);
  const cross = attention('DetrCrossAttention', hidden, heads);
  const [n1, n2, n3, mlp] = [layerNorm(hidden), layerNorm(hidden), layerNorm(hidden), newMlp()];
  return unit(
    'DetrDecoderLayer',
    {
      self_attn: self as never,
      self_attn_layer_norm: n1,
      encoder_attn: cross as never,
      encoder_attn_layer_norm: n2,
      mlp,
      final_layer_norm: n3,
    },
    (x: nn.Tensor, queries: nn.Tensor, memory: nn.Tensor, places: nn.Tensor) => {
      const placed = x.add(queries);
      const y = n1(x.add(self(placed, placed, x)));
      const z = n2(y.add(cross(y.add(queries), memory.add(places), memory)));
      return n3(z.add(mlp(z)));
    },
  );
}

/** Learned queries that attend to each other and to the encoder's places: N×queries×hidden. */
function decoderOf(side: Side): nn.Module<[queries: nn.Tensor, memory: nn.Tensor, places: nn.Tensor], nn.Tensor> {
  const decoders = layersOf(side.layers, () => decoderLayer(side));
  const last = layerNorm(side.hidden);
  return unit(
    'DetrDecoder',
    { layers: list(decoders as never), layernorm: last },
    (queries: nn.Tensor, memory: nn.Tensor, places: nn.Tensor) =>
      last(decoders.reduce((y, run) => run(y, queries, memory, places), F.zeros_like(queries))),
  );
}

/** Tables that a checkpoint with learned positions has; the reference computes sines all the same. */
function learnedPositions(c: Config, hidden: number): Layer | null {
  if (c.str('position_embedding_type', 'sine') !== 'learned') return null;
  const half = Math.floor(hidden / 2);
  return unit(
    'DetrLearnedPositionEmbedding',
    { row_embeddings: embedding(50, half), column_embeddings: embedding(50, half) },
    (x: nn.Tensor) => x,
  );
}

/** N×3×H×W → N×queries×hidden. */
function modelOf(c: Config, o: BuildOptions): Layer {
  const hidden = c.size('d_model');
  const backbone = backboneOf(c, o);
  const [encoder, decoder] = [encoderOf(sideOf(c, 'encoder')), decoderOf(sideOf(c, 'decoder'))];
  const network = unit('DetrConvEncoder', { model: backbone.module }, (x: nn.Tensor) => backbone.module(x));
  const queries = embedding(c.size('num_queries'), hidden);
  const project = conv(backbone.width, hidden, 1);
  return unit(
    'DetrModel',
    {
      backbone: network,
      position_embedding: learnedPositions(c, hidden),
      query_position_embeddings: queries,
      input_projection: project,
      encoder: encoder as never,
      decoder: decoder as never,
    },
    (pixels: nn.Tensor) => {
      const memory = patches(project(network(pixels)));
      // Sines of every place of the map.
      const places = F.zeros(memory.shape, memory.dtype).sin();
      const seen = encoder(memory, places);
      const wanted = queries.weight.unsqueeze(0).expand(seen.size(0), queries.weight.size(0), hidden);
      return decoder(wanted, seen, places);
    },
  );
}

/** A class and a box for each query. */
function detection(c: Config, name: string, base: Layer): Layer {
  const hidden = c.size('d_model');
  const classes = linear(hidden, labelsOf(c) + 1, true);
  const steps = [linear(hidden, hidden, true), linear(hidden, hidden, true), linear(hidden, 4, true)] as const;
  const boxes = unit('DetrMLPPredictionHead', { layers: list(steps) }, (x: nn.Tensor) =>
    steps[2](steps[1](steps[0](x).relu()).relu()),
  );
  return unit(name, { model: base, class_labels_classifier: classes, bbox_predictor: boxes }, (pixels: nn.Tensor) => {
    const x = base(pixels);
    classes(x);
    return boxes(x).sigmoid();
  });
}

/** DETR: a convolutional network, an encoder over its map, a decoder of learned queries. */
const detr: Builder = (c, o) => {
  const base = modelOf(c, o);
  const inputs = imageInputs(c, [800, 800]);
  const name = o.architecture;
  if (/Model$/.test(name) || name === '') return { module: base, inputs, kept: () => null };
  if (!/ObjectDetection$/.test(name)) throw headUnknown(c, name);
  return { module: detection(c, name, base), inputs, kept: () => null };
};

export const families: Readonly<Record<string, Builder>> = byName({ detr });
