import type { Dim } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { extentIn, listOnly, optionsIn, someIn, tensorsOnly, typeIn, typeOrNull } from './argument.js';
import { run, run1, type Tensor } from './tensor.js';

/** The real part of a Fourier transform over some axes. */
export function fourier(x: Tensor, axes: readonly number[]): Tensor {
  listOnly('fourier', axes, 'axes');
  return run1(ops.fourier(typeIn(x), axes), [x], 'torch.fft.fftn');
}
/** Rotary position embedding of the first `dims` elements of the last axis, all by default. */
export function rotary(x: Tensor, dims?: Dim): Tensor {
  tensorsOnly(x);
  return run1(ops.rotary(x.type, extentIn('F.rotary', dims ?? x.size(-1))), [x], 'F.rotary');
}
/** Each row of x times one matrix of `weight`, E×in×out, or E×out×in where `transposed`: what routed experts compute. */
export function expert_linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, transposed = false): Tensor {
  return run1(
    ops.expertProduct(typeIn(x), typeIn(weight), typeOrNull(bias), transposed),
    [x, weight, bias],
    'torch.bmm',
  );
}
/** x with some of its rows replaced by those of `rows`: a copy of both. */
export function scattered(x: Tensor, rows: Tensor): Tensor {
  return run1({ ...ops.copy(typeIn(x), 'scatter') }, [x, rows], 'Tensor.masked_scatter');
}
/** A gated linear recurrence over the steps, elementwise: Griffin's RG-LRU. */
export function linear_recurrence(x: Tensor): Tensor {
  return run1(ops.linearRecurrence(typeIn(x)), [x], 'linear_recurrence');
}

export interface RecurrentAttention {
  readonly heads: number;
  readonly key_dim: number;
  readonly value_dim: number;
  /** Steps that are computed together; null for step by step. */
  readonly chunk: number | null;
}
/** Attention by the gated delta rule: queries, keys, values and whatever gates there are → N×S×heads×value_dim. */
export function gated_delta_rule(inputs: readonly [Tensor, ...Tensor[]], o: RecurrentAttention): Tensor {
  const [x] = someIn('gated_delta_rule', inputs);
  optionsIn(o);
  const of = {
    dtype: x.dtype,
    batch: x.size(0),
    steps: x.size(1),
    heads: o.heads,
    keyDepth: o.key_dim,
    valueDepth: o.value_dim,
  };
  return run(ops.gatedDeltaRule({ ...of, chunk: o.chunk }), inputs, 'gated_delta_rule')[0] as Tensor;
}
/** Linear attention in blocks: queries, keys and values → N×S×heads×key_dim. */
export function lightning_attention(
  inputs: readonly [Tensor, ...Tensor[]],
  o: Omit<RecurrentAttention, 'value_dim'>,
): Tensor {
  const [x] = someIn('lightning_attention', inputs);
  optionsIn(o);
  const of = { dtype: x.dtype, batch: x.size(0), steps: x.size(1), heads: o.heads, keyDepth: o.key_dim };
  return run(ops.lightningAttention({ ...of, chunk: o.chunk }), inputs, 'lightning_attention')[0] as Tensor;
}
