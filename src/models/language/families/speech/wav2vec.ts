import * as nn from '../../../../torch/nn/index.js';
import { block } from '../../blocks/block.js';
import { layersOf } from '../../blocks/kinds.js';
import { type Architecture, type Builder, labelsOf } from '../../blocks/model.js';
import {
  activation,
  chain,
  embedding,
  type Layer,
  layerNorm,
  linear,
  list,
  type PassLayer,
} from '../../blocks/parts.js';
import { bartAttention } from '../../blocks/seq2seq.js';
import { type Parts, unit } from '../../blocks/unit.js';
import { headUnknown } from '../../blocks/vit.js';
import type { Config } from '../../config.js';

const F = nn.functional;
/** Samples of one second at 16 kHz, if the caller says nothing. */
const SAMPLES = 16_000;

type Kind = 'wav2vec' | 'wavlm' | 'data2vec';

/** Convolutions over samples: the first with a norm by channel, or each with a norm of its own. */
function featureExtractor(c: Config, type: string, kind: Kind): { module: Layer; width: number } {
  const [dims, kernels, strides] = [c.ints('conv_dim') ?? [], c.ints('conv_kernel') ?? [], c.ints('conv_stride') ?? []];
  for (const [name, list] of [
    ['conv_kernel', kernels],
    ['conv_stride', strides],
  ] as const)
    if (list.length < dims.length) throw c.wrong(name, `has ${list.length} numbers for ${dims.length} of "conv_dim"`);
  const byLayer = kind === 'data2vec' || c.str('feat_extract_norm', 'group') === 'layer';
  const act = activation(c, 'feat_extract_activation', 'gelu');
  const layers = dims.map((dim, i) => {
    const conv = new nn.Conv1d(i === 0 ? 1 : (dims[i - 1] as number), dim, kernels[i] as number, {
      stride: strides[i] as number,
      bias: c.bool('conv_bias'),
    });
    const norm = byLayer ? layerNorm(dim) : i === 0 ? (new nn.GroupNorm(dim, dim) as unknown as Layer) : null;
    return unit(`${type}ConvLayer`, { conv: conv as unknown as Layer, layer_norm: norm }, (x: nn.Tensor) => {
      const y = conv(x);
      if (norm === null) return act(y);
      return act(byLayer ? norm(y.transpose(1, 2)).transpose(1, 2) : norm(y));
    });
  });
  const module = unit(`${type}FeatureEncoder`, { conv_layers: new nn.ModuleList(layers as never) }, (x: nn.Tensor) =>
    layers.reduce((y, run) => run(y), x.unsqueeze(1)),
  );
  return { module, width: dims.at(-1) as number };
}
/** Positions from a wide grouped convolution whose weight is normalised. */
function positions(c: Config, type: string): Layer {
  const hidden = c.size('hidden_size');
  const kernel = c.size('num_conv_pos_embeddings');
  const groups = c.size('num_conv_pos_embedding_groups');
  const plain = c.bool('conv_pos_batch_norm');
  const bias = new nn.Parameter([hidden]);
  const weight = new nn.Parameter([hidden, Math.floor(hidden / groups), kernel]);
  const parametrized = unit(
    'ParametrizationList',
    { original0: new nn.Parameter([1, 1, kernel]), original1: weight },
    (x: nn.Tensor) => x,
  );
  const list = unit('ModuleDict', { weight: parametrized }, (x: nn.Tensor) => x);
  const conv = unit('ParametrizedConv1d', plain ? { weight, bias } : { bias, parametrizations: list }, (x: nn.Tensor) =>
    F.conv1d(x, weight, bias, { padding: Math.floor(kernel / 2), groups }),
  );
  const norm = plain ? (new nn.BatchNorm1d(hidden) as unknown as Layer) : null;
  const act = activation(c, 'feat_extract_activation', 'gelu');
  return unit(`${type}PositionalConvEmbedding`, { conv, batch_norm: norm }, (x: nn.Tensor) => {
    const t = x.transpose(1, 2);
    const y = conv(norm?.(t) ?? t);
    return act(kernel % 2 === 0 ? y.narrow(2, 0, x.size(1)) : y).transpose(1, 2);
  });
}

/** Strided convolutions with gates after the encoder, which make fewer steps of another width. */
function adapterOf(c: Config, type: string): { module: Layer; width: number } {
  const hidden = c.size('hidden_size');
  const width = c.int('output_hidden_size', hidden);
  const [project, norm] = width === hidden ? [null, null] : [linear(hidden, width, true), layerNorm(width)];
  const layers = layersOf(c.layers('num_adapter_layers', 3), () => {
    const conv = new nn.Conv1d(width, 2 * width, c.size('adapter_kernel_size', 3), {
      stride: c.size('adapter_stride', 2),
      padding: 1,
    });
    return unit(`${type}AdapterLayer`, { conv: conv as unknown as Layer }, (x: nn.Tensor) => F.glu(conv(x), 1));
  });
  const module = unit(
    `${type}Adapter`,
    { proj: project, proj_layer_norm: norm, layers: list(layers) },
    (x: nn.Tensor) => {
      const y = project === null || norm === null ? x : norm(project(x));
      return layers.reduce((z, run) => run(z), y.transpose(1, 2)).transpose(1, 2);
    },
  );
  return { module, width };
}

/** Five plain convolutions for positions, one after the other, each with a norm that has no weights. */
function chainedPositions(c: Config, type: string): Layer {
  const hidden = c.size('hidden_size');
  const kernel = c.size('conv_pos_kernel_size', 19);
  const groups = c.size('num_conv_pos_embedding_groups', 16);
  const act = activation(c, 'feat_extract_activation', 'gelu');
  const layers = layersOf(c.layers('num_conv_pos_embeddings', 5), () => {
    const conv = new nn.Conv1d(hidden, hidden, kernel, { padding: Math.floor(kernel / 2), groups });
    const norm = new nn.LayerNorm(hidden, 1e-5, false) as unknown as Layer;
    return unit(`${type}PositionalConvLayer`, { conv: conv as unknown as Layer, layer_norm: norm }, (x: nn.Tensor) => {
      const y = conv(x);
      const kept = kernel % 2 === 0 ? y.narrow(2, 0, x.size(2)) : y;
      return act(norm(kept.transpose(1, 2)).transpose(1, 2));
    });
  });
  return unit(`${type}PositionalConvEmbedding`, { layers: list(layers) }, (x: nn.Tensor) =>
    chain(layers, x.transpose(1, 2)).transpose(1, 2),
  );
}
/** WavLM: gates by head that scale a bias by distance; the first layer has the table for all. */
function gatedByDistance(c: Config, first: boolean): PassLayer {
  const [hidden, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const d = Math.floor(hidden / heads);
  const attention = bartAttention(hidden, heads, { causal: false });
  const own = attention as unknown as Record<string, unknown>;
  const gate = linear(d, 8, true);
  own['gru_rel_pos_const'] = new nn.Parameter([1, heads, 1, 1]);
  own['gru_rel_pos_linear'] = gate;
  if (first) own['rel_attn_embed'] = embedding(c.size('num_buckets', 320), heads);
  const forward = attention.forward.bind(attention);
  Object.defineProperty(attention, 'forward', {
    value: (x: nn.Tensor, pass: nn.Pass) => {
      gate(x.view(x.size(0), x.size(1), heads, d).transpose(1, 2)).sigmoid();
      return forward(x, pass);
    },
    enumerable: false,
  });
  return attention as unknown as PassLayer;
}

/** Names of a model of this kind: its classes begin with `type`, and heads have the encoder under `base`. */
interface Speech {
  readonly type: string;
  readonly base: string;
  readonly kind: Kind;
}

/** Features of the convolutions at the width of the encoder. */
function projectionOf(c: Config, type: string, width: number): Layer {
  const norm = (c.get('feat_proj_layer_norm') ?? true) === true ? layerNorm(width) : null;
  const project = linear(width, c.size('hidden_size'), true);
  return unit(`${type}FeatureProjection`, { layer_norm: norm, projection: project }, (x: nn.Tensor) =>
    project(norm?.(x) ?? x),
  );
}

function layerOf(c: Config, { type, kind }: Speech, first: boolean): PassLayer {
  const [hidden, inner] = [c.size('hidden_size'), c.size('intermediate_size')];
  const act = activation(c);
  const [up, down] = [linear(hidden, inner, true), linear(inner, hidden, true)];
  const mlp = unit(`${type}FeedForward`, { intermediate_dense: up, output_dense: down }, (x: nn.Tensor) =>
    down(act(up(x))),
  );
  const attention =
    kind === 'wavlm'
      ? gatedByDistance(c, first)
      : bartAttention(hidden, c.size('num_attention_heads'), { causal: false });
  return block({
    type: `${type}EncoderLayer`,
    style: c.bool('do_stable_layer_norm') ? 'pre' : 'after',
    attention: ['attention', attention],
    mlp: ['feed_forward', mlp],
    norms: [
      ['layer_norm', layerNorm(hidden)],
      ['final_layer_norm', layerNorm(hidden)],
    ],
  });
}

/** Transformer layers over frames: N×frames×hidden → N×frames×hidden. */
function encoderOf(c: Config, p: Speech): Layer {
  const isFirst = (i: number): boolean => p.kind === 'wavlm' && i === 0;
  const layers = layersOf(c.layers('num_hidden_layers'), (i) => layerOf(c, p, i === 0), isFirst);
  const places = p.kind === 'data2vec' ? chainedPositions(c, p.type) : positions(c, p.type);
  const norm = layerNorm(c.size('hidden_size'));
  const stable = c.bool('do_stable_layer_norm');
  return unit(
    `${p.type}Encoder`,
    { pos_conv_embed: places, layer_norm: norm, layers: new nn.ModuleList(layers as never) },
    (x: nn.Tensor) => {
      const start = x.add(places(x));
      const pass = new nn.Pass(x.size(0), x.size(1), 0);
      const run = (y: nn.Tensor): nn.Tensor => layers.reduce((z, layer) => layer(z, pass), y);
      return stable ? norm(run(start)) : run(norm(start));
    },
  );
}

/** N×samples → N×frames×width. */
function modelOf(c: Config, p: Speech): { readonly model: Layer; readonly width: number } {
  const hidden = c.size('hidden_size');
  const { module: extractor, width } = featureExtractor(c, p.type, p.kind);
  const projection = projectionOf(c, p.type, width);
  const encoder = encoderOf(c, p);
  const masked = c.number('mask_time_prob', 0.05) > 0 || c.number('mask_feature_prob', 0) > 0;
  const adapter = c.bool('add_adapter') ? adapterOf(c, p.type) : null;
  const parts: Parts = {
    masked_spec_embed: masked ? new nn.Parameter([hidden]) : null,
    feature_extractor: extractor,
    feature_projection: projection,
    encoder,
    adapter: adapter?.module ?? null,
  };
  const model = unit(`${p.type}Model`, parts, (x: nn.Tensor) => {
    const y = encoder(projection(extractor(x).transpose(1, 2)));
    return adapter?.module(y) ?? y;
  });
  return { model, width: adapter?.width ?? hidden };
}

/** A class with a head, by its name. Throws ModelError for one that is not known. */
function headed(c: Config, base: string, name: string, model: Layer, width: number): Layer {
  if (/CTC$/.test(name)) {
    const head = linear(width, c.size('vocab_size'), true);
    return unit(name, { [base]: model, lm_head: head }, (x: nn.Tensor) => head(model(x)));
  }
  if (/AudioFrameClassification$/.test(name)) {
    const classes = linear(c.size('hidden_size'), labelsOf(c), true);
    return unit(name, { [base]: model, classifier: classes }, (x: nn.Tensor) => classes(model(x)));
  }
  if (/SequenceClassification$/.test(name)) {
    const size = c.size('classifier_proj_size', 256);
    const [projector, classes] = [linear(width, size, true), linear(size, labelsOf(c), true)];
    return unit(name, { [base]: model, projector, classifier: classes }, (x: nn.Tensor) =>
      classes(projector(model(x)).mean(1)),
    );
  }
  throw headUnknown(c, name);
}

const speech =
  (type: string, base: string, kind: Kind = 'wav2vec'): Builder =>
  (c, o) => {
    const { model, width } = modelOf(c, { type, base, kind });
    const inputs: Architecture['inputs'] = (free) => [
      { name: 'input_values', shape: [free('batch'), free('samples', SAMPLES)] },
    ];
    const plain = /Model$/.test(o.architecture) || o.architecture === '';
    return { module: plain ? model : headed(c, base, o.architecture, model, width), inputs, kept: () => null };
  };

export const families: Readonly<Record<string, Builder>> = {
  wav2vec2: speech('Wav2Vec2', 'wav2vec2'),
  hubert: speech('Hubert', 'hubert'),
  unispeech: speech('UniSpeech', 'unispeech'),
  'unispeech-sat': speech('UniSpeechSat', 'unispeech_sat'),
  wavlm: speech('WavLM', 'wavlm', 'wavlm'),
  'data2vec-audio': speech('Data2VecAudio', 'data2vec_audio', 'data2vec'),
};
