import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { windowed } from '../../source/window.js';
import { decode } from '../../wire/protobuf.js';
import { type GraphProto, MODEL, type ModelProto } from './schema.js';
import { type TensorReader, tensorReader } from './tensors.js';

/** A model file, read: its graph as plain objects, and a reader of its small tensors. */
export interface OnnxFile {
  readonly source: Source;
  readonly model: ModelProto;
  readonly graph: GraphProto;
  readonly tensors: TensorReader;
}

/**
 * Reads an ONNX file's graph. Weights are not read, and need not be there: neither those in the file nor those in files
 * beside it. Throws `ModelError` with the byte offset when the file is cut short or is no ONNX.
 */
export function readOnnx(source: Source): OnnxFile {
  const file = windowed(source);
  const model = decode(file, MODEL, { format: 'onnx' });
  if (model.graph === undefined) {
    throw new ModelError('wrong-format', `${source.name} has no graph: it is no ONNX model`, {
      format: 'onnx',
      at: { offset: 0, field: 'ModelProto.graph' },
      hint: 'Check what the file really is: an ONNX model starts with its IR version and holds one graph.',
    });
  }
  return { source: file, model, graph: model.graph, tensors: tensorReader(file) };
}
