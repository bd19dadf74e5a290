import type { Dim } from '../../../dim/index.js';
import { type Effect, followedBy, type Unary, unary } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Layer, LayerTable } from '../../layer-graph/layer.js';
import type { Settings } from '../settings.js';

export type NcnnLayer = Layer<Settings>;
export type Table = LayerTable<Settings>;

/** Activations that are fused into a layer, by their numbers. */
const ACTIVATIONS: readonly (Unary | null)[] = [null, 'relu', 'leaky_relu', 'clamp', 'sigmoid', 'mish', 'hardswish'];

/** The effect with the work of the activation that setting 9 fuses into it. */
export function activated(n: NcnnLayer, effect: Effect): Effect {
  const number = n.attrs.number(9);
  const op = ACTIVATIONS[number];
  const [out] = effect.outputs;
  if (op === undefined) return { ...effect, gap: `its fused activation ${number} has no formula` };
  return op === null || out === undefined ? effect : followedBy(effect, unary(op, out));
}

/** A blob has no batch; operators that want one see a batch of one. */
export function batched({ dtype, shape }: TensorType): TensorType {
  return { dtype, shape: [1, ...shape] };
}

export function unbatched(effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.map((out) => ({ ...out, shape: out.shape.slice(1) })) };
}

/** Whether a layer's weights are stored as 8-bit integers, which a setting of its own says. */
export function storedAs(n: NcnnLayer, setting: number): 'int8' | 'float32' {
  return n.attrs.number(setting) === 0 ? 'float32' : 'int8';
}

/** Extents from the outermost axis on: channels, depth, rows, columns, as many as there are axes. */
export type Extents = readonly Dim[];
