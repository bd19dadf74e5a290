import * as nn from '../../../torch/nn/index.js';
import { block } from '../block.js';
import type { Config } from '../config.js';
import { layersOf } from '../kinds.js';
import { type Builder, labelsOf } from '../model.js';
import { activation, type Layer, layerNorm, linear, list } from '../parts.js';
import { bartAttention } from '../seq2seq.js';
import { type Parts, unit } from '../unit.js';
import { headUnknown } from '../vit.js';

const F = nn.functional;
/** Samples of one second at 16 kHz, where the caller says nothing. */
const SAMPLES = 16_000;

/** Convolutions over samples: the first with a norm by channel, or each with a norm of its own. */
function featureExtractor(c: Config, type: string): { module: Layer; width: number } {
  const [dims, kernels, strides] = [c.ints('conv_dim') ?? [], c.ints('conv_kernel') ?? [], c.ints('conv_stride') ?? []];
  const byLayer = c.str('feat_extract_norm', 'group') === 'layer';
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

/** Strided convolutions with gates behind the encoder, which make fewer steps of another width. */
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

function speech(type: string, base: string): Builder {
  return (c, o) => {
    const hidden = c.size('hidden_size');
    const { module: extractor, width } = featureExtractor(c, type);
    const projected = (c.get('feat_proj_layer_norm') ?? true) === true ? layerNorm(width) : null;
    const project = linear(width, hidden, true);
    const projection = unit(
      `${type}FeatureProjection`,
      { layer_norm: projected, projection: project },
      (x: nn.Tensor) => project(projected?.(x) ?? x),
    );
    const stable = c.bool('do_stable_layer_norm');
    const act = activation(c);
    const inner = c.size('intermediate_size');
    const layers = layersOf(c.layers('num_hidden_layers'), () => {
      const [up, down] = [linear(hidden, inner, true), linear(inner, hidden, true)];
      const ff = unit(`${type}FeedForward`, { intermediate_dense: up, output_dense: down }, (x: nn.Tensor) =>
        down(act(up(x))),
      );
      return block({
        type: `${type}EncoderLayer`,
        style: stable ? 'pre' : 'after',
        attention: ['attention', bartAttention(hidden, c.size('num_attention_heads'), { causal: false })],
        mlp: ['feed_forward', ff],
        norms: [
          ['layer_norm', layerNorm(hidden)],
          ['final_layer_norm', layerNorm(hidden)],
        ],
      });
    });
    const [pos, norm] = [positions(c, type), layerNorm(hidden)];
    const encoder = unit(
      `${type}Encoder`,
      { pos_conv_embed: pos, layer_norm: norm, layers: new nn.ModuleList(layers as never) },
      (x: nn.Tensor) => {
        const start = x.add(pos(x));
        const pass = new nn.Pass(x.size(0), x.size(1), 0);
        const run = (y: nn.Tensor): nn.Tensor => layers.reduce((z, layer) => layer(z, pass), y);
        return stable ? norm(run(start)) : run(norm(start));
      },
    );
    const masked = c.number('mask_time_prob', 0.05) > 0 || c.number('mask_feature_prob', 0) > 0;
    const parts: Parts = {
      masked_spec_embed: masked ? new nn.Parameter([hidden]) : null,
      feature_extractor: extractor,
      feature_projection: projection,
      encoder,
    };
    const adapter = c.bool('add_adapter') ? adapterOf(c, type) : null;
    const model = unit(`${type}Model`, { ...parts, adapter: adapter?.module ?? null }, (x: nn.Tensor) => {
      const y = encoder(projection(extractor(x).transpose(1, 2)));
      return adapter?.module(y) ?? y;
    });
    const out = adapter?.width ?? hidden;
    const inputs = (free: (name: string, otherwise?: number) => unknown): nn.InputSpec[] => [
      { name: 'input_values', shape: [free('batch') as never, free('samples', SAMPLES) as never] },
    ];
    const name = o.architecture;
    const result = (module: nn.AnyModule) => ({ module, inputs: inputs as never, kept: () => null });
    if (/Model$/.test(name) || name === '') return result(model);
    if (/CTC$/.test(name)) {
      const head = linear(out, c.size('vocab_size'), true);
      return result(unit(name, { [base]: model, lm_head: head }, (x: nn.Tensor) => head(model(x))));
    }
    if (/AudioFrameClassification$/.test(name)) {
      const classes = linear(hidden, labelsOf(c), true);
      return result(unit(name, { [base]: model, classifier: classes }, (x: nn.Tensor) => classes(model(x))));
    }
    if (/SequenceClassification$/.test(name)) {
      const size = c.size('classifier_proj_size', 256);
      const [projector, classes] = [linear(out, size, true), linear(size, labelsOf(c), true)];
      return result(
        unit(name, { [base]: model, projector, classifier: classes }, (x: nn.Tensor) =>
          classes(projector(model(x)).mean(1)),
        ),
      );
    }
    throw headUnknown(c, name);
  };
}

export const families: Readonly<Record<string, Builder>> = {
  wav2vec2: speech('Wav2Vec2', 'wav2vec2'),
  hubert: speech('Hubert', 'hubert'),
};
