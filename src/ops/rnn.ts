import { type Dim, mul } from '../dim/index.js';
import type { DType, TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { shapeError, show } from './shapes.js';
import { type CostPerElement, contraction, type Effect, map, type Work } from './work.js';

export type RnnKind = 'rnn_tanh' | 'rnn_relu' | 'gru' | 'lstm';

/** Gates, and what one hidden unit does in a step beside the products: sums of the two halves, gates, new state. */
const CELLS = {
  rnn_tanh: { gates: 1, step: { add: 1, tanh: 1 } },
  rnn_relu: { gates: 1, step: { add: 1, cmp: 1 } },
  // r, z: two sigmoids; n: tanh(x + r·h); h' = (1 − z)·n + z·h
  gru: { gates: 3, step: { add: 3 + 2 * 2 + 2, exp: 2, div: 2, mul: 3, tanh: 1 } },
  // i, f, o: three sigmoids; g: tanh; c' = f·c + i·g; h' = o·tanh(c')
  lstm: { gates: 4, step: { add: 4 + 3 * 2 + 1, exp: 3, div: 3, mul: 3, tanh: 2 } },
} as const satisfies Record<RnnKind, { gates: number; step: CostPerElement }>;
const COUPLED: CostPerElement = { add: 3 + 2 * 2 + 1 + 1, exp: 2, div: 2, mul: 3, tanh: 2 };

export interface RnnOptions {
  readonly kind: RnnKind;
  readonly hidden: number;
  readonly layers?: number;
  readonly bidirectional?: boolean;
  readonly batchFirst?: boolean;
  readonly bias?: boolean;
  /** Biases of each gate: one for each of its two products (PyTorch, ONNX, cuDNN), or one in all (Keras, TensorFlow Lite). */
  readonly biases?: 1 | 2;
  /** GRU with one bias a gate: the reset gate acts on the state's product, which adds a bias of its own to what it resets. */
  readonly resetsProduct?: boolean;
  /** LSTM: the hidden state is projected to this many features. */
  readonly projection?: number;
  /** Steps over all rows of the batch where sequences end early; steps × batch otherwise. */
  readonly rows?: Dim;
  /** LSTM: three of its gates also see the cell, by a product a unit each. */
  readonly peepholes?: boolean;
  /** LSTM: the input gate is one minus the forget gate, and has no weights. */
  readonly coupled?: boolean;
  /** In training: the share of the results between layers that is dropped. */
  readonly dropout?: number;
  /** Whether the module is a single step of N×X (a cell) and not a sequence. */
  readonly cell?: boolean;
}

/** No network is so deep; a file may say four thousand million. */
const MOST_LAYERS = 4096;

/**
 * A recurrent network over a sequence. Per step, row, layer and direction with H units, G gates, X inputs and a state of
 * P (= H without projection): G·H·(X + P) products, and H·P more with a projection. Layer 1 and on sees the outputs of
 * all directions. Outputs: the sequence, the last hidden state, and for LSTM the last cell state. Throws ModelError `shape`.
 */
export function rnn(input: TensorType, options: RnnOptions): Effect {
  const { kind, hidden, layers = 1, bidirectional = false, bias = true, projection = 0, dropout = 0 } = options;
  const { unbatched, batch, steps } = extentsOf(input, options);
  if (!Number.isInteger(layers) || layers < 1 || layers > MOST_LAYERS)
    throw shapeError(`${kind}: ${layers} layers: from 1 to ${MOST_LAYERS} were expected`);
  const features = input.shape.at(-1) as Dim;
  const directions = bidirectional ? 2 : 1;
  const state = projection || hidden;
  const rows = options.rows ?? mul(steps, batch);
  const work: Work[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? features : state * directions;
    const perDirection = layerWork(input.dtype, rows, width, options);
    for (let d = 0; d < directions; d++) work.push(...perDirection);
    if (dropout > 0 && layer < layers - 1)
      work.push(...map(input.dtype, mul(rows, directions * state), { cmp: 1, mul: 2 }));
  }
  return {
    op: options.cell ? `${kind}_cell` : kind,
    outputs: outputsOf(input, options, unbatched ? [] : [batch]),
    work,
    attrs: {
      hidden_size: hidden,
      input_size: features,
      num_layers: layers,
      bidirectional,
      batch_first: options.batchFirst ?? false,
      bias,
      proj_size: projection,
      batch,
      steps,
      unbatched,
      ...(dropout > 0 && layers > 1 ? { dropout_p: dropout } : {}),
    } satisfies AttrsOf<'lstm'>,
  };
}

/** Batch and steps of an input, which may lack its batch. Throws ModelError `shape` for another number of axes. */
function extentsOf(
  { shape }: TensorType,
  { kind, cell = false, batchFirst = false }: RnnOptions,
): { readonly unbatched: boolean; readonly batch: Dim; readonly steps: Dim } {
  const rank = shape.length;
  const unbatched = rank === (cell ? 1 : 2);
  if (!unbatched && rank !== (cell ? 2 : 3))
    throw shapeError(`${kind}: expected ${cell ? 'N×X or X' : 'L×N×X, N×L×X or L×X'}, found ${show(shape)}`);
  const batch: Dim = unbatched ? 1 : (shape[cell || batchFirst ? 0 : 1] as Dim);
  const steps: Dim = cell ? 1 : (shape[!unbatched && batchFirst ? 1 : 0] as Dim);
  return { unbatched, batch, steps };
}

/** One layer in one direction over `rows` rows of `width` features. */
function layerWork(dtype: DType, rows: Dim, width: Dim, options: RnnOptions): Work[] {
  const { kind, hidden, bias = true, biases = 2, resetsProduct = false, projection = 0 } = options;
  const { peepholes = false, coupled = false } = options;
  const gates = CELLS[kind].gates - (coupled ? 1 : 0);
  // Coupled gates have a sigmoid and its sum of two halves less, and a difference more.
  const step = coupled ? COUPLED : CELLS[kind].step;
  const units = mul(rows, hidden);
  const product = (of: number, from: Dim, biased: boolean): Work =>
    contraction(mul(rows, of * hidden, from), mul(rows, of * hidden), biased);
  const state = projection || hidden;
  return [
    product(gates, width, bias),
    ...(bias && biases === 1 && resetsProduct
      ? [product(gates - 1, state, false), product(1, state, true)]
      : [product(gates, state, bias && biases === 2)]),
    ...map(dtype, units, step),
    ...(peepholes ? map(dtype, units, { mul: gates - 1, add: gates - 1 }) : []),
    ...(projection ? [contraction(mul(rows, hidden, projection), mul(rows, projection), false)] : []),
  ];
}

/** The sequence (not of a cell), the last state, and of an LSTM the last cell state. */
function outputsOf(
  { dtype, shape }: TensorType,
  { kind, hidden, layers = 1, bidirectional = false, projection = 0, cell = false }: RnnOptions,
  batch: readonly Dim[],
): TensorType[] {
  const directions = bidirectional ? 2 : 1;
  const state = projection || hidden;
  const last = (width: number): TensorType => ({
    dtype,
    shape: cell ? [...batch, width] : [layers * directions, ...batch, width],
  });
  const sequence: TensorType = { dtype, shape: [...shape.slice(0, -1), state * directions] };
  return [...(cell ? [] : [sequence]), last(state), ...(kind === 'lstm' ? [last(hidden)] : [])];
}
