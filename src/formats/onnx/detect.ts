import { isModelError } from '../../source/errors.js';
import { memorySource } from '../../source/memory.js';
import { type Field, scan } from '../../wire/scan.js';
import { encodingOf } from './encoding.js';

/** The highest IR version that may come to be; 13 was the newest when this was written. */
const MAX_IR_VERSION = 100;
/** Field numbers of ModelProto and their wire types. */
const MODEL_WIRES: Readonly<Record<number, number>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
  20: 2,
  25: 2,
  26: 2,
};

/**
 * Whether the first bytes of a file, and its name, are those of an ONNX model. Protobuf has no signature, and several formats
 * begin the same way (TensorFlow's SavedModel and Core ML with a version, then text or a message), so the fields are looked at:
 * a graph that begins as graphs do, under a plausible IR version, is certain.
 */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  // As text it names its fields; what only looks like it (the text of another protobuf message) has others.
  if (encodingOf(head) !== 'binary')
    return /ir_?version|opset_?import|op_?type/i.test(new TextDecoder().decode(head)) ? 'certain' : 'likely';
  const named = /\.(onnx|ort\.onnx|onnx\.ml)$/i.test(name.replace(/[?#].*$/, ''));
  const { fields, broken } = fieldsOf(head);
  const valid = !broken && fields.length > 0 && fields.every((field) => MODEL_WIRES[field.number] === field.wire);
  if (!valid) return 'no';
  const version = fields.find((field) => field.number === 1)?.value;
  if (version !== undefined && !(version >= 1 && version <= MAX_IR_VERSION)) return 'no';
  const graph = fields.find((field) => field.number === 7);
  const texts = fields.filter((field) => field.number >= 2 && field.number <= 4);
  const graphed = graph !== undefined && beginsAsGraph(head.subarray(graph.start, graph.end));
  // Whoever names a file so and has a graph in it means a model, whatever its producer calls itself.
  if (!texts.every((field) => isText(head.subarray(field.start, field.end))))
    return named && graphed && version !== undefined ? 'likely' : 'no';
  if (graphed && version !== undefined) return 'certain';
  return named || graphed || (version !== undefined && texts.length > 0) ? 'likely' : 'no';
}

/** Text as producers write their names: no control characters, as a message in the same place would have. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte !== 0x7f);
}

/** A node with inputs, outputs and an operator, or a name, or an initializer: all length-delimited. */
function beginsAsGraph(bytes: Uint8Array): boolean {
  const { fields, broken } = fieldsOf(bytes);
  const first = fields[0];
  if (broken || first === undefined || fields.some((field) => field.wire !== 2)) return false;
  if (first.number !== 1) return [2, 5, 11, 12].includes(first.number);
  const node = fieldsOf(bytes.subarray(first.start, first.end));
  return !node.broken && node.fields.length > 0 && node.fields.every((field) => field.wire === 2 && field.number <= 10);
}

/** The fields that begin within `head`; the last one may be cut off by its end. Broken: no protobuf. */
function fieldsOf(head: Uint8Array): { readonly fields: readonly Field[]; readonly broken: boolean } {
  try {
    return { fields: [...scan(memorySource(head), { partial: true })], broken: false };
  } catch (error) {
    if (!isModelError(error)) throw error;
    return { fields: [], broken: true };
  }
}
