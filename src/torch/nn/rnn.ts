import type { Attr } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { layersIn, numbersOnly, typeIn } from './argument.js';
import { named, type Rest } from './kwargs.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { run, type Tensor } from './tensor.js';

export interface RnnArguments {
  readonly num_layers?: number;
  readonly bias?: boolean;
  readonly batch_first?: boolean;
  readonly dropout?: number;
  readonly bidirectional?: boolean;
  /** LSTM only: the hidden state is projected to this many features. */
  readonly proj_size?: number;
  /** RNN only. */
  readonly nonlinearity?: 'tanh' | 'relu';
}
type RnnRest = Rest<
  [num_layers: number, bias: boolean, batch_first: boolean, dropout: number, bidirectional: boolean, proj_size: number],
  RnnArguments
>;

const GATES = { rnn_tanh: 1, rnn_relu: 1, gru: 3, lstm: 4 } as const;

/** Registers the weights of a recurrent layer under PyTorch's names (`weight_ih_l0`, `bias_hh_l1_reverse`, …). */
function addWeights(
  module: object,
  kind: ops.RnnKind,
  input: number,
  hidden: number,
  a: Required<RnnArguments>,
): Parameter[] {
  const fields = module as Record<string, Parameter>;
  const all: Parameter[] = [];
  const add = (name: string, shape: readonly number[]) => {
    const parameter = new Parameter(shape);
    fields[name] = parameter;
    all.push(parameter);
  };
  const directions = a.bidirectional ? 2 : 1;
  const state = a.proj_size || hidden;
  for (let layer = 0; layer < a.num_layers; layer++)
    for (let d = 0; d < directions; d++) {
      const suffix = `_l${layer}${d === 1 ? '_reverse' : ''}`;
      add(`weight_ih${suffix}`, [GATES[kind] * hidden, layer === 0 ? input : state * directions]);
      add(`weight_hh${suffix}`, [GATES[kind] * hidden, state]);
      if (a.bias) {
        add(`bias_ih${suffix}`, [GATES[kind] * hidden]);
        add(`bias_hh${suffix}`, [GATES[kind] * hidden]);
      }
      if (a.proj_size) add(`weight_hr${suffix}`, [a.proj_size, hidden]);
    }
  return all;
}

const DEFAULTS: Required<RnnArguments> = {
  num_layers: 1,
  bias: true,
  batch_first: false,
  dropout: 0,
  bidirectional: false,
  proj_size: 0,
  nonlinearity: 'tanh',
};
const NAMES = ['num_layers', 'bias', 'batch_first', 'dropout', 'bidirectional', 'proj_size', 'nonlinearity'] as const;

/** L×N×X (or N×L×X with batch_first, or L×X) → the sequence of states and the last state of each layer and direction. */
abstract class Recurrent<State> extends Module<[Tensor, State?], [Tensor, State]> {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly options: Required<RnnArguments>;
  readonly kind: ops.RnnKind;

  constructor(
    what: string,
    kind: ops.RnnKind,
    input_size: number,
    hidden_size: number,
    options: Required<RnnArguments>,
  ) {
    super();
    numbersOnly(what, input_size, hidden_size, options.proj_size);
    layersIn(what, options.num_layers);
    if (options.proj_size && kind !== 'lstm')
      throw new ModelError('argument', `${what} has no proj_size`, { format: 'nn', hint: 'only LSTM has' });
    if (options.proj_size >= hidden_size)
      throw new ModelError(
        'argument',
        `${what}: proj_size ${options.proj_size} must be below hidden_size ${hidden_size}`,
        { format: 'nn' },
      );
    this.input_size = input_size;
    this.hidden_size = hidden_size;
    this.options = options;
    this.kind = kind;
    addWeights(this, kind, input_size, hidden_size, options);
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { input_size: this.input_size, hidden_size: this.hidden_size, ...this.options };
  }

  protected outputs(x: Tensor, states: readonly Tensor[]): Tensor[] {
    ops.same(x.shape.at(-1) ?? 0, this.input_size, `${this.constructor.name}: features of ${ops.show(x.shape)}`);
    const { num_layers: layers, bidirectional, batch_first: batchFirst, bias, proj_size: projection } = this.options;
    const weights = Object.values(this).filter((v): v is Parameter => v instanceof Parameter);
    return run(
      ops.rnn(typeIn(x), {
        kind: this.kind,
        hidden: this.hidden_size,
        layers,
        bidirectional,
        batchFirst,
        bias,
        projection,
        dropout: this.training ? this.options.dropout : 0,
      }),
      [x, ...weights, ...states],
      `torch.${this.kind}`,
    );
  }
}

export class RNN extends Recurrent<Tensor> {
  static override readonly type: string = 'torch.nn.RNN';
  constructor(input_size: number, hidden_size: number, ...rest: RnnRest) {
    const a = named<Required<RnnArguments>>('RNN', rest, NAMES, DEFAULTS);
    super('RNN', a.nonlinearity === 'relu' ? 'rnn_relu' : 'rnn_tanh', input_size, hidden_size, a);
  }
  forward(x: Tensor, h?: Tensor): [Tensor, Tensor] {
    return this.outputs(x, h === undefined ? [] : [h]) as [Tensor, Tensor];
  }
}
export class GRU extends Recurrent<Tensor> {
  static override readonly type: string = 'torch.nn.GRU';
  constructor(input_size: number, hidden_size: number, ...rest: RnnRest) {
    super('GRU', 'gru', input_size, hidden_size, named<Required<RnnArguments>>('GRU', rest, NAMES, DEFAULTS));
  }
  forward(x: Tensor, h?: Tensor): [Tensor, Tensor] {
    return this.outputs(x, h === undefined ? [] : [h]) as [Tensor, Tensor];
  }
}
export class LSTM extends Recurrent<[Tensor, Tensor]> {
  static override readonly type: string = 'torch.nn.LSTM';
  constructor(input_size: number, hidden_size: number, ...rest: RnnRest) {
    super('LSTM', 'lstm', input_size, hidden_size, named<Required<RnnArguments>>('LSTM', rest, NAMES, DEFAULTS));
  }
  forward(x: Tensor, state: readonly Tensor[] = []): [Tensor, [Tensor, Tensor]] {
    const [sequence, h, c] = this.outputs(x, state) as [Tensor, Tensor, Tensor];
    return [sequence, [h, c]];
  }
}

/** One step of N×X (or X). */
abstract class Cell<State> extends Module<[Tensor, State?], State> {
  readonly input_size: number;
  readonly hidden_size: number;
  readonly bias: boolean;
  readonly kind: ops.RnnKind;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;

  constructor(kind: ops.RnnKind, input_size: number, hidden_size: number, bias: boolean) {
    super();
    numbersOnly('a cell', input_size, hidden_size);
    this.kind = kind;
    this.input_size = input_size;
    this.hidden_size = hidden_size;
    this.bias = bias;
    this.weight_ih = new Parameter([GATES[kind] * hidden_size, input_size]);
    this.weight_hh = new Parameter([GATES[kind] * hidden_size, hidden_size]);
    this.bias_ih = bias ? new Parameter([GATES[kind] * hidden_size]) : null;
    this.bias_hh = bias ? new Parameter([GATES[kind] * hidden_size]) : null;
  }

  override describe(): Readonly<Record<string, Attr>> {
    return { input_size: this.input_size, hidden_size: this.hidden_size, bias: this.bias };
  }

  protected outputs(x: Tensor, states: readonly Tensor[]): Tensor[] {
    const inputs = [x, this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh, ...states];
    return run(
      ops.rnn(typeIn(x), { kind: this.kind, hidden: this.hidden_size, bias: this.bias, cell: true }),
      inputs,
      `torch.${this.kind}_cell`,
    );
  }
}
interface CellArguments {
  readonly bias?: boolean;
  readonly nonlinearity?: 'tanh' | 'relu';
}
type CellRest = Rest<[bias: boolean], CellArguments>;
const cellArguments = (what: string, rest: readonly unknown[]) =>
  named<Required<CellArguments>>(what, rest, ['bias', 'nonlinearity'], { bias: true, nonlinearity: 'tanh' });

export class RNNCell extends Cell<Tensor> {
  static override readonly type: string = 'torch.nn.RNNCell';
  constructor(input_size: number, hidden_size: number, ...rest: CellRest) {
    const { bias, nonlinearity } = cellArguments('RNNCell', rest);
    super(nonlinearity === 'relu' ? 'rnn_relu' : 'rnn_tanh', input_size, hidden_size, bias);
  }
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.outputs(x, h === undefined ? [] : [h])[0] as Tensor;
  }
}
export class GRUCell extends Cell<Tensor> {
  static override readonly type: string = 'torch.nn.GRUCell';
  constructor(input_size: number, hidden_size: number, ...rest: CellRest) {
    super('gru', input_size, hidden_size, cellArguments('GRUCell', rest).bias);
  }
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.outputs(x, h === undefined ? [] : [h])[0] as Tensor;
  }
}
export class LSTMCell extends Cell<[Tensor, Tensor]> {
  static override readonly type: string = 'torch.nn.LSTMCell';
  constructor(input_size: number, hidden_size: number, ...rest: CellRest) {
    super('lstm', input_size, hidden_size, cellArguments('LSTMCell', rest).bias);
  }
  forward(x: Tensor, state: readonly Tensor[] = []): [Tensor, Tensor] {
    return this.outputs(x, state) as [Tensor, Tensor];
  }
}
