import type { Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import { type Effect, operands, type RnnKind, rnn } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Entry, Operator, Table } from '../operator.js';

/** How many units a state of …×units has. */
function unitsOf(n: Operator, i: number): number {
  const units = n.in(i).shape.at(-1);
  if (typeof units !== 'number') throw new Unsupported('how many units it has is not known', i);
  return units;
}

/** A whole LSTM over T×N×features: one kernel for inputs and states. */
const blockLstm: Entry = {
  weights: [4, 5, 6, 7, 8],
  run: (n) => {
    const x = n.in(1);
    const units = unitsOf(n, 2);
    const effect = rnn(x, { kind: 'lstm', biases: 1, hidden: units });
    const out: TensorType = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), units] };
    // The number of steps is before what is multiplied.
    return operands({ ...effect, outputs: new Array<TensorType>(7).fill(out) }, x.dtype, n.in(4).dtype);
  },
};

const cell = (kind: RnnKind, state: number, outputs: number, weights: readonly number[]): Entry => ({
  weights,
  run: (n) => {
    const x = n.in(0);
    const units = unitsOf(n, state);
    const effect = rnn(x, { kind, biases: 1, hidden: units, cell: true });
    const out: TensorType = { dtype: x.dtype, shape: [x.shape[0] as Dim, units] };
    return { ...effect, outputs: new Array<TensorType>(outputs).fill(out) };
  },
});

const MODES: Readonly<Record<string, RnnKind>> = {
  lstm: 'lstm',
  gru: 'gru',
  rnn_tanh: 'rnn_tanh',
  rnn_relu: 'rnn_relu',
};

/** Layers and directions are in the shape of the state: layers·directions × N × units. */
const cudnn: Entry = {
  weights: [3],
  run: (n): Effect => {
    const x = n.in(0);
    const state = n.in(1);
    const units = unitsOf(n, 1);
    const kind = MODES[n.text('rnn_mode', 'lstm')];
    if (kind === undefined) throw new Unsupported(`its mode ${n.text('rnn_mode')} is not known`);
    const bidirectional = n.text('direction', 'unidirectional') === 'bidirectional';
    const [all = 1] = state.shape;
    const layers = Math.max(1, Math.floor(Number(all) / (bidirectional ? 2 : 1)));
    const effect = rnn(x, { kind, hidden: units, layers, bidirectional, batchFirst: !n.flag('time_major', true) });
    const [sequence] = effect.outputs as readonly [TensorType];
    return {
      ...effect,
      outputs: [sequence, state, state, { dtype: x.dtype, shape: [0] }, { dtype: 'int8', shape: [0] }],
    };
  },
};

export const recurrent: Table = {
  BlockLSTM: blockLstm,
  BlockLSTMV2: blockLstm,
  LSTMBlockCell: cell('lstm', 1, 7, [3, 4, 5, 6, 7]),
  GRUBlockCell: cell('gru', 1, 4, [2, 3, 4, 5]),
  CudnnRNN: cudnn,
  CudnnRNNV2: cudnn,
  CudnnRNNV3: cudnn,
};
