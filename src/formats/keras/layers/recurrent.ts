import type { Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import { activationEffects } from '../activations.js';
import { field, isArray, isObject, type Json } from '../config.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';
import { channelsOf, convolve, forward, paddingOf, windowsOf } from './windows.js';

type Kind = 'lstm' | 'gru' | 'rnn';

/** Gates; how many of them the recurrent activation makes and how many the other; sums and products of a unit in a step. */
const CELLS = {
  // i, f, o by the recurrent activation, g and the output by the other; c' = f·c + i·g, h' = o·act(c')
  lstm: { gates: 4, recurrent: 3, plain: 2, sums: 4 + 1, products: 3 },
  // r, z and the candidate; h' = (1 − z)·n + z·h
  gru: { gates: 3, recurrent: 2, plain: 1, sums: 3 + 2, products: 3 },
  rnn: { gates: 1, recurrent: 0, plain: 1, sums: 1, products: 0 },
} as const satisfies Record<Kind, Readonly<Record<string, number>>>;

const times = <T>(n: number, parts: readonly T[]): T[] => Array.from({ length: n }, () => parts).flat();

/** Work of the gates of this many units in a step, products with kernels aside; `biases` of them for each gate. */
function gateParts(layer: Layer, kind: Kind, units: TensorType, biases: number): ops.Effect[] {
  const { gates, recurrent, plain, sums, products } = CELLS[kind];
  const { config } = layer;
  return [
    ...times(sums + biases * gates, [ops.binary('add', units, units)]),
    ...times(products, [ops.binary('mul', units, units)]),
    ...times(plain, activationEffects(config.get('activation') ?? 'tanh', units)),
    ...times(recurrent, activationEffects(config.get('recurrent_activation') ?? 'sigmoid', units)),
  ];
}

/** Biases: one for each gate, or with a reset after the product one for each half of it. */
function biasOf(layer: Layer, kind: Kind, units: number): { value: Value | null; count: number } {
  if (!layer.config.flag('use_bias', true)) return { value: null, count: 0 };
  const both = kind === 'gru' && layer.config.flag('reset_after', true);
  const width = CELLS[kind].gates * units;
  const shape = both ? [2, width] : [width];
  return { value: layer.weight('bias', shape), count: both ? 2 : 1 };
}

/** A recurrent layer over the steps of N×T×features, or one step of N×features. */
function recurrence(layer: Layer, kind: Kind, x: Value, cell: boolean): Value {
  const units = layer.config.size('units');
  const features = layer.extent(x, -1);
  const { gates } = CELLS[kind];
  const kernel = layer.kernel('kernel', [features, gates * units], [gates * units]);
  const recurrent = layer.kernel('recurrent_kernel', [units, gates * units], [gates * units]);
  const bias = biasOf(layer, kind, units);
  const type = layer.typeOf(x);
  const named = kind === 'rnn' ? 'rnn_tanh' : kind;
  const effect = ops.rnn(type, { kind: named, hidden: units, batchFirst: true, bias: bias.count > 0, cell });
  const lead = type.shape.slice(0, -1);
  const of = (width: Dim): TensorType => ({ dtype: type.dtype, shape: [...lead, width] });
  const weight = (inputs: number): TensorType => ({ dtype: type.dtype, shape: [gates * units, inputs] });
  const parts = [
    ops.linear(type, weight(features), null),
    ops.linear(of(units), weight(units), null),
    ...gateParts(layer, kind, of(units), bias.count),
  ];
  const made = ops.together(effect.op, [of(units)], parts, effect.attrs === undefined ? {} : { attrs: effect.attrs });
  return layer.apply(made, [x, kernel, recurrent, bias.value]);
}

/** Results of a recurrent layer: all steps or the last one, and its states where they are requested. */
function given(layer: Layer, sequence: Value, last: Value, states: readonly Value[]): readonly Value[] {
  const { config } = layer;
  const out = config.flag('return_sequences', false) ? sequence : last;
  return config.flag('return_state', false) ? [out, ...states] : [out];
}

/** The first argument alone: others are states. */
function sequenceOf(layer: Layer): Value {
  const { x } = layer;
  return x;
}

function lastStep(layer: Layer, sequence: Value): Value {
  return layer.apply(ops.select(layer.typeOf(sequence), layer.config.flag('time_major', false) ? 0 : 1), [sequence]);
}

const recurrent =
  (kind: Kind): LayerRule =>
  (layer) => {
    const x = sequenceOf(layer);
    if (layer.shape(x).length !== 3)
      throw layer.error(`needs N×steps×features, found ${layer.shape(x).map(String).join('×')}`);
    const sequence = recurrence(layer, kind, x, false);
    const last = lastStep(layer, sequence);
    return given(layer, sequence, last, kind === 'lstm' ? [last, last] : [last]);
  };

/** One step by itself: the output, and the states. */
const cell =
  (kind: Kind): LayerRule =>
  (layer) => {
    const out = recurrence(layer, kind, layer.x, true);
    return kind === 'lstm' ? [out, out, out] : [out, out];
  };

/** Cells one above the other. */
const stackedCells: LayerRule = (layer) => {
  let { x } = layer;
  const states: Value[] = [];
  for (const [i, written] of layer.config.list('cells').entries()) {
    const [out, ...own] = layer.wrapped(written, `cell_${i}`, [x]);
    x = out as Value;
    states.push(...own);
  }
  return [x, ...states];
};

/** A cell over the steps of a sequence: its operators are recorded once, as often as there are steps. */
const overCell: LayerRule = (layer) => {
  const written = layer.config.get('cell');
  if (written === undefined) throw layer.config.error('cell', 'a cell');
  // A list of cells is a stack of them.
  const one = isArray(written)
    ? ({ class_name: 'StackedRNNCells', config: { cells: written } } as unknown as Json)
    : written;
  const x = sequenceOf(layer);
  const { dtype, shape } = layer.typeOf(x);
  const [batch, steps, ...rest] = shape;
  if (batch === undefined || steps === undefined) throw layer.error('needs an input with a batch and steps');
  const states = layer.repeated(steps, () =>
    layer.wrapped(one, 'cell', [layer.alias({ dtype, shape: [batch, ...rest] }, x)]),
  );
  const last = states[0] as Value;
  const type = layer.typeOf(last);
  const sequence = layer.apply(
    ops.moved('stack', { dtype: type.dtype, shape: [batch, steps, ...type.shape.slice(1)] }, 'copy'),
    [last],
  );
  return given(layer, sequence, last, states.slice(1));
};

/** Two recurrences, one of them from the end, and what they give put together. */
const bidirectional: LayerRule = (layer) => {
  const written = layer.config.get('layer');
  if (!isObject(written)) throw layer.config.error('layer', 'a layer');
  const behind = layer.config.get('backward_layer') ?? renamedBackward(written);
  const args = layer.given.args.slice(0, 1);
  const [forwards, ...states] = layer.wrapped(written, 'forward_layer', args);
  const [backwards, ...others] = layer.wrapped(behind, 'backward_layer', args);
  if (forwards === undefined || backwards === undefined) throw new Unsupported('it gives nothing');
  const [a, b] = [layer.typeOf(forwards), layer.typeOf(backwards)];
  const mode = layer.config.raw['merge_mode'] === undefined ? 'concat' : layer.config.get('merge_mode');
  const merged = (): Value[] => {
    switch (mode) {
      case 'concat':
        return [layer.apply(ops.concat([a, b], -1), [forwards, backwards])];
      case 'sum':
        return [layer.apply(ops.binary('add', a, b), [forwards, backwards])];
      case 'mul':
        return [layer.apply(ops.binary('mul', a, b), [forwards, backwards])];
      case 'ave': {
        const sum = layer.apply(ops.binary('add', a, b), [forwards, backwards]);
        return [layer.apply(ops.binary('div', a, { dtype: a.dtype, shape: [] }), [sum])];
      }
      default:
        return [forwards, backwards];
    }
  };
  return [...merged(), ...states, ...others];
};

/** The layer for the other direction, if the file does not write it apart. */
function renamedBackward(written: Json): Json {
  if (!isObject(written)) return written;
  const config = field(written, 'config');
  if (!isObject(config)) return written;
  const name = field(config, 'name');
  return { ...written, config: { ...config, name: `backward_${String(name ?? 'layer').replace(/^forward_/, '')}` } };
}

/** LSTM whose products are convolutions: of the input by the layer's own windows, of the state so that it keeps its size. */
const convLstm =
  (axes: number): LayerRule =>
  (layer) => {
    const { x, config } = layer;
    const { dtype, shape } = layer.typeOf(x);
    if (shape.length !== axes + 3)
      throw layer.error(`needs an input of ${axes + 3} axes, found ${shape.map(String).join('×')}`);
    const [batch, steps, ...rest] = shape as readonly [Dim, Dim, ...Dim[]];
    const { out, states } = layer.repeated(steps, () => {
      const made = convStep(layer, axes, layer.alias({ dtype, shape: [batch, ...rest] }, x));
      return { out: made, states: [made, made] };
    });
    const type = layer.typeOf(out);
    const sequence = layer.apply(
      ops.moved('stack', { dtype: type.dtype, shape: [batch, steps, ...type.shape.slice(1)] }, 'copy'),
      [out],
    );
    return given(layer, sequence, out, config.flag('return_state', false) ? states : []);
  };

function convStep(layer: Layer, axes: number, x: Value): Value {
  const { config } = layer;
  const filters = config.size('filters');
  const windows = windowsOf(layer, axes);
  const channels = channelsOf(layer, x, axes);
  const kernel = layer.weight('kernel', [...windows.kernel, channels, 4 * filters]);
  const recurrent = layer.weight('recurrent_kernel', [...windows.kernel, filters, 4 * filters]);
  const bias = config.flag('use_bias', true) ? layer.weight('bias', [4 * filters]) : null;
  const padding = paddingOf(layer);
  const fresh = convolve(layer, x, { kernel, bias, order: forward, windows, padding, groups: 1 });
  const made = layer.typeOf(fresh);
  const state: TensorType = {
    dtype: made.dtype,
    shape: made.shape.map((d, i) => (i === (layer.channelsFirst ? 1 : made.shape.length - 1) ? filters : d)),
  };
  const ones = windows.kernel.map(() => 1);
  const kept = convolve(layer, layer.constant(state), {
    kernel: recurrent,
    bias: null,
    order: forward,
    windows: { kernel: windows.kernel, stride: ones, dilation: ones },
    padding: 'same',
    groups: 1,
  });
  return layer.apply(ops.together('lstm_cell', [state], gateParts(layer, 'lstm', state, 0)), [fresh, kept]);
}

/** One step of a convolutional LSTM by itself. */
const convCell =
  (axes: number): LayerRule =>
  (layer) => {
    const made = convStep(layer, axes, layer.x);
    return [made, made, made];
  };

export const recurrentLayers: LayerTable = {
  LSTM: recurrent('lstm'),
  GRU: recurrent('gru'),
  SimpleRNN: recurrent('rnn'),
  LSTMCell: cell('lstm'),
  GRUCell: cell('gru'),
  SimpleRNNCell: cell('rnn'),
  StackedRNNCells: stackedCells,
  RNN: overCell,
  Bidirectional: bidirectional,
  ConvLSTM1D: convLstm(1),
  ConvLSTM2D: convLstm(2),
  ConvLSTM3D: convLstm(3),
  ConvLSTM2DCell: convCell(2),
};
