import { add, type Dim, floordiv, mul, product } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { DType, TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

const complexOf = (dtype: DType): DType => (dtype === 'float64' || dtype === 'complex128' ? 'complex128' : 'complex64');
const realOf = (dtype: DType): DType => (dtype === 'float64' || dtype === 'complex128' ? 'float64' : 'float32');

type Kind = 'complex' | 'real' | 'inverse-real';

/** One transform an axis; the last axis of a real one has the half of the bins that the others mirror. */
function transformed(c: Call, axes: readonly number[], lengths: readonly Dim[], kind: Kind) {
  const x = c.type('self');
  const shape = [...x.shape];
  const passes: { rows: Dim; length: Dim }[] = [];
  for (const [i, axis] of axes.entries()) {
    const last = i === axes.length - 1;
    const length =
      lengths[i] ?? (kind === 'inverse-real' && last ? mul(2, add(shape[axis] as Dim, -1)) : (shape[axis] as Dim));
    shape[axis] = kind === 'real' && last ? add(floordiv(length, 2), 1) : length;
    passes.push({ rows: product(shape.filter((_, k) => k !== axis)), length });
  }
  const dtype = kind === 'inverse-real' ? realOf(x.dtype) : complexOf(x.dtype);
  return c.make(ops.fft(realOf(x.dtype), { dtype, shape }, passes), [c.value('self')]);
}

const one =
  (kind: Kind): Rule =>
  (c) =>
    transformed(c, [c.axis('dim', c.type('self').shape.length)], c.has('n') ? [c.dim('n')] : [], kind);

const many =
  (kind: Kind, fallback: readonly number[] | null): Rule =>
  (c) => {
    const rank = c.type('self').shape.length;
    const given = c.axes('dim') ?? fallback ?? [...c.type('self').shape.keys()];
    const axes = given.map((a) => ops.axisOf(a, rank, 'fft'));
    return transformed(c, axes, c.dims('s'), kind);
  };

const lowLevel =
  (kind: Kind): Rule =>
  (c) => {
    const rank = c.type('self').shape.length;
    const lengths =
      kind === 'inverse-real' && c.has('last_dim_size')
        ? [...new Array<Dim>(c.ints('dim').length - 1).fill(0), c.dim('last_dim_size')]
        : [];
    const axes = c.ints('dim').map((a) => ops.axisOf(a, rank, 'fft'));
    return transformed(
      c,
      axes,
      lengths.map((d, i) => (d === 0 ? (c.type('self').shape[axes[i] as number] as Dim) : d)),
      kind,
    );
  };

/** Frames of a signal, each windowed and transformed. */
const stft: Rule = (c) => {
  const x = c.type('self');
  const frame = c.int('n_fft');
  const hop = c.has('hop_length') ? c.int('hop_length') : Math.floor(frame / 4);
  const length = c.bool('center') ? add(x.shape.at(-1) ?? 0, 2 * Math.floor(frame / 2)) : (x.shape.at(-1) ?? 0);
  const frames = add(floordiv(add(length, -frame), hop), 1);
  const bins = c.arg('onesided') === false ? frame : Math.floor(frame / 2) + 1;
  const lead = x.shape.slice(0, -1);
  const rows = mul(product(lead), frames);
  const complex = c.arg('return_complex') !== false;
  const shape = [...lead, bins, frames, ...(complex ? [] : [2])];
  const out = { dtype: complex ? complexOf(x.dtype) : x.dtype, shape };
  return c.make(ops.stft(x, out, rows, frame, c.has('window')), [c.value('self'), c.optional('window')]);
};

/**
 * A signal from its frames: each is transformed back and weighted by the window, the frames are added where they overlap,
 * and the sum is divided by that of the squared windows.
 */
const istft: Rule = (c) => {
  const x = c.type('self');
  const frame = c.int('n_fft');
  const hop = c.has('hop_length') ? c.int('hop_length') : Math.floor(frame / 4);
  const [lead, frames] = [x.shape.slice(0, -2), x.shape.at(-1) ?? 0];
  const whole = add(mul(hop, add(frames, -1)), frame);
  const length = c.has('length') ? c.dim('length') : c.bool('center') ? add(whole, -2 * Math.floor(frame / 2)) : whole;
  const rows = mul(product(lead), frames);
  const real = realOf(x.dtype);
  const dtype = c.bool('return_complex') ? x.dtype : real;
  const shape = [...lead, length];
  return c.make(ops.istft({ dtype, shape }, real, rows, frame, c.has('window')), [
    c.value('self'),
    c.optional('window'),
  ]);
};

const shifted: Rule = (c) => c.make(ops.copy(c.type('self'), 'roll'), [c.value('self')]);
const frequencies =
  (half: boolean): Rule =>
  (c) => {
    const n = c.dim('n');
    return c.make(ops.fill([half ? add(floordiv(n, 2), 1) : n], c.dtype() ?? 'float32'), []);
  };

const ONE = 'self n=None dim=-1 norm=None';
const MANY = 'self s=None dim=None norm=None';
const LAST_TWO = [-2, -1];

const quantize: Rule = (c) =>
  c.make(ops.quantize(c.type('input'), c.dtype() ?? 'int8', true), [
    c.value('input'),
    c.optional('scale'),
    c.optional('scales'),
  ]);
const dequantize: Rule = (c) => {
  const dtype = (c.has('out_dtype') ? c.dtype('out_dtype') : null) ?? 'float32';
  return c.make(ops.dequantize(c.type('input'), dtype, true), [
    c.value('input'),
    c.optional('scale'),
    c.optional('scales'),
  ]);
};
const choose: Rule = (c) => {
  const outputs: TensorType[] = [
    { dtype: 'float64', shape: [] },
    { dtype: 'int64', shape: [] },
  ];
  return c.make(ops.dynamicQuantize(c.type('input'), outputs, false), [c.value('input')]);
};
const fakeQuantize: Rule = (c) => c.make(ops.perElement('fake_quantize', c.type('self')), [c.value('self')]);

export const spectral: Table = byName({
  fft_fft: entry(ONE, one('complex')),
  fft_ifft: entry(ONE, one('complex')),
  fft_rfft: entry(ONE, one('real')),
  fft_irfft: entry(ONE, one('inverse-real')),
  fft_hfft: entry(ONE, one('inverse-real')),
  fft_ihfft: entry(ONE, one('real')),
  fft_fft2: entry(MANY, many('complex', LAST_TWO)),
  fft_ifft2: entry(MANY, many('complex', LAST_TWO)),
  fft_rfft2: entry(MANY, many('real', LAST_TWO)),
  fft_irfft2: entry(MANY, many('inverse-real', LAST_TWO)),
  fft_fftn: entry(MANY, many('complex', null)),
  fft_ifftn: entry(MANY, many('complex', null)),
  fft_rfftn: entry(MANY, many('real', null)),
  fft_irfftn: entry(MANY, many('inverse-real', null)),
  fft_fftshift: entry('self dim=None', shifted),
  fft_ifftshift: entry('self dim=None', shifted),
  fft_fftfreq: entry('n d=1 dtype=None', frequencies(false)),
  fft_rfftfreq: entry('n d=1 dtype=None', frequencies(true)),
  _fft_c2c: entry('self dim normalization forward', lowLevel('complex')),
  _fft_r2c: entry('self dim normalization onesided', (c) => lowLevel(c.bool('onesided') ? 'real' : 'complex')(c)),
  _fft_c2r: entry('self dim normalization last_dim_size', lowLevel('inverse-real')),
  stft: entry(
    [
      'self n_fft hop_length=None win_length=None window=None normalized=False onesided=None return_complex=None align_to_window=None center=False',
      'self n_fft hop_length=None win_length=None window=None center=True pad_mode=reflect normalized=False onesided=None return_complex=None align_to_window=None',
    ],
    stft,
  ),
  istft: entry(
    'self n_fft hop_length=None win_length=None window=None center=True normalized=False onesided=None length=None return_complex=False',
    istft,
  ),
  'quantized_decomposed.quantize_per_tensor': entry('input scale zero_point quant_min quant_max dtype', quantize),
  'quantized_decomposed.quantize_per_channel': entry(
    'input scales zero_points axis quant_min quant_max dtype',
    quantize,
  ),
  'quantized_decomposed.quantize_per_token': entry('input scales zero_points quant_min quant_max dtype', quantize),
  'quantized_decomposed.dequantize_per_tensor': entry(
    'input scale zero_point quant_min quant_max dtype out_dtype=None',
    dequantize,
  ),
  'quantized_decomposed.dequantize_per_channel': entry(
    'input scales zero_points axis quant_min quant_max dtype out_dtype=None',
    dequantize,
  ),
  'quantized_decomposed.dequantize_per_token': entry(
    'input scales zero_points quant_min quant_max dtype output_dtype=None',
    dequantize,
  ),
  'quantized_decomposed.choose_qparams': entry('input quant_min quant_max eps dtype', choose),
  fake_quantize_per_tensor_affine: entry('self scale zero_point quant_min quant_max', fakeQuantize),
  fake_quantize_per_channel_affine: entry('self scale zero_point axis quant_min quant_max', fakeQuantize),
});
