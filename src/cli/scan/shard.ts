import { createHash } from 'node:crypto';
import { UsageError } from '../errors.js';

/** One part of many, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `3/100`; `auto` and `auto/100` take the part from the scheduler: SLURM's arrays and tasks, Kubernetes' indexed jobs, which
 * do not say how many there are. Throws UsageError.
 */
export function shardOf(text: string | undefined, env: Env): Shard {
  if (text === undefined) return { index: 1, count: 1 };
  const match = /^(\d+|auto)(?:\/(\d+))?$/.exec(text.trim());
  if (match === null) throw new UsageError(`"${text}" is not a shard`, 'write --shard 3/100, or --shard auto');
  const [, part, of] = match;
  const found = part === 'auto' ? fromScheduler(env) : { index: Number(part), count: null };
  const count = of === undefined ? found.count : Number(of);
  if (count === null)
    throw new UsageError(`--shard ${text} does not say of how many`, 'write --shard 3/100, or --shard auto/100');
  if (!(found.index >= 1 && found.index <= count))
    throw new UsageError(`there is no part ${found.index} of ${count}`, 'parts are counted from 1');
  return { index: found.index, count };
}

function fromScheduler(env: Env): { index: number; count: number | null } {
  const number = (name: string): number | null => (/^\d+$/.test(env[name] ?? '') ? Number(env[name]) : null);
  const task = number('SLURM_ARRAY_TASK_ID');
  if (task !== null) {
    const step = number('SLURM_ARRAY_TASK_STEP') ?? 1;
    return {
      index: Math.floor((task - (number('SLURM_ARRAY_TASK_MIN') ?? 0)) / step) + 1,
      count: number('SLURM_ARRAY_TASK_COUNT'),
    };
  }
  const process = number('SLURM_PROCID');
  if (process !== null) return { index: process + 1, count: number('SLURM_NTASKS') };
  const pod = number('JOB_COMPLETION_INDEX');
  if (pod !== null) return { index: pod + 1, count: null };
  throw new UsageError(
    '--shard auto found no scheduler: neither SLURM_ARRAY_TASK_ID, SLURM_PROCID nor JOB_COMPLETION_INDEX is set',
    'write --shard 3/100',
  );
}

/** Whether a model belongs to this part: by its name alone, so that every part can tell without the others. */
export function isIn({ index, count }: Shard, name: string): boolean {
  if (count === 1) return true;
  const hash = createHash('sha256').update(name).digest();
  return Number(hash.readBigUInt64BE(0) % BigInt(count)) + 1 === index;
}
