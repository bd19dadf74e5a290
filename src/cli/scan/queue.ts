import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Job, Queue } from 'bullmq';
import type { OpenOptions } from '../../api/read.js';
import { VERSION } from '../../report/version.js';
import { packIds } from '../../scan/known-ids.js';
import { type Found, idOf } from '../../scan/node/identity.js';
import type { ScanTask } from '../../scan/worker.js';
import { SourceError } from '../../source/errors.js';
import { packages } from '../../source/node/packages.js';
import { findModels } from './find.js';
import type { Pool } from './pool.js';
import type { Progress } from './progress.js';
import { openStore } from './store.js';

export interface QueueRun {
  /** `redis://host:6379/0` */
  readonly url: string;
  readonly models: readonly string[];
  readonly options: OpenOptions;
  readonly folder: string;
  readonly pool: Pool;
  /** Seconds after which a worker that says nothing is taken for dead, and others do its jobs. */
  readonly lease: number;
  readonly progress: Progress;
}

/** Jobs that are put into the queue in one message. */
const BULK = 500;
/** A server that does not answer for so long ends the run: what was done stays done. */
const SILENCE_MS = 30_000;
const OPEN = ['waiting', 'active', 'delayed', 'prioritized'] as const;

/**
 * Shares the work with every process that runs the same scan at the same queue, on this machine or others that see the same
 * files. A job goes by the model's id, so that the same model put in twice is done once; a process that is killed loses
 * its jobs to the others. Ends when nothing is left to do. Throws SourceError.
 */
export async function runQueue({ url, models, options, folder, pool, lease, progress }: QueueRun): Promise<void> {
  const { Queue, Worker } = loadBull();
  const connection = { url, maxRetriesPerRequest: null, connectTimeout: 5000 };
  const name = `opcount-${createHash('sha256')
    .update(JSON.stringify([VERSION, resolve(folder), options]))
    .digest('hex')
    .slice(0, 16)}`;
  const queue: Queue<ScanTask> = new Queue(name, { connection });
  queue.on('error', () => {}); // told by what waits for an answer
  const store = openStore(folder, `${hostname()}-${process.pid}`);
  const none = packIds([]);
  const worker = new Worker<ScanTask>(
    name,
    async (job: Job<ScanTask>) => {
      const { done } = await pool.run([job.data], options, none);
      const lines = done.filter((one) => one !== null);
      store.add(lines);
      progress.add(lines);
    },
    {
      connection,
      concurrency: pool.threads,
      autorun: false,
      lockDuration: lease * 1000,
      stalledInterval: lease * 500,
      maxStalledCount: 5,
    },
  );
  worker.on('error', () => {});
  try {
    await answered(queue.waitUntilReady(), url);
    void worker.run();
    for (const jobs of bulks(findModels(models), options))
      await answered(
        queue.addBulk(
          jobs.map((task) => ({
            name: 'model',
            data: task,
            opts: { jobId: task.id, attempts: 3, removeOnFail: false },
          })),
        ),
        url,
      );
    for (;;) {
      const counts = await answered(queue.getJobCounts(...OPEN, 'failed'), url);
      if (OPEN.every((state) => (counts[state] ?? 0) === 0)) {
        if ((counts['failed'] ?? 0) === 0) return;
        throw new SourceError(`${counts['failed']} models could not be done in three attempts`, {
          hint: 'a full disk, or workers that were killed: run it again after it is mended, with another -o',
        });
      }
      await new Promise((done) => setTimeout(done, 300));
    }
  } finally {
    await Promise.race([
      Promise.allSettled([worker.close(), queue.close()]),
      new Promise((done) => setTimeout(done, 5000).unref()),
    ]);
  }
}

/** Each with the id that its job goes by. */
function* bulks(models: Iterable<Found>, options: OpenOptions): Generator<(Found & { readonly id: string })[]> {
  let jobs: (Found & { readonly id: string })[] = [];
  for (const found of models) {
    jobs.push({ ...found, id: idOf(found, options) });
    if (jobs.length < BULK) continue;
    yield jobs;
    jobs = [];
  }
  if (jobs.length > 0) yield jobs;
}

/** The answer, or an error where the server gives none: its client would try forever. */
async function answered<T>(answer: Promise<T>, url: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new SourceError(`the queue at ${url.replace(/\/\/[^@/]*@/, '//')} does not answer`, {
            hint: 'start a Redis server there, or check the address: redis://host:6379/0',
          }),
        ),
      SILENCE_MS,
    );
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function loadBull(): typeof import('bullmq') {
  const require = packages();
  try {
    require.resolve('ioredis'); // its client, which it looks for later
    return require('bullmq') as typeof import('bullmq');
  } catch (cause) {
    throw new SourceError('--queue needs the packages bullmq and ioredis, which are not installed', {
      hint: 'npm install bullmq ioredis (they are needed for queues alone), or share the work with --shard 1/8',
      cause,
    });
  }
}
