import { add, type Dim, floordiv, mul, product } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/errors.js';
import {
  cdist,
  copy,
  fft,
  fill,
  followedBy,
  gather,
  inverse,
  linearAttention,
  linearAttentionGate,
  nothing,
  packedCausalConv,
  perElement,
  together,
  unary,
  unsqueeze,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { numel, type TensorType } from '../../../../tensor/index.js';
import { type Dialect, type Entry, ruleIn } from '../../node.js';
import { constants } from '../constants.js';
import { indexing } from '../indexing.js';
import { layout } from '../layout.js';
import { quant } from '../quant.js';
import { causalConv, linearAttend } from '../recent.js';
import { cropResize, sampled } from '../regions.js';
import { selection } from '../selection.js';

/** A graph compiled for a device, as bytes. */
const compiled: Entry = () => {
  throw new Unsupported('it holds a model compiled for a device, which says nothing of its operators');
};

/** The last axis holds a real and an imaginary part. */
const complexProduct: Entry = (n) => {
  const [a, b] = [n.in(0), n.in(1)];
  const out = a.shape.length >= b.shape.length ? a : b;
  const pairs: TensorType = { dtype: out.dtype, shape: out.shape.slice(0, -1) };
  return perElement('complex_mul', pairs, { outputs: [{ dtype: out.dtype, shape: out.shape }] });
};

/** Transforms along the last axis, of real numbers to half of the complex ones, or back. */
const fourier =
  (inverse: boolean): Entry =>
  (n) => {
    const x = n.in(0);
    const at = inverse ? x.shape.length - 2 : x.shape.length - 1;
    const extent = x.shape[at] as Dim;
    const length = inverse ? mul(2, add(extent, -1)) : extent;
    const lead = x.shape.slice(0, at);
    const shape = inverse ? [...lead, length] : [...lead, add(floordiv(extent, 2), 1), 2];
    return fft(x.dtype, { dtype: x.dtype, shape }, [{ rows: numel(lead), length }]);
  };

const distances: Entry = (n) => cdist(n.in(0), n.in(1), { squared: n.text('metric', 'sqeuclidean') !== 'euclidean' });

const unfolded: Entry = (n) => {
  const x = n.in(0);
  const [dim, size, step] = [n.int('dim', -1), n.int('size', 1), n.int('step', 1)];
  const at = dim < 0 ? dim + x.shape.length : dim;
  const count = add(floordiv(add(x.shape[at] as Dim, -size), step), 1);
  return copy(x, 'unfold', [...x.shape.map((d, i) => (i === at ? count : d)), size]);
};

/** Tokens one after the other: T×heads×depth; the state is N×heads×d_v×d_k. */
const gatedDelta: Entry = (n) => {
  const [q, k, v] = [n.in(0), n.in(1), n.in(2)];
  const [tokens, queryHeads, keyDepth] = q.shape as readonly [Dim, Dim, Dim];
  const [, heads, valueDepth] = v.shape as readonly [Dim, Dim, Dim];
  const rule = n.text('update_rule', 'gated_delta');
  const effect = linearAttention({
    dtype: q.dtype,
    batch: 1,
    steps: tokens,
    queryHeads,
    heads,
    keyDepth: k.shape[2] ?? keyDepth,
    valueDepth,
    gate: rule.startsWith('gated') ? product(n.opt(4)?.shape.slice(1) ?? [heads]) : null,
    delta: rule.endsWith('delta'),
  });
  const [out] = effect.outputs as [TensorType];
  const batch = n.opt(6)?.shape[0] ?? (n.has(3) ? add(n.in(3).shape[0] as Dim, -1) : 1);
  return {
    ...effect,
    outputs: [
      { dtype: q.dtype, shape: out.shape.slice(1) },
      { dtype: n.opt(6)?.dtype ?? q.dtype, shape: [batch, heads, valueDepth, keyDepth] },
    ],
  };
};

/** Tokens one after the other, each channel with a kernel of its own. */
const packedConv: Entry = (n) => {
  const [x, w] = [n.in(0), n.in(1)];
  const span = mul(n.int('dilation', 1), add(w.shape[2] as Dim, -1));
  const batch = add(n.in(2).shape[0] as Dim, -1);
  const outputs: TensorType[] = [
    { dtype: x.dtype, shape: x.shape },
    { dtype: x.dtype, shape: [batch, x.shape[1] as Dim, span] },
  ];
  const effect = packedCausalConv(x, w, outputs, n.has(3));
  return n.text('activation', 'none') === 'none' ? effect : followedBy(effect, unary('silu', x));
};

const STANDARD = { ...layout, ...indexing, ...constants, ...quant, ...selection };

/** An operator of ai.onnx that ONNX Runtime has under its own name as well: its versions count from 1, and mean today's. */
function same(name: keyof typeof STANDARD): Entry {
  return (n) => ruleIn(STANDARD[name] as Entry)(n.as(18));
}

export const others: Dialect = byName({
  EPContext: compiled,
  Snpe: compiled,
  ComplexMul: complexProduct,
  ComplexMulConj: complexProduct,
  Rfft: fourier(false),
  Irfft: fourier(true),
  Inverse: (n) => inverse(n.in(0)),
  CDist: distances,
  UnfoldTensor: unfolded,
  CropAndResize: cropResize,
  GridSample: sampled,
  CausalConvWithState: { weights: [1, 2], run: causalConv },
  VarlenCausalConvWithState: { weights: [1, 3], run: packedConv },
  LinearAttention: linearAttend,
  LinearAttentionGate: { weights: [1, 2], run: (n) => linearAttentionGate(n.in(0), n.opt(3)) },
  GatedDeltaNet: gatedDelta,
  Pad: { settings: [2], passes: 'first', run: same('Pad') },
  Trilu: same('Trilu'),
  GatherND: same('GatherND'),
  Range: {
    settings: [0, 1, 2],
    run: (n) => (n.has(2) ? same('Range')(n) : fill(n.fresh(1), n.in(0).dtype)),
  },
  QuantizeLinear: { scales: [1], passes: 'first', run: same('QuantizeLinear') },
  DequantizeLinear: { scales: [1], passes: 'first', run: same('DequantizeLinear') },
  Unique: {
    settings: [0],
    run: (n) => {
      const { outputs, ...rest } = same('Unique')(n);
      // unique elements, where each element of the input is among them, how many of each
      return { ...rest, outputs: [outputs[0], outputs[2], outputs[1]].filter((o) => o !== undefined) };
    },
  },
  ExpandDims: (n) => unsqueeze(n.in(0), n.numbers(1, 'axis')),
  TorchEmbedding: { weights: [0], run: (n) => gather(n.in(0), n.in(1), 0) },
  SampleOp: (n) => copy(n.in(0), 'copy'),
  IsAllFinite: (n) =>
    together(
      'is_finite',
      [{ dtype: 'bool', shape: [] }],
      n.all().map((x) => perElement('is_finite', x)),
    ),
  RemovePadding: (n) => {
    const x = n.in(0);
    const [batch, length, width] = x.shape as readonly [Dim, Dim, Dim];
    return nothing('remove_padding', [
      { dtype: x.dtype, shape: [n.fresh(1)[0] as Dim, width] },
      { dtype: 'int32', shape: [batch, length] },
      { dtype: 'int32', shape: [add(batch, 1)] },
      { dtype: 'int32', shape: [1] },
    ]);
  },
  RestorePadding: (n) => copy(n.in(0), 'restore_padding', [...n.in(1).shape, n.in(0).shape[1] as Dim]),
  NGramRepeatBlock: (n) => copy(n.in(1), 'ngram_block'),
  MurmurHash3: (n) =>
    nothing('hash', [{ dtype: n.int('positive', 1) === 1 ? 'uint32' : 'int32', shape: n.in(0).shape }]),
});
