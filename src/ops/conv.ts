import { add, type Dim, mul, product, sub } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import {
  atLeast,
  divides,
  perAxis,
  repeated,
  same,
  shapeError,
  show,
  tapsInside,
  type Window,
  windowed,
} from './shapes.js';
import { contraction, type Effect } from './work.js';

export type Padding = number | readonly number[] | readonly (readonly [number, number])[] | 'same' | 'valid';

export interface ConvOptions {
  readonly stride?: number | readonly number[];
  /** Alike before and after, per axis or as `[front, behind]` pairs; `same` keeps the extent (stride 1). */
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  readonly outputPadding?: number | readonly number[];
}

/**
 * Convolution of N×C×spatial (or unbatched C×spatial) with a weight of O×C/g×kernel.
 * products = N·∏out·(O·C/g·∏kernel): every output is a sum over C/g channels and all taps, those on padding included.
 */
export function conv(
  input: TensorType,
  weight: TensorType,
  bias: TensorType | null,
  options: ConvOptions = {},
): Effect {
  const { first, kernel } = operands(input, weight, 'conv');
  const groups = options.groups ?? 1;
  const [outChannels, channelsPerGroup] = weight.shape as readonly [Dim, Dim];
  channelsMeet(input, first, weight, groups);
  if (groups !== 1) groupsFit(outChannels, groups, 'conv: output channels');
  const { windows, lists } = movesOf(kernel, options, 'conv');
  const shape = input.shape.slice();
  shape[first - 1] = outChannels;
  let positions: Dim = 1;
  for (let i = 0; i < windows.length; i++) {
    const out = windowed(input.shape[first + i] as Dim, windows[i] as Window, 'conv');
    shape[first + i] = out;
    positions = mul(positions, out);
  }
  const inside = allTaps(input.shape, shape, first, windows);
  const samples = first === 2 ? (input.shape[0] as Dim) : 1;
  const attrs = attributes(lists, groups, false, first === 2, bias !== null);
  return {
    op: 'conv',
    outputs: [{ dtype: input.dtype, shape }],
    work: [
      contraction(
        mul(mul(samples, positions), product(weight.shape)),
        numel(shape),
        bias !== null,
        inside === undefined ? null : mul(mul(samples, mul(outChannels, channelsPerGroup)), inside),
      ),
    ],
    // A padding given by its name is another operator in PyTorch's traces.
    attrs: typeof options.padding === 'string' ? { ...attrs, padding_name: options.padding } : attrs,
  };
}

/**
 * Transposed convolution of N×C×spatial with a weight of C×O/g×kernel.
 * products = N·∏in·(C·O/g·∏kernel): every input is spread over all taps, those that the padding crops included.
 * out = (in − 1)·stride − pads + dilation·(kernel − 1) + outputPadding + 1 (PyTorch, ConvTranspose2d).
 */
export function convTranspose(
  input: TensorType,
  weight: TensorType,
  bias: TensorType | null,
  options: ConvTransposeOptions = {},
): Effect {
  const { first, kernel } = operands(input, weight, 'conv_transpose');
  const [batch, spatial] = [input.shape.slice(0, first - 1), input.shape.slice(first)];
  const groups = options.groups ?? 1;
  const [inChannels, outPerGroup] = weight.shape as readonly [Dim, Dim];
  same(
    input.shape[first - 1] as Dim,
    inChannels,
    () => `conv_transpose: channels of the input ${asTaken(input, first)} and of the weight ${show(weight.shape)}`,
  );
  if (groups !== 1) groupsFit(inChannels, groups, 'conv_transpose: input channels');
  const { windows, lists } = movesOf(kernel, options, 'conv_transpose');
  const extra = perAxis(options.outputPadding ?? 0, kernel.length, 'output_padding');
  const out = spatial.map((extent, i) => {
    const w = windows[i] as Window;
    return add(
      mul(sub(extent, 1), w.stride),
      w.dilation * (w.kernel - 1) + 1 + (extra[i] as number) - w.padding[0] - w.padding[1],
    );
  });
  for (const d of out)
    atLeast(d, 1, () => `conv_transpose: padding crops the output of ${show(input.shape)} to nothing`);
  const shape = [...batch, mul(outPerGroup, groups), ...out];
  const inside = allTaps(out, spatial, 0, windows); // the roles are exchanged: taps of an input that land inside the output
  return {
    op: 'conv_transpose',
    outputs: [{ dtype: input.dtype, shape }],
    work: [
      contraction(
        mul(product(batch), product(spatial), product(weight.shape)),
        numel(shape),
        bias !== null,
        inside === undefined ? null : mul(product(batch), inChannels, outPerGroup, inside),
      ),
    ],
    attrs: attributes(lists, groups, true, batch.length > 0, bias !== null),
  };
}

/**
 * Depthwise convolution of packed texts, T×C with a weight of C×1×k: each token sees the k − 1 before it in its own text.
 * products = T·C·k; where the texts begin does not show in the shapes.
 */
export function packedCausalConv(
  x: TensorType,
  weight: TensorType,
  outputs: readonly TensorType[],
  bias: boolean,
): Effect {
  const n = numel(x.shape);
  return {
    op: 'conv',
    outputs,
    work: [contraction(mul(n, weight.shape[2] ?? 1), n, bias)],
    attrs: { groups: x.shape[1] ?? 1, transposed: false, bias },
  };
}

/** Channels of the input are those that the weight takes. Throws ModelError `shape`. */
function channelsMeet(input: TensorType, first: number, weight: TensorType, groups: number): void {
  const taken = mul(weight.shape[1] as Dim, groups);
  const channels = input.shape[first - 1] as Dim;
  // Nearly always: then nobody makes a message.
  if (channels !== taken)
    same(
      channels,
      taken,
      () =>
        `conv: channels of the input ${asTaken(input, first)} and of the weight ${show(weight.shape)} × ${groups} groups`,
    );
}

/** An input for a message about its channels: where an axis was left out, that is the mistake, and another axis is taken for them. */
function asTaken({ shape }: TensorType, first: number): string {
  return first === 2 ? show(shape) : `${show(shape)}, which has no batch axis and begins with them,`;
}

/** The first spatial axis of the input, 2 with a batch axis and 1 without, and the kernel. Throws ModelError `shape`. */
function operands(input: TensorType, weight: TensorType, what: string): { first: number; kernel: readonly number[] } {
  const axes = weight.shape.length - 2;
  const first = input.shape.length - axes;
  if (axes < 1 || first < 1 || first > 2)
    throw shapeError(
      `${what}: an input of ${show(input.shape)} does not fit a weight of ${show(weight.shape)}`,
      `give N×C and ${axes} spatial ${axes === 1 ? 'axis' : 'axes'}`,
    );
  const kernel = weight.shape.slice(2);
  for (let i = 0; i < axes; i++)
    if (typeof kernel[i] !== 'number')
      throw shapeError(`${what}: the kernel of the weight ${show(weight.shape)} is not a number`);
  return { first, kernel: kernel as readonly number[] };
}

/** How a kernel moves: by axis, and the same as lists for the record. */
interface Moves {
  readonly windows: readonly Window[];
  readonly lists: Required<Pick<AttrsOf<'conv'>, 'kernel' | 'stride' | 'padding' | 'dilation'>>;
}

/** Nearly all layers of a model move in one of a few ways, the same along each axis: those are kept. */
function movesOf(kernel: readonly number[], options: ConvOptions, what: string): Moves {
  const key = keyOf(kernel, options);
  const known = key < 0 ? undefined : kept.get(key);
  if (known !== undefined) return known;
  const stride = perAxis(options.stride ?? 1, kernel.length, `${what}: stride`);
  const dilation = perAxis(options.dilation ?? 1, kernel.length, `${what}: dilation`);
  const windows = kernel.map((k, i) => ({
    kernel: k,
    stride: stride[i] as number,
    dilation: dilation[i] as number,
    padding: paddingOf(options.padding ?? 0, i, kernel.length, (dilation[i] as number) * (k - 1), what),
  }));
  const list = <T>(of: (w: Window) => T): readonly T[] => Object.freeze(windows.map(of));
  const moves: Moves = {
    windows,
    lists: {
      kernel: list((w) => w.kernel),
      stride: list((w) => w.stride),
      padding: list((w) => w.padding),
      dilation: list((w) => w.dilation),
    },
  };
  if (key >= 0) kept.set(key, moves);
  return moves;
}
const kept = new Map<number, Moves>();

/** A number for moves that are the same along each axis, all of them small; -1 for any other. */
function keyOf(kernel: readonly number[], { stride = 1, padding = 0, dilation = 1 }: ConvOptions): number {
  const axes = kernel.length;
  if (axes > 3 || typeof padding === 'string') return -1;
  let key = axes;
  for (const value of [kernel, stride, padding, dilation]) {
    const same = sameOf(value, axes);
    if (same < 0) return -1;
    key = key * SMALL + same;
  }
  return key;
}
const SMALL = 16;

function sameOf(value: number | readonly unknown[], axes: number): number {
  const first = typeof value === 'number' ? value : value[0];
  if (typeof first !== 'number' || !Number.isInteger(first) || first < 0 || first >= SMALL) return -1;
  if (typeof value === 'number') return first;
  if (value.length !== axes) return -1;
  for (let i = 1; i < axes; i++) if (value[i] !== first) return -1;
  return first;
}

/** The same before and after. */
function both(padding: number): readonly [number, number] {
  return repeated(padding, 2) as readonly [number, number];
}

/** Padding of one axis. For `same` the total is dilation·(kernel − 1), the odd one behind (PyTorch). */
export function paddingOf(
  padding: Padding,
  axis: number,
  axes: number,
  span: number,
  what: string,
): readonly [number, number] {
  if (padding === 'valid') return both(0);
  if (padding === 'same') return [Math.floor(span / 2), span - Math.floor(span / 2)];
  if (typeof padding !== 'number' && padding.length > 0 && typeof padding[0] !== 'number') {
    const pair = (padding as readonly (readonly [number, number])[])[axis];
    if (pair === undefined) throw shapeError(`${what}: padding has ${padding.length} pairs for ${axes} spatial axes`);
    return pair;
  }
  if (typeof padding === 'number') return both(padding);
  return both(perAxis(padding as readonly number[], axes, `${what}: padding`)[axis] as number);
}

function groupsFit(channels: Dim, groups: number, what: string): void {
  const message = `${what}: ${show([channels])} do not divide into ${groups} groups`;
  if (groups < 1) throw shapeError(message);
  divides(channels, groups, message);
}

/** Of all axes from `first` on; undefined for free extents. */
function allTaps(
  input: readonly Dim[],
  output: readonly Dim[],
  first: number,
  windows: readonly Window[],
): Dim | undefined {
  let all: Dim = 1;
  for (let i = 0; i < windows.length; i++) {
    const taps = tapsInside(input[first + i] as Dim, output[first + i] as Dim, windows[i] as Window);
    if (taps === undefined) return undefined;
    all = mul(all, taps);
  }
  return all;
}

function attributes(
  { kernel, stride, padding, dilation }: Moves['lists'],
  groups: number,
  transposed: boolean,
  batched: boolean,
  bias: boolean,
): AttrsOf<'conv'> {
  return { kernel, stride, padding, dilation, groups, transposed, batched, bias };
}
