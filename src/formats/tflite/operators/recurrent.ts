import { add, type Dim, mul, sub } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { type Effect, layerNorm, type RnnOptions, rnn, together } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/**
 * An LSTM whose tensors begin after input `from`, its weights gate by gate: 1–4 of the input, 5–8 of the state, 16 a
 * projection; 9–11 are the gates' views of the cell. An input gate that is left out is one minus the forget gate.
 */
function lstmOf(n: Operator, from: number, options: Pick<RnnOptions, 'batchFirst' | 'cell'>): Effect {
  const hidden = hiddenOf(n, from + 2);
  const projection = n.has(from + 16) ? Number(n.in(from + 16).shape[0]) : 0;
  const peepholes = n.has(from + 10) || n.has(from + 11);
  return rnn(n.in(0), {
    kind: 'lstm',
    biases: 1,
    hidden,
    projection,
    coupled: !n.has(from + 1),
    peepholes,
    ...options,
  });
}

function hiddenOf(n: Operator, weight: number): number {
  const [units] = n.in(weight).shape;
  if (typeof units !== 'number') throw new Unsupported('how many units it has is not known', weight);
  return units;
}

/** The first output of one direction. Gates are normalised over their units where there are weights for that (20–23). */
function normalisedLstm(n: Operator, options: Pick<RnnOptions, 'batchFirst' | 'cell'>): Effect {
  const effect = firstOf(lstmOf(n, 0, options));
  if (!n.has(21)) return effect;
  const x = n.in(0);
  const hidden = hiddenOf(n, 2);
  const type = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), n.has(1) ? 4 : 3, hidden] };
  const norm = layerNorm(type, [hidden], { weight: { dtype: x.dtype, shape: [hidden] }, bias: null });
  return { ...effect, work: [...effect.work, ...norm.work] };
}

function firstOf(effect: Effect): Effect {
  return { ...effect, outputs: effect.outputs.slice(0, 1) };
}

const sequenceLstm: Entry = {
  weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23],
  run: (n) => normalisedLstm(n, { batchFirst: !n.bool(3) }),
};

/** Both directions, 17 inputs after each other; merged into one output, or one for each. */
const bidirectionalLstm: Entry = {
  weights: Array.from({ length: 34 }, (_, i) => i + 1),
  run: (n) => {
    if (n.has(39)) throw new Unsupported('it has a second input', 39);
    const [forward, backward] = [0, 17].map((from) => lstmOf(n, from, { batchFirst: !n.bool(4, true) })) as [
      Effect,
      Effect,
    ];
    return bothWays('lstm', forward, backward, n.bool(3));
  },
};

/** The results of two directions: side by side, or one after the other. */
function bothWays(op: 'lstm' | 'rnn_tanh', forward: Effect, backward: Effect, merged: boolean): Effect {
  const [a, b] = [forward.outputs[0], backward.outputs[0]] as [TensorType, TensorType];
  const width = add(a.shape.at(-1) as Dim, b.shape.at(-1) as Dim);
  const outputs = merged ? [{ dtype: a.dtype, shape: [...a.shape.slice(0, -1), width] }] : [a, b];
  return { ...together(op, outputs, [forward, backward]), attrs: { ...forward.attrs, bidirectional: true } };
}

/** One step, all gates in one matrix of [4·units, inputs + units]; outputs: the state, the cell, and two to work with. */
const basicLstm: Entry = {
  weights: [2, 3],
  run: (n) => {
    if (n.u8(3) !== 1) return normalisedLstm(n, { cell: true });
    const weight = n.in(2);
    const hidden = Number(weight.shape[0]) / 4;
    const effect = rnn(n.in(0), { kind: 'lstm', biases: 1, hidden, cell: true });
    const x = n.in(0);
    const rows = x.shape.slice(0, -1);
    const joined = { dtype: x.dtype, shape: [...rows, sub(weight.shape[1] as Dim, 0)] };
    const gates = { dtype: x.dtype, shape: [...rows, mul(4, hidden)] };
    return { ...effect, outputs: [...effect.outputs.slice(0, 2), joined, gates] };
  },
};

/** Inputs: x, weights of the input, of the state, bias, state. */
const plainRnn = (cell: boolean): Entry => ({
  weights: [1, 2, 3],
  run: (n) =>
    firstOf(
      rnn(n.in(0), { kind: 'rnn_tanh', biases: 1, hidden: hiddenOf(n, 1), cell, batchFirst: !cell && !n.bool(0) }),
    ),
});

/** Inputs: x, weights of the input, of the state, bias and state forward, the same backward, then a second input. */
const bidirectionalRnn: Entry = {
  weights: [1, 2, 3, 5, 6, 7, 10, 11],
  run: (n) => {
    const batchFirst = !n.bool(0);
    const [forward, backward] = [1, 5].map((at) =>
      rnn(n.in(0), { kind: 'rnn_tanh', biases: 1, hidden: hiddenOf(n, at), batchFirst }),
    ) as [Effect, Effect];
    if (n.has(9)) throw new Unsupported('it has a second input', 9);
    return bothWays('rnn_tanh', forward, backward, n.bool(2));
  },
};

export const recurrent: Table = {
  UNIDIRECTIONAL_SEQUENCE_LSTM: sequenceLstm,
  BIDIRECTIONAL_SEQUENCE_LSTM: bidirectionalLstm,
  LSTM: basicLstm,
  RNN: plainRnn(true),
  UNIDIRECTIONAL_SEQUENCE_RNN: plainRnn(false),
  BIDIRECTIONAL_SEQUENCE_RNN: bidirectionalRnn,
};
