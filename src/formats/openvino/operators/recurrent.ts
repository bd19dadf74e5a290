import type { Dim } from '../../../dim/index.js';
import { type Effect, type RnnKind, type RnnOptions, rnn } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/** Weights of the input, of the state, and biases, from an input on. */
const threeFrom = (first: number): number[] => [first, first + 1, first + 2];

/** One step; outputs the state, and the cell of an LSTM. */
const cell = (kind: RnnKind, weights: number): Entry => ({
  weights: threeFrom(weights),
  run: (n) => rnn(n.in(0), { ...optionsOf(n, kind), cell: true }),
});

/** N×T×X and states of N×directions×H; the sequence comes out as N×directions×T×H. */
const sequence = (kind: RnnKind, weights: number): Entry => ({
  weights: threeFrom(weights),
  run: (n): Effect => {
    const x = n.in(0);
    const options = optionsOf(n, kind);
    const { hidden } = options;
    const bidirectional = n.text('direction', 'forward').toLowerCase() === 'bidirectional';
    const effect = rnn(x, { ...options, bidirectional, batchFirst: true });
    const [batch = 1, steps = 1] = x.shape as readonly Dim[];
    const directions = bidirectional ? 2 : 1;
    const last: TensorType = { dtype: x.dtype, shape: [batch, directions, hidden] };
    const all: TensorType = { dtype: x.dtype, shape: [batch, directions, steps, hidden] };
    return { ...effect, outputs: kind === 'lstm' ? [all, last, last] : [all, last] };
  },
});

/** One bias a gate; of a GRU with `linear_before_reset` there are four, one of them for the state alone. */
function optionsOf(n: Operator, kind: RnnKind): RnnOptions {
  const relu = kind === 'rnn_tanh' && n.text('activations').toLowerCase().startsWith('relu');
  return {
    kind: relu ? 'rnn_relu' : kind,
    hidden: n.int('hidden_size', 1),
    biases: 1,
    resetsProduct: kind === 'gru' && n.flag('linear_before_reset'),
  };
}

export const recurrent: Table = {
  LSTMCell: cell('lstm', 3),
  GRUCell: cell('gru', 2),
  RNNCell: cell('rnn_tanh', 2),
  LSTMSequence: sequence('lstm', 4),
  GRUSequence: sequence('gru', 3),
  RNNSequence: sequence('rnn_tanh', 3),
};
