import { byName } from '../../../../source/by-name.js';
import * as nn from '../../../../torch/nn/index.js';
import { fullAttention } from '../../blocks/attention.js';
import { block, type Named } from '../../blocks/block.js';
import { attendTo, type CrossInput } from '../../blocks/cross.js';
import { layersOf } from '../../blocks/kinds.js';
import { gated, plainMlp, rotaryDims, sizes } from '../../blocks/llama.js';
import { type Architecture, type Builder, type BuildOptions, decoder, lastPosition } from '../../blocks/model.js';
import { activation, embedding, type Layer, layerNorm, linear, list, type PassLayer, rms } from '../../blocks/parts.js';
import { unit } from '../../blocks/unit.js';
import { firstPass, inside, textOf } from '../../blocks/vision-language.js';
import { headUnknown, pairOf, patches } from '../../blocks/vit.js';
import { type Config, MAX_DECODER_LAYERS } from '../../config.js';

const F = nn.functional;
/** Patches of a tile are filled up to a multiple of this. */
const MULTIPLE = 8;

/** States of the image, for the layers that read them: null if a model is given no image. */
interface Seen {
  now: Omit<CrossInput, 'pass'> | null;
}
const normsOf = (hidden: number): [Named<Layer>, Named<Layer>] => [
  ['input_layernorm', rms(hidden)],
  ['post_attention_layernorm', rms(hidden)],
];

/** A layer that attends to the image, each branch behind a gate; it does nothing if there is no image. */
function crossLayer(c: Config, seen: Seen): PassLayer {
  const { hidden, heads, kv, d, inner } = sizes(c);
  const attention = attendTo({
    type: 'MllamaTextCrossAttention',
    ...{ hidden, heads, kv, d },
    norms: [rms(d), rms(d)],
  });
  const [first, second] = normsOf(hidden);
  const mlp = gated(c, inner, { bias: false });
  const [a, b] = [new nn.Parameter([1]), new nn.Parameter([1])];
  return unit(
    'MllamaCrossAttentionDecoderLayer',
    {
      cross_attn: attention as never,
      [first[0]]: first[1],
      cross_attn_attn_gate: a,
      mlp,
      [second[0]]: second[1],
      cross_attn_mlp_gate: b,
    },
    (x: nn.Tensor, pass: nn.Pass) => {
      if (seen.now === null) return x;
      const y = x.add(a.tanh().mul(attention(first[1](x), { ...seen.now, pass })));
      return y.add(b.tanh().mul(mlp.forward(second[1](y))));
    },
  );
}

/** A layer that attends to the words before. */
function selfLayer(c: Config): PassLayer {
  const s = sizes(c);
  const attention = new nn.GroupedAttention({
    hidden_size: s.hidden,
    num_heads: s.heads,
    num_kv_heads: s.kv,
    head_dim: s.d,
    rotary_dim: rotaryDims(c, s.d),
  });
  return block({
    type: 'MllamaSelfAttentionDecoderLayer',
    style: 'pre',
    attention: ['self_attn', attention],
    mlp: ['mlp', gated(c, s.inner, { bias: false })],
    norms: normsOf(s.hidden),
  });
}

/** A decoder some of whose layers attend to an image in place of the words before. */
function language(c: Config, o: BuildOptions, seen: Seen): Architecture {
  const s = sizes(c);
  const looks = new Set(c.ints('cross_attention_layers') ?? [3, 8, 13, 18, 23, 28, 33, 38]);
  return decoder(
    c,
    {
      type: 'MllamaText',
      hidden: s.hidden,
      vocab: s.vocab + 8,
      headRows: s.vocab,
      layers: layersOf(
        c.layers('num_hidden_layers', undefined, MAX_DECODER_LAYERS),
        (i) => (looks.has(i) ? crossLayer(c, seen) : selfLayer(c)),
        (i) => looks.has(i),
      ),
      norm: rms(s.hidden),
      // The table has rows that the head does not.
      tie: false,
    },
    o,
  );
}

/** One layer of the towers; in the second tower each branch has a gate. */
function towerLayer(c: Config, gates: boolean): PassLayer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const [a, b] = gates ? [new nn.Parameter([1]), new nn.Parameter([1])] : [null, null];
  return block({
    type: 'MllamaVisionEncoderLayer',
    style: 'pre',
    attention: ['self_attn', fullAttention(hidden, heads, { bias: false })],
    mlp: [
      'mlp',
      plainMlp('MllamaVisionMLP', hidden, c.size('intermediate_size'), activation(c, 'hidden_act', 'gelu'), [
        'fc1',
        'fc2',
      ]),
    ],
    norms: [
      ['input_layernorm', layerNorm(hidden)],
      ['post_attention_layernorm', layerNorm(hidden)],
    ],
    parts: { gate_attn: a, gate_ffn: b },
    branch: (x, residual, which) => {
      const gate = which === 0 ? a : b;
      return residual.add(gate === null ? x : gate.tanh().mul(x));
    },
  });
}
/** Tables of places by tile and aspect ratio: parameters; adding what is looked up is not counted. */
function placeTables(c: Config, tokens: number, tiles: number): Record<'places' | 'pre' | 'post', nn.AnyModule> {
  const hidden = c.size('hidden_size');
  const ratios = (c.list('supported_aspect_ratios')?.length ?? 2 * tiles) + 1;
  const none = (x: nn.Tensor): nn.Tensor => x;
  const tile = (): nn.AnyModule =>
    unit(
      'MllamaPrecomputedAspectRatioEmbedding',
      { gate: new nn.Parameter([1]), embedding: embedding(ratios, tiles * hidden) },
      none,
    );
  const places = unit(
    'MllamaPrecomputedPositionEmbedding',
    {
      gate: new nn.Parameter([1]),
      embedding: new nn.Parameter([tokens, hidden]),
      tile_embedding: embedding(ratios, tiles * tokens * hidden),
    },
    none,
  );
  return { places, pre: tile(), post: tile() };
}

function towerOf(c: Config, field: 'num_hidden_layers' | 'num_global_layers'): Layer {
  const layers = layersOf(c.layers(field), () => towerLayer(c, field === 'num_global_layers'));
  return unit('MllamaVisionEncoder', { layers: list(layers as never) }, (x: nn.Tensor) => {
    const pass = new nn.Pass(x.size(0), x.size(1), 0);
    return layers.reduce((y, layer) => layer(y, pass), x);
  });
}

/** Tiles of an image, all of them together through two towers: N×tiles×C×H×W → N×(tiles·tokens)×width. */
function vision(c: Config): { module: Layer; width: number; tokens: number; tiles: number } {
  const hidden = c.size('hidden_size');
  const [image, patch] = [pairOf(c, 'image_size', 448), c.size('patch_size', 14)];
  const tokens = Math.floor(image[0] / patch) * Math.floor(image[1] / patch) + 1;
  const tiles = c.size('max_num_tiles', 4);
  const taken = c.ints('intermediate_layers_indices') ?? [3, 7, 15, 23, 30];
  const own = { stride: patch, bias: false };
  const conv = new nn.Conv2d(c.int('num_channels', 3), hidden, patch, own) as unknown as Layer;
  const token = new nn.Parameter([hidden]);
  const tables = placeTables(c, tokens, tiles);
  const [first, last] = [layerNorm(hidden), layerNorm(hidden)];
  const [local, global] = [towerOf(c, 'num_hidden_layers'), towerOf(c, 'num_global_layers')];
  const module = unit(
    'MllamaVisionModel',
    {
      class_embedding: token,
      patch_embedding: conv,
      gated_positional_embedding: tables.places,
      pre_tile_positional_embedding: tables.pre,
      post_tile_positional_embedding: tables.post,
      layernorm_pre: first,
      layernorm_post: last,
      transformer: local,
      global_transformer: global,
    },
    (pixels: nn.Tensor) => {
      const [n, count] = [pixels.size(0), nn.int(pixels.size(1))];
      const x = patches(conv(pixels.flatten(0, 1)));
      const all = first(F.cat([token.view(1, 1, hidden).expand(x.size(0), 1, hidden), x], 1));
      const length = nn.int(all.size(1));
      const filled = Math.ceil(length / MULTIPLE) * MULTIPLE;
      const joined = F.pad(all, [0, 0, 0, filled - length]).reshape(n, count * filled, hidden);
      const tiled = global(last(local(joined))).reshape(n, count, filled, hidden);
      const kept = tiled.narrow(2, 0, length).reshape(n, count * length, hidden);
      // Outputs of earlier layers stand beside that of the last one.
      return F.cat(new Array<nn.Tensor>(taken.length + 1).fill(kept), -1);
    },
  );
  return { module, width: hidden * (taken.length + 1), tokens, tiles };
}

const text: Builder = (c, o) => language(c, o, { now: null });
const mllama: Builder = (c, o) => {
  const [words, v] = [textOf('mllama_text_model')(c), inside(c, 'vision_config', 'mllama_vision_model')];
  const name = o.architecture;
  if (!/(?:ConditionalGeneration|CausalLM|Model)$/.test(name) && name !== '') throw headUnknown(c, name);
  // The class of the words alone takes the configuration of the whole as well.
  if (/CausalLM$/.test(name)) return text(words, o);
  const seen: Seen = { now: null };
  const made = language(words, { ...o, architecture: 'Model' }, seen);
  const base = made.module as unknown as nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor>;
  const tower = vision(v);
  const projector = linear(tower.width, words.size('hidden_size'), true);
  const length = tower.tiles * tower.tokens;
  const run = (ids: nn.Tensor, mask: nn.Tensor, pixels?: nn.Tensor): nn.Tensor => {
    // Without pixels this is a later pass, which reads what the first one kept.
    seen.now = { states: pixels === undefined ? null : projector(tower.module(pixels)), length };
    return base(ids, mask);
  };
  const model = unit(
    'MllamaModel',
    { vision_model: tower.module, language_model: base as never, multi_modal_projector: projector },
    run,
  );
  const inputs: Architecture['inputs'] = (free) => [
    ...made.inputs(free),
    ...(firstPass(free)
      ? [
          {
            name: 'pixel_values',
            shape: [free('batch'), tower.tiles, v.int('num_channels', 3), ...pairOf(v, 'image_size', 448)],
          },
        ]
      : []),
  ];
  if (/Model$/.test(name)) return { module: model, inputs, kept: made.kept };
  const head = linear(words.size('hidden_size'), words.size('vocab_size'));
  const module = unit(
    name || 'MllamaForConditionalGeneration',
    { model: model as never, lm_head: head },
    (...x: [nn.Tensor, nn.Tensor, nn.Tensor?]) => {
      const y = model(...x);
      return head(lastPosition(o)(y));
    },
  );
  return { module, inputs, kept: made.kept };
};

export const families: Readonly<Record<string, Builder>> = byName({ mllama, mllama_text_model: text });
