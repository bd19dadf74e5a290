/**
 * What families are made of: layers, blocks, stacks, heads and whole decoders, encoders and pairs of them. In: sizes and
 * choices that a family reads from its configuration. Out: modules of `opcount/nn` under the names that checkpoints have.
 * Add here: what several families share, a file an idea; this one has the smallest parts. No file here knows a family.
 */
import { byName } from '../../../source/by-name.js';
import * as nn from '../../../torch/nn/index.js';
import { inside } from '../../../torch/nn/session.js';
import type { Config } from '../config.js';

const F = nn.functional;

/** A module of one tensor. */
export type Layer = nn.Module<[nn.Tensor], nn.Tensor>;
/** A module that works within a pass, as attention and whole blocks do. */
export type PassLayer = nn.Module<[nn.Tensor, nn.Pass], nn.Tensor>;

/** Layers one after the other. */
export const chain = (layers: readonly Layer[], x: nn.Tensor): nn.Tensor => layers.reduce((y, run) => run(y), x);
/** Layers under the names `0`, `1`, …, called by their owner. */
export const list = (layers: readonly Layer[]): nn.AnyModule => new nn.ModuleList(layers as never);

export function linear(inputs: number, outputs: number, bias = false): Layer {
  return new nn.Linear(inputs, outputs, bias);
}
/** The reference has classes of its own for this norm: tools with a rule for PyTorch's do not know them. */
class RMSNorm extends nn.Module {
  weight: nn.Parameter;
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
    this.weight = new nn.Parameter([size]);
  }

  override describe(): { normalized_shape: number[] } {
    return { normalized_shape: [this.#size] };
  }

  forward(x: nn.Tensor): nn.Tensor {
    return inside('RMSNorm.forward', () => F.rms_norm(x, [this.#size], this.weight));
  }
}
export function rms(size: number): Layer {
  return new RMSNorm(size);
}
/** An RMS norm without a weight, over the last axis. */
export const bareRms = (x: nn.Tensor): nn.Tensor => F.rms_norm(x, [x.size(-1)]);
export function layerNorm(size: number, bias = true): Layer {
  return new nn.LayerNorm(size, 1e-5, true, bias);
}
export function embedding(rows: number, size: number): nn.Embedding {
  return new nn.Embedding(rows, size);
}

export type Activation = (x: nn.Tensor) => nn.Tensor;
/** A function that the reference takes hold of before tools replace PyTorch's: they do not see it called. */
const kept =
  (run: Activation): Activation =>
  (x) =>
    inside('GELUActivation.act', () => run(x));
const tanhGelu = kept((x) => F.gelu(x, { approximate: 'tanh' }));
const ACTIVATIONS: Readonly<Record<string, Activation>> = byName({
  silu: (x) => F.silu(x),
  swish: (x) => F.silu(x),
  gelu: kept((x) => F.gelu(x)),
  gelu_python: kept((x) => F.gelu(x)),
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_10: kept((x) => F.gelu(x)),
  quick_gelu: (x) => x.mul(1.702).sigmoid().mul(x),
  relu: (x) => F.relu(x),
  relu6: (x) => F.relu6(x),
  relu2: (x) => F.relu(x).square(),
  relu_squared: (x) => F.relu(x).square(),
  leaky_relu: (x) => F.leaky_relu(x),
  sigmoid: (x) => x.sigmoid(),
  tanh: (x) => x.tanh(),
  mish: (x) => F.mish(x),
  linear: (x) => x,
  identity: (x) => x,
  hardswish: (x) => F.hardswish(x),
  hardsigmoid: (x) => F.hardsigmoid(x),
  elu: (x) => F.elu(x),
  xielu: (x) => F.gelu(x),
});

/** The activation that a configuration names. Throws ModelError for an unknown name. */
export function activation(c: Config, field = 'hidden_act', fallback = 'gelu'): Activation {
  const name = c.str(field, fallback);
  const found = ACTIVATIONS[name.toLowerCase()];
  if (found === undefined)
    throw c.wrong(
      field,
      `is "${name.slice(0, 40)}", which is not a known activation (${Object.keys(ACTIVATIONS).join(', ')})`,
    );
  return found;
}

/** The multiple of the divisor that is nearest, and not below nine tenths of what was asked. */
export function divisible(value: number, divisor: number, least = divisor): number {
  const near = Math.max(least, Math.floor(Math.floor(value + divisor / 2) / divisor) * divisor);
  return near < 0.9 * value ? near + divisor : near;
}
