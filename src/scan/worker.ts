import { profileOf } from '../api/profile.js';
import type { OpenOptions } from '../api/read.js';
import { read } from '../node.js';
import { VERSION } from '../report/version.js';
import { asOwnError, isModelError, isSourceError } from '../source/errors.js';
import { errorRow, type Job, type Rows, rowsOf } from './rows.js';

export interface ScanTask extends Job {
  /** What the library opens: an absolute path, an address or a built-in name. */
  readonly open: string;
  readonly options: OpenOptions;
}

/** One model in a worker thread: its rows, whatever becomes of it. */
export default async function scanOne({ open, options, ...job }: ScanTask): Promise<Rows> {
  const begin = performance.now();
  try {
    const report = await profileOf(await read(open, options), { ...options, by: 'layer' });
    return rowsOf(job, report, performance.now() - begin);
  } catch (thrown) {
    const error = asOwnError(thrown);
    if (!isModelError(error) && !isSourceError(error)) throw error;
    return errorRow(job, error, performance.now() - begin, VERSION);
  }
}
