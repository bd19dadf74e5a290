import { type Dim, mul, product } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import { of } from './of-self.js';
import { entry, type Rule, type Table } from './table.js';

/** Patches of images as channels or columns, and back. */

/** Windows of an axis as a new last one: a view that reads elements several times. */
const unfold = of((x, c) => {
  const at = x.shape.length === 0 ? 0 : c.axis('dimension', x.shape.length);
  const [size, step] = [c.int('size'), c.int('step')];
  const windows = ops.windowed(
    x.shape[at] ?? 1,
    { kernel: size, stride: step, padding: [0, 0], dilation: 1 },
    'unfold',
  );
  return ops.view('unfold', x, [...x.shape.map((d, i) => (i === at ? windows : d)), size], null);
});

/** Blocks of an image as channels and back: data moves. */
const shuffle = (up: boolean): Rule =>
  of((x, c) => {
    const r = c.int(up ? 'upscale_factor' : 'downscale_factor');
    const [ch, h, w] = x.shape.slice(-3) as [Dim, Dim, Dim];
    const by = (d: Dim, factor: number): Dim =>
      ops.reshape({ dtype: x.dtype, shape: [d] }, [-1, factor]).outputs[0]?.shape[0] as Dim;
    const shape = up ? [by(ch, r * r), mul(h, r), mul(w, r)] : [mul(ch, r * r), by(h, r), by(w, r)];
    return ops.copy(x, up ? 'pixel_shuffle' : 'pixel_unshuffle', [...x.shape.slice(0, -3), ...shape]);
  });

/** Patches as columns: N×C×H×W → N×(C·∏kernel)×patches. */
const im2col = of((x, c) => {
  const kernel = pair(c.ints('kernel_size'));
  const [dilation, padding, stride] = [pair(c.ints('dilation')), pair(c.ints('padding')), pair(c.ints('stride'))];
  const [channels, ...spatial] = x.shape.slice(-3) as [Dim, Dim, Dim];
  const out = spatial.map((d, i) =>
    ops.windowed(
      d,
      {
        kernel: kernel[i] as number,
        stride: stride[i] as number,
        dilation: dilation[i] as number,
        padding: [padding[i] as number, padding[i] as number],
      },
      'unfold',
    ),
  );
  return ops.copy(x, 'unfold', [...x.shape.slice(0, -3), mul(channels, product(kernel)), product(out)]);
});

/** Columns summed back into patches. */
const col2im = of((x, c) => {
  const size = c.dims('output_size');
  const kernel = pair(c.ints('kernel_size'));
  const channels = ops.reshape({ dtype: x.dtype, shape: [x.shape.at(-2) as Dim] }, [-1, product(kernel)]).outputs[0]
    ?.shape[0] as Dim;
  return ops.fold2d(x, [...x.shape.slice(0, -2), channels, ...size]);
});

const pair = (values: readonly number[]): readonly number[] =>
  values.length === 1 ? [values[0] as number, values[0] as number] : values;

export const patches: Table = byName({
  unfold: entry('self dimension size step', unfold),
  unfold_copy: entry('self dimension size step', unfold),
  pixel_shuffle: entry('self upscale_factor', shuffle(true)),
  pixel_unshuffle: entry('self downscale_factor', shuffle(false)),
  channel_shuffle: entry(
    'self groups',
    of((x) => ops.copy(x, 'channel_shuffle')),
  ),
  native_channel_shuffle: entry(
    'self groups',
    of((x) => ops.copy(x, 'channel_shuffle')),
  ),
  im2col: entry('self kernel_size dilation=1 padding=0 stride=1', im2col),
  col2im: entry('self output_size kernel_size dilation=1 padding=0 stride=1', col2im),
});
