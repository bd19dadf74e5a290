import { type Dim, isStatic, mul, product } from '../../../dim/index.js';
import * as ops from '../../../ops/index.js';
import type { Json } from '../config.js';
import { isArray, isWhole } from '../config.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';
import { inFront } from './windows.js';

const flatten: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const [batch = 1, ...rest] = type.shape;
  return layer.apply(ops.view('flatten', type, [batch, product(rest)]), [x]);
};

const reshape: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const target = layer.config.integers('target_shape');
  const [batch = 1, ...rest] = type.shape;
  // The batch stays what it is: an open extent is worked out from the others.
  const inner = ops.reshape({ dtype: type.dtype, shape: rest }, target).outputs[0]?.shape ?? [];
  return layer.apply(ops.view('reshape', type, [batch, ...inner]), [x]);
};

const permute: LayerRule = (layer) => {
  const { x } = layer;
  return layer.apply(ops.permute(layer.typeOf(x), [0, ...layer.config.integers('dims')]), [x]);
};

const repeat: LayerRule = (layer) => {
  const { x } = layer;
  const type = layer.typeOf(x);
  const row = layer.apply(ops.unsqueeze(type, [1]), [x]);
  return layer.apply(ops.tile(layer.typeOf(row), [1, layer.config.size('n'), 1]), [row]);
};

/** `[[front, behind], …]`, `[both, …]`, or one number for all. */
function ends(layer: Layer, key: string, axes: number): [number, number][] {
  const written = layer.config.get(key) ?? 1;
  const pair = (value: Json | undefined): [number, number] => {
    const list = isArray(value) ? value : [value, value];
    const [front, behind] = list;
    if (list.length !== 2 || !isWhole(front) || !isWhole(behind))
      throw layer.config.error(key, `${axes} pairs of whole numbers`);
    return [front, behind];
  };
  if (!isArray(written)) return Array.from({ length: axes }, () => pair(written));
  if (axes === 1 && written.length === 2 && !isArray(written[0])) return [pair(written)];
  if (written.length !== axes) throw layer.config.error(key, `${axes} pairs of whole numbers`);
  return written.map((v) => pair(v));
}

/** Rows and columns are added (`sign` 1) or cut off (−1) at each end. */
const framed =
  (axes: number, key: string, sign: 1 | -1): LayerRule =>
  (layer) => {
    const { x } = layer;
    const each = ends(layer, key, axes).map(([a, b]) => [sign * a, sign * b] as const);
    return layer.apply(
      inFront(layer, x, (type) => ops.pad(type, [[0, 0], [0, 0], ...each])),
      [x],
    );
  };

const MODES: Readonly<Record<string, ops.ResizeMode>> = {
  nearest: 'nearest',
  bilinear: 'linear',
  linear: 'linear',
  bicubic: 'cubic',
  area: 'linear',
  gaussian: 'cubic',
  lanczos3: 'cubic',
  lanczos5: 'cubic',
  mitchellcubic: 'cubic',
};

const upsample =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const key = config.has('size') ? 'size' : 'length';
    const size = config.sizes(key, axes, 2);
    const mode = MODES[config.text('interpolation', 'nearest').toLowerCase()] ?? 'cubic';
    // One axis alone: no channels to put before others.
    const run = (type: Parameters<Parameters<typeof inFront>[2]>[0]): ops.Effect =>
      ops.resize(
        type,
        type.shape.slice(2).map((d, i) => mul(d, size[i] as number)),
        mode,
      );
    return layer.apply(inFront(layer, x, run), [x]);
  };

/** To given extents: an image, or a batch of them. */
const resizing: LayerRule = (layer) => {
  const { x, config } = layer;
  const mode = MODES[config.text('interpolation', 'bilinear').toLowerCase()] ?? 'cubic';
  const size = [config.size('height'), config.size('width')];
  const single = layer.shape(x).length === 3;
  const type = layer.typeOf(x);
  const batch = { dtype: type.dtype, shape: single ? [1, ...type.shape] : type.shape };
  const effect = layer.channelsFirst
    ? ops.resize(batch, size, mode)
    : ops.renamed(
        inFrontOf(batch, (t) => ops.resize(t, size, mode)),
        'resize',
      );
  return layer.apply(
    single ? { ...effect, outputs: effect.outputs.map((o) => ({ ...o, shape: o.shape.slice(1) })) } : effect,
    [x],
  );
};

function inFrontOf(
  type: { readonly dtype: 'float32' | import('../../../tensor/index.js').DType; readonly shape: readonly Dim[] },
  run: (x: import('../../../tensor/index.js').TensorType) => ops.Effect,
): ops.Effect {
  const [batch = 1, h = 1, w = 1, c = 1] = type.shape;
  const effect = run({ dtype: type.dtype, shape: [batch, c, h, w] });
  return {
    ...effect,
    outputs: effect.outputs.map((out) => {
      const [n = 1, channels = 1, height = 1, width = 1] = out.shape;
      return { ...out, shape: [n, height, width, channels] };
    }),
  };
}

/** The middle of an image; one that is smaller is enlarged first. */
const centerCrop: LayerRule = (layer) => {
  const { x, config } = layer;
  const [height, width] = [config.size('height'), config.size('width')];
  const { dtype, shape } = layer.typeOf(x);
  const at = layer.channelsFirst ? shape.length - 2 : shape.length - 3;
  const target = shape.map((d, i) => (i === at ? height : i === at + 1 ? width : d));
  const smaller = [at, at + 1].some((i) => isStatic(shape[i] as Dim) && Number(shape[i]) < Number(target[i]));
  if (!smaller) return layer.apply(ops.view('slice', { dtype, shape }, target), [x]);
  return layer.apply(ops.resize({ dtype, shape }, target.slice(at), 'linear'), [x]);
};

export const shapes: LayerTable = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  Cropping1D: framed(1, 'cropping', -1),
  Cropping2D: framed(2, 'cropping', -1),
  Cropping3D: framed(3, 'cropping', -1),
  ZeroPadding1D: framed(1, 'padding', 1),
  ZeroPadding2D: framed(2, 'padding', 1),
  ZeroPadding3D: framed(3, 'padding', 1),
  UpSampling1D: upsample(1),
  UpSampling2D: upsample(2),
  UpSampling3D: upsample(3),
  Resizing: resizing,
  CenterCrop: centerCrop,
};
