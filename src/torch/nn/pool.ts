import * as ops from '../../ops/index.js';
import { optionsIn, typeIn } from './argument.js';
import type { Size } from './conv.js';
import { run, type Tensor } from './tensor.js';

/** Arguments of PyTorch's pooling. */
export interface PooledOptions {
  /** The kernel's own where it is left out or null. */
  readonly stride?: Size | null;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
}

/** The effect of pooling, for layers and functions; the places of maxima are a second result on request. */
export function pooled(
  kind: 'max' | 'avg',
  axes: number,
  x: Tensor,
  kernel: Size,
  o: PooledOptions,
  indices = false,
): Tensor[] {
  const effect = ops.pool(kind, typeIn(x), axes, {
    kernel,
    stride: optionsIn(o).stride ?? kernel,
    padding: (o.padding ?? 0) as ops.Padding,
    dilation: o.dilation ?? 1,
    ceil: o.ceil_mode ?? false,
    countIncludePad: o.count_include_pad ?? true,
    indices,
  });
  return run(effect, [x], `F.${kind}_pool${axes}d`);
}
