import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, llamaLike } from '../../blocks/llama.js';
import type { Builder } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { inside, type Sight, textOf, visionLanguage } from '../../blocks/vision-language.js';
import { pairOf } from '../../blocks/vit.js';
import type { Config } from '../../config.js';
import { type Grid, type GridLayer, gridAttention, type ImageTower } from './qwen-vision.js';

const F = nn.functional;

/** The blocks of the tower; those of GLM-OCR have biases, and norms of queries and keys. */
function blocksOf(c: Config, type: string, ocr: boolean): GridLayer[] {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_heads')];
  const bias = c.bool('attention_bias', ocr);
  const act = activation(c, 'hidden_act', 'silu');
  const inner = ocr ? c.size('intermediate_size') : c.size('out_hidden_size');
  return layersOf(c.layers('depth'), (): GridLayer => {
    const attn = gridAttention(type, hidden, heads, { bias: [bias, ocr && bias], normed: ocr });
    const mlp = new nn.GatedMLP(hidden, inner, { bias: ocr && bias, activation: act });
    const [norm1, norm2] = [rms(hidden), rms(hidden)];
    return unit(`${type}VisionBlock`, { norm1, norm2, attn: attn as never, mlp }, (x: nn.Tensor, grid: Grid) => {
      const y = x.add(attn(norm1(x), grid));
      return y.add(mlp(norm2(y)));
    });
  });
}

/** A projection, a norm, and a gated MLP whose matrices are among the merger's own. */
function mergerOf(c: Config, type: string, ocr: boolean): Layer {
  const out = c.size('out_hidden_size');
  const [proj, norm] = [linear(out, out), layerNorm(out)];
  const inner = ocr ? out * c.int('in_channels', 3) : c.size('intermediate_size');
  const last = new nn.GatedMLP(out, inner, { activation: activation(c, 'hidden_act', 'silu') });
  const { gate_proj = null, up_proj = null, down_proj = null } = last as unknown as Record<string, nn.AnyModule>;
  return unit(
    `${type}VisionPatchMerger`,
    { proj, post_projection_norm: norm, gate_proj, up_proj, down_proj },
    (x: nn.Tensor) => last.forward(F.gelu(norm(proj(x)))),
  );
}

/** The tower of GLM-V, and of GLM-OCR, which has no table of places. */
function glmTower(c: Config, type: string): ImageTower {
  const ocr = type === 'GlmOcr';
  const [hidden, heads, out] = [c.size('hidden_size'), c.size('num_heads'), c.size('out_hidden_size')];
  if (hidden % heads !== 0) throw c.wrong('num_heads', `is ${heads}, which does not divide ${hidden}`);
  const [patch, frames, merge] = [c.size('patch_size'), c.size('temporal_patch_size'), c.size('spatial_merge_size')];
  const channels = c.int('in_channels', 3);
  const kernel = [frames, patch, patch];
  const proj = new nn.Conv3d(channels, hidden, kernel, { stride: kernel }) as unknown as Layer;
  // An image stands as if it were equal frames.
  const embed = unit(`${type}VisionPatchEmbed`, { proj }, (x: nn.Tensor) =>
    proj(x.unsqueeze(2).expand(x.size(0), channels, frames, x.size(2), x.size(3))),
  );
  const side = Math.floor(pairOf(c, 'image_size', 336)[0] / patch);
  const table = ocr ? null : embedding(side * side, hidden);
  const embeddings =
    table === null
      ? null
      : unit(`${type}VisionEmbeddings`, { position_embedding: table }, (x: nn.Tensor) =>
          x.add(F.zeros([1, nn.int(x.size(1)), hidden], x.dtype)),
        );
  const blocks = blocksOf(c, type, ocr);
  const merger = mergerOf(c, type, ocr);
  const [before, after] = [ocr ? null : rms(hidden), rms(hidden)];
  const downsample = new nn.Conv2d(hidden, out, merge, { stride: merge }) as unknown as Layer;
  return unit(
    `${type}VisionModel`,
    {
      embeddings,
      patch_embed: embed,
      blocks: list(blocks as never),
      merger,
      post_conv_layernorm: before,
      downsample,
      post_layernorm: after,
    },
    (pixels: nn.Tensor) => {
      const map = embed(pixels);
      const grid = [nn.int(map.size(3)), nn.int(map.size(4))] as const;
      let x = map.flatten(2).transpose(1, 2);
      x = before?.(x) ?? x;
      x = embeddings?.(x) ?? x;
      for (const run of blocks) x = run(x, grid);
      const square = after(x).transpose(1, 2).reshape(x.size(0), hidden, grid[0], grid[1]);
      return merger(downsample(square).flatten(2).transpose(1, 2));
    },
  );
}
const glmText =
  (type: string, bias: boolean): Builder =>
  (c, o) =>
    llamaLike(c, o, {
      type,
      style: 'both',
      norms: ['input_layernorm', 'post_self_attn_layernorm', 'post_attention_layernorm', 'post_mlp_layernorm'],
      attention: () => ({ bias, output_bias: false }),
      mlp: () => ['mlp', gated(c, c.size('intermediate_size'), { bias: false, names: { merged: 'gate_up_proj' } })],
    });
const glmVision = (type: string, text: string, vision: string): Builder =>
  visionLanguage({
    type,
    tied: false,
    text: textOf(text),
    sight: (c): Sight => {
      const v = inside(c, 'vision_config', vision);
      const tower = glmTower(v, type);
      const edge = v.size('patch_size') * v.size('spatial_merge_size');
      const side = Math.max(1, Math.round(pairOf(v, 'image_size', 336)[0] / edge)) * edge;
      return { parts: { visual: tower }, run: (x) => tower(x), size: [side, side], channels: v.int('in_channels', 3) };
    },
  });

export const families: Readonly<Record<string, Builder>> = byName({
  glm4v_text: glmText('Glm4vText', true),
  glm_ocr_text: glmText('GlmOcrText', false),
  glm4v: glmVision('Glm4v', 'glm4v_text', 'glm4v_vision'),
  glm46v: glmVision('Glm46V', 'glm4v_text', 'glm4v_vision'),
  glm4v_moe: glmVision('Glm4vMoe', 'glm4v_moe_text', 'glm4v_moe_vision'),
  glm_ocr: glmVision('GlmOcr', 'glm_ocr_text', 'glm_ocr_vision'),
});
