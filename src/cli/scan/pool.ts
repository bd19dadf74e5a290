import type { Piscina } from 'piscina';
import { VERSION } from '../../report/version.js';
import { errorRow, type Rows } from '../../scan/rows.js';
import type { ScanTask } from '../../scan/worker.js';
import { SourceError } from '../../source/errors.js';
import { packages } from '../../source/node/packages.js';
import { shipped } from '../../source/node/shipped.js';

/** Worker threads that count one model each. */
export interface Pool {
  readonly threads: number;
  /** The rows of a model, whatever becomes of it: a worker that does not end in time, or takes too much memory, is ended. */
  run(task: ScanTask): Promise<Rows>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly threads: number;
  /** For each model, in seconds. */
  readonly seconds: number;
  /** Heap of a worker, in MiB. */
  readonly memory: number;
}

export function openPool({ threads, seconds, memory }: PoolOptions): Pool {
  // By require: what runs as a script of vm cannot import without a warning.
  const { Piscina } = packages()('piscina') as typeof import('piscina');
  const pool: Piscina = new Piscina({
    filename: workerFile(),
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: memory },
  });
  // What ends a worker is reported by its task too.
  pool.on('error', () => {});
  return {
    threads,
    async run(task) {
      const begin = performance.now();
      try {
        return (await pool.run(task, { signal: AbortSignal.timeout(seconds * 1000) })) as Rows;
      } catch (error) {
        const { name, message } = error as Error;
        const late = name === 'AbortError' || name === 'TimeoutError';
        const { id, model } = task;
        const said = late
          ? { code: 'time', message: `not done within ${seconds} seconds` }
          : /memory|heap/i.test(message)
            ? { code: 'memory', message: `takes more than ${memory} MiB` }
            : { code: 'internal', message };
        return errorRow({ id, model }, said, performance.now() - begin, VERSION);
      }
    },
    close: () => pool.destroy(),
  };
}

/** The built worker. */
function workerFile(): string {
  const file = shipped('lib/scan/worker.js');
  if (file !== null) return file;
  throw new SourceError('this copy of opcount is not built: it has no worker for scans', { hint: 'npm run build' });
}
