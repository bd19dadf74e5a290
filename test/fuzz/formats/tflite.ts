import { BYTES } from '../bytes.js';
import { type FuzzFormat, fixtures } from '../seeds.js';

/** Flatbuffers: tables are found by offsets, which are what changes of lengths meet. */
const tflite: FuzzFormat = {
  id: 'tflite',
  seeds: () => fixtures('tflite', /\.tflite$/, 40_000),
  mutations: BYTES,
};

export default tflite;
