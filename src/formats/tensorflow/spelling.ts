import { byName } from '../../source/by-name.js';
import type { Spelling } from '../../wire/prototext/encode.js';
import { FORMAT } from './schema.js';
import { NUMBER_OF } from './types.js';

/** Names and numbers as TensorFlow's text has them. */
export const SPELLING: Spelling = {
  format: FORMAT,
  runs: byName({ floatVal: 'float', doubleVal: 'double' }),
  enumerated: (name) => NUMBER_OF[name],
};
