import { type DType, numel, type TensorType } from '../tensor/index.js';
import { perElement } from './each.js';
import { reduce } from './reduce.js';
import { type Effect, map, type OutputType } from './work.js';

/** Floats to integers: divide by the scale, round, add the zero point where there is one, clamp. */
export function quantize(x: TensorType, dtype: DType, zeroPoint: boolean): Effect {
  const effect = perElement('quantize', x, { outputs: [{ dtype, shape: x.shape }] });
  return zeroPoint ? effect : { ...effect, work: map(x.dtype, numel(x.shape), { div: 1, round: 1, cmp: 2 }) };
}

/** Integers to floats: subtract the zero point where there is one and multiply by the scale. */
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
