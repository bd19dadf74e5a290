import type { Dim } from '../../../dim/index.js';
import { type Effect, type RnnKind, rnn } from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { ProtoMessage } from '../../../wire/proto-message.js';
import type { Blob, Entry, Layer, Table } from './layer.js';
import { ACTIVATIONS } from './math.js';

/** Matrices of the input from one field on, of the state from another, biases from a third: one each a gate. */
function gateBlobs(
  weights: ProtoMessage | null,
  fields: { readonly input: number; readonly state: number; readonly bias: number | null; readonly gates: number },
  [inputs, units]: readonly [number, number],
  prefix = '',
): Blob[] {
  return Array.from({ length: fields.gates }, (_, g): Blob[] => [
    { name: `${prefix}input${g}`, params: weights?.message(fields.input + g) ?? null, shape: [units, inputs] },
    { name: `${prefix}state${g}`, params: weights?.message(fields.state + g) ?? null, shape: [units, units] },
    {
      name: `${prefix}bias${g}`,
      params: fields.bias === null ? null : (weights?.message(fields.bias + g) ?? null),
      shape: [units],
    },
  ]).flat();
}

function lstmBlobs(p: ProtoMessage): Blob[] {
  const params = p.message(15);
  const sizes = [p.int(1), p.int(2)] as const;
  return p.messages(20).flatMap((weights, direction) => [
    ...gateBlobs(
      weights,
      { input: 1, state: 20, bias: params?.bool(20) === true ? 40 : null, gates: 4 },
      sizes,
      direction === 0 ? '' : 'back.',
    ),
    ...(params?.bool(40) === true
      ? [60, 61, 62].map(
          (f): Blob => ({
            name: `${direction === 0 ? '' : 'back.'}peephole${f - 60}`,
            params: weights.message(f),
            shape: [p.int(2)],
          }),
        )
      : []),
  ]);
}

/** Sequence × batch × features × 1 × 1; the sequence or its last step comes out, then the states. */
function sequence(
  n: Layer,
  kind: RnnKind,
  all: boolean,
  options: { bias: boolean; bidirectional?: boolean; peepholes?: boolean },
): Effect {
  const x = n.in(0);
  const hidden = n.params.int(2);
  const behind = x.shape.slice(3).map((): Dim => 1);
  const [steps = 1, batch = 1, features = 1] = x.shape;
  const effect = rnn({ dtype: x.dtype, shape: [steps, batch, features] }, { kind, biases: 1, hidden, ...options });
  const width = hidden * (options.bidirectional ? 2 : 1);
  const out: TensorType = { dtype: x.dtype, shape: [all ? steps : 1, batch, width, ...behind] };
  const state: TensorType = { dtype: x.dtype, shape: [1, batch, hidden, ...behind] };
  return {
    ...effect,
    outputs: [out, ...new Array<TensorType>(Math.max(0, n.outputs - 1)).fill(state)].slice(0, Math.max(1, n.outputs)),
  };
}

const lstm = (bidirectional: boolean): Entry => ({
  weights: lstmBlobs,
  run: (n) => {
    const params = n.params.message(15);
    return sequence(n, 'lstm', params?.bool(10) ?? false, {
      bias: params?.bool(20) ?? false,
      bidirectional,
      peepholes: params?.bool(40) ?? false,
    });
  },
});

export const recurrent: Table = {
  simpleRecurrent: {
    weights: (p) => [
      { name: 'input', params: p.message(30), shape: [p.int(2), p.int(1)] },
      { name: 'state', params: p.message(31), shape: [p.int(2), p.int(2)] },
      { name: 'bias', params: p.bool(20) ? p.message(32) : null, shape: [p.int(2)] },
    ],
    run: (n) => {
      const field = n.params.message(10)?.numbers.find((f) => ACTIVATIONS[f] !== undefined) ?? 30;
      return sequence(n, ACTIVATIONS[field] === 'relu' ? 'rnn_relu' : 'rnn_tanh', n.params.bool(15), {
        bias: n.params.bool(20),
      });
    },
  },
  gru: {
    weights: (p) =>
      gateBlobs(p, { input: 30, state: 50, bias: p.bool(20) ? 70 : null, gates: 3 }, [p.int(1), p.int(2)]),
    run: (n) => sequence(n, 'gru', n.params.bool(15), { bias: n.params.bool(20) }),
  },
  uniDirectionalLSTM: lstm(false),
  biDirectionalLSTM: lstm(true),
};
