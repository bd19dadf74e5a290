import { add, ceildiv, type Dim, equal, exactdiv, floordiv, mul, product, sub, sum } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { type Padding, paddingOf } from './conv.js';
import { atLeast, perAxis, shapeError, show, type Window, windowed } from './shapes.js';
import { type Effect, map, move, type OutputType, reduction, type Work } from './work.js';

export interface PoolOptions {
  readonly kernel: number | readonly number[];
  /** Default: the kernel, so that windows do not overlap. */
  readonly stride?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
  readonly ceil?: boolean;
  /** Also give the position of each maximum (int64). */
  readonly indices?: boolean;
  readonly countIncludePad?: boolean;
}
export type PoolKind = 'max' | 'avg' | 'lp';

/** Pooling over the last `axes` axes: each output combines ∏kernel elements; an average then divides. */
export function pool(kind: PoolKind, input: TensorType, axes: number, options: PoolOptions): Effect {
  const lead = leading(input, axes, `${kind}_pool`);
  const kernel = perAxis(options.kernel, axes, `${kind}_pool: kernel`);
  const stride = perAxis(options.stride ?? kernel, axes, `${kind}_pool: stride`);
  const dilation = perAxis(options.dilation ?? 1, axes, `${kind}_pool: dilation`);
  const windows = kernel.map((k, i): Window => {
    const d = dilation[i] as number;
    return {
      kernel: k,
      stride: stride[i] as number,
      dilation: d,
      padding: paddingOf(options.padding ?? 0, i, axes, d * (k - 1), `${kind}_pool`),
    };
  });
  const out = windows.map((w, i) =>
    windowed(input.shape[lead.length + i] as Dim, w, `${kind}_pool`, options.ceil ?? false),
  );
  const shape = [...lead, ...out];
  const n = numel(shape);
  return {
    op: `${kind}_pool`,
    outputs: outputs(input, shape, options.indices ?? false),
    work: poolWork(kind, input, mul(n, product(kernel)), n),
    attrs: {
      axes,
      kernel: [...kernel],
      stride: [...stride],
      padding: windows.map((w) => [...w.padding]),
      ceil: options.ceil ?? false,
      count_include_pad: options.countIncludePad ?? true,
      adaptive: false,
    } satisfies AttrsOf<'max_pool'>,
  };
}

/**
 * Pooling to a given extent per axis (null keeps the input's). Output o of an axis covers
 * ⌊o·in/out⌋ … ⌈(o+1)·in/out⌉; the windows' sizes are summed exactly.
 */
export function adaptivePool(
  kind: 'max' | 'avg',
  input: TensorType,
  size: readonly (Dim | null)[],
  options: { indices?: boolean } = {},
): Effect {
  const lead = leading(input, size.length, `adaptive_${kind}_pool`);
  const spatial = input.shape.slice(lead.length);
  const out = size.map((s, i) => s ?? (spatial[i] as Dim));
  const shape = [...lead, ...out];
  const windows = out.map((o, i) => windowSizes(spatial[i] as Dim, o));
  const known = windows.includes(null) ? null : mul(product(lead), product(windows as Dim[]));
  const effect: Effect = {
    op: `adaptive_${kind}_pool` as const,
    outputs: outputs(input, shape, options.indices ?? false),
    work: known === null ? [] : poolWork(kind, input, known, numel(shape)),
    attrs: { axes: size.length, adaptive: true, in: spatial, out } satisfies AttrsOf<'adaptive_avg_pool'>,
  };
  if (known !== null) return effect;
  const leavesOut = `the operations within windows from ${show(spatial)} to ${show(out)}, while both extents are symbolic`;
  return { ...effect, leavesOut };
}

/** Σ over outputs of their window's size on one axis. */
function windowSizes(input: Dim, output: Dim): Dim | null {
  if (exactdiv(input, output) !== undefined || equal(output, 1)) return input;
  if (typeof output !== 'number' || output > 4096) return null;
  return sum(
    Array.from({ length: output }, (_, o) => sub(ceildiv(mul(input, o + 1), output), floordiv(mul(input, o), output))),
  );
}

function poolWork(kind: PoolKind, input: TensorType, elements: Dim, n: Dim): Work[] {
  switch (kind) {
    case 'max':
      return reduction(input.dtype, elements, n, 'cmp');
    case 'avg':
      return [...reduction(input.dtype, elements, n, 'add'), ...map(input.dtype, n, { div: 1 })];
    case 'lp': // (Σ xᵖ)^(1/p)
      return [
        ...map(input.dtype, elements, { pow: 1 }),
        ...reduction(input.dtype, elements, n, 'add'),
        ...map(input.dtype, n, { pow: 1 }),
      ];
  }
}

function leading(input: TensorType, axes: number, what: string): Dim[] {
  const lead = input.shape.slice(0, input.shape.length - axes);
  if (input.shape.length < axes + 1)
    throw shapeError(`${what}: ${show(input.shape)} has no channel and ${axes} spatial axes`);
  return lead;
}

function outputs(input: TensorType, shape: Dim[], indices: boolean): OutputType[] {
  const out: OutputType = { dtype: input.dtype, shape };
  return indices ? [out, { dtype: 'int64', shape }] : [out];
}

/** Interpolation to given spatial extents. Operations per output element are those of the mode's separable weights. */
export type ResizeMode = 'nearest' | 'linear' | 'cubic';
export function resize(
  input: TensorType,
  size: readonly Dim[],
  mode: ResizeMode,
  attrs: Partial<AttrsOf<'resize'>> = {},
): Effect {
  const lead = input.shape.slice(0, input.shape.length - size.length);
  const shape = [...lead, ...size];
  const n = numel(shape);
  for (const extent of size)
    if (typeof extent !== 'object' && extent < 0) throw shapeError(`resize: ${show(input.shape)} to ${show(size)}`);
  // An axis whose extent does not change is not interpolated.
  const axes = size.filter((s, i) => !equal(s, input.shape[lead.length + i] as Dim)).length;
  const taps = mode === 'nearest' ? 1 : mode === 'linear' ? 2 ** axes : 4 ** axes;
  const work = taps === 1 ? [] : [...map(input.dtype, n, { mul: taps, add: taps - 1 })];
  return {
    op: 'resize',
    outputs: [{ dtype: input.dtype, shape }],
    work,
    attrs: { mode, axes: size.length, ...attrs } satisfies AttrsOf<'resize'>,
  };
}

/** Padding of each axis by `[front, behind]`; negative values crop. Data moves, nothing is computed. */
export function pad(input: TensorType, pads: readonly (readonly [Dim, Dim])[], mode = 'constant'): Effect {
  const shape = input.shape.map((d, i) => {
    const [front, behind] = pads[i] ?? [0, 0];
    const extent = add(d, front, behind);
    atLeast(extent, 0, () => `pad: ${show(input.shape)} is cropped below nothing at axis ${i}`);
    return extent;
  });
  const out: TensorType = { dtype: input.dtype, shape };
  return { op: 'pad', outputs: [out], work: [move(out, 'copy')], attrs: { mode } satisfies AttrsOf<'pad'> };
}
