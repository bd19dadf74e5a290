import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import type { Architecture, Builder, BuildOptions } from '../../blocks/model.js';
import { activation, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { depthOf, headUnknown, pairOf, plainAttention, vit, vitLayer, vitPooler } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const gridOf = (image: readonly [number, number], patch: readonly [number, number]): number =>
  Math.floor(image[0] / patch[0]) * Math.floor(image[1] / patch[1]);

interface VitPlan {
  readonly type: string;
  readonly base: string;
  readonly tokens: readonly (readonly [string, number])[];
  readonly pooler: boolean;
  readonly mean?: boolean;
}
function plain(p: VitPlan): Builder {
  return (c, o) => {
    const hidden = c.size('hidden_size');
    const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
    const qkv = c.bool('qkv_bias', true);
    const count = p.tokens.reduce((n, [, k]) => n + k, 0);
    return vit(
      c,
      {
        type: p.type,
        base: p.base,
        hidden,
        image,
        patch,
        channels: c.int('num_channels', 3),
        tokens: p.tokens,
        mask: /MaskedImageModeling$/.test(o.architecture) ? ['mask_token', [1, 1, hidden]] : null,
        positions: gridOf(image, patch) + count,
        layers: layersOf(c.layers('num_hidden_layers'), () =>
          vitLayer({
            type: p.type,
            hidden,
            heads: c.size('num_attention_heads'),
            ...depthOf(c),
            inner: c.size('intermediate_size'),
            act: activation(c),
            bias: { q: qkv, k: qkv, v: qkv },
          }),
        ),
        norm: ['layernorm', layerNorm(hidden)],
        pooler: p.pooler ? vitPooler(c, hidden, p.type) : null,
        ...(p.mean ? { pooled: { width: hidden, take: (x: nn.Tensor) => x.mean(1) } } : {}),
      },
      o,
    );
  };
}
/** Patches of a spectrogram, overlapping. */
const ast: Builder = (c, o) => {
  const hidden = c.size('hidden_size');
  const patch = c.size('patch_size');
  const [f, t] = [c.size('frequency_stride'), c.size('time_stride')];
  const [mel, frames] = [c.size('num_mel_bins'), c.size('max_length', 1024)];
  const grid = (Math.floor((mel - patch) / f) + 1) * (Math.floor((frames - patch) / t) + 1);
  const qkv = c.bool('qkv_bias', true);
  const conv = new nn.Conv2d(1, hidden, patch, { stride: [f, t] });
  const projected = unit('ASTPatchProjection', { weight: conv.weight, bias: conv.bias }, (x: nn.Tensor) =>
    nn.functional.conv2d(x.unsqueeze(1).transpose(2, 3), conv.weight, conv.bias, { stride: [f, t] }),
  );
  const built = vit(
    c,
    {
      type: 'AST',
      base: 'audio_spectrogram_transformer',
      hidden,
      image: [mel, frames],
      patch: [patch, patch],
      channels: 1,
      tokens: [
        ['cls_token', 1],
        ['distillation_token', 1],
      ],
      positions: grid + 2,
      layers: layersOf(c.layers('num_hidden_layers'), () =>
        vitLayer({
          type: 'AST',
          hidden,
          heads: c.size('num_attention_heads'),
          ...depthOf(c),
          inner: c.size('intermediate_size'),
          act: activation(c),
          bias: { q: qkv, k: qkv, v: qkv },
        }),
      ),
      norm: ['layernorm', layerNorm(hidden)],
      conv: projected as never,
      pooled: { width: hidden, take: (x) => x.select(1, 0) },
    },
    { ...o, architecture: /Classification$/.test(o.architecture) ? 'ASTModel' : o.architecture },
  );
  const inputs: typeof built.inputs = (free) => [{ name: 'input_values', shape: [free('batch'), frames, mel] }];
  if (!/Classification$/.test(o.architecture)) return { ...built, inputs };
  const model = built.module as unknown as Layer;
  const labels = labelsCount(c);
  const [norm, dense] = [layerNorm(hidden), linear(hidden, labels, true)];
  const head = unit('ASTMLPHead', { layernorm: norm, dense }, (x: nn.Tensor) => dense(norm(x)));
  return {
    ...built,
    inputs,
    module: unit(o.architecture, { audio_spectrogram_transformer: model, classifier: head }, (x: nn.Tensor) => {
      const y = model(x);
      return head(y.select(1, 0).add(y.select(1, 1)).div(2));
    }),
  };
};
const labelsCount = (c: Config): number => {
  const names = c.get('id2label');
  return typeof names === 'object' && names !== null ? Object.keys(names).length : c.int('num_labels', 2);
};
/** Scales of each branch, a gated MLP on request, and registers after the class token. */
function dinov2(type: string, base: string, registers: boolean): Builder {
  return (c, o) => {
    const hidden = c.size('hidden_size');
    const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 14)];
    const qkv = c.bool('qkv_bias', true);
    const inner = Math.floor(hidden * c.number('mlp_ratio', 4));
    const swiglu = (): Layer => {
      const width = Math.floor((Math.floor((inner * 2) / 3) + 7) / 8) * 8;
      const [gate, up, down] = [linear(hidden, width, true), linear(hidden, width, true), linear(width, hidden, true)];
      return unit(`${type}SwiGLUFFN`, { gate_proj: gate, up_proj: up, down_proj: down }, (x: nn.Tensor) =>
        down(nn.functional.silu(gate(x)).mul(up(x))),
      );
    };
    return vit(
      c,
      {
        type,
        base,
        hidden,
        image,
        patch,
        channels: c.int('num_channels', 3),
        tokens: [['cls_token', 1]],
        mask: c.bool('use_mask_token', true) ? ['mask_token', [1, hidden]] : null,
        positions: gridOf(image, patch) + 1,
        ...(registers ? { lateTokens: [['register_tokens', c.int('num_register_tokens', 4)]] as const } : {}),
        layers: layersOf(c.layers('num_hidden_layers'), () =>
          vitLayer({
            type,
            hidden,
            heads: c.size('num_attention_heads'),
            ...depthOf(c),
            inner,
            act: activation(c),
            bias: { q: qkv, k: qkv, v: qkv },
            norms: ['norm1', 'norm2'],
            scales: ['layer_scale1', 'layer_scale2'],
            ...(c.bool('use_swiglu_ffn') ? { mlp: ['mlp', swiglu()] as const } : {}),
          }),
        ),
        container: ['encoder', 'layer'],
        norm: ['layernorm', layerNorm(hidden)],
        pooled: {
          width: 2 * hidden,
          take: (x) => nn.functional.cat([x.select(1, 0), x.narrow(1, 1, nn.int(x.size(1)) - 1).mean(1)], 1),
        },
      },
      o,
    );
  };
}
/** What BEiT and its descendants differ in: names, and whether attention and MLP are modules within modules as in BERT. */
interface Beit {
  readonly type: string;
  readonly base: string;
  readonly nested: boolean;
}
/** A table of relative positions: counted, its sum with the scores is not. */
type NewBias = () => Layer;

function relativeBias(c: Config, type: string): NewBias {
  const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
  const rows = [0, 1].reduce((n, axis) => {
    const extent = Math.floor((image[axis] as number) / (patch[axis] as number));
    return n * (2 * extent - 1);
  }, 1);
  return () =>
    unit(
      `${type}RelativePositionBias`,
      { relative_position_bias_table: new nn.Parameter([rows + 3, c.size('num_attention_heads')]) },
      (x: nn.Tensor) => x,
    );
}
const isScaled = (c: Config): boolean => c.number('layer_scale_init_value', 0.1) > 0;
const withBias = (c: Config, attention: PassLayer, bias: NewBias): PassLayer => {
  if (c.bool('use_relative_position_bias'))
    (attention as unknown as Record<string, unknown>)['relative_position_bias'] = bias();
  return attention;
};

function beitLayer(c: Config, { type }: Beit, bias: NewBias): PassLayer {
  const layer = vitLayer({
    type,
    hidden: c.size('hidden_size'),
    heads: c.size('num_attention_heads'),
    ...depthOf(c),
    inner: c.size('intermediate_size'),
    act: activation(c),
    bias: { k: false },
    scales: isScaled(c) ? ['lambda_1', 'lambda_2'] : null,
    scalesInside: true,
  });
  return withBias(c, layer, bias);
}

/** The same with parts under the names that BERT has. */
function nestedBeitLayer(c: Config, { type }: Beit, bias: NewBias): PassLayer {
  const hidden = c.size('hidden_size');
  const inner = c.size('intermediate_size');
  const plain = plainAttention({
    hidden,
    heads: c.size('num_attention_heads'),
    bias: { k: false },
    projections: { q: 'query', k: 'key', v: 'value', o: null as never },
  });
  const attention = withBias(c, plain, bias);
  const dense = linear(hidden, hidden, true);
  const output = unit(`${type}SelfOutput`, { dense }, (x: nn.Tensor) => dense(x));
  const all = unit(`${type}Attention`, { attention, output }, (x: nn.Tensor, pass: nn.Pass) =>
    output(attention(x, pass)),
  );
  const [up, down] = [linear(hidden, inner, true), linear(inner, hidden, true)];
  const act = activation(c);
  const first = unit(`${type}Intermediate`, { dense: up }, (x: nn.Tensor) => act(up(x)));
  const second = unit(`${type}Output`, { dense: down }, (x: nn.Tensor) => down(x));
  const [n1, n2] = [layerNorm(hidden), layerNorm(hidden)];
  const scales = isScaled(c) ? ([new nn.Parameter([hidden]), new nn.Parameter([hidden])] as const) : null;
  const scale = (x: nn.Tensor, i: 0 | 1): nn.Tensor => (scales === null ? x : x.mul(scales[i]));
  return unit(
    `${type}Layer`,
    {
      ...(scales === null ? {} : { lambda_1: scales[0], lambda_2: scales[1] }),
      attention: all,
      intermediate: first,
      output: second,
      layernorm_before: n1,
      layernorm_after: n2,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      const y = x.add(scale(all(n1(x), pass), 0));
      return y.add(scale(second(first(n2(y))), 1));
    },
  );
}

function beitModel(c: Config, p: Beit, o: BuildOptions): Architecture {
  const { type, base, nested } = p;
  const hidden = c.size('hidden_size');
  const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
  const bias = relativeBias(c, type);
  const mean = c.bool('use_mean_pooling', true);
  const norm = layerNorm(hidden);
  const pooler = unit(`${type}Pooler`, { layernorm: mean ? norm : null }, (x: nn.Tensor) =>
    mean ? norm(x.narrow(1, 1, nn.int(x.size(1)) - 1).mean(1)) : x.select(1, 0),
  );
  const layer = nested ? nestedBeitLayer : beitLayer;
  const shared = c.bool('use_shared_relative_position_bias') ? bias() : null;
  return vit(
    c,
    {
      type,
      base,
      hidden,
      image,
      patch,
      channels: c.int('num_channels', 3),
      tokens: [['cls_token', 1]],
      mask: c.bool('use_mask_token') ? ['mask_token', [1, 1, hidden]] : null,
      positions: c.bool('use_absolute_position_embeddings') ? gridOf(image, patch) + 1 : null,
      layers: layersOf(c.layers('num_hidden_layers'), () => layer(c, p, bias)),
      ...(nested ? { container: ['encoder', 'layer'] as const } : {}),
      ...(nested && shared !== null ? { encoderParts: { relative_position_bias: shared } } : {}),
      norm: mean ? null : ['layernorm', layerNorm(hidden)],
      pooler: nested && /Model$/.test(o.architecture) ? null : ['pooler', pooler],
      ...(shared !== null && !nested ? { parts: { shared_position_bias: shared } } : {}),
    },
    { ...o, architecture: '' },
  );
}

/** BEiT and what descends from it: keys without bias, positions relative, learned scales. */
const beit =
  (type: string, base: string, nested: boolean): Builder =>
  (c, o) => {
    const built = beitModel(c, { type, base, nested }, o);
    if (/Model$/.test(o.architecture) || o.architecture === '') return built;
    if (!/ImageClassification$/.test(o.architecture)) throw headUnknown(c, o.architecture);
    const model = built.module as unknown as Layer;
    const head = linear(c.size('hidden_size'), labelsCount(c), true);
    return {
      ...built,
      module: unit(o.architecture, { [base]: model, classifier: head }, (x: nn.Tensor) =>
        head(model(x).narrow(1, 1, 1).mean(1)),
      ),
    };
  };

export const families: Readonly<Record<string, Builder>> = {
  vit: plain({ type: 'ViT', base: 'vit', tokens: [['cls_token', 1]], pooler: true }),
  vit_msn: plain({ type: 'ViTMSN', base: 'vit', tokens: [['cls_token', 1]], pooler: false }),
  deit: plain({
    type: 'DeiT',
    base: 'deit',
    tokens: [
      ['cls_token', 1],
      ['distillation_token', 1],
    ],
    pooler: true,
  }),
  ijepa: plain({ type: 'IJepa', base: 'ijepa', tokens: [], pooler: false, mean: true }),
  'audio-spectrogram-transformer': ast,
  dinov2: dinov2('Dinov2', 'dinov2', false),
  dinov2_with_registers: dinov2('Dinov2WithRegisters', 'dinov2_with_registers', true),
  beit: beit('Beit', 'beit', false),
  'data2vec-vision': beit('Data2VecVision', 'data2vec_vision', true),
};
