import { profileOf } from '../api/profile.js';
import type { OpenOptions } from '../api/read.js';
import { read } from '../node.js';
import { VERSION } from '../report/version.js';
import { asOwnError, isModelError, isSourceError } from '../source/errors.js';
import { hasId } from './known-ids.js';
import { type Lines, linesOf } from './lines.js';
import { type Found, idOf } from './node/identity.js';
import { errorRow, type Job, type Rows, rowsOf } from './rows.js';

export interface ScanTask extends Found {
  /** Where a queue knows it already; else it is made of the content here, which takes its time. */
  readonly id?: string;
}

/** Models for one worker thread, in order. */
export interface ScanBatch {
  readonly tasks: readonly ScanTask[];
  readonly options: OpenOptions;
  /** Models whose rows are there already (packIds). */
  readonly known: SharedArrayBuffer;
  /** Two float64 that the worker keeps up: the task that it is at, and since when (milliseconds of the epoch). */
  readonly place: SharedArrayBuffer;
  /** No other model is begun after this many milliseconds: the rest is for whoever is free. */
  readonly slice: number;
}

/** The rows of the first models of a batch, at least of one, whatever becomes of each; null for one that was done before. */
export default async function scanBatch({ tasks, options, known, place, slice }: ScanBatch): Promise<(Lines | null)[]> {
  const at = new Float64Array(place);
  const begin = performance.now();
  const done: (Lines | null)[] = [];
  for (const [i, task] of tasks.entries()) {
    at[1] = Date.now();
    at[0] = i;
    const id = task.id ?? idOf(task, options);
    done.push(hasId(known, id) ? null : linesOf(await scanOne({ id, model: task.model }, task.open, options)));
    if (performance.now() - begin >= slice) break;
  }
  return done;
}

async function scanOne(job: Job, open: string, options: OpenOptions): Promise<Rows> {
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
