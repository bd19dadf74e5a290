import { add, type Dim, floordiv, isStatic, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  adaptivePool,
  conv,
  convTranspose,
  copy,
  type Effect,
  linear,
  localResponseNorm,
  type PoolKind,
  pool,
  reshape,
  resize,
  roiAlign,
  roiPool,
} from '../../../ops/index.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Fields } from '../fields.js';
import { type CaffeLayerCall, sharedAs, type Table } from './table.js';

/** Layers with windows and matrices. */

/** A setting of each spatial axis: one for all, one for each, or rows and columns by their own names. */
function perAxis(of: Fields, name: string, axes: number, otherwise: number): number[] {
  const [h, w] = name === 'kernel_size' ? ['kernel_h', 'kernel_w'] : [`${name}_h`, `${name}_w`];
  if (axes === 2 && (of.has(h as string) || of.has(w as string)))
    return [of.number(h as string, otherwise), of.number(w as string, otherwise)];
  const values = of.numbers(name);
  if (values.length === axes) return values;
  return new Array<number>(axes).fill(values[0] ?? otherwise);
}

function settingsOf(n: CaffeLayerCall): {
  of: Fields;
  x: TensorType;
  kernel: number[];
  stride: number[];
  pad: number[];
  dilation: number[];
  outputs: number;
} {
  const of = n.attrs.message('convolution_param');
  const x = n.in(0);
  const axes = x.shape.length - of.number('axis', 1) - 1;
  if (axes < 1) throw n.error(`an input of ${x.shape.length} axes has none for its windows`);
  return {
    of,
    x,
    kernel: perAxis(of, 'kernel_size', axes, 0),
    stride: perAxis(of, 'stride', axes, 1),
    pad: perAxis(of, 'pad', axes, 0),
    dilation: perAxis(of, 'dilation', axes, 1),
    outputs: of.number('num_output'),
  };
}

/** A convolution of all inputs, each with the same weights; forks have a depthwise one without saying its groups. */
const convRule =
  (depthwise: boolean): Table[string] =>
  (n) => {
    const { of, x, kernel, stride, pad, dilation, outputs } = settingsOf(n);
    const channels = n.extent(x.shape[1]);
    const groups = depthwise ? channels : of.number('group', 1);
    const perGroup = channels / groups;
    if (!Number.isInteger(perGroup)) throw n.error(`${channels} channels do not divide into ${groups} groups`);
    const filters = outputs || (depthwise ? channels : 0);
    const weight = n.stored('weight', [filters, perGroup, ...kernel], sharedAs(n, 0));
    const bias = of.flag('bias_term', true) ? n.stored('bias', [filters], sharedAs(n, 1)) : null;
    const options = { stride, padding: pad, dilation, groups };
    return n.all().map((type, i) => {
      const effect = conv(type, weight.type as TensorType, bias?.type ?? null, options);
      return n.apply(effect, [n.known(i), weight, ...(bias === null ? [] : [bias])], i);
    });
  };

const convTransposeRule: Table[string] = (n) => {
  const { of, x, kernel, stride, pad, dilation, outputs } = settingsOf(n);
  const channels = n.extent(x.shape[1]);
  const groups = of.number('group', 1);
  const weight = n.weight('weight', [channels, outputs / groups, ...kernel], sharedAs(n, 0));
  const bias = of.flag('bias_term', true) ? n.weight('bias', [outputs], sharedAs(n, 1)) : null;
  return convTranspose(x, weight, bias, { stride, padding: pad, dilation, groups });
};

/** Outputs are rounded up, except for what says otherwise. */
const poolRule: Table[string] = (n) => {
  const of = n.attrs.message('pooling_param');
  const x = n.in(0);
  const kinds: readonly PoolKind[] = ['max', 'avg'];
  const name = of.oneOf('pool', ['MAX', 'AVE', 'STOCHASTIC'], 'MAX');
  const kind = kinds[name === 'AVE' ? 1 : 0] as 'max' | 'avg';
  if (name === null) throw n.error(`has the kind ${of.text('pool')}: MAX or AVE was expected`);
  const axes = x.shape.length - 2;
  if (of.flag('global_pooling')) return adaptivePool(kind, x, new Array<Dim>(axes).fill(1));
  const floor = of.oneOf('round_mode', ['CEIL', 'FLOOR'], 'CEIL') === 'FLOOR' || !of.flag('ceil_mode', true);
  return pool(kind, x, axes, {
    kernel: perAxis(of, 'kernel_size', axes, 0),
    stride: perAxis(of, 'stride', axes, 1),
    padding: perAxis(of, 'pad', axes, 0),
    ceil: !floor,
    indices: n.node.output.length > 1,
  });
};

/** Everything from an axis on, laid out in a row. */
function rowsOf(x: TensorType, axis: number): TensorType {
  const at = axis < 0 ? axis + x.shape.length : axis;
  return { dtype: x.dtype, shape: [...x.shape.slice(0, at), numel(x.shape.slice(at))] };
}

const linearRule: Table[string] = (n) => {
  const of = n.attrs.message('inner_product_param');
  const x = rowsOf(n.in(0), of.number('axis', 1));
  const outputs = of.number('num_output');
  const weight = n.weight('weight', [outputs, n.extent(x.shape.at(-1))], sharedAs(n, 0));
  return linear(x, weight, of.flag('bias_term', true) ? n.weight('bias', [outputs], sharedAs(n, 1)) : null);
};

/** A window's elements beside each other, for products that are written out. */
const unfoldRule: Table[string] = (n) => {
  const { x, kernel, stride, pad, dilation } = settingsOf(n);
  const [batch, channels, ...spatial] = x.shape as readonly [Dim, Dim, ...Dim[]];
  const out = spatial.map((d, i) =>
    add(
      floordiv(
        sub(add(d, 2 * (pad[i] as number)), (dilation[i] as number) * ((kernel[i] as number) - 1) + 1),
        stride[i] as number,
      ),
      1,
    ),
  );
  return copy(x, 'unfold', [batch, mul(channels, ...kernel), ...out]);
};

/** To a size, or by factors: `interp_param` and `upsample_param` of forks. */
const interpRule: Table[string] = (n) => {
  const x = n.in(0);
  const of = n.attrs.message('interp_param');
  const [beg, end] = [of.number('pad_beg'), of.number('pad_end')];
  const spatial = x.shape.slice(2).map((d) => add(d, beg + end));
  if (n.count > 1) return resize(x, n.in(1).shape.slice(2), 'linear');
  const size = (d: Dim, want: number): Dim => {
    if (want > 0) return want;
    const shrunk = of.has('shrink_factor') ? add(floordiv(sub(d, 1), of.number('shrink_factor', 1)), 1) : d;
    const zoom = of.number('zoom_factor', 1);
    return add(shrunk, mul(sub(shrunk, 1), zoom - 1));
  };
  return resize(
    x,
    [size(spatial[0] as Dim, of.number('height')), size(spatial[1] as Dim, of.number('width'))],
    'linear',
  );
};

const upsampleRule: Table[string] = (n) => {
  const x = n.in(0);
  const of = n.attrs.message('upsample_param');
  const [h, w] = x.shape.slice(2) as [Dim, Dim];
  if (of.has('upsample_h')) return resize(x, [of.number('upsample_h'), of.number('upsample_w')], 'nearest');
  const scale = of.number('scale', 2);
  return resize(x, [mul(h, of.number('scale_h', scale)), mul(w, of.number('scale_w', scale))], 'nearest');
};

const pixelsRule =
  (param: string, field: string, up: boolean): Table[string] =>
  (n) => {
    const x = n.in(0);
    const [batch, c, h, w] = x.shape as readonly [Dim, Dim, Dim, Dim];
    const r = n.attrs.message(param).number(field, 2);
    return up
      ? copy(x, 'pixel_shuffle', [batch, floordiv(c, r * r), mul(h, r), mul(w, r)])
      : copy(x, 'pixel_unshuffle', [batch, mul(c, r * r), floordiv(h, r), floordiv(w, r)]);
  };

/** As many channels as all levels of the pyramid have fields. */
const pyramidRule: Table[string] = (n) => {
  const x = n.in(0);
  const [batch, c, ...spatial] = x.shape as readonly [Dim, Dim, ...Dim[]];
  const levels = Math.max(1, Math.min(16, n.attrs.message('spp_param').number('pyramid_height', 1)));
  if (!spatial.every(isStatic)) throw new Unsupported('its fields depend on free extents');
  const pools = Array.from(
    { length: levels },
    (_, i): Effect =>
      adaptivePool(
        'max',
        x,
        spatial.map(() => 2 ** i),
      ),
  );
  const fields = pools.map((_, i) => 4 ** i).reduce((a, b) => a + b, 0);
  const [first] = pools as [Effect];
  return {
    ...first,
    outputs: [{ dtype: x.dtype, shape: [batch, mul(c, fields)] }],
    work: pools.flatMap((effect) => effect.work),
  };
};

export const windows: Table = {
  Convolution: convRule(false),
  ConvolutionDepthwise: convRule(true),
  DepthwiseConvolution: convRule(true),
  ConvolutionDepthWise: convRule(true),
  Deconvolution: convTransposeRule,
  Pooling: poolRule,
  InnerProduct: linearRule,
  Im2col: unfoldRule,
  Interp: interpRule,
  Upsample: upsampleRule,
  SPP: pyramidRule,
  LRN: (n) => localResponseNorm(n.in(0), n.attrs.message('lrn_param').number('local_size', 5)),
  ShuffleChannel: (n) => copy(n.in(0)),
  PixelShuffle: pixelsRule('pixel_shuffle_param', 'upscale_factor', true),
  SubpixelUp: pixelsRule('subpixel_up_param', 'upscale_factor', true),
  Reorg: pixelsRule('reorg_param', 'stride', false),
  ROIPooling: (n) => {
    const of = n.attrs.message('roi_pooling_param');
    return roiPool(n.in(0), n.in(1), [of.number('pooled_h'), of.number('pooled_w')], false);
  },
  // Each place of the result has channels of its own: output_dim of them at group_size × group_size places.
  PSROIPooling: (n) => {
    const of = n.attrs.message('psroi_pooling_param');
    const side = of.number('group_size', 1);
    const effect = roiPool(n.in(0), n.in(1), [side, side], false);
    const shape = [n.in(1).shape[0] as Dim, of.number('output_dim', 1), side, side];
    return { ...effect, outputs: [{ dtype: n.in(0).dtype, shape }] };
  },
  ROIAlign: (n) => {
    const of = n.attrs.message('roi_align_param');
    return roiAlign(n.in(0), n.in(1), [of.number('pooled_h'), of.number('pooled_w')], of.number('sampling_ratio', 2));
  },
  Flatten: (n) => {
    const x = n.in(0);
    const of = n.attrs.message('flatten_param');
    const rank = x.shape.length;
    const at = (axis: number): number => (axis < 0 ? axis + rank : axis);
    const [start, end] = [at(of.number('axis', 1)), at(of.number('end_axis', -1))];
    return reshape(x, [...x.shape.slice(0, start), numel(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
  },
};
