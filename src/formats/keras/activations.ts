import { Unsupported } from '../../graph/index.js';
import { type Effect, glu, softmax, together, type Unary, unary } from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import { field, isObject, type Json } from './config.js';

type Activation = (x: TensorType) => readonly Effect[];
const by =
  (op: Unary): Activation =>
  (x) => [unary(op, x)];

/** Activations by the names that Keras writes. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = byName<Record<string, Activation>>({
  linear: () => [],
  identity: () => [],
  relu: by('relu'),
  relu6: by('relu6'),
  leaky_relu: by('leaky_relu'),
  elu: by('elu'),
  selu: by('selu'),
  celu: by('celu'),
  gelu: by('gelu'),
  silu: by('silu'),
  swish: by('silu'),
  mish: by('mish'),
  softplus: by('softplus'),
  softsign: by('softsign'),
  sigmoid: by('sigmoid'),
  hard_sigmoid: by('hardsigmoid'),
  hard_silu: by('hardswish'),
  hard_swish: by('hardswish'),
  log_sigmoid: by('log_sigmoid'),
  tanh: by('tanh'),
  hard_tanh: by('hardtanh'),
  tanh_shrink: by('tanhshrink'),
  hard_shrink: by('hardshrink'),
  soft_shrink: by('softshrink'),
  threshold: by('threshold'),
  exponential: by('exp'),
  softmax: (x) => [softmax(x, -1)],
  log_softmax: (x) => [softmax(x, -1, true)],
  // ½·(x + √(x² + b))
  squareplus: (x) => [sumOf('softplus', x, ['square', 'neg', 'sqrt', 'neg', 'square'])],
  // 0 below −1, x above 1, ¼·(x + 1)² between
  sparse_plus: (x) => [sumOf('softplus', x, ['hardtanh', 'neg', 'square', 'square'])],
  // 0 below −1, 1 above 1, ½·(x + 1) between
  sparse_sigmoid: (x) => [sumOf('hardsigmoid', x, ['hardtanh', 'neg', 'square'])],
  glu: (x) => [glu(x, -1)],
});

/** A function that takes as many primitives as those functions do together. */
function sumOf(op: Unary, x: TensorType, parts: readonly Unary[]): Effect {
  const made = parts.map((part) => unary(part, x));
  return together(op, made[0]?.outputs ?? [], made);
}

/** Effects of an activation: a name, `{class_name, config}` of a layer, or a function of the user's. */
export function activationEffects(written: Json, x: TensorType): readonly Effect[] {
  if (written === null) return [];
  const name = nameOf(written);
  const known = name === null ? undefined : ACTIVATIONS[name];
  if (known === undefined) throw new Unsupported(`its activation ${name ?? ''} is a function of the user's own`);
  return known(x);
}

function nameOf(written: Json): string | null {
  if (typeof written === 'string') return snake(written.replace(/^.*[>.]/, ''));
  if (!isObject(written)) return null;
  const type = field(written, 'class_name');
  const config = field(written, 'config');
  if (type === 'function' && typeof config === 'string') return snake(config);
  if (type === 'Activation' && isObject(config)) return nameOf(field(config, 'activation') ?? null);
  return typeof type === 'string' ? snake(type) : null;
}

/** `LeakyReLU` is `leaky_relu`, `ReLU` is `relu`. */
function snake(name: string): string {
  if (/^[a-z0-9_]+$/.test(name)) return name;
  return name
    .replace(/ReLU|Relu/g, '_relu')
    .replace(/^(SELU|GELU|CELU|ELU)$/, (found) => found.toLowerCase())
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/^_/, '')
    .replace(/__+/g, '_');
}
