import { add, type Dim, equal, exactdiv, floordiv, min, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  axisOf,
  concatWithValue,
  copy,
  type Effect,
  expand,
  identity,
  nothing,
  pad,
  reshape,
  split,
  splitWithValue,
  squeeze,
  stack,
  tile,
  unsqueeze,
  view,
  views,
  withValue,
} from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { reshapeToFree, transposeByInput } from '../../view-rules.js';
import type { Entry, Operator, Table } from '../operator.js';

const same: Entry = { passes: true, run: (n) => withValue(identity(n.in(0)), n.value(0)) };

export const copied: Entry = { run: (n) => copy(n.in(0)) };

/** All inputs as they are. */
const identityN: Entry = {
  run: (n) => {
    const all = n.all();
    return {
      ...nothing(
        'identity',
        all.map((type, view) => ({ ...type, view })),
      ),
    };
  },
};

const reshapeRule: Entry = {
  passes: true,
  run: (n) => {
    const target = n.value(1);
    if (target !== undefined) return withValue(reshape(n.in(0), target), n.value(0));
    return reshapeToFree(n);
  },
};

const transposeRule: Entry = { passes: true, run: transposeByInput };

function joined(n: Operator, parts: readonly TensorType[], axis: number): Effect {
  const at = axisOf(axis, parts[0]?.shape.length ?? 1, n.node.opType);
  return concatWithValue(parts, at);
}

/** An effect whose first operand is another input than the first. */
export function from(input: number, effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.map((out) => (out.view === undefined ? out : { ...out, view: input })) };
}

/** Parts of one axis; more than this are not parts of a layer. */
const MAX_PARTS = 4096;

const splitRule: Entry = {
  run: (n) => {
    const [x, count] = [n.in(1), n.int('num_split', 1)];
    const [axis = 0] = n.numbers(0, 'axis');
    const dim = axisOf(axis, x.shape.length, 'Split');
    const size = exactdiv(x.shape[dim] as Dim, count) ?? floordiv(x.shape[dim] as Dim, count);
    if (!(count >= 0 && count <= MAX_PARTS)) throw new Unsupported(`it has ${count} parts`);
    const sizes = new Array<Dim>(count).fill(size);
    return from(1, splitWithValue(x, sizes, dim));
  },
};

const splitVRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const [axis = 0] = n.numbers(2, 'axis');
    const dim = axisOf(axis, x.shape.length, 'SplitV');
    const sizes = n.dims(1, 'sizes');
    const known = sizes.filter((s) => !equal(s, -1)).reduce((a, b) => add(a, b), 0);
    const parts = sizes.map((s) => (equal(s, -1) ? sub(x.shape[dim] as Dim, known) : s));
    return splitWithValue(x, parts, dim);
  },
};

const packRule: Entry = {
  run: (n) => {
    const all = n.all();
    const axis = axisOf(n.int('axis'), (all[0]?.shape.length ?? 0) + 1, 'Pack');
    const known = axis === 0 && all.every((t) => t.value !== undefined);
    return withValue(stack(all, axis), known ? all.flatMap((t) => t.value ?? []) : undefined);
  },
};

const unpackRule: Entry = {
  run: (n) => {
    const x = n.in(0);
    const count = n.int('num');
    if (!(count >= 0 && count <= MAX_PARTS)) throw new Unsupported(`it has ${count} parts`);
    const axis = axisOf(n.int('axis'), x.shape.length, 'Unpack');
    const shape = x.shape.filter((_, i) => i !== axis);
    const effect = split(x, new Array<Dim>(count).fill(1), axis);
    const known = x.shape.length === 1 && x.value?.length === count ? x.value : undefined;
    return {
      ...effect,
      outputs: effect.outputs.map((out, i) => ({
        ...out,
        shape,
        ...(known === undefined ? {} : { value: [known[i] as Dim] }),
      })),
    };
  },
};

/** One diagonal of matrices, `k` above the main one. */
function diagonalOf({ dtype, shape }: TensorType, k: number): Effect {
  const [rows, columns] = shape.slice(-2) as [Dim, Dim];
  const length = min(sub(rows, Math.max(0, -k)), sub(columns, Math.max(0, k)));
  return copy({ dtype, shape }, 'diagonal', [...shape.slice(0, -2), length]);
}

const diagonals: Entry = {
  run: (n) => {
    const [first = 0, last = first] = n.numbers(1, 'diagonals');
    if (first !== last) throw new Unsupported('a band of several diagonals has no formula');
    return diagonalOf(n.in(0), first);
  },
};

const padRule =
  (mode: (n: Operator) => string): Entry['run'] =>
  (n) => {
    const x = n.in(0);
    const amounts = n.value(1);
    // How much is added, data decide: as after a selection.
    if (amounts === undefined)
      return copy(
        x,
        'pad',
        x.shape.map((_, i) => n.fresh(`dim${i}`)),
      );
    return pad(
      x,
      x.shape.map((_, i) => [amounts[2 * i] ?? 0, amounts[2 * i + 1] ?? 0] as const),
      mode(n),
    );
  };

export const layout: Table = {
  Identity: same,
  StopGradient: same,
  PreventGradient: same,
  CheckNumerics: same,
  Snapshot: same,
  EnsureShape: same,
  PlaceholderWithDefault: same,
  ReadVariableOp: same,
  DeepCopy: same,
  LoopCond: same,
  Enter: same,
  Exit: same,
  GuaranteeConst: same,
  DebugIdentityV2: same,
  OptimizationBarrier: identityN,
  IdentityN: identityN,
  DisableCopyOnRead: { run: () => nothing('identity', []) },
  Reshape: reshapeRule,
  Transpose: transposeRule,
  ConjugateTranspose: transposeRule,
  ConcatV2: { run: (n) => joined(n, n.all(0, n.count - 1), n.numbers(n.count - 1, 'axis')[0] ?? 0) },
  Concat: { run: (n) => joined(n, n.all(1), n.numbers(0, 'axis')[0] ?? 0) },
  Split: splitRule,
  SplitV: splitVRule,
  Pack: packRule,
  ParallelStack: packRule,
  Stack: packRule,
  Unpack: unpackRule,
  Pad: { run: padRule(() => 'constant') },
  PadV2: { run: padRule(() => 'constant') },
  MirrorPad: { run: padRule((n) => n.text('mode', 'REFLECT').toLowerCase()) },
  Tile: { run: (n) => tile(n.in(0), n.dims(1, 'repeats')) },
  ExpandDims: {
    passes: true,
    run: (n) => withValue(unsqueeze(n.in(0), n.numbers(1, 'axis')), n.value(0)),
  },
  Squeeze: {
    passes: true,
    run: (n) => {
      const axes = [...n.ints('squeeze_dims'), ...n.ints('axis')];
      return withValue(squeeze(n.in(0), axes.length === 0 ? null : axes), n.value(0));
    },
  },
  BroadcastTo: { run: (n) => expand(n.in(0), n.dims(1, 'shape')) },
  ReverseV2: { run: (n) => copy(n.in(0), 'flip') },
  Reverse: { run: (n) => copy(n.in(0), 'flip') },
  ReverseSequence: { run: (n) => copy(n.in(0), 'reverse_sequence') },
  Roll: { run: (n) => copy(n.in(0), 'roll') },
  Bitcast: {
    run: (n) => view('bit_cast', { ...n.in(0), dtype: n.dtype('type', n.in(0).dtype) }, n.in(0).shape),
  },
  MatrixDiag: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MatrixDiagV3: { run: (n) => copy(n.in(0), 'diag_embed', [...n.in(0).shape, n.in(0).shape.at(-1) as Dim]) },
  MatrixDiagPart: { run: (n) => diagonalOf(n.in(0), 0) },
  MatrixDiagPartV2: diagonals,
  MatrixDiagPartV3: diagonals,
  MatrixBandPart: { run: (n) => copy(n.in(0), 'tril') },
  MatrixSetDiag: copied,
  MatrixSetDiagV3: copied,
  Real: { run: (n) => views('real', n.in(0), [{ dtype: 'float32', shape: n.in(0).shape }]) },
  Imag: { run: (n) => views('imag', n.in(0), [{ dtype: 'float32', shape: n.in(0).shape }]) },
  Complex: { run: (n) => copy({ dtype: 'complex64', shape: n.in(0).shape }, 'complex') },
  ExtractImagePatches: {
    run: (n) => {
      const { dtype, shape } = n.in(0);
      const [, kh = 1, kw = 1] = n.ints('ksizes');
      const [, sh = 1, sw = 1] = n.ints('strides');
      const [batch = 1, h = 1, w = 1, c = 1] = shape;
      const cut = (d: Dim, k: number, s: number): Dim =>
        n.text('padding') === 'SAME' ? floordiv(add(d, s - 1), s) : add(floordiv(sub(d, k), s), 1);
      return copy({ dtype, shape }, 'unfold', [batch, cut(h, kh, sh), cut(w, kw, sw), mul(c, kh * kw)]);
    },
  },
};
