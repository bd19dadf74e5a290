// A process that carries out cases: its parent watches it from outside and ends it when one hangs or takes too much memory.
// What becomes of each case is appended to the log, one line a case: where it stops is where the parent goes on.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
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
  /** Holds the number of the case that is running, and what it is asked. */
  readonly progress: string;
  readonly failures: string;
  readonly formats: readonly string[];
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
  for (let i = task.first; i < task.end; i++) {
    const begins = (ask: string): void => {
      writeSync(progress, `${String(i).padStart(12)} ${ask.padEnd(12)}`, 0);
    };
    begins('make');
    const found = corpus.case(task.seed, i);
    const outcome = await drive(found.seed.name, found.bytes, found.asks, begins);
    if (!isFine(outcome)) keep(task, await smaller(corpus, task.seed, found, outcome), outcome);
    writeSync(log, line({ number: i, format: found.format, outcome }));
  }
  closeSync(log);
  closeSync(progress);
}

/** The case with as few of its changes as still give the same outcome. */
async function smaller(corpus: Corpus, seed: number, found: Case, outcome: Outcome): Promise<Case> {
  const without = new Set<number>();
  let best = found;
  for (let i = 0; i < found.changes && found.changes > 1; i++) {
    const tried = corpus.case(seed, found.number, new Set([...without, i]));
    const same = await drive(tried.seed.name, tried.bytes, tried.asks);
    if (same.kind !== outcome.kind || same.where !== outcome.where) continue;
    without.add(i);
    best = tried;
  }
  return best;
}

/** Writes the file of a failure, and beside it what became of it; one for each place in the sources. */
function keep(task: Task, found: Case, outcome: Outcome): void {
  mkdirSync(task.failures, { recursive: true });
  const place = (outcome.where ?? String(found.number)).replace(/[^\w.-]+/g, '_').slice(0, 80);
  const name = `${outcome.kind.replace(/\W+/g, '-')}.${found.format}.${place}`;
  const { number, format, asks } = found;
  const about = { seed: task.seed, number, format, file: found.seed.name, asks, ...outcome };
  try {
    writeFileSync(join(task.failures, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`, { flag: 'wx' });
    writeFileSync(join(task.failures, `${name}.${found.seed.name}`), found.bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // known
  }
}
