import { type Dim, product } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { type Layer, type LayerRule, type LayerTable, tensorsAmong } from '../layer.js';

/** A product over the last axis with a kernel of `[inputs, units]`. */
export function dense(layer: Layer, x: Value, units: number, kernel: Value, bias: Value | null): Value {
  const type = layer.typeOf(x);
  const weight: TensorType = { dtype: layer.computeDtype, shape: [units, type.shape.at(-1) as Dim] };
  return layer.apply(ops.linear(type, weight, bias?.type ?? null), [x, kernel, bias]);
}

const denseRule: LayerRule = (layer) => {
  const { x, config } = layer;
  const units = config.size('units');
  const kernel = layer.kernel('kernel', [layer.extent(x, -1), units], [units]);
  const bias = config.flag('use_bias', true) ? layer.weight('bias', [units]) : null;
  const rank = typeof config.get('lora_rank') === 'number' ? config.size('lora_rank') : 0;
  if (rank > 0) {
    // Adapters add to the kernel before it is used.
    layer.weight('lora_kernel_a', [layer.extent(x, -1), rank]);
    layer.weight('lora_kernel_b', [rank, units]);
  }
  return layer.activation('activation', dense(layer, x, units, kernel, bias));
};

const einsumDense: LayerRule = (layer) => {
  const { x, config } = layer;
  const equation = config.text('equation').replaceAll(' ', '');
  const [, inputs = '', kernel = '', outputs = ''] = /^([A-Za-z.]+),([A-Za-z]+)->([A-Za-z.]+)$/.exec(equation) ?? [];
  if (outputs === '') throw config.error('equation', 'an equation like ab,bc->ac');
  const shape = layer.shape(x);
  const free = '...';
  // The output's extents are given from behind, except for the batch and what `...` stands for.
  const given = config.get('output_shape');
  const sizes = (Array.isArray(given) ? given : [given]) as readonly (number | null)[];
  const extents = new Map<string, Dim>();
  const labels = (term: string, rank: number): (string | null)[] => {
    const dots = term.indexOf(free);
    if (dots < 0) return [...term];
    const hidden = rank - (term.length - free.length);
    return [...term.slice(0, dots), ...new Array<null>(Math.max(0, hidden)).fill(null), ...term.slice(dots + 3)];
  };
  const own = labels(inputs, shape.length);
  if (own.length !== shape.length) throw layer.error(`takes ${inputs}, found ${shape.map(String).join('×')}`);
  for (const [i, label] of own.entries()) if (label !== null) extents.set(label, shape[i] as Dim);
  const out = outputs.replace(free, '');
  for (let i = 1; i <= sizes.length; i++) {
    const size = sizes.at(-i);
    const label = out.at(-i);
    if (label !== undefined && typeof size === 'number') extents.set(label, size);
  }
  const axes = (text: string): number[] =>
    [...text].map((label) => {
      const extent = extents.get(label);
      if (typeof extent !== 'number')
        throw new Unsupported(`its weights depend on a free extent (${label} of ${equation})`);
      return extent;
    });
  const weight = layer.kernel('kernel', axes(kernel), []);
  const value = layer.apply(ops.einsum(equation, [layer.typeOf(x), layer.typeOf(weight)]), [x, weight]);
  const biased = config.get('bias_axes');
  if (typeof biased !== 'string' || biased === '') return layer.activation('activation', value);
  const bias = layer.weight('bias', biasShape(biased, out, extents, layer));
  return layer.activation(
    'activation',
    layer.apply(ops.binary('add', layer.typeOf(value), layer.typeOf(bias)), [value, bias]),
  );
};

/** From the first biased axis on; others have an extent of 1. */
function biasShape(biased: string, out: string, extents: ReadonlyMap<string, Dim>, layer: Layer): number[] {
  const first = [...biased].reduce((least, label) => Math.min(least, out.indexOf(label)), Infinity);
  if (!(first >= 0)) throw layer.config.error('bias_axes', 'labels of the output');
  return [...out.slice(first)].map((label) => (biased.includes(label) ? Number(extents.get(label)) : 1));
}

const embedding: LayerRule = (layer) => {
  const { config } = layer;
  const [indices] = layer.tensors;
  if (indices === undefined) throw layer.error('is called without a tensor');
  const outputs = config.size('output_dim');
  const table = layer.weight('embeddings', [config.size('input_dim'), outputs]);
  const out = layer.apply(
    ops.embedding({ dtype: layer.computeDtype, shape: layer.shape(table) }, layer.typeOf(indices)),
    [table, indices],
  );
  return out;
};

/** A table that is looked up, or multiplied with where the call says `reverse`. */
const reversibleEmbedding: LayerRule = (layer) => {
  const { config, x } = layer;
  const [rows, width] = [config.size('input_dim'), config.size('output_dim')];
  const table = layer.weight('embeddings', [rows, width]);
  const apart = config.flag('tie_weights', true) ? null : layer.weight('reverse_embeddings', [width, rows]);
  if (layer.argument(1, 'reverse') !== true)
    return layer.apply(ops.embedding({ dtype: layer.computeDtype, shape: [rows, width] }, layer.typeOf(x)), [table, x]);
  return layer.apply(ops.linear(layer.typeOf(x), { dtype: layer.computeDtype, shape: [rows, width] }, null), [
    x,
    apart ?? table,
  ]);
};

/** The same tensors: nothing is computed at inference. */
export const pass: LayerRule = (layer) =>
  layer.tensors
    .slice(0, Math.max(1, layer.given.args.flatMap(tensorsAmong).length))
    .map((t) => layer.apply(ops.identity(layer.typeOf(t)), [t]));

const dropout: LayerRule = (layer) => layer.apply(ops.dropout(layer.typeOf(layer.x), false), [layer.x]);

const masking: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const differs = layer.apply(ops.binary('ne', type, { dtype: type.dtype, shape: [] }), [x]);
  const any = layer.apply(ops.reduce('any', layer.typeOf(differs), [-1], { keepdim: true }), [differs]);
  return layer.apply(ops.binary('mul', type, { dtype: type.dtype, shape: layer.shape(any) }), [x, any]);
};

const spectral: LayerRule = (layer) => {
  const written = layer.config.get('layer');
  if (written === undefined) throw layer.config.error('layer', 'a layer');
  const out = layer.wrapped(written, 'layer', layer.given.args, layer.given.kwargs);
  // The vector by which the kernel is scaled in training has an element for each output.
  const inner = [...(layer.state.children.get('layer')?.weights.values() ?? [])].find((w) =>
    /kernel|embeddings/.test(w.name),
  );
  if (inner !== undefined) layer.buffer('vector_u', [1, Number(inner.shape.at(-1))]);
  return out;
};

/** A layer of a model around another one, by whatever name: quantisation wrappers, weight norms. */
const wrapper: LayerRule = (layer) => {
  const written = layer.config.get('layer');
  if (written === undefined) throw new Unsupported('what it wraps is not in the file');
  return layer.wrapped(written, 'layer', layer.given.args, layer.given.kwargs);
};

/** Layers one after the other. */
const pipeline: LayerRule = (layer) => {
  let values: Value[] = [...layer.tensors];
  for (const [i, written] of layer.config.list('layers').entries())
    values = layer.wrapped(written, `layer_${i}`, values);
  return values;
};

const lambda: LayerRule = () => {
  throw new Unsupported('it is a function of the user’s own: give its formula (--formulas)');
};

/** Keras 1: the maximum of several products. */
const maxout: LayerRule = (layer) => {
  const { x, config } = layer;
  const [units, features] = [config.size('units'), config.size('nb_feature', 4)];
  const kernel = layer.weight('W', [features, layer.extent(x, -1), units]);
  const bias = config.flag('use_bias', true) ? layer.weight('b', [features, units]) : null;
  const all = dense(layer, x, units * features, kernel, bias);
  const [batch] = layer.shape(all) as readonly [Dim];
  const parted = layer.apply(ops.reshape(layer.typeOf(all), [batch, features, units]), [all]);
  return layer.apply(ops.reduce('max', layer.typeOf(parted), [1]), [parted]);
};

/** Keras 1: a gate between a product and the input itself. */
const highway: LayerRule = (layer) => {
  const { x } = layer;
  const width = layer.extent(x, -1);
  const bias = layer.config.flag('use_bias', true);
  const half = (name: string): Value =>
    dense(layer, x, width, layer.weight(name, [width, width]), bias ? layer.weight(`${name}_bias`, [width]) : null);
  const gate = layer.activation('gate', half('W_carry'), 'sigmoid');
  const made = layer.activation('activation', half('W'));
  const type = layer.typeOf(x);
  const kept = layer.apply(ops.binary('sub', type, layer.typeOf(gate)), [gate]);
  const parts = [
    [made, gate],
    [x, kept],
  ].map(([a, b]) => layer.apply(ops.binary('mul', type, type), [a as Value, b as Value]));
  return layer.apply(ops.binary('add', type, type), parts);
};

/** Steps of a sequence become entries of the batch: the layer runs on all of them at once. */
const timeDistributed: LayerRule = (layer) => {
  const written = layer.config.get('layer');
  if (written === undefined) throw layer.config.error('layer', 'a layer');
  const [x] = layer.tensors;
  if (x === undefined) throw layer.error('is called without a tensor');
  const type = layer.typeOf(x);
  const [batch, steps, ...rest] = type.shape;
  if (batch === undefined || steps === undefined) throw layer.error('needs an input with a batch and steps');
  const folded = layer.apply(ops.reshape(type, [-1, ...rest]), [x]);
  const outputs = layer.wrapped(written, 'layer', [folded]);
  return outputs.map((out) => {
    const made = layer.typeOf(out);
    return layer.apply(ops.view('reshape', made, [batch, steps, ...made.shape.slice(1)]), [out]);
  });
};

export const core: LayerTable = {
  Dense: denseRule,
  EinsumDense: einsumDense,
  Embedding: embedding,
  ReversibleEmbedding: reversibleEmbedding,
  TiedReversibleEmbedding: reversibleEmbedding,
  Identity: pass,
  ActivityRegularization: pass,
  Layer: pass,
  Dropout: dropout,
  SpatialDropout1D: dropout,
  SpatialDropout2D: dropout,
  SpatialDropout3D: dropout,
  AlphaDropout: dropout,
  GaussianDropout: dropout,
  GaussianNoise: dropout,
  StopGradient: pass,
  Masking: masking,
  SpectralNormalization: spectral,
  Wrapper: wrapper,
  QuantizeWrapper: wrapper,
  QuantizeWrapperV2: wrapper,
  QuantizeAnnotate: wrapper,
  PruneLowMagnitude: wrapper,
  WeightNormalization: wrapper,
  QuantizeLayer: pass,
  Pipeline: pipeline,
  Lambda: lambda,
  MaxoutDense: maxout,
  Highway: highway,
  TimeDistributed: timeDistributed,
  TimeDistributedDense: denseRule,
  Activation: (layer) => layer.activation('activation', layer.x),
  ReLU: (layer) => layer.apply(ops.unary(reluOf(layer), layer.typeOf(layer.x)), [layer.x]),
  LeakyReLU: (layer) => layer.apply(ops.unary('leaky_relu', layer.typeOf(layer.x)), [layer.x]),
  ThresholdedReLU: (layer) => layer.apply(ops.unary('threshold', layer.typeOf(layer.x)), [layer.x]),
  ParametricSoftplus: (layer) => layer.apply(ops.perElement('parametric_softplus', layer.typeOf(layer.x)), [layer.x]),
  ELU: (layer) => layer.apply(ops.unary('elu', layer.typeOf(layer.x)), [layer.x]),
  Softmax: (layer) => {
    const axis = layer.config.integers('axis', [-1]);
    const type = layer.typeOf(layer.x);
    if (axis.length === 1) return layer.apply(ops.softmax(type, axis[0] as number), [layer.x]);
    const rest = type.shape.filter((_, i) => !axis.some((a) => (a < 0 ? a + type.shape.length : a) === i));
    const together = ops.softmax({ dtype: type.dtype, shape: [...rest, sizeOf(type.shape, axis)] }, -1);
    return layer.apply({ ...together, outputs: [type] }, [layer.x]);
  },
  // Of ConvNeXt: a factor for each channel.
  LayerScale: (layer) => {
    const { x } = layer;
    const gamma = layer.weight('gamma', [layer.config.size('projection_dim', layer.extent(x, -1))]);
    return layer.apply(ops.binary('mul', layer.typeOf(x), layer.typeOf(gamma)), [x, gamma]);
  },
  StochasticDepth: pass,
  // Of Inception-ResNet: the second tensor times a number, added to the first.
  CustomScaleLayer: (layer) => {
    const [x, branch] = layer.tensors.map((t) => layer.cast(t));
    if (x === undefined || branch === undefined) throw layer.error('needs two tensors');
    const type = layer.typeOf(branch);
    const scaled = layer.apply(ops.binary('mul', type, { dtype: type.dtype, shape: [] }), [branch]);
    return layer.apply(ops.binary('add', layer.typeOf(x), type), [x, scaled]);
  },
  PReLU: (layer) => {
    const { x, config } = layer;
    const shared = config.has('shared_axes') ? config.integers('shared_axes') : [];
    const rank = layer.shape(x).length;
    const shape = Array.from({ length: rank - 1 }, (_, i) => (shared.includes(i + 1) ? 1 : layer.extent(x, i + 1)));
    return layer.apply(ops.unary('prelu', layer.typeOf(x)), [x, layer.weight('alpha', shape)]);
  },
};

function sizeOf(shape: readonly Dim[], axes: readonly number[]): Dim {
  return product(axes.map((a) => shape[a < 0 ? a + shape.length : a] ?? 1));
}

/** A ReLU with a slope or a bound is another function. */
function reluOf(layer: Layer): 'relu' | 'relu6' | 'leaky_relu' {
  const { config } = layer;
  if (config.get('negative_slope') !== undefined && config.number('negative_slope', 0) !== 0) return 'leaky_relu';
  return config.has('max_value') ? 'relu6' : 'relu';
}
