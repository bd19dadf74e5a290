import type { GraphNode } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';

// How large a network of layers may be. A layer takes ten bytes of a file and some kilobytes of memory, so that the size of the
// file bounds neither time nor memory.

/** Layers of one network; the largest of those formats have some thousands. */
const MAX_LAYERS = 1 << 14;
/** Operators that they come to: a recurrent layer is eight of them, and a loop as many as its rounds have. */
const MAX_OPERATORS = 1 << 15;

/** Throws ModelError `limit`. */
export function checkLayers(layers: number, format: string): void {
  if (layers <= MAX_LAYERS) return;
  throw new ModelError('limit', `the network has ${layers} layers, more than ${MAX_LAYERS}`, {
    format,
    hint: 'convert it to ONNX and give that; if it is a real network, please report it',
  });
}

/** To be asked before each layer; of Keras' too, whose layers hold others. Throws ModelError `limit`. */
export function checkOperators(recorded: number, { name, output }: GraphNode, format: string): void {
  if (recorded <= MAX_OPERATORS) return;
  throw new ModelError('limit', `the layers up to here come to more than ${MAX_OPERATORS} operators`, {
    format,
    at: { node: name === '' ? (output[0] ?? '') : name },
    hint: 'convert the network to ONNX and give that; if it is a real network, please report it',
  });
}
