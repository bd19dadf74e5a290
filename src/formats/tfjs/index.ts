/**
 * TensorFlow.js: `model.json` of layers models and graph models, by itself or in a zip.
 *
 * In: the topology, and the manifest of weights beside it. Out: the ledger that `keras/` or `tensorflow/` makes of it; small
 * integers that decide shapes are read from the weights' files where these are there.
 */
import type { Format } from '../types.js';
import { isModelJson } from './detect.js';

export const tfjs: Format = {
  id: 'tfjs',
  title: 'TensorFlow.js (model.json)',
  detect: (head) => (isModelJson(head) ? 'certain' : 'no'),
  archived: (names) => (names.some((name) => /(^|\/)model\.json$/.test(name)) ? 'likely' : 'no'),
  load: async () => (await import('./read.js')).readTfjs,
};
