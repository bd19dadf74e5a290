import type { Dim } from '../../../../dim/index.js';
import * as nn from '../../../../torch/nn/index.js';
import { block } from '../../blocks/block.js';
import { layersOf } from '../../blocks/kinds.js';
import { plainMlp } from '../../blocks/llama.js';
import { type Architecture, type Builder, labelsOf } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, type PassLayer } from '../../blocks/parts.js';
import { positionsOf, rowsOf } from '../../blocks/positions.js';
import { unit } from '../../blocks/unit.js';
import { headUnknown, imageInputs, pairOf, patches, plainAttention, unfoldedPatches } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;

/** What towers of CLIP, SigLIP and BLIP differ in. */
interface TowerStyle {
  readonly type: string;
  /** A class token before the patches; its table is one row or three axes. */
  readonly token: 'row' | 'cube' | null;
  readonly patchBias: boolean;
  readonly preNorm: boolean;
  readonly fused?: boolean;
  /** A learned query that attends to all tokens at the end. */
  readonly probe?: boolean;
  readonly textHead?: boolean;
  /** Patches through one matrix rather than a convolution, and a square table of places for images of any size. */
  readonly unfolded?: boolean;
}
const CLIP: TowerStyle = { type: 'CLIP', token: 'row', patchBias: false, preNorm: true };
const META: TowerStyle = { ...CLIP, type: 'MetaClip2' };
const SIGLIP: TowerStyle = {
  type: 'Siglip',
  token: null,
  patchBias: true,
  preNorm: false,
  probe: true,
  textHead: true,
};

const SIGLIP2: TowerStyle = { ...SIGLIP, type: 'Siglip2', unfolded: true };
export const BLIP: TowerStyle = { type: 'Blip', token: 'cube', patchBias: true, preNorm: false, fused: true };

const fallbackAct = (c: Config): ((x: nn.Tensor) => nn.Tensor) => activation(c, 'hidden_act', 'quick_gelu');

function towerLayer(c: Config, s: TowerStyle, causal: boolean): PassLayer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  if (hidden % heads !== 0) throw c.wrong('num_attention_heads', `is ${heads}, which does not divide ${hidden}`);
  const attention = plainAttention({
    hidden,
    heads,
    causal,
    projections: s.fused ? { qkv: 'qkv', o: 'projection' } : { o: 'out_proj' },
  });
  return block({
    type: `${s.type}EncoderLayer`,
    style: 'pre',
    attention: ['self_attn', attention],
    mlp: ['mlp', plainMlp(`${s.type}MLP`, hidden, c.size('intermediate_size'), fallbackAct(c), ['fc1', 'fc2'])],
    norms: [
      ['layer_norm1', layerNorm(hidden)],
      ['layer_norm2', layerNorm(hidden)],
    ],
  });
}
function towerLayers(c: Config, s: TowerStyle, causal: boolean): Layer {
  const layers = layersOf(c.layers('num_hidden_layers'), () => towerLayer(c, s, causal));
  return unit(`${s.type}Encoder`, { layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) => {
    const pass = new nn.Pass(x.size(0), x.size(1), 0);
    return layers.reduce((y, run) => run(y, pass), x);
  });
}

/** An image tower: all tokens, and what stands for the image. */
export type Tower = nn.Module<[nn.Tensor], [nn.Tensor, nn.Tensor]>;
export function visionTower(c: Config, s: TowerStyle = CLIP): Tower {
  const hidden = c.size('hidden_size');
  const [image, patch] = [pairOf(c, 'image_size', 224), pairOf(c, 'patch_size', 16)];
  const channels = c.int('num_channels', 3);
  const conv = s.unfolded
    ? linear(channels * patch[0] * patch[1], hidden, true)
    : (new nn.Conv2d(channels, hidden, patch, { stride: patch, bias: s.patchBias }) as unknown as Layer);
  const embed = (x: nn.Tensor): nn.Tensor =>
    s.unfolded ? conv(unfoldedPatches(x, patch[0], channels)) : patches(conv(x));
  const rows = s.unfolded
    ? c.size('num_patches', 256)
    : Math.floor(image[0] / patch[0]) * Math.floor(image[1] / patch[1]) + (s.token === null ? 0 : 1);
  const token = s.token === null ? null : new nn.Parameter(s.token === 'row' ? [hidden] : [1, 1, hidden]);
  const table = s.token === 'cube' ? new nn.Parameter([1, rows, hidden]) : embedding(rows, hidden);
  const embeddings = unit(
    `${s.type}VisionEmbeddings`,
    { class_embedding: token, patch_embedding: conv, position_embedding: table },
    (pixels: nn.Tensor) => {
      let x = embed(pixels);
      if (token !== null) x = F.cat([token.view(1, 1, hidden).expand(x.size(0), 1, hidden), x], 1);
      return x.add(table instanceof nn.Parameter ? table : rowsOf(table, s.unfolded ? x.size(1) : rows));
    },
  );
  const pre = s.preNorm ? layerNorm(hidden) : null;
  const encoder = towerLayers(c, s, false);
  const post = layerNorm(hidden);
  const probe = s.probe && c.bool('vision_use_head', true) ? attentionPool(c, s, hidden) : null;
  return unit(
    `${s.type}VisionTransformer`,
    { embeddings, pre_layrnorm: pre, encoder, post_layernorm: post, head: probe },
    (pixels: nn.Tensor): [nn.Tensor, nn.Tensor] => {
      const x = embeddings(pixels);
      const y = encoder(pre?.(x) ?? x);
      if (s.token === null) {
        const all = post(y);
        return [all, probe?.(all) ?? all];
      }
      // BLIP norms all tokens, CLIP the first alone.
      if (s.token === 'cube') {
        const all = post(y);
        return [all, post(all.select(1, 0))];
      }
      return [y, post(y.select(1, 0))];
    },
  );
}
/** One learned query over all tokens: nn.MultiheadAttention, norm, MLP. */
function attentionPool(c: Config, s: TowerStyle, hidden: number): Layer {
  const probe = new nn.Parameter([1, 1, hidden]);
  const attention = new nn.MultiheadAttention(hidden, c.size('num_attention_heads'), { batch_first: true });
  const norm = layerNorm(hidden);
  const mlp = plainMlp(`${s.type}MLP`, hidden, c.size('intermediate_size'), fallbackAct(c), ['fc1', 'fc2']);
  return unit(
    `${s.type}MultiheadAttentionPoolingHead`,
    { probe, attention: attention as never, layernorm: norm, mlp },
    (x: nn.Tensor) => {
      const query = probe.expand(x.size(0), 1, hidden);
      const [y] = (attention as unknown as nn.Module<nn.Tensor[], [nn.Tensor, unknown]>)(query, x, x);
      return y.add(mlp(norm(y))).select(1, 0);
    },
  );
}
/** A text tower: all tokens and what stands for the text. */
function textTower(c: Config, s: TowerStyle): Tower {
  const hidden = c.size('hidden_size');
  const [tokens, positions] = [
    embedding(c.size('vocab_size'), hidden),
    embedding(c.size('max_position_embeddings'), hidden),
  ];
  const embeddings = unit(
    `${s.type}TextEmbeddings`,
    { token_embedding: tokens, position_embedding: positions },
    (ids: nn.Tensor) => tokens(ids).add(positionsOf(positions, { sequence: ids.size(1), past: 0 })),
  );
  const encoder = towerLayers(c, s, s.type !== 'Siglip');
  const norm = layerNorm(hidden);
  const head = s.textHead ? linear(hidden, c.int('projection_size', hidden), true) : null;
  return unit(
    `${s.type}TextTransformer`,
    { embeddings, encoder, final_layer_norm: norm, head },
    (ids: nn.Tensor): [nn.Tensor, nn.Tensor] => {
      const x = norm(encoder(embeddings(ids)));
      const one = x.select(1, 0);
      return [x, head?.(one) ?? one];
    },
  );
}

function both(s: TowerStyle, types: readonly [string, string]): Builder {
  return (c, o): Architecture => {
    const [text, vision] = [c.sub('text_config', types[0]), c.sub('vision_config', types[1])];
    const tower = visionTower(vision, s);
    const images = imageInputs(vision, pairOf(vision, 'image_size', 224));
    if (/ImageClassification$/.test(o.architecture)) {
      const head = linear(vision.size('hidden_size'), labelsOf(c), true);
      return {
        module: unit(o.architecture, { vision_model: tower as never, classifier: head }, (x: nn.Tensor) => {
          const [all] = tower(x);
          return head((s.token === null ? all : all.narrow(1, 1, nn.int(all.size(1)) - 1)).mean(1));
        }),
        inputs: images,
        kept: () => null,
      };
    }
    if (!/Model$/.test(o.architecture) && o.architecture !== '') throw headUnknown(c, o.architecture);
    const words = textTower(text, s);
    const dim = c.size('projection_dim', 512);
    const projected = s.type !== 'Siglip';
    const vp = projected ? linear(vision.size('hidden_size'), dim) : null;
    const tp = projected ? linear(text.size('hidden_size'), dim) : null;
    const scale = new nn.Parameter(projected ? [] : [1]);
    return {
      module: unit(
        o.architecture || `${s.type}Model`,
        {
          logit_scale: scale,
          logit_bias: projected ? null : new nn.Parameter([1]),
          text_model: words as never,
          vision_model: tower as never,
          visual_projection: vp,
          text_projection: tp,
        },
        (ids: nn.Tensor, pixels: nn.Tensor) => contrast(tower(pixels)[1], words(ids)[1], vp, tp),
      ),
      inputs: (free) => [
        { name: 'input_ids', shape: [free('batch'), free('sequence')], dtype: 'int64' },
        ...images(free),
      ],
      kept: () => null,
    };
  };
}
/** Similarities of all texts with all images. */
export function contrast(image: nn.Tensor, text: nn.Tensor, vp: Layer | null, tp: Layer | null): nn.Tensor {
  const unitLength = (x: nn.Tensor): nn.Tensor => x.div(x.norm(2, -1, true));
  const a = unitLength(vp?.(image) ?? image);
  const b = unitLength(tp?.(text) ?? text);
  return b.matmul(a.t()).mul(1);
}
export { CLIP, SIGLIP, SIGLIP2, type TowerStyle };

/** A tower alone. */
function towerOnly(s: TowerStyle): Builder {
  return (c, o) => {
    const tower = visionTower(c, s);
    const project = projectionOf(c, o.architecture);
    const module =
      project === null
        ? tower
        : unit(o.architecture, { vision_model: tower as never, visual_projection: project }, (x: nn.Tensor) =>
            project(tower(x)[1]),
          );
    return { module, inputs: imageInputs(c), kept: () => null };
  };
}
function textOnlyModule(c: Config, s: TowerStyle, name: string): nn.AnyModule {
  const tower = textTower(c, s);
  const project = projectionOf(c, name);
  if (project === null) return tower;
  return unit(name, { text_model: tower as never, text_projection: project }, (x: nn.Tensor) => project(tower(x)[1]));
}
/** The projection that compares images with texts, in the classes that end in `WithProjection`. */
function projectionOf(c: Config, name: string): Layer | null {
  if (/WithProjection$/.test(name)) return linear(c.size('hidden_size'), c.size('projection_dim', 512));
  if (!/Model$/.test(name) && name !== '') throw headUnknown(c, name);
  return null;
}
function textOnly(s: TowerStyle): Builder {
  return (c, o) => ({
    module: textOnlyModule(c, s, o.architecture),
    inputs: (free) => [{ name: 'input_ids', shape: [free('batch'), free('sequence') as Dim], dtype: 'int64' }],
    kept: () => null,
  });
}

export const families: Readonly<Record<string, Builder>> = {
  clip: both(CLIP, ['clip_text_model', 'clip_vision_model']),
  metaclip_2: both(META, ['metaclip_2_text_model', 'metaclip_2_vision_model']),
  siglip: both(SIGLIP, ['siglip_text_model', 'siglip_vision_model']),
  clip_vision_model: towerOnly(CLIP),
  siglip_vision_model: towerOnly(SIGLIP),
  siglip2_vision_model: towerOnly(SIGLIP2),
  clip_text_model: textOnly(CLIP),
  siglip_text_model: textOnly(SIGLIP),
};
