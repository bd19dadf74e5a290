import { add, ceildiv, type Dim, equal, isStatic, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  deformConv,
  type Effect,
  instanceNorm,
  localResponseNorm,
  type Padding,
  type PoolKind,
  pool,
  type Work,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../node.js';

interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** Kernel, strides, dilations and pads; `auto_pad` worked out from the extents where it stands for pads. */
export function windowsOf(n: OnnxNode, spatial: readonly Dim[], kernel: readonly number[]): Windows {
  const axes = kernel.length;
  const stride = n.ints('strides') ?? new Array<number>(axes).fill(1);
  const dilation = n.ints('dilations') ?? new Array<number>(axes).fill(1);
  const auto = n.text('auto_pad', 'NOTSET');
  const pads = n.ints('pads') ?? new Array<number>(2 * axes).fill(0);
  const padding = kernel.map((k, i): readonly [number, number] => {
    if (auto === 'VALID') return [0, 0];
    if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') return [pads[i] ?? 0, pads[i + axes] ?? 0];
    const s = stride[i] ?? 1;
    const span = (dilation[i] ?? 1) * (k - 1) + 1;
    // out = ⌈in / stride⌉; where the stride is 1 the total does not depend on the extent.
    const extent = spatial[i] as Dim;
    if (s === 1) return halves(span - 1, auto);
    // One element less than the window in all gives ⌈in / stride⌉ windows at any extent, as the real pads do.
    if (!isStatic(extent)) return halves(Math.max(0, span - 1), auto);
    const total = Math.max(0, (Number(ceildiv(extent, s)) - 1) * s + span - Number(extent));
    return halves(total, auto);
  });
  return { kernel, stride, dilation, padding };
}

function halves(total: number, auto: string): readonly [number, number] {
  const less = Math.floor(total / 2);
  return auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
}

function kernelOf(weight: TensorType): number[] {
  return weight.shape.slice(2).map((k) => {
    if (typeof k !== 'number') throw new Unsupported('the kernel of its weight is symbolic');
    return k;
  });
}

/** A convolution of input x by weight w; inputs by position, as the quantised spellings have them elsewhere. */
export function convolution(n: OnnxNode, x: TensorType, w: TensorType, bias: TensorType | null): Effect {
  const { stride, dilation, padding } = windowsOf(n, x.shape.slice(2), kernelOf(w));
  return conv(x, w, bias, { stride, dilation, padding, groups: n.int('group', 1) });
}

/**
 * Transposed convolution. `output_shape` decides the extents whatever the pads would make of them; where it is larger than
 * what the windows reach, the rest holds the bias alone.
 */
export const transposed: Entry = (n) => {
  const [x, w] = [n.in(0), n.in(1)];
  const kernel = kernelOf(w);
  const axes = kernel.length;
  const stride = n.ints('strides') ?? new Array<number>(axes).fill(1);
  const dilation = n.ints('dilations') ?? new Array<number>(axes).fill(1);
  const extra = [...(n.ints('output_padding') ?? new Array<number>(axes).fill(0))];
  const wanted = n.ints('output_shape')?.slice(-axes) ?? null;
  const auto = n.text('auto_pad', 'NOTSET');
  const pads = n.ints('pads') ?? new Array<number>(2 * axes).fill(0);
  const padding = kernel.map((k, i): readonly [number, number] => {
    if (auto === 'VALID' && wanted === null) return [0, 0];
    if (wanted === null && !auto.startsWith('SAME')) return [pads[i] ?? 0, pads[i + axes] ?? 0];
    // total = stride·(in − 1) + output_padding + dilation·(kernel − 1) + 1 − out
    const span = (dilation[i] ?? 1) * (k - 1) + 1;
    const s = stride[i] ?? 1;
    if (wanted === null) return halves(Math.max(0, span - s) + (extra[i] ?? 0), auto);
    const extent = x.shape[i + 2] as Dim;
    if (!isStatic(extent)) return [0, 0];
    const total = s * (Number(extent) - 1) + (extra[i] ?? 0) + span - (wanted[i] ?? 0);
    if (total < 0) extra[i] = (extra[i] ?? 0) - total;
    return halves(Math.max(0, total), auto === 'SAME_UPPER' ? auto : 'SAME_LOWER');
  });
  const effect = convTranspose(x, w, n.opt(2), {
    stride,
    dilation,
    padding,
    outputPadding: extra,
    groups: n.int('group', 1),
  });
  return wanted === null ? effect : ofShape(effect, wanted);
};

/** The same products into the extents that are asked for: how many meet padding is known only where those agree. */
function ofShape(effect: Effect, spatial: readonly number[]): Effect {
  const out = effect.outputs[0] as TensorType;
  const shape = [...out.shape.slice(0, 2), ...spatial];
  if (shape.every((d, i) => equal(d, out.shape[i] as Dim))) return effect;
  const outputs = numel(shape);
  const work = effect.work.map((w): Work => (w.kind === 'contraction' ? { ...w, outputs, unpadded: null } : w));
  return { ...effect, outputs: [{ dtype: out.dtype, shape }], work };
}

export const pooled =
  (kind: PoolKind, input?: TensorType): Entry =>
  (n) => {
    const x = input ?? n.in(0);
    const kernel = n.ints('kernel_shape') ?? [];
    const axes = kernel.length;
    const { stride, dilation, padding } = windowsOf(n, x.shape.slice(2), kernel);
    return pool(kind, x, axes, {
      kernel,
      stride,
      dilation,
      padding: padding as Padding,
      // A last window that would start in the padding behind is left out, as in PyTorch.
      ceil: n.int('ceil_mode', 0) === 1,
      indices: n.proto.output.length > 1,
      countIncludePad: n.int('count_include_pad', 0) === 1,
    });
  };

export const globally =
  (kind: 'max' | 'avg', input?: TensorType): Entry =>
  (n) => {
    const x = input ?? n.in(0);
    return adaptivePool(
      kind,
      x,
      x.shape.slice(2).map(() => 1),
    );
  };

const unpooled: Entry = (n) => {
  const x = n.in(0);
  const kernel = n.ints('kernel_shape') ?? [];
  const stride = n.ints('strides') ?? kernel.map(() => 1);
  const pads = n.ints('pads') ?? new Array<number>(2 * kernel.length).fill(0);
  const wanted = n.has(2) ? (n.value(2) ?? n.fresh(x.shape.length)) : null;
  const shape = wanted ?? [
    ...x.shape.slice(0, 2),
    ...kernel.map(
      (k, i): Dim =>
        sub(
          add(mul(sub(x.shape[i + 2] as Dim, 1), stride[i] ?? 1), k),
          (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0),
        ),
    ),
  ];
  return copy(x, 'max_unpool', shape);
};

/** Products of every tap, plus four interpolating products for each tap's value (offsets are given). */
const deformed: Entry = (n) => {
  const [x, w] = [n.in(0), n.in(1)];
  return deformConv(convolution(n, x, w, n.opt(3)), x, w, n.has(4));
};

export const windowsDialect: Dialect = byName({
  Conv: { weights: [1, 2], run: (n) => convolution(n, n.in(0), n.in(1), n.opt(2)) },
  ConvTranspose: { weights: [1, 2], run: transposed },
  DeformConv: { weights: [1, 3], run: deformed },
  MaxPool: pooled('max'),
  AveragePool: pooled('avg'),
  LpPool: pooled('lp'),
  GlobalMaxPool: globally('max'),
  GlobalAveragePool: globally('avg'),
  GlobalLpPool: (n) => {
    const x = n.in(0);
    const kernel = x.shape.slice(2).map((d) => (typeof d === 'number' ? d : 1));
    return pool('lp', x, kernel.length, { kernel });
  },
  MaxUnpool: unpooled,
  InstanceNormalization: {
    weights: [1, 2],
    run: (n) => instanceNorm(n.in(0), { weight: n.in(1), bias: n.in(2) }, { spatialAxes: n.in(0).shape.length - 2 }),
  },
  LRN: (n) => localResponseNorm(n.in(0), n.int('size', 1)),
});
