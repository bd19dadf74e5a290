import type { Value } from '../../../ledger/index.js';
import { batchNorm, type Unary, unary } from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Layer, LayerTable } from '../../layer-graph/layer.js';
import type { Section } from '../parse.js';

export type DarknetLayer = Layer<Section>;
export type Table = LayerTable<Section>;

/** Activations by Darknet's names, each as the function that costs the same; null does nothing. */
const ACTIVATIONS: Readonly<Record<string, Unary | null>> = byName<Record<string, Unary | null>>({
  linear: null,
  logistic: 'sigmoid',
  loggy: 'sigmoid',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu_tanh',
  relie: 'leaky_relu',
  ramp: 'leaky_relu',
  plse: 'hardtanh',
  hardtan: 'hardtanh',
  lhtan: 'hardtanh',
  leaky: 'leaky_relu',
  revleaky: 'leaky_relu',
  tanh: 'tanh',
  stair: 'floor',
  swish: 'silu',
  mish: 'mish',
  hard_mish: 'mish',
});

/** The activation that a layer names: by default the logistic function for some, none for others. */
export function activate(n: DarknetLayer, value: Value, otherwise: string): Value {
  const name = n.attrs.text('activation', otherwise);
  // A name that Darknet does not know is ReLU to it, as is said on its console.
  const op = name in ACTIVATIONS ? ACTIVATIONS[name] : 'relu';
  if (op === undefined || op === null) return value;
  return n.apply(unary(op, value.type as TensorType, { inplace: true }), [value]);
}

/** Batch normalisation before the activation: scales and running statistics; the biases are the layer's own. */
export function normalise(n: DarknetLayer, value: Value, channels: number, bias: Value, prefix = ''): Value {
  const scales = n.stored(`${prefix}scales`, [channels]);
  const mean = n.stored(`${prefix}rolling_mean`, [channels], { kind: 'buffer' });
  const variance = n.stored(`${prefix}rolling_variance`, [channels], { kind: 'buffer' });
  const affine = { weight: scales.type as TensorType, bias: bias.type as TensorType };
  return n.apply(batchNorm(value.type as TensorType, affine, { batchStatistics: false, inplace: true }), [
    value,
    scales,
    bias,
    mean,
    variance,
  ]);
}
