// Comes in: a ModelProto, in protobuf, as protobuf's text or JSON, or in ONNX's own syntax (textual/). Goes out: the ledger of its main
// graph, run on graph/ by the tables in dialect/, one a domain. Weights stay in the file.
// Add here: an operator is one entry in the table of its theme in dialect/; a domain is a table and a line in dialect/index.ts.
import type { Format } from '../types.js';
import { detect } from './detect.js';

/** ONNX: detects it; the reader itself is loaded when a file is opened. */
export const onnx: Format = {
  id: 'onnx',
  title: 'ONNX',
  detect,
  load: async () => (await import('./model.js')).readModel,
};
