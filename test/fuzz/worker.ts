// A process that carries out cases: its parent watches it from outside and ends it when one hangs or takes too much memory.
// What becomes of each case is appended to the log, one line a case: where it stops is where the parent goes on.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { splice } from './bytes.js';
import { type Case, Corpus } from './case.js';
import { drive, isFine, type Outcome } from './drive.js';
import { line } from './log.js';
import type { FuzzFormat } from './seeds.js';

/** What the parent asks of a process. */
export interface Task {
  readonly seed: number;
  readonly first: number;
  readonly end: number;
  readonly log: string;
  /** Holds the number of the case that is running, and what is done with it. */
  readonly progress: string;
  readonly failures: string;
  readonly formats: readonly string[];
  /** The process that asks: without it nobody reads what is found, and another may have taken over the log. */
  readonly parent: number;
  /** Writes the files of the cases and runs none of them: for those that ended the process before. */
  readonly writeOnly?: Outcome;
}

export async function work(all: readonly FuzzFormat[], task: Task): Promise<void> {
  const corpus = new Corpus(all.filter((format) => task.formats.length === 0 || task.formats.includes(format.id)));
  if (task.writeOnly !== undefined) {
    for (let i = task.first; i < task.end; i++) keep(task, corpus.case(task.seed, i), task.writeOnly);
    return;
  }
  const log = openSync(task.log, 'a');
  const progress = openSync(task.progress, 'w');
  for (let i = task.first; i < task.end && process.ppid === task.parent; i++) {
    const begins = (step: string): void => {
      writeSync(progress, `${String(i).padStart(12)} ${step.padEnd(12)}`, 0);
    };
    begins('make');
    const found = corpus.case(task.seed, i);
    const outcome = await drive(found.seed.name, found.bytes, found.asks, begins);
    if (process.ppid !== task.parent) break;
    writeSync(log, line({ number: i, format: found.format, outcome }));
    if (isFine(outcome)) continue;
    const kept = keep(task, found, outcome);
    if (kept === null) continue;
    // The file is there, should this not end.
    begins('shrink');
    writeFileSync(kept, await smaller(await fewer(corpus, task.seed, found, outcome), found, outcome));
  }
  closeSync(log);
  closeSync(progress);
}

/** The file with as few of the case's changes as still give the same outcome. */
async function fewer(corpus: Corpus, seed: number, found: Case, outcome: Outcome): Promise<Uint8Array> {
  const without = new Set<number>();
  let best = found.bytes;
  for (let i = 0; i < found.changes && found.changes > 1; i++) {
    const { bytes } = corpus.case(seed, found.number, new Set([...without, i]));
    if (!(await fails(bytes, found, outcome))) continue;
    without.add(i);
    best = bytes;
  }
  return best;
}

async function fails(bytes: Uint8Array, { seed, asks }: Case, { kind, where }: Outcome): Promise<boolean> {
  const now = await drive(seed.name, bytes, asks);
  return now.kind === kind && now.where === where;
}

/** Milliseconds and tries that go into making a failure's file smaller. */
const SHRINKING = { time: 20_000, tries: 2000 };

/** The bytes without as many stretches as still give the same outcome: halves first, single bytes at last. */
async function smaller(bytes: Uint8Array, found: Case, outcome: Outcome): Promise<Uint8Array> {
  const end = performance.now() + SHRINKING.time;
  let tries = SHRINKING.tries;
  let best = bytes;
  for (let size = best.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at < best.length; ) {
      if (tries-- === 0 || performance.now() > end) return best;
      const tried = splice(best, at, Math.min(best.length, at + size), new Uint8Array(0));
      if (await fails(tried, found, outcome)) best = tried;
      else at += size;
    }
  return best;
}

/** Writes the file of a failure, and beside it what became of it; one for each place in the sources. Null for a known one. */
function keep(task: Task, found: Case, outcome: Outcome): string | null {
  mkdirSync(task.failures, { recursive: true });
  const place = (outcome.where ?? String(found.number)).replace(/[^\w.-]+/g, '_').slice(0, 80);
  const name = `${outcome.kind.replace(/\W+/g, '-')}.${found.format}.${place}`;
  const { number, format, asks } = found;
  const about = { seed: task.seed, number, format, file: found.seed.name, asks, ...outcome };
  const file = join(task.failures, `${name}.${found.seed.name}`);
  try {
    writeFileSync(join(task.failures, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`, { flag: 'wx' });
    writeFileSync(file, found.bytes);
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
}
