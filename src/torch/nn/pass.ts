import { add, type Dim, equal, min, sub } from '../../dim/index.js';
import type { DType, Shape } from '../../tensor/index.js';
import { Carried } from './carried.js';
import { cat } from './functional.js';
import { session } from './session.js';
import { Tensor } from './tensor.js';

export type { Kept } from './carried.js';

/**
 * One pass of a language model: `sequence` new tokens after `past` tokens that went before. *Prefill* is past = 0, *decode*
 * is sequence = 1. Layers ask it for what the passes before left, and leave in it what the next will need.
 */
export class Pass extends Carried {
  readonly batch: Dim;
  readonly sequence: Dim;
  readonly past: Dim;

  constructor(batch: Dim, sequence: Dim, past: Dim) {
    super();
    this.batch = batch;
    this.sequence = sequence;
    this.past = past;
  }

  /** Whether nothing went before, so that there is no cache to read. */
  get first(): boolean {
    return equal(this.past, 0);
  }

  /** Whether this is one token after others: recurrences then take their single-step path. */
  get step(): boolean {
    return equal(this.sequence, 1) && !this.first;
  }

  /**
   * The past positions along `axis` of a tensor and then the new ones. With a window of w positions at most w − 1 past ones
   * are kept, as transformers' sliding caches do.
   */
  extend(name: string, fresh: Tensor, axis: number, window: Dim | null = null): Tensor {
    const at = axis < 0 ? axis + fresh.ndim : axis;
    const withLength = (length: Dim): Shape => fresh.shape.map((d, i) => (i === at ? length : d));
    const cap = (length: Dim): Dim => (window === null ? length : min(length, sub(window, 1)));
    this.kept.push({ name, dtype: fresh.dtype, shape: withLength(cap(add(this.past, fresh.shape[at] as Dim))) });
    if (this.first) return fresh;
    return cat([given(name, withLength(cap(this.past)), fresh.dtype), fresh], at);
  }

  /** A tensor that an earlier pass left, of the shape that it then had. */
  given(name: string, shape: Shape, dtype: DType): Tensor {
    return given(name, shape, dtype);
  }

  /** A tensor of fixed size that every pass rewrites: a recurrence's state, the last inputs of a convolution. */
  state(name: string, shape: Shape, dtype: DType): Tensor {
    this.kept.push({ name, dtype, shape });
    return given(name, shape, dtype);
  }
}

/** A tensor that the caller hands back from the pass before. */
function given(name: string, shape: Shape, dtype: DType): Tensor {
  const tensor = new Tensor({ dtype, shape });
  const s = session();
  if (s !== null) s.setValue(tensor, s.trace.input(name, tensor.type));
  return tensor;
}
