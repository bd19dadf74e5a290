/**
 * Core ML: `.mlmodel`, the model of an `.mlpackage`, and the text of a compiled program (`model.mil` in an `.mlmodelc`).
 *
 * In: protocol buffers. Out: the ledger of a neural network (`layers/`), of an ML program (`program/`), of a classical model
 * (`classical.ts`) or of a pipeline of these.
 * To add: a layer is one entry in `layers/`, an operator of programs one in `program/`.
 */
import type { Format } from '../types.js';
import { hasModel, isCoreml, isProgramText } from './detect.js';

export const coreml: Format = {
  id: 'coreml',
  title: 'Core ML (.mlmodel, .mlpackage, .mlmodelc)',
  detect: (head, name) => (isCoreml(head, name) || isProgramText(head) ? 'certain' : 'no'),
  archived: (names) => (hasModel(names) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readCoreml,
};
