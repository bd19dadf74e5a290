import { word } from '../flat.js';
import { type FuzzFormat, fixtures } from '../seeds.js';

/** FlatBuffers. */
const tflite: FuzzFormat = {
  id: 'tflite',
  seeds: () => fixtures('tflite', /\.tflite$/, 40_000),
  mutations: [word, word, word],
};

export default tflite;
