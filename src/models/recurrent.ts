import * as nn from '../torch/nn/index.js';
import { withDefaults } from './vision/blocks.js';

export interface RecurrentOptions {
  readonly input_size?: number;
  readonly hidden_size?: number;
  readonly num_layers?: number;
  readonly bias?: boolean;
  readonly batch_first?: boolean;
  readonly bidirectional?: boolean;
}

const RECURRENT: Required<RecurrentOptions> = {
  input_size: 64,
  hidden_size: 128,
  num_layers: 2,
  bias: true,
  batch_first: false,
  bidirectional: false,
};

/** `torch.nn.LSTM(64, 128, 2)`: (T, N, 64) → (T, N, 128). */
export function lstm(options: RecurrentOptions = {}): nn.LSTM {
  const { input_size, hidden_size, ...rest } = withDefaults('lstm', options, RECURRENT);
  return new nn.LSTM(input_size, hidden_size, rest);
}
/** `torch.nn.GRU(64, 128, 2)`: (T, N, 64) → (T, N, 128). */
export function gru(options: RecurrentOptions = {}): nn.GRU {
  const { input_size, hidden_size, ...rest } = withDefaults('gru', options, RECURRENT);
  return new nn.GRU(input_size, hidden_size, rest);
}
/** `torch.nn.RNN(64, 128, 2)`: (T, N, 64) → (T, N, 128). */
export function rnn(options: RecurrentOptions = {}): nn.RNN {
  const { input_size, hidden_size, ...rest } = withDefaults('rnn', options, RECURRENT);
  return new nn.RNN(input_size, hidden_size, rest);
}
