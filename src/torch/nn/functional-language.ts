import type { Dim } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { run1, type Tensor } from './tensor.js';

/** The real part of a Fourier transform over some axes. */
export function fourier(x: Tensor, axes: readonly number[]): Tensor {
  return run1(ops.fourier(x.type, axes), [x], 'torch.fft.fftn');
}
/** Rotary position embedding of the first `dims` elements of the last axis, all by default. */
export function rotary(x: Tensor, dims: Dim = x.size(-1)): Tensor {
  return run1(ops.rotary(x.type, dims), [x], 'F.rotary');
}
/** Each row of x times one matrix of `weight`, E×in×out, or E×out×in where `transposed`: what routed experts compute. */
export function expert_linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, transposed = false): Tensor {
  return run1(ops.expertProduct(x.type, weight.type, bias?.type ?? null, transposed), [x, weight, bias], 'torch.bmm');
}
/** x with some of its rows replaced by those of `rows`: a copy of both. */
export function scattered(x: Tensor, rows: Tensor): Tensor {
  return run1({ ...ops.copy(x.type, 'scatter') }, [x, rows], 'Tensor.masked_scatter');
}
/** A gated linear recurrence over the steps, elementwise: Griffin's RG-LRU. */
export function linear_recurrence(x: Tensor): Tensor {
  return run1(ops.linearRecurrence(x.type), [x], 'linear_recurrence');
}
