import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/source.js';
import { windowed } from '../../source/window.js';
import { decode } from '../../wire/protobuf.js';
import { ENCODING_BYTES, encodingOf } from './encoding.js';
import { MODEL } from './fields.js';
import type { GraphProto, ModelProto } from './schema.js';
import { type TensorReader, tensorReader } from './tensors.js';
import { binaryOf } from './textual/index.js';

/** A model file, read: its graph as plain objects, and a reader of its small tensors. */
export interface OnnxFile {
  /** The bytes that positions in the model refer to. */
  readonly source: Source;
  /** The file as it was given: of another size where the model is spelled as text. */
  readonly file: Source;
  readonly model: ModelProto;
  readonly graph: GraphProto;
  readonly tensors: TensorReader;
}

/**
 * Reads an ONNX file's graph, in protobuf's binary form, its text form or as JSON. Weights are not read, and need not be there: neither those in the file nor those in files
 * beside it. Throws `ModelError` with the byte offset when the file is cut short or is not ONNX.
 */
export function readOnnx(source: Source): OnnxFile {
  const spelling = encodingOf(source.read(0, Math.min(source.size, ENCODING_BYTES)));
  const file = windowed(spelling === 'binary' ? source : binaryOf(source, spelling));
  const model = decode(file, MODEL, { format: 'onnx' });
  if (model.graph === undefined) {
    throw new ModelError('wrong-format', `${source.name} has no graph: it is not an ONNX model`, {
      format: 'onnx',
      at: { offset: 0, field: 'ModelProto.graph' },
      hint: 'Check what the file really is: an ONNX model starts with its IR version and holds one graph.',
    });
  }
  return {
    source: file,
    file: spelling === 'binary' ? file : source,
    model,
    graph: model.graph,
    tensors: tensorReader(file),
  };
}
