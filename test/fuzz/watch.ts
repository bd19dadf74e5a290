import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { Task } from './worker.js';

export interface Limits {
  /** Seconds of computing that an ask may take; of waiting, sixty times as many: the machine may have other work. */
  readonly seconds: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

/** How a process ended: on its own, or because of the case that it was in. */
export type End =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'hang' | 'memory' | 'crash' | 'not made';
      readonly detail: string;
      /** The case that it was in; not a number where it was in none yet. */
      readonly number: number;
    };

/** What the fuzzer does itself, between what it asks of a file, has this many times as long. */
const OWN_WORK = 12;

const TICKS = 100; // of a second, in which Linux counts a process's computing

/** Runs a task in a process of its own and watches it from outside: nothing in it is trusted to end. */
export function watch(program: string, task: Task, limits: Limits): Promise<End> {
  rmSync(task.progress, { force: true }); // what an earlier process was in says nothing about this one
  const child = spawn(process.execPath, ['--max-old-space-size=4096', program, JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (part: Buffer) => {
    said = (said + part.toString()).slice(-2000);
  });
  return new Promise((resolve) => {
    let verdict: { readonly kind: 'hang' | 'memory'; readonly detail: string } | null = null;
    let [running, since, computed] = ['', Date.now(), 0];
    const timer = setInterval(() => {
      const at = safely(() => readFileSync(task.progress, 'utf8'), '');
      const used = computing(child);
      if (at !== running) [running, since, computed] = [at, Date.now(), used];
      const [spent, waited] = [used - computed, (Date.now() - since) / 1000];
      const bytes = resident(child);
      const seconds = limits.seconds * (isOwnWork(running) ? OWN_WORK : 1);
      if (bytes > limits.memory) verdict = { kind: 'memory', detail: `${Math.round(bytes / 2 ** 20)} MiB resident` };
      else if (spent > seconds || waited > seconds * 60)
        verdict = {
          kind: 'hang',
          detail: `${at.slice(12).trim()}: ${spent.toFixed(1)} s of computing, ${waited.toFixed(1)} s in all`,
        };
      if (verdict !== null) child.kill('SIGKILL');
    }, 50);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      if (verdict === null && code === 0) return resolve({ kind: 'done' });
      const at = safely(() => readFileSync(task.progress, 'utf8'), '');
      const why = verdict ?? { kind: 'crash' as const, detail: `${signal ?? code}: ${said.slice(-200)}` };
      resolve({ ...why, ...(isOwnWork(at) ? { kind: 'not made' as const } : {}), number: Number.parseInt(at, 10) });
    });
  });
}

/** Whether a line of progress is of the fuzzer's own work: a case that it makes, a failure that it makes smaller. */
function isOwnWork(progress: string): boolean {
  return /^\s*\d+ (make|shrink)\b/.test(progress);
}

function safely<T>(body: () => T, otherwise: T): T {
  try {
    return body();
  } catch {
    return otherwise;
  }
}

/** Resident memory of a process, in bytes, asked of the system. */
function resident({ pid }: ChildProcess): number {
  if (process.platform === 'linux')
    return safely(() => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096, 0);
  return safely(() => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024, 0);
}

/** Seconds that a process has computed; 0 where the system does not say, and then only waiting counts. */
function computing({ pid }: ChildProcess): number {
  if (process.platform !== 'linux') return 0;
  const stat = safely(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}
