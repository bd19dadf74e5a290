import { type Dim, mul } from '../dim/index.js';
import { type DType, numel, type TensorType } from '../tensor/index.js';
import { PER_ELEMENT } from './catalog/elementwise.js';
import { followedBy, perElement, typedAs } from './each.js';
import { reduce } from './reduce.js';
import { type CostPerElement, type Effect, map, type OutputType, reduction } from './work.js';

/** Floats to integers: divide by the scale, round, add the zero point if there is one, clamp. */
export function quantize(x: TensorType, dtype: DType, zeroPoint: boolean): Effect {
  const effect = perElement('quantize', x, { outputs: [{ dtype, shape: x.shape }] });
  return zeroPoint ? effect : { ...effect, work: map(x.dtype, numel(x.shape), { div: 1, round: 1, cmp: 2 }) };
}

/** Integers to floats: subtract the zero point if there is one and multiply by the scale. */
export function dequantize(x: TensorType, dtype: DType, zeroPoint: boolean): Effect {
  const effect = perElement('dequantize', x, { dtype, outputs: [{ dtype, shape: x.shape }] });
  return zeroPoint ? effect : { ...effect, work: map(dtype, numel(x.shape), { mul: 1 }) };
}

/** Scale and zero point from the range of a tensor, which is then quantised by them or only measured. */
export function dynamicQuantize(x: TensorType, outputs: readonly OutputType[], quantises: boolean): Effect {
  return {
    op: 'dynamic_quantize',
    outputs,
    work: [
      ...reduce('max', x, null).work,
      ...reduce('min', x, null).work,
      ...(quantises ? quantize(x, 'uint8', true).work : []),
    ],
  };
}

/** How values are rounded to a grid and stay floats: QONNX, Brevitas, PyTorch's quantisation-aware training. */
export type FakeQuantization = 'grid' | 'sign' | 'truncated' | 'floating';

/** Cost of an element, as https://github.com/fastmachinelearning/qonnx/tree/main/docs/qonnx-custom-ops defines it. */
const FAKE: Readonly<Record<FakeQuantization, CostPerElement>> = {
  grid: PER_ELEMENT.fake_quantize.each, // (clamp(round(x / scale + zero)) − zero)·scale
  sign: { cmp: 1, mul: 1 }, // a sign, times the scale
  truncated: { div: 2, add: 2, round: 2, mul: 1 }, // to integers, the low bits cut off, and back
  floating: { abs: 1, log: 1, exp: 1, div: 2, round: 2, cmp: 3, mul: 2 }, // its exponent, its mantissa rounded, clamp
};

/** Values rounded to a grid that stay floats. `standsFor`: the integers that the places of the grid are, if that is known. */
export function fakeQuantize(x: TensorType, how: FakeQuantization, standsFor: DType | null = null): Effect {
  return {
    op: 'fake_quantize',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    work: map(x.dtype, numel(x.shape), FAKE[how]),
    ...(standsFor === null ? {} : { attrs: { standsFor } }),
  };
}

/** The smallest integers that this many bits fit into; null for more than 32 or none. */
export function integersOf(bits: number, signed: boolean): DType | null {
  const width = [2, 4, 8, 16, 32].find((w) => bits > 0 && bits <= w);
  return width === undefined ? null : (`${signed ? '' : 'u'}int${width}` as DType);
}

/** Each element compared with `steps` thresholds, whose results are added up, then scaled and shifted where that is requested. */
export function multiThreshold(x: TensorType, steps: Dim, scaled: boolean, shifted: boolean): Effect {
  const n = numel(x.shape);
  return {
    op: 'multi_threshold',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    work: [
      { kind: 'loop', times: steps, body: map(x.dtype, n, { cmp: 1, add: 1 }) },
      ...(scaled ? map(x.dtype, n, { mul: 1 }) : []),
      ...(shifted ? map(x.dtype, n, { add: 1 }) : []),
    ],
  };
}

/** An average of `taps` integers: their sum, then a shift in place of the division. */
export function shiftedAverage(x: TensorType, shape: readonly Dim[], taps: number): Effect {
  const outputs = numel(shape);
  return {
    op: 'avg_pool',
    outputs: [{ dtype: x.dtype, shape }],
    work: [...reduction(x.dtype, mul(outputs, taps), outputs, 'add'), ...map(x.dtype, outputs, { div: 1, round: 1 })],
  };
}

/** Products of integers, then each output rescaled to the output's own scale. */
export function requantized(effect: Effect, dtype: DType): Effect {
  const scaled = effect.outputs
    .slice(0, 1)
    .map((out) => perElement('requantize', { dtype: 'float32', shape: out.shape }));
  return followedBy(typedAs({ ...effect, outputs: effect.outputs.slice(0, 1) }, dtype), ...scaled);
}

/** An operator on floats between two conversions: of integers, and to them. */
export function onFloats(x: TensorType, run: (floats: TensorType) => Effect): Effect {
  const floats: TensorType = { dtype: 'float32', shape: x.shape };
  const effect = run(floats);
  const out: TensorType = { dtype: 'float32', shape: effect.outputs[0]?.shape ?? [] };
  return {
    ...effect,
    outputs: [{ dtype: x.dtype, shape: out.shape }],
    work: [...dequantize(floats, 'float32', true).work, ...effect.work, ...quantize(out, x.dtype, true).work],
  };
}

/** An effect whose products are of operands in these types, for counts by their widths. */
export function operands(effect: Effect, a: DType, b: DType): Effect {
  return { ...effect, attrs: { ...effect.attrs, operands: [a, b] } };
}
