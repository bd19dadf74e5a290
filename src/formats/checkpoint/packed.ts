import { globalName, is, itemsOf, type Pickled } from '../../wire/pickle/index.js';
import type { StoredTensor } from '../weights-only/stored.js';
import type { TensorReader, TorchTensor } from './tensors.js';

/**
 * PyTorch's quantised layers keep more than tensors: tuples of weight and bias, and objects of its C++ classes whose
 * state holds them (`LinearPackedParams`, `CellParams` of recurrent layers).
 */

/** Packed parameters within the parameters of a cell, within a module's state: as deep as PyTorch goes, and some more. */
const MAX_DEPTH = 12;
/** Values at one level; real ones have some ten. */
const MAX_ITEMS = 64;

/** Bounds a walk over values that may hold each other. */
export interface Steps {
  steps(n: number): void;
}

interface Found {
  readonly tensor: TorchTensor;
  /** Objects around it. */
  readonly objects: number;
}

/** A layer's weights where PyTorch's quantised layers keep them: by key, and by what is there. */
export function isPackedLayer(key: string, value: Pickled): boolean {
  // The value is looked at before its name, which can be long.
  if (!(is(value, 'object') ? isScriptObject(value) : itemsOf(value) !== null)) return false;
  return /(^|\.)(_packed_\w+|_all_weight_values\.\d+\.param)$/.test(key);
}

function isScriptObject(value: Pickled): boolean {
  return is(value, 'object') && globalName(value.callee) === 'torch.ScriptObject';
}

/** Weights and biases in a packed value that a state dict has under `key`; none if it holds no tensor. */
export function packedTensors(key: string, value: Pickled, reader: TensorReader, budget: Steps): StoredTensor[] {
  return named(baseOf(key), tensorsIn(value, reader, budget));
}

/** The same for the state of a quantised module, which keeps them among its settings. */
export function packedState(
  path: string,
  states: readonly Pickled[],
  reader: TensorReader,
  budget: Steps,
): StoredTensor[] {
  return named(
    { path, suffix: '' },
    states.flatMap((state) => tensorsIn(state, reader, budget)),
  );
}

interface Base {
  readonly path: string;
  readonly suffix: string;
}

/** `fc._packed_params._packed_params` is of the layer `fc`; `cell._packed_weight_ih` is its `weight_ih`. */
function baseOf(key: string): Base {
  const cell = /^(.*?)\.?_packed_weight(_\w+)$/.exec(key);
  if (cell !== null) return { path: cell[1] ?? '', suffix: cell[2] ?? '' };
  return { path: key.replace(/(\.|^)_packed_params/g, '').replace(/\.param$/, ''), suffix: '' };
}

function tensorsIn(value: Pickled, reader: TensorReader, budget: Steps): Found[] {
  const found: Found[] = [];
  const look = (at: Pickled, objects: number, depth: number): void => {
    // A list may hold itself, many times: twelve levels of that never end.
    budget.steps(1);
    if (depth > MAX_DEPTH) return;
    const tensor = reader.read(at);
    if (tensor !== null) {
      found.push({ tensor, objects });
      return;
    }
    const below = isScriptObject(at) && is(at, 'object') ? at.states : itemsOf(at);
    const inside = isScriptObject(at) ? objects + 1 : objects;
    for (const item of (below ?? []).slice(0, MAX_ITEMS)) look(item, inside, depth + 1);
  };
  look(value, 0, 0);
  return found;
}

/** Matrices and kernels are weights, vectors biases. A cell has its biases itself and again within what it packs. */
function named({ path, suffix }: Base, found: readonly Found[]): StoredTensor[] {
  const counts = { weight: 0, bias: 0 };
  return found.flatMap(({ tensor, objects }): StoredTensor[] => {
    const { dtype, shape } = tensor;
    const matrix = shape.length > 1;
    if (!matrix && (shape.length === 0 || objects > 1 || /^u?int(16|32|64)$|^float64$/.test(dtype))) return [];
    const word = matrix ? 'weight' : 'bias';
    const n = counts[word]++;
    const name = `${word}${suffix}${n === 0 ? '' : `_${n}`}`;
    return [
      {
        name: path === '' ? name : `${path}.${name}`,
        dtype,
        shape,
        kind: 'parameter',
        ...(tensor.memory === null ? {} : { memory: tensor.memory }),
      },
    ];
  });
}
