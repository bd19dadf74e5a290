import { parse } from 'yaml';
import type { Other } from '../formats/index.js';
import { ModelError } from '../source/index.js';

/** Answers what a Python program asks beyond operators. */
export const answerPython: Other = (kind, args) => {
  switch (kind) {
    case 'yaml':
      return parse(String(args[0]));
    default:
      throw new ModelError('unsupported', `${kind} is not to be had here`, { format: 'python' });
  }
};
