// The room cli/scan/. Comes in: files, folders or names of many models. Goes out: tables of them on disk, a row each (scan/).
// find.ts lists the models, shard.ts and queue.ts share them among machines, pool.ts runs them in worker threads,
// store.ts keeps what is done, merge.ts joins the tables. Add here: another way to share or to keep.
import { availableParallelism } from 'node:os';
import type { OpenOptions } from '../../api/read.js';
import { packIds } from '../../scan/known-ids.js';
import type { Found } from '../../scan/node/identity.js';
import type { ScanTask } from '../../scan/worker.js';
import { EXIT, UsageError } from '../errors.js';
import { openOptions } from '../opening.js';
import type { ModelFlags } from '../options.js';
import { say } from '../output.js';
import { findModels, given } from './find.js';
import { mergeScan } from './merge.js';
import { checkFound, outcomeOf } from './outcome.js';
import { openPool, type Pool } from './pool.js';
import { counted, Progress } from './progress.js';
import { isIn, type Shard, shardOf } from './shard.js';
import { openStore, type Store } from './store.js';

export interface ScanFlags extends ModelFlags {
  readonly output?: string;
  readonly shard?: string;
  readonly jobs?: number;
  readonly modelTime?: number;
  readonly memory?: number;
  readonly queue?: string;
  readonly lease?: number;
  readonly merge?: boolean;
  readonly quiet?: boolean;
}

/** `opcount scan`: a row for each of many models. */
export async function runScan(models: readonly string[], flags: ScanFlags): Promise<number> {
  const folder = flags.output;
  if (folder === undefined) throw new UsageError('a scan writes tables: say where', 'opcount scan models/ -o out');
  if (flags.merge === true) {
    if (models.length > 0) throw new UsageError('--merge looks at no models', 'opcount scan --merge -o out');
    const { output: _, merge: __, quiet: ___, ...others } = flags;
    const [other] = Object.keys(others);
    if (other !== undefined)
      throw new UsageError(
        `--${other.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} has no effect on --merge, which looks at no models`,
        'opcount scan --merge -o out',
      );
    say(`${folder}: ${counted(await mergeScan(folder))} in models.parquet and layers.parquet`);
    return EXIT.fine;
  }
  if (flags.queue !== undefined && flags.shard !== undefined)
    throw new UsageError('--queue shares the work by itself: there are no shards', 'leave --shard out');
  if (flags.lease !== undefined && flags.queue === undefined)
    throw new UsageError('--lease is of --queue: nobody else does these jobs', 'leave it out');
  const shard = shardOf(flags.shard, process.env);
  const options = openOptions(flags, models);
  const pool = openPool({
    threads: flags.jobs ?? availableParallelism(),
    seconds: flags.modelTime ?? 60,
    memory: flags.memory ?? 2048,
  });
  const progress = new Progress(flags.quiet === true);
  try {
    if (flags.queue !== undefined) {
      const { runQueue } = await import('./queue.js');
      await runQueue({
        url: flags.queue,
        models: given(models),
        options,
        folder,
        pool,
        progress,
        lease: flags.lease ?? 30,
      });
    } else {
      const part = shard.count === 1 ? 'all' : `${shard.index}-of-${shard.count}`;
      const store = openStore(folder, part);
      await runShard(modelsOf(shard, given(models)), { options, store, pool, progress });
      if (shard.count === 1) {
        checkFound(progress.models, models);
        await mergeScan(folder);
      }
    }
  } finally {
    await pool.close();
    progress.end();
  }
  // A shard or a worker of a queue may rightly have nothing, or bad luck with its share.
  return flags.queue !== undefined || shard.count > 1 ? EXIT.fine : outcomeOf(folder);
}

interface ShardRun {
  readonly options: OpenOptions;
  readonly store: Store;
  readonly pool: Pool;
  readonly progress: Progress;
}

function* modelsOf(shard: Shard, models: readonly string[]): Generator<Found> {
  for (const found of findModels(models)) if (isIn(shard, found.model)) yield found;
}

/** Models that a worker is given at once: more than it does in its time, and nothing to send. */
const BATCH = 32;

/**
 * The work of one part, as workers are free for it: each takes the next models and gives back what it had no time for. The
 * list is drawn as it is needed, never whole.
 */
async function runShard(models: Iterator<Found>, { options, store, pool, progress }: ShardRun): Promise<void> {
  const known = packIds(store.done);
  const ahead: ScanTask[] = [];
  const next = (): ScanTask[] => {
    while (ahead.length < BATCH * pool.threads) {
      const { value, done } = models.next();
      if (done === true) break;
      ahead.push(value);
    }
    // Towards the end everybody gets a share.
    return ahead.splice(0, Math.ceil(ahead.length / pool.threads));
  };
  let busy = 0;
  let asleep: (() => void)[] = [];
  const wakeAll = (): void => {
    for (const wake of asleep) wake();
    asleep = [];
  };
  const lane = async (): Promise<void> => {
    for (;;) {
      const tasks = next();
      if (tasks.length === 0) {
        if (busy === 0) return;
        // Paths that other workers had no time for come back.
        await new Promise<void>((wake) => asleep.push(wake));
        continue;
      }
      busy++;
      const { done, rest } = await pool.run(tasks, options, known);
      busy--;
      ahead.push(...rest);
      store.add(done.filter((lines) => lines !== null));
      progress.add(done);
      wakeAll();
    }
  };
  await Promise.all(Array.from({ length: pool.threads }, lane));
}
