/**
 * Keras: `.keras` archives, HDF5 files of whole models, `model.json`.
 *
 * In: the configuration of a model, wherever it lies. Out: the ledger of its layers, run on `graph/` one call after the
 * other; weights are those that each layer would make. To add: a layer is one entry in the table of its theme in `layers/`.
 */
import type { Format } from '../types.js';
import { detect, isArchive } from './detect.js';

export const keras: Format = {
  id: 'keras',
  title: 'Keras (.keras, .h5, model.json)',
  detect,
  archived: (names) => (isArchive(names) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readKeras,
};
