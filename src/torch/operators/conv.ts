import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

/** Values of all spatial axes; PyTorch lets one stand for all. */
function perAxis(c: Call, name: string): number | readonly number[] {
  const values = c.ints(name);
  return values.length === 1 ? (values[0] as number) : values;
}

function inputs(c: Call) {
  return [c.value('input'), c.value('weight'), c.optional('bias')];
}

function options(c: Call): ops.ConvOptions {
  const padding = c.arg('padding');
  return {
    stride: perAxis(c, 'stride'),
    padding: padding === 'same' || padding === 'valid' ? padding : perAxis(c, 'padding'),
    dilation: perAxis(c, 'dilation'),
    groups: c.int('groups'),
  };
}

const conv: Rule = (c) =>
  c.make(ops.conv(c.type('input'), c.type('weight'), c.optionalType('bias'), options(c)), inputs(c));

const transposed: Rule = (c) =>
  c.make(
    ops.convTranspose(c.type('input'), c.type('weight'), c.optionalType('bias'), {
      ...options(c),
      outputPadding: perAxis(c, 'output_padding'),
    }),
    inputs(c),
  );

/** The operator that all of them come down to: transposed or not by a flag. */
const convolution: Rule = (c) => (c.bool('transposed') ? transposed(c) : conv(c));

/** Products of every tap, and four interpolating products for the value that each tap finds at its own place. */
const deformable: Rule = (c) => {
  const [x, weight] = [c.type('input'), c.type('weight')];
  const pair = (name: string): [number, number] => [c.int(`${name}_h`), c.int(`${name}_w`)];
  const plain = ops.conv(x, weight, c.optionalType('bias'), {
    stride: pair('stride'),
    padding: pair('pad'),
    dilation: pair('dilation'),
    groups: c.int('n_weight_grps'),
  });
  return c.make(ops.deformConv(plain, x, weight, c.bool('use_mask')), [
    c.value('input'),
    c.value('weight'),
    c.value('offset'),
    c.optional('mask'),
    c.optional('bias'),
  ]);
};

const CONV = 'input weight bias=None stride=1 padding=0 dilation=1 groups=1';
const TRANSPOSED = 'input weight bias=None stride=1 padding=0 output_padding=0 groups=1 dilation=1';
const ANY = 'input weight bias stride padding dilation transposed output_padding groups';

export const convolutions: Table = byName({
  conv1d: entry(CONV, conv),
  conv2d: entry(CONV, conv),
  conv3d: entry(CONV, conv),
  conv_transpose1d: entry(TRANSPOSED, transposed),
  conv_transpose2d: entry(TRANSPOSED, transposed),
  conv_transpose3d: entry(TRANSPOSED, transposed),
  convolution: entry(ANY, convolution),
  _convolution: entry(`${ANY} benchmark=False deterministic=False cudnn_enabled=True allow_tf32=True`, convolution),
  _convolution_mode: entry('input weight bias stride padding dilation groups', conv),
  conv_depthwise3d: entry('input weight kernel_size bias stride padding dilation', (c) =>
    c.make(
      ops.conv(c.type('input'), c.type('weight'), c.optionalType('bias'), {
        stride: perAxis(c, 'stride'),
        padding: perAxis(c, 'padding'),
        dilation: perAxis(c, 'dilation'),
        groups: Number(c.type('input').shape[1]),
      }),
      inputs(c),
    ),
  ),
  'torchvision.deform_conv2d': entry(
    'input weight offset mask bias stride_h stride_w pad_h pad_w dilation_h dilation_w n_weight_grps n_offset_grps use_mask',
    deformable,
  ),
});
