import type { Piscina } from 'piscina';
import type { OpenOptions } from '../../api/read.js';
import { VERSION } from '../../report/version.js';
import { type Lines, linesOf } from '../../scan/lines.js';
import { idOf } from '../../scan/node/identity.js';
import { errorRow } from '../../scan/rows.js';
import type { ScanBatch, ScanTask } from '../../scan/worker.js';
import { SourceError } from '../../source/errors.js';
import { packages } from '../../source/node/packages.js';
import { shipped } from '../../source/node/shipped.js';

/** The outcome of a batch. */
export interface Outcome {
  /** Of its first models, or of the one that ended the worker; null for one that was done before. */
  readonly done: readonly (Lines | null)[];
  /** The part of it that is still to do. */
  readonly rest: readonly ScanTask[];
}

/** Worker threads that read and count models; each takes one batch at a time. */
export interface Pool {
  readonly threads: number;
  /** At least one model of a batch. One that does not end in time, or takes too much memory, ends its worker and gets a row. */
  run(tasks: readonly ScanTask[], options: OpenOptions, known: SharedArrayBuffer): Promise<Outcome>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly threads: number;
  /** For each model, in seconds. */
  readonly seconds: number;
  /** Heap of a worker, in MiB. */
  readonly memory: number;
}

/** How long a worker is busy without a word, in milliseconds: much longer than a message takes, and soon enough to share the rest. */
const SLICE = 100;
/** Room for what is soon garbage, in MiB: with less, V8 keeps and moves more of what a model leaves behind. */
const YOUNG = 32;

export function openPool({ threads, seconds, memory }: PoolOptions): Pool {
  // By require: what runs as a script of vm cannot import without a warning.
  const { Piscina } = packages()('piscina') as typeof import('piscina');
  const pool: Piscina = new Piscina({
    filename: workerFile(),
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: YOUNG },
  });
  // The failure that ends a worker is also reported by its task.
  pool.on('error', () => {});
  return {
    threads,
    async run(tasks, options, known) {
      const place = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
      const limit = limitOf(place, seconds * 1000);
      const batch: ScanBatch = { tasks, options, known, place, slice: SLICE };
      try {
        const done = (await pool.run(batch, { signal: limit.signal })) as (Lines | null)[];
        return { done, rest: tasks.slice(done.length) };
      } catch (error) {
        const [at = 0, since = 0] = new Float64Array(place);
        const lost = tasks[at];
        if (lost === undefined) throw error;
        const { open: _, ...job } = { ...lost, id: lost.id ?? idOf(lost, options) };
        const took = since === 0 ? 0 : Date.now() - since;
        const row = linesOf(errorRow(job, reasonFor(error as Error, seconds, memory), took, VERSION));
        // Work that the worker had done is done again, because its rows are lost with it.
        return { done: [row], rest: tasks.filter((task) => task !== lost) };
      } finally {
        limit.clear();
      }
    },
    close: () => pool.destroy(),
  };
}

function reasonFor(
  { name, message }: Error,
  seconds: number,
  memory: number,
): { readonly code: string; readonly message: string } {
  if (name === 'AbortError' || name === 'TimeoutError')
    return { code: 'time', message: `not done within ${seconds} seconds` };
  if (/memory|heap/i.test(message)) return { code: 'memory', message: `takes more than ${memory} MiB` };
  return { code: 'internal', message };
}

/** A signal that ends a batch when the model that its worker is at has had `most` milliseconds; each gets as long. */
function limitOf(place: SharedArrayBuffer, most: number): { readonly signal: AbortSignal; clear(): void } {
  const at = new Float64Array(place);
  const begin = Date.now();
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    // Before the worker has begun, the time since it was asked to counts.
    const left = most - (Date.now() - Math.max(begin, at[1] ?? 0));
    if (left <= 0) controller.abort();
    else timer = setTimeout(wait, left);
  };
  timer = setTimeout(wait, most);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** The built worker. */
function workerFile(): string {
  const file = shipped('lib/scan/worker.js');
  if (file !== null) return file;
  throw new SourceError('this copy of opcount is not built: it has no worker for scans', { hint: 'npm run build' });
}
