import { type Dim, mul, sub } from '../../../dim/index.js';
import type { Work } from '../../primitives.js';
import { attrsAs } from '../attributes.js';
import { each, input, made } from './rules.js';
import type { Gradient, GradientView, Kept } from './types.js';

type Kind = 'rnn' | 'gru' | 'lstm';

const GATES: Readonly<Record<Kind, number>> = { rnn: 1, gru: 3, lstm: 4 };

/** The sizes of a recurrent layer, and whether its first states are among the inputs. */
interface Layout {
  readonly hidden: Dim;
  /** Features of the state: fewer than hidden units where it is projected. */
  readonly state: Dim;
  readonly projection: Dim;
  readonly directions: number;
  readonly layers: number;
  readonly steps: Dim;
  readonly batch: Dim;
  /** Features that a layer reads. */
  readonly width: (layer: number) => Dim;
  /** Inputs that are states to begin with; none if they begin as zeros. */
  readonly states: readonly number[];
  /** Whether a weight is trained. */
  readonly trained: boolean;
}

function layoutOf(op: GradientView, kind: Kind): Layout {
  const { hidden_size: hidden = 0, proj_size: projection = 0, num_layers: layers = 1, ...rest } = attrsAs('lstm', op);
  const state = projection === 0 ? hidden : projection;
  const directions = rest.bidirectional === true ? 2 : 1;
  const states = statesOf(op, kind);
  return {
    hidden,
    state,
    projection,
    directions,
    layers,
    steps: rest.steps ?? 1,
    batch: rest.batch ?? 1,
    width: (layer) => (layer === 0 ? (rest.input_size ?? 0) : mul(state, directions)),
    states,
    trained: op.needs.some((needed, i) => needed && i > 0 && !states.includes(i)),
  };
}

/** ONNX has its weights in three axes and its states at positions of their own; PyTorch has states after all weights. */
function statesOf(op: GradientView, kind: Kind): number[] {
  const given = op.inputs.flatMap((type, i) => (type === null ? [] : [i]));
  const wanted = kind === 'lstm' ? 2 : 1;
  if (op.inputs[1]?.shape.length === 3) return given.filter((i) => i >= 5 && i < 5 + wanted);
  const cell = op.outputs.length === wanted;
  const layers = cell ? 1 : Number(op.attrs.num_layers ?? 1) * (op.attrs.bidirectional === true ? 2 : 1);
  const projected = op.attrs.proj_size !== undefined && op.attrs.proj_size !== 0;
  const weights = layers * (2 + (op.attrs.bias === false ? 0 : 2) + (projected ? 1 : 0));
  return given.length === 1 + weights + wanted ? given.slice(-wanted) : [];
}

/** Products of an operand and a weight, or of their gradients. */
const products = (count: Dim): Work[] =>
  count === 0 ? [] : [{ kind: 'contraction', products: count, unpadded: count, outputs: count, bias: false }];

/**
 * Each product once more for its weight and once for what it multiplies. The input of the first layer needs it only where the
 * layer's input does, the state of the first step only where the given state does.
 */
function backward(op: GradientView, kind: Kind): Work[] {
  const {
    hidden,
    state,
    projection,
    directions,
    layers,
    steps,
    batch,
    width,
    trained,
    states: given,
  } = layoutOf(op, kind);
  const gates = GATES[kind];
  const rows = mul(steps, batch);
  const states = mul(directions, rows, gates, hidden, state);
  // Zeros, and states that nothing trained is upstream of, need no gradient at the first step.
  const first = op.needs[given[0] ?? -1] === true ? 0 : mul(directions, batch, gates, hidden, state);
  const projected = projection === 0 ? 0 : mul(directions, rows, hidden, projection);
  return Array.from({ length: layers }, (_, i): Work[] => {
    const inputs = mul(directions, rows, gates, hidden, width(i));
    return [
      ...(trained ? [...products(inputs), ...products(states), ...products(projected)] : []),
      ...(i > 0 || op.needs[0] ? products(inputs) : []),
      ...products(sub(states, first)),
      ...products(projected),
      ...each(mul(directions, rows, hidden), { mul: 4 * gates, add: 3 * gates }),
      ...(i > 0 && op.attrs.dropout_p !== undefined ? each(mul(rows, width(i)), { mul: 1 }) : []),
    ];
  }).flat();
}

/**
 * PyTorch's own kernels keep this (those of cuDNN and oneDNN have a workspace in its place). Of a step, row, layer and
 * direction: an LSTM its gates, the cell before and the tanh of the one behind; a GRU its gates, the new state, and two copies
 * of what it writes over; a plain network its state. Where weights are trained also what they multiply: the state before, a
 * projection's input, and the input of each layer. States that nobody gave are zeros that were made, for all layers at once.
 */
function saves(op: GradientView, kind: Kind): Kept[] {
  const { hidden, state, projection, directions, layers, steps, batch, width, states, trained } = layoutOf(op, kind);
  const dtype = op.outputs[0]?.dtype ?? 'float32';
  const of = (what: string, ...shape: Dim[]): Kept => made(what, { dtype, shape });
  const all = mul(layers, directions);
  const [first, cell] = states;
  const later = sub(steps, 1);
  const kept: Kept[] = trained ? [input(0)] : [];
  // A cell makes zeros once, for its state and for what an LSTM carries.
  const shared = kind === 'lstm' && first === undefined && op.outputs.length === 2;
  if (trained && !shared) kept.push(first === undefined ? of('first states', all, batch, state) : input(first));
  if (kind === 'lstm') kept.push(cell === undefined ? of('first states', all, batch, hidden) : input(cell));
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 0 && op.attrs.dropout_p !== undefined) kept.push(of('dropout mask', steps, batch, width(layer)));
    if (trained && layer > 0) kept.push(of('layer input', steps, batch, width(layer)));
    if (kind === 'rnn') {
      kept.push(of('states', directions, steps, batch, hidden));
      continue;
    }
    kept.push(of('gates', directions, steps, batch, GATES[kind], hidden));
    if (kind === 'lstm') {
      kept.push(of('cell states', directions, later, batch, hidden));
      kept.push(of('tanh of cell states', directions, steps, batch, hidden));
      if (trained && projection !== 0) kept.push(of('states to project', directions, steps, batch, hidden));
    } else kept.push(of('new states and copies', directions, steps, batch, 3, hidden));
    if (trained) kept.push(of('states', directions, later, batch, state));
  }
  return kept;
}

/** The gradient of a recurrent layer, or of one step of it. */
export function recurrent(kind: Kind): Gradient {
  return { backward: (op) => backward(op, kind), saves: (op) => saves(op, kind), autocast: 'lower' };
}
