import type { Call } from '../../graph/index.js';
import { Unsupported } from '../../graph/index.js';
import { copy, type Effect, factor, followedBy, matmul, perElement } from '../../ops/index.js';
import type { TensorType } from '../../tensor/index.js';
import type { FlatTable } from '../../wire/flatbuffers.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { dtypeOf, nameOf } from './codes.js';
import type { Settings } from './operators/table.js';

// A loop whose body is not a graph but commands over regions of memory: what a converter makes of products of many matrices
// and of gathers when it works out shapes ahead (LoopParam).

const FLOAT = 'float32';

/** Each command as often as the loop runs. */
export function runCommands(settings: FlatTable, { node }: Call<LayerNode<Settings>, null>): Effect {
  const rounds = settings.i32(5);
  const list = settings.tables(6);
  if (rounds <= 0 || list.length === 0) throw new Unsupported('it has no commands');
  const effects = Array.from({ length: list.length }, (_, i) => commandOf(list.at(i), rounds));
  const outputs = node.output.map((_, i) => typeAt(settings, settings.ints(1)[i] ?? -1));
  const known = outputs.filter((type): type is TensorType => type !== null);
  if (known.length < outputs.length) throw new Unsupported('the file does not state what shape comes out');
  const [first, ...rest] = effects as [Effect, ...Effect[]];
  return { ...followedBy(first, ...rest), outputs: known };
}

/** One command, all rounds together: a product of `size` rows, depth and columns; others touch a region of `size`. */
function commandOf(command: FlatTable, rounds: number): Effect {
  const type = nameOf(command.table(0)?.i32(5) ?? -1);
  const size = command.ints(2);
  if (size.some((d) => d <= 0)) throw new Unsupported('its sizes are not known');
  const region: TensorType = { dtype: FLOAT, shape: [rounds, ...size] };
  if (type === 'MatMul') {
    const [rows, depth, columns] = size;
    if (rows === undefined || depth === undefined || columns === undefined)
      throw new Unsupported('the sizes of its product are not known');
    const of = (...shape: number[]): TensorType => ({ dtype: FLOAT, shape: [rounds, ...shape] });
    return matmul(factor(of(rows, depth), false), factor(of(depth, columns), false));
  }
  if (type === 'BinaryOp') return perElement('add', region);
  // An operation without settings copies.
  if (type === 'UnaryOp' && command.table(0)?.table(2) === null) return copy(region);
  if (type === 'UnaryOp') return perElement('abs', region);
  throw new Unsupported(`its command ${type} has no formula`);
}

/** The type of one of the loop's tensors, as the file states it. */
function typeAt(settings: FlatTable, tensor: number): TensorType | null {
  const list = settings.tables(3);
  for (let i = 0; i < list.length; i++) {
    const described = list.at(i);
    const blob = described.i32(1) === tensor ? described.table(0) : null;
    if (blob !== null) return { dtype: dtypeOf(blob.i32(2, 1)), shape: blob.ints(0) };
  }
  return null;
}
