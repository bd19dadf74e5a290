import { type Dim, toNumber } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { Value } from '../../ledger/index.js';
import * as ops from '../../ops/index.js';
import { byName } from '../../source/by-name.js';
import type { TensorType } from '../../tensor/index.js';
import type { Call } from './call.js';
import { entry, type Rule, type Table } from './table.js';

const GATES: Readonly<Record<ops.RnnKind, number>> = { rnn_tanh: 1, rnn_relu: 1, gru: 3, lstm: 4 };

/** Hidden units and projection from the first layer's weights: G·H×X, and G·H×H or, projected, G·H×P. */
function widths(kind: ops.RnnKind, ih: TensorType, hh: TensorType): { hidden: number; projection: number } {
  const rows = toNumber(ih.shape[0] as Dim, 'rows of the weight');
  const hidden = rows / GATES[kind];
  const state = toNumber(hh.shape.at(-1) as Dim, 'columns of the weight');
  return { hidden, projection: state === hidden ? 0 : state };
}

/** First states that come from outside: zeros that a layer makes itself where it is given none are constants. */
function statesGiven(c: Call): Value[] {
  return c.values('hx').filter(({ weight, storage }) => weight !== null || storage.role !== 'weight');
}

/** States to begin with and packed weights: the sequence and the last states. */
const recurrent =
  (kind: ops.RnnKind): Rule =>
  (c) => {
    const params = c.types('params');
    const [ih, hh] = params;
    if (ih === undefined || hh === undefined) throw new Unsupported('it has no weights');
    const packed = c.has('batch_sizes');
    const { hidden, projection } = widths(kind, ih, hh);
    const input = packed ? c.type('data') : c.type('input');
    const effect = ops.rnn(packed ? { dtype: input.dtype, shape: input.shape } : input, {
      kind,
      hidden,
      projection,
      layers: c.int('num_layers'),
      bidirectional: c.bool('bidirectional'),
      batchFirst: packed ? false : c.bool('batch_first'),
      bias: c.bool('has_biases'),
      dropout: c.bool('train') ? (c.number('dropout') ?? 0) : 0,
    });
    const states = statesGiven(c);
    const inputs: (Value | null)[] = [packed ? c.value('data') : c.value('input'), ...c.values('params'), ...states];
    return c.make(packed ? { ...effect, outputs: packedOutputs(effect, c.types('hx')) } : effect, inputs);
  };

/** A packed batch is one sequence of all rows; its last states have the shapes of the first. */
function packedOutputs(effect: ops.Effect, states: readonly TensorType[]): readonly ops.OutputType[] {
  return [effect.outputs[0] as ops.OutputType, ...states.map((s) => ({ dtype: s.dtype, shape: s.shape }))];
}

const cell =
  (kind: ops.RnnKind): Rule =>
  (c) => {
    const { hidden } = widths(kind, c.type('w_ih'), c.type('w_hh'));
    const effect = ops.rnn(c.type('input'), { kind, hidden, cell: true, bias: c.has('b_ih') });
    return c.make(effect, [
      c.value('input'),
      ...['w_ih', 'w_hh', 'b_ih', 'b_hh'].map((name) => c.optional(name)),
      ...statesGiven(c),
    ]);
  };

const REST = 'has_biases num_layers dropout train bidirectional';
const sequences = (list: boolean): string[] => [
  `input hx:${list ? 'Ts' : 'T'} params:Ts ${REST} batch_first`,
  `data batch_sizes:T hx:${list ? 'Ts' : 'T'} params:Ts ${REST}`,
];
const CELL = 'input hx w_ih w_hh b_ih=None b_hh=None';

export const recurrences: Table = byName({
  lstm: entry(sequences(true), recurrent('lstm')),
  gru: entry(sequences(false), recurrent('gru')),
  rnn_tanh: entry(sequences(false), recurrent('rnn_tanh')),
  rnn_relu: entry(sequences(false), recurrent('rnn_relu')),
  lstm_cell: entry(CELL, cell('lstm')),
  gru_cell: entry(CELL, cell('gru')),
  rnn_tanh_cell: entry(CELL, cell('rnn_tanh')),
  rnn_relu_cell: entry(CELL, cell('rnn_relu')),
  _pack_padded_sequence: entry('input lengths batch_first', pack),
  _pad_packed_sequence: entry('data batch_sizes batch_first padding_value total_length batch=None', pad),
});

/** Longer sequences are packed without knowing how many each step still has. */
const MAX_STEPS = 65_536;

/**
 * Sequences of several lengths as rows, step by step: as many rows as the lengths have in all, and how many sequences each
 * step still has. Where the lengths are data, the number of rows is a free extent.
 */
function pack(c: Call) {
  const x = c.type('input');
  const lengths = c.optionalType('lengths')?.value?.map(Number);
  const known = lengths?.every((n) => Number.isInteger(n) && n >= 0 && n <= MAX_STEPS) === true ? lengths : null;
  const longest = known === null ? (x.shape[c.bool('batch_first') ? 1 : 0] as Dim) : Math.max(0, ...known);
  const rows = known === null ? c.fresh(0, 0) : known.reduce((a, b) => a + b, 0);
  const sizes: TensorType = {
    dtype: 'int64',
    shape: [longest],
    ...(known === null
      ? {}
      : { value: Array.from({ length: Number(longest) }, (_, i) => known.filter((n) => n > i).length) }),
  };
  const data: TensorType = { dtype: x.dtype, shape: [rows, ...x.shape.slice(2)] };
  return c.make({ ...ops.copy(data, 'pack_padded_sequence'), outputs: [data, sizes] }, [
    c.value('input'),
    c.optional('lengths'),
  ]);
}

/** Rows back to sequences, padded to the longest or to `total_length`. */
function pad(c: Call) {
  const data = c.type('data');
  const sizes = c.type('batch_sizes');
  const total = c.has('total_length') ? c.dim('total_length') : 0;
  const steps = typeof total === 'number' && total <= 0 ? (sizes.shape[0] as Dim) : total;
  const first = c.bool('batch_first');
  const batch = c.has('batch') ? c.dim('batch') : (sizes.value?.[0] ?? c.fresh(0, first ? 0 : 1));
  const at = sizes.value?.map(Number);
  const padded: TensorType = {
    dtype: data.dtype,
    shape: [...(first ? [batch, steps] : [steps, batch]), ...data.shape.slice(1)],
  };
  const lengths: TensorType = {
    dtype: 'int64',
    shape: [batch],
    ...(at === undefined || !(at[0] !== undefined && at[0] >= 0 && at[0] <= MAX_STEPS)
      ? {}
      : { value: Array.from({ length: at[0] }, (_, i) => at.filter((n) => n > i).length) }),
  };
  return c.make({ ...ops.copy(padded, 'pad_packed_sequence'), outputs: [padded, lengths] }, [c.value('data')]);
}
