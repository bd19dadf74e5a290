import { type Dim, floordiv, mul as times } from '../../dim/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import type { DType, Shape } from '../../tensor/index.js';
import { parseDType } from '../../tensor/index.js';
import { extentIn, listIn, optionsIn, shapeIn, tensorsOnly, typeIn, typeOrNull } from './argument.js';
import type { PaddingMode, Size } from './conv.js';
import { type OutputSize, outputSizes } from './output-size.js';
import { pooled } from './pool.js';
import { applyBinary, type Operand, run, run1, type Tensor } from './tensor.js';

export * from './functional-language.js';

// Activations by their PyTorch names. The second argument of those that have it is `inplace`.
const activation =
  (op: ops.Unary, name: string = op) =>
  (x: Tensor, inplace = false): Tensor =>
    run1(ops.unary(op, typeIn(x), { inplace }), [x], `F.${name}`);
type Act = (x: Tensor, inplace?: boolean) => Tensor;
export const relu: Act = activation('relu');
export const relu6: Act = activation('relu6');
export const silu: Act = activation('silu');
export const mish: Act = activation('mish');
export const hardswish: Act = activation('hardswish');
export const hardsigmoid: Act = activation('hardsigmoid');
export const selu: Act = activation('selu');
export const sigmoid: Act = activation('sigmoid');
export const tanh: Act = activation('tanh');
export const logsigmoid: Act = activation('log_sigmoid', 'logsigmoid');
export const softsign: Act = activation('softsign');
export const tanhshrink: Act = activation('tanhshrink');
export const softplus: Act = activation('softplus');
const tuned =
  (op: ops.Unary) =>
  (x: Tensor, _constant?: number, inplace = false): Tensor =>
    run1(ops.unary(op, typeIn(x), { inplace }), [x], `F.${op}`);
type Tuned = (x: Tensor, constant?: number, inplace?: boolean) => Tensor;
export const leaky_relu: Tuned = tuned('leaky_relu');
export const elu: Tuned = tuned('elu');
export const celu: Tuned = tuned('celu');
export const softshrink: Tuned = tuned('softshrink');
export const hardshrink: Tuned = tuned('hardshrink');
export function hardtanh(x: Tensor, _min = -1, _max = 1, inplace = false): Tensor {
  return run1(ops.unary('hardtanh', typeIn(x), { inplace }), [x], 'F.hardtanh');
}
export function gelu(x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  return run1(ops.unary(optionsIn(options).approximate === 'tanh' ? 'gelu_tanh' : 'gelu', typeIn(x)), [x], 'F.gelu');
}
export function prelu(x: Tensor, weight: Tensor): Tensor {
  return run1(ops.unary('prelu', typeIn(x)), [x, weight], 'F.prelu');
}
export function glu(x: Tensor, dim = -1): Tensor {
  return run1(ops.glu(typeIn(x), dim), [x], 'F.glu');
}
export function softmax(x: Tensor, dim: number): Tensor {
  return run1(ops.softmax(typeIn(x), dim), [x], 'F.softmax');
}
export function log_softmax(x: Tensor, dim: number): Tensor {
  return run1(ops.softmax(typeIn(x), dim, true), [x], 'F.log_softmax');
}
/** Nothing at inference, which is what a profile sees; in training a random mask and a scale. */
export function dropout(x: Tensor, p = 0.5, training = false): Tensor {
  return run1(ops.dropout(typeIn(x), training && p !== 0, { p }), [x], 'F.dropout');
}

export interface ConvOptions {
  readonly stride?: Size;
  readonly padding?: Size | 'same' | 'valid';
  readonly dilation?: Size;
  readonly groups?: number;
}
function conv(x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions, name: string): Tensor {
  return run1(
    ops.conv(typeIn(x), typeIn(weight), typeOrNull(bias), options as ops.ConvOptions),
    [x, weight, bias],
    name,
  );
}
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv(x, weight, bias, options, 'F.conv1d');
}
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv(x, weight, bias, options, 'F.conv2d');
}
export function conv3d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv(x, weight, bias, options, 'F.conv3d');
}
export interface ConvTransposeOptions {
  readonly stride?: Size;
  readonly padding?: Size;
  readonly output_padding?: Size;
  readonly groups?: number;
  readonly dilation?: Size;
}
function convTranspose(x: Tensor, weight: Tensor, bias: Tensor | null, o: ConvTransposeOptions, name: string): Tensor {
  const { output_padding = 0, ...rest } = o;
  return run1(
    ops.convTranspose(typeIn(x), typeIn(weight), typeOrNull(bias), {
      ...rest,
      outputPadding: output_padding,
    } as ops.ConvTransposeOptions),
    [x, weight, bias],
    name,
  );
}
export function conv_transpose1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose(x, weight, bias, options, 'F.conv_transpose1d');
}
export function conv_transpose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose(x, weight, bias, options, 'F.conv_transpose2d');
}
export function conv_transpose3d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose(x, weight, bias, options, 'F.conv_transpose3d');
}

export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return run1(ops.linear(typeIn(x), typeIn(weight), typeOrNull(bias)), [x, weight, bias], 'F.linear');
}
export function bilinear(a: Tensor, b: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return run1(ops.bilinear(typeIn(a), typeIn(b), typeIn(weight), typeOrNull(bias)), [a, b, weight, bias], 'F.bilinear');
}
export function embedding(indices: Tensor, weight: Tensor): Tensor {
  return run1(ops.embedding(typeIn(weight), typeIn(indices)), [weight, indices], 'F.embedding');
}

export interface PoolOptions {
  readonly stride?: Size;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
}
function pool(kind: 'max' | 'avg', axes: number) {
  return (x: Tensor, kernel_size: Size, options: PoolOptions = {}): Tensor =>
    pooled(kind, axes, x, kernel_size, options)[0] as Tensor;
}
type Pool = (x: Tensor, kernel_size: Size, options?: PoolOptions) => Tensor;
export const max_pool1d: Pool = pool('max', 1);
export const max_pool2d: Pool = pool('max', 2);
export const max_pool3d: Pool = pool('max', 3);
export const avg_pool1d: Pool = pool('avg', 1);
export const avg_pool2d: Pool = pool('avg', 2);
export const avg_pool3d: Pool = pool('avg', 3);
function adaptive(kind: 'max' | 'avg', axes: number) {
  return (x: Tensor, output_size: OutputSize): Tensor =>
    run1(ops.adaptivePool(kind, typeIn(x), outputSizes(output_size, axes)), [x], `F.adaptive_${kind}_pool${axes}d`);
}
type Adaptive = (x: Tensor, output_size: OutputSize) => Tensor;
export const adaptive_avg_pool1d: Adaptive = adaptive('avg', 1);
export const adaptive_avg_pool2d: Adaptive = adaptive('avg', 2);
export const adaptive_avg_pool3d: Adaptive = adaptive('avg', 3);
export const adaptive_max_pool1d: Adaptive = adaptive('max', 1);
export const adaptive_max_pool2d: Adaptive = adaptive('max', 2);
export const adaptive_max_pool3d: Adaptive = adaptive('max', 3);

export interface Affine {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
}
/** An effect with more arguments of the function that it is reached through. */
const withAttrs = (effect: ops.Effect, attrs: ops.AnyAttrs): ops.Effect => ({
  ...effect,
  attrs: { ...effect.attrs, ...attrs },
});
const affineOf = (a: Affine) => ({ weight: typeOrNull(optionsIn(a).weight), bias: typeOrNull(a.bias) });
export function layer_norm(x: Tensor, normalized_shape: Shape, affine: Affine = {}): Tensor {
  shapeIn('F.layer_norm', normalized_shape);
  return run1(
    ops.layerNorm(typeIn(x), normalized_shape, affineOf(affine)),
    [x, affine.weight ?? null, affine.bias ?? null],
    'F.layer_norm',
  );
}
export function rms_norm(x: Tensor, normalized_shape: Shape, weight: Tensor | null = null): Tensor {
  shapeIn('F.rms_norm', normalized_shape);
  return run1(ops.rmsNorm(typeIn(x), normalized_shape, typeOrNull(weight)), [x, weight], 'F.rms_norm');
}
export function group_norm(x: Tensor, num_groups: number, affine: Affine = {}): Tensor {
  return run1(
    ops.groupNorm(typeIn(x), extentIn('F.group_norm', num_groups) as number, affineOf(affine)),
    [x, affine.weight ?? null, affine.bias ?? null],
    'F.group_norm',
  );
}
export function normalize(x: Tensor, p = 2, dim = 1): Tensor {
  return run1(ops.lpNormalize(typeIn(x), dim, p), [x], 'F.normalize');
}

/** PyTorch's order: the last axis first, `[left, right, top, bottom, …]`. */
export function pad(x: Tensor, pads: readonly Dim[], mode: 'constant' | PaddingMode = 'constant'): Tensor {
  tensorsOnly(x);
  shapeIn('F.pad', pads);
  if (pads.length % 2 !== 0 || pads.length > 2 * x.ndim)
    throw new ModelError('argument', `F.pad: ${pads.length} values for ${x.ndim} axes`, {
      hint: 'two values an axis, the last axis first',
    });
  const perAxis = x.shape.map((_, i): readonly [Dim, Dim] => {
    const at = 2 * (x.ndim - 1 - i);
    return [pads[at] ?? 0, pads[at + 1] ?? 0];
  });
  return run1(ops.pad(typeIn(x), perAxis, mode), [x], 'F.pad');
}

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';
export interface InterpolateOptions {
  readonly size?: Dim | Shape | null;
  readonly scale_factor?: number | readonly number[] | null;
  readonly mode?: InterpolateMode;
  readonly align_corners?: boolean | null;
}
/** Spatial axes to `size`, or by `scale_factor` rounded down. */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { size = null, scale_factor = null, mode = 'nearest', align_corners = null } = optionsIn(options);
  tensorsOnly(x);
  const axes = x.ndim - 2;
  if ((size === null) === (scale_factor === null))
    throw new ModelError('argument', 'interpolate: give either size or scale_factor', { format: 'nn' });
  const target =
    size !== null
      ? Array.isArray(size)
        ? (size as Shape)
        : new Array<Dim>(axes).fill(extentIn('F.interpolate', size as Dim))
      : ops.perAxis(scale_factor as Size, axes, 'scale_factor').map((s, i) => scaled(x.shape[i + 2] as Dim, s));
  const given = { size, scale: scale_factor };
  if (mode === 'area') return run1(withAttrs(ops.adaptivePool('avg', typeIn(x), target), given), [x], 'F.interpolate');
  const kind: ops.ResizeMode = mode.startsWith('nearest') ? 'nearest' : mode === 'bicubic' ? 'cubic' : 'linear';
  return run1(ops.resize(typeIn(x), target, kind, { mode, align_corners, ...given }), [x], 'F.interpolate');
}

/** ⌊extent · factor⌋, exact for factors that are fractions of powers of two. */
function scaled(extent: Dim, factor: number): Dim {
  if (Number.isInteger(factor)) return times(extent, factor);
  let denominator = 1;
  while (!Number.isInteger(factor * denominator) && denominator < 2 ** 20) denominator *= 2;
  if (typeof extent === 'number') return Math.floor(extent * factor);
  return floordiv(times(extent, Math.round(factor * denominator)), denominator);
}

export interface AttentionOptions {
  readonly attn_mask?: Tensor | null;
  readonly is_causal?: boolean;
  readonly enable_gqa?: boolean;
  /** In training alone. */
  readonly dropout_p?: number;
  /** Causal with the last query at the last key, as where keys that went before are cached. PyTorch says so by a mask. */
  readonly at_end?: boolean;
  /** At most this many keys for a query, itself among them: counted whole, as masks are, but by `--causal half`. */
  readonly window?: Dim | null;
  /** One more score a head that takes no value, as gpt-oss has. */
  readonly sinks?: Tensor | null;
}
export function scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const mask = optionsIn(options).attn_mask ?? null;
  const effect = ops.attention(typeIn(q), typeIn(k), typeIn(v), {
    mask: typeOrNull(mask),
    causal: options.is_causal ?? false,
    grouped: options.enable_gqa ?? false,
    ...(options.dropout_p ? { dropout: options.dropout_p } : {}),
    ...(options.at_end ? { atEnd: true } : {}),
    window: options.window ?? null,
    sinks: Boolean(options.sinks),
  });
  return run1(effect, [q, k, v, mask, ...(options.sinks ? [options.sinks] : [])], 'F.scaled_dot_product_attention');
}

// Functions of `torch` itself, not of `torch.nn.functional`.
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return run1(
    ops.concat(
      listIn('torch.cat', tensors).map((t) => t.type),
      dim,
    ),
    tensors,
    'torch.cat',
  );
}
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return run1(
    ops.stack(
      listIn('torch.stack', tensors).map((t) => t.type),
      dim,
    ),
    tensors,
    'torch.stack',
  );
}
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return run1(ops.where(typeIn(condition), typeIn(a), typeIn(b)), [condition, a, b], 'torch.where');
}
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  if (typeof equation !== 'string')
    throw new ModelError('argument', 'torch.einsum takes an equation first', {
      format: 'nn',
      hint: "einsum('bij,bjk->bik', x, y)",
    });
  return run1(
    ops.einsum(
      equation,
      operands.map((t) => typeIn(t)),
    ),
    operands,
    'torch.einsum',
  );
}
export function matmul(a: Tensor, b: Tensor): Tensor {
  return run1(ops.matmul(typeIn(a), typeIn(b)), [a, b], 'torch.matmul');
}
export function bmm(a: Tensor, b: Tensor): Tensor {
  return run1(ops.matmul(typeIn(a), typeIn(b)), [a, b], 'torch.bmm');
}
/** β·input + α·(a·b): the product, and its addition to the input. */
export function addmm(input: Tensor, a: Tensor, b: Tensor): Tensor {
  return run1(ops.addedProduct('addmm', typeIn(input), typeIn(a), typeIn(b), 0), [input, a, b], 'torch.addmm');
}
export function baddbmm(input: Tensor, a: Tensor, b: Tensor): Tensor {
  return run1(ops.addedProduct('baddbmm', typeIn(input), typeIn(a), typeIn(b), 0), [input, a, b], 'torch.baddbmm');
}
function filled(name: string) {
  return (shape: Shape, dtype: DType | string = 'float32'): Tensor =>
    run1(ops.fill(shapeIn(`torch.${name}`, shape), parseDType(dtype)), [], `torch.${name}`);
}
type Filled = (shape: Shape, dtype?: DType | string) => Tensor;
export const zeros: Filled = filled('zeros');
export const ones: Filled = filled('ones');
export const empty: Filled = filled('empty');
export const rand: Filled = filled('rand');
export const randn: Filled = filled('randn');
export function zeros_like(x: Tensor): Tensor {
  tensorsOnly(x);
  return zeros(x.shape, x.dtype);
}
export function ones_like(x: Tensor): Tensor {
  tensorsOnly(x);
  return ones(x.shape, x.dtype);
}
export function arange(end: Dim, dtype: DType | string = 'int64'): Tensor {
  return run1(ops.fill([extentIn('torch.arange', end)], parseDType(dtype)), [], 'torch.arange');
}
export function topk(x: Tensor, k: number, dim = -1): [Tensor, Tensor] {
  tensorsOnly(x);
  return x.topk(k, dim);
}
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  tensorsOnly(x);
  extentIn('torch.chunk', chunks);
  return x.chunk(chunks, dim);
}
export function split(x: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  tensorsOnly(x);
  if (!Array.isArray(size)) extentIn('torch.split', size as number);
  return x.split(size, dim);
}
export function flatten(x: Tensor, start_dim = 0, end_dim = -1): Tensor {
  tensorsOnly(x);
  return x.flatten(start_dim, end_dim);
}
export function add(a: Tensor, b: Operand): Tensor {
  return applyBinary('add', a, b, 'torch.add');
}
export function mul(a: Tensor, b: Operand): Tensor {
  return applyBinary('mul', a, b, 'torch.mul');
}
export function multiply(a: Tensor, b: Operand): Tensor {
  return applyBinary('mul', a, b, 'torch.multiply');
}
export function meshgrid(...axes: readonly Tensor[]): Tensor[] {
  tensorsOnly(...axes);
  const shape = axes.map((a) => a.shape[0] as Dim);
  const effect = ops.nothing(
    'meshgrid',
    axes.map((a, i) => ({ dtype: a.dtype, shape, view: i })),
  );
  return run(effect, axes, 'torch.meshgrid');
}
/** Distances between all pairs of rows, …×P×M and …×R×M → …×P×R: differences, squares, sums and roots. */
export function cdist(a: Tensor, b: Tensor): Tensor {
  return run1(ops.cdist(typeIn(a), typeIn(b)), [a, b], 'torch.cdist');
}
