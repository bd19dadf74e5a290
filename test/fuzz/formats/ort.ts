import { network } from '../../formats/ort-build.js';
import { word } from '../flat.js';
import type { FuzzFormat } from '../seeds.js';

/** FlatBuffers of ONNX Runtime. */
const ort: FuzzFormat = {
  id: 'ort',
  seeds: () => [{ name: 'network.ort', bytes: network() }],
  mutations: [word, word, word],
};

export default ort;
