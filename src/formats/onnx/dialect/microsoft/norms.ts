import { type Dim, floordiv } from '../../../../dim/index.js';
import {
  type Effect,
  followedBy,
  groupNorm,
  layerNorm,
  perElement,
  precededBy,
  renamed,
  rmsNorm,
  unary,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { numel, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { channelsFirst, channelsLast } from './fused.js';

function last(x: TensorType): readonly Dim[] {
  return x.shape.slice(-1);
}

/** Statistics of every row, one number each. */
function rowsOf(x: TensorType): TensorType {
  return { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] };
}

/** A sum of so many tensors more. */
function sums(x: TensorType, count: number): Effect[] {
  return Array.from({ length: count }, () => perElement('add', x));
}

/** A sum with the skipped input (and a bias), then a norm; the sum is a further output. */
const skipped =
  (simple: boolean): Entry =>
  (n) => {
    const x = n.in(0);
    const bias = n.has(simple ? 3 : 4);
    const norm = simple ? rmsNorm(x, last(x), n.opt(2)) : layerNorm(x, last(x), { weight: n.opt(2), bias: n.opt(3) });
    const outputs = [...norm.outputs, rowsOf(x), rowsOf(x), { dtype: x.dtype, shape: x.shape }];
    return { ...precededBy(norm, ...sums(x, bias ? 2 : 1)), outputs };
  };

/** Looks up words, positions and segments, adds them, and norms the sum. */
const embedded: Entry = (n) => {
  const ids = n.in(0);
  const word = n.in(2);
  const quantized = n.proto.opType === 'QEmbedLayerNormalization';
  const dtype = quantized ? n.in(8).dtype : word.dtype;
  const out: TensorType = { dtype, shape: [...ids.shape, word.shape.at(-1) as Dim] };
  const norm = layerNorm(out, last(out), { weight: out, bias: out });
  return {
    ...renamed(precededBy(norm, ...sums(out, n.has(1) ? 2 : 1)), 'embed_layer_norm'),
    outputs: [out, { dtype: 'int32', shape: [ids.shape[0] as Dim] }, out],
  };
};

/** Group norm, the channels last unless told otherwise, and SiLU where `activation` is 1. */
function grouped(n: OnnxNode, x: TensorType): Effect {
  const nhwc = n.int('channels_last', 1) === 1;
  const effect = groupNorm(nhwc ? channelsFirst(x) : x, n.int('groups', 1), { weight: n.opt(1), bias: n.opt(2) });
  const activated = n.int('activation', 0) === 1 ? followedBy(effect, unary('silu', x)) : effect;
  return nhwc ? channelsLast(activated) : activated;
}

/** The root mean square alone, in ai.onnx's domain as ONNX Runtime writes it, or in its own. */
export const simplified: Entry = (n) => {
  const x = n.in(0);
  const axis = n.int('axis', -1);
  const over = x.shape.slice(axis < 0 ? axis + x.shape.length : axis);
  const effect = rmsNorm(x, over, n.opt(1));
  return { ...effect, outputs: [...effect.outputs, rowsOf(x)] };
};

export const norms: Dialect = byName({
  SkipLayerNormalization: { weights: [2, 3, 4], run: skipped(false) },
  SkipSimplifiedLayerNormalization: { weights: [2, 3], run: skipped(true) },
  SimplifiedLayerNormalization: { weights: [1], run: simplified },
  EmbedLayerNormalization: { weights: [2, 3, 4, 5, 6], run: embedded },
  QEmbedLayerNormalization: embedded,
  GroupNorm: { weights: [1, 2], run: (n) => grouped(n, n.in(0)) },
  SkipGroupNorm: {
    weights: [1, 2],
    run: (n) => {
      const x = n.in(0);
      const effect = grouped(n, x);
      return {
        ...precededBy(effect, ...sums(x, n.has(4) ? 2 : 1)),
        outputs: [...effect.outputs, { dtype: x.dtype, shape: x.shape }],
      };
    },
  },
  // over each group of the scale's extent, then times SiLU of the gate
  GatedRMSNorm: {
    weights: [1],
    run: (n) => {
      const [x, scale] = [n.in(0), n.in(1)];
      const group = scale.shape[0] as Dim;
      const effect = rmsNorm({ dtype: x.dtype, shape: [floordiv(numel(x.shape), group), group] }, [group], scale);
      return {
        ...followedBy(effect, unary('silu', x), perElement('mul', x)),
        outputs: [{ dtype: x.dtype, shape: x.shape }],
      };
    },
  },
});
