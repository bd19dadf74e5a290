// The room cli/scan/. Comes in: files, folders or names of many models. Goes out: tables of them on disk, a row each (scan/).
// find.ts lists the models, shard.ts and queue.ts share them among machines, pool.ts runs them in processes of their own,
// store.ts keeps what is done, merge.ts joins the tables. Add here: another way to share or to keep.
import { availableParallelism } from 'node:os';
import type { ScanTask } from '../../scan/worker.js';
import { EXIT, UsageError } from '../errors.js';
import { openOptions } from '../opening.js';
import type { ModelFlags } from '../options.js';
import { say } from '../output.js';
import { given, tasksOf } from './find.js';
import { mergeScan } from './merge.js';
import { openPool, type Pool } from './pool.js';
import { counted, Progress } from './progress.js';
import { isIn, shardOf } from './shard.js';
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
      await runShard(
        tasksOf(given(models), options, (name) => isIn(shard, name)),
        openStore(folder, part),
        pool,
        progress,
      );
      if (shard.count === 1) await mergeScan(folder);
    }
  } finally {
    await pool.close();
    progress.end();
  }
  return EXIT.fine;
}

/** As many at once as there are workers, and as many again that wait: never the whole list. */
async function runShard(tasks: Iterable<ScanTask>, store: Store, pool: Pool, progress: Progress): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const task of tasks) {
    if (store.done.has(task.id)) {
      progress.known();
      continue;
    }
    const run: Promise<void> = pool.run(task).then((rows) => {
      store.add(rows);
      progress.add(rows);
      running.delete(run);
    });
    running.add(run);
    if (running.size >= 2 * pool.threads) await Promise.race(running);
  }
  await Promise.all(running);
}
