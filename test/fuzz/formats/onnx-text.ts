import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';

/** ONNX as JSON, in protobuf's text form and in its own. */
const onnxText: FuzzFormat = {
  id: 'onnx-text',
  seeds: () => fixtures('onnx', /\.(textproto|onnxtxt|onnx\.json)$/, 60_000),
  mutations: [onBytes(mutateJson), ...TEXT.map(onBytes)],
};

export default onnxText;
