import { mutateJson } from '../json.js';
import { type FuzzFormat, fixtures } from '../seeds.js';
import { onBytes, TEXT } from '../text.js';

/** ONNX as JSON and in protobuf's text form. */
const onnxText: FuzzFormat = {
  id: 'onnx-text',
  seeds: () => fixtures('onnx', /\.(textproto|onnx\.json)$/, 60_000),
  mutations: [onBytes(mutateJson), ...TEXT.map(onBytes)],
};

export default onnxText;
