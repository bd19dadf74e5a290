import type { Ledger, Note } from '../ledger/index.js';
import { failedResult } from './results.js';
import type { Convention } from './types.js';
import { allParameters } from './units.js';

/** A convention of a tool that reads files of one kind: of others it says so, in place of a 0 that looks like a count. */
export function onlyFor(convention: Convention, fits: (ledger: Ledger) => boolean, reads: string): Convention {
  return {
    ...convention,
    run: (ledger, options) => {
      if (fits(ledger)) return convention.run(ledger, options);
      const failure: Note = { code: 'tool-fails', message: `${convention.title} reads ${reads} alone` };
      return failedResult(convention, {}, allParameters(ledger), failure);
    },
  };
}
