import type { Dim } from '../../../dim/index.js';
import { type Effect, type RnnKind, rnn } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/** Weights of the input, of the state, and biases, from an input on. */
const threeFrom = (first: number): number[] => [first, first + 1, first + 2];

/** One step; outputs the state, and the cell of an LSTM. */
const cell = (kind: RnnKind, weights: number): Entry => ({
  weights: threeFrom(weights),
  run: (n) => rnn(n.in(0), { kind: kindOf(n, kind), biases: 1, hidden: n.int('hidden_size', 1), cell: true }),
});

/** N×T×X and states of N×directions×H; the sequence comes out as N×directions×T×H. */
const sequence = (kind: RnnKind, weights: number): Entry => ({
  weights: threeFrom(weights),
  run: (n): Effect => {
    const x = n.in(0);
    const hidden = n.int('hidden_size', 1);
    const bidirectional = n.text('direction', 'forward').toLowerCase() === 'bidirectional';
    const effect = rnn(x, { kind: kindOf(n, kind), biases: 1, hidden, bidirectional, batchFirst: true });
    const [batch = 1, steps = 1] = x.shape as readonly Dim[];
    const directions = bidirectional ? 2 : 1;
    const last: TensorType = { dtype: x.dtype, shape: [batch, directions, hidden] };
    const all: TensorType = { dtype: x.dtype, shape: [batch, directions, steps, hidden] };
    return { ...effect, outputs: kind === 'lstm' ? [all, last, last] : [all, last] };
  },
});

function kindOf(n: Operator, kind: RnnKind): RnnKind {
  return kind === 'rnn_tanh' && n.text('activations').toLowerCase().startsWith('relu') ? 'rnn_relu' : kind;
}

export const recurrent: Table = {
  LSTMCell: cell('lstm', 3),
  GRUCell: cell('gru', 2),
  RNNCell: cell('rnn_tanh', 2),
  LSTMSequence: sequence('lstm', 4),
  GRUSequence: sequence('gru', 3),
  RNNSequence: sequence('rnn_tanh', 3),
};
