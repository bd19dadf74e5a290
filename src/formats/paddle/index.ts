/**
 * PaddlePaddle: `.pdmodel` (a ProgramDesc) and `inference.json` (PIR).
 *
 * In: operators of a program. Out: its ledger, run on `graph/` by way of `layer-graph/`, by the tables in `operators/`.
 * To add: an operator is one entry in the table of its theme, under the names that the two kinds of files have for it.
 */
import type { Format } from '../types.js';
import { isPir, isProgram } from './detect.js';

export const paddle: Format = {
  id: 'paddle',
  title: 'PaddlePaddle (.pdmodel, inference.json)',
  detect: (head) => (isProgram(head) || isPir(head) ? 'certain' : 'no'),
  load: async () => (await import('./read.js')).readPaddle,
};
