// The parent: hands stretches of cases to processes, goes on behind a case that ended one, and says what became of all.
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFine, type Outcome } from './drive.js';
import { line, mendLog, readLog, table } from './log.js';
import type { FuzzFormat } from './seeds.js';
import { watch } from './watch.js';
import { type Task, work } from './worker.js';

/** Cases that a process carries out before a fresh one takes its place, so that its memory is that of its case. */
const STRETCH = 2000;

const HELP = `npm run fuzz -- [--cases 10000] [--seed N] [--formats onnx,pt2] [--seconds 5] [--memory 1024] [--out test-results/fuzz]
Carries on where a run with the same seed and formats stopped. Exit code 1 where a case failed.
npm run fuzz -- --seed N --case I    carries out one case again and says what became of it`;

/** `program` is this bundle, which also is what the processes run. */
export async function main(program: string, all: readonly FuzzFormat[], argv: readonly string[]): Promise<number> {
  if (argv[0]?.startsWith('{') === true) {
    await work(all, JSON.parse(argv[0]));
    return 0;
  }
  const { values } = parseArgs({
    args: [...argv],
    options: {
      cases: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
      formats: { type: 'string', default: '' },
      seconds: { type: 'string', default: '5' },
      memory: { type: 'string', default: '1024' },
      out: { type: 'string', default: 'test-results/fuzz' },
      case: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const formats = values.formats.split(',').filter((id) => id !== '');
  const unknown = formats.find((id) => !all.some((format) => format.id === id));
  if (unknown !== undefined) throw new Error(`no format ${unknown}: ${all.map((format) => format.id).join(', ')}`);
  const name = [values.seed, ...formats].join('-');
  mkdirSync(values.out, { recursive: true });
  const task: Task = {
    seed: Number(values.seed),
    first: 0,
    end: Number(values.cases),
    log: join(values.out, `${name}.log`),
    progress: join(values.out, `${name}.running`),
    failures: join(values.out, 'failures'),
    formats,
    parent: process.pid,
  };
  const limits = { seconds: Number(values.seconds), memory: Number(values.memory) * 2 ** 20 };
  if (values.case !== undefined) {
    const first = Number(values.case);
    const again = { ...task, first, end: first + 1, log: join(values.out, `${name}.again`) };
    rmSync(again.log, { force: true });
    const end = await watch(program, again, limits);
    console.log(end.kind === 'done' ? readLog(again.log) : end);
    return 0;
  }
  mendLog(task.log);
  let next = (readLog(task.log).at(-1)?.number ?? -1) + 1;
  if (next > 0) console.log(`carrying on at case ${next}`);
  while (next < task.end) {
    const stretch = { ...task, first: next, end: Math.min(task.end, next + STRETCH) };
    const end = await watch(program, stretch, limits);
    next = (readLog(task.log).at(-1)?.number ?? -1) + 1;
    // Where the case that it was in has its line already, a failure was being made smaller: it is kept as it was.
    if (end.kind !== 'done' && end.number !== next - 1) {
      await record(program, task, next, end);
      next++;
    }
    console.log(`${next} of ${task.end} cases`);
  }
  const lines = readLog(task.log);
  const failed = lines.filter((l) => !isFine({ kind: l.kind as Outcome['kind'] }));
  console.log(`\nseed ${task.seed}\n${table(lines)}\n`);
  for (const { number, format, kind, where, detail } of failed.slice(0, 50))
    console.log(`case ${number}  ${format}  ${kind}  ${detail}  ${where}`);
  console.log(
    `${lines.length} cases, ${failed.length} failed${failed.length > 0 ? `: files in ${task.failures}` : ''}`,
  );
  return failed.length === 0 ? 0 : 1;
}

/** Writes down a case that ended its process, alone this time, so that it and not those before it is to blame. */
async function record(program: string, task: Task, number: number, { kind, detail }: Outcome): Promise<void> {
  const outcome = { kind, ...(detail === undefined ? {} : { detail }) };
  if (kind !== 'not made')
    await watch(
      program,
      { ...task, first: number, end: number + 1, writeOnly: { ...outcome, where: String(number) } },
      { seconds: 60, memory: 2 ** 32 },
    );
  appendFileSync(task.log, line({ number, format: 'ended', outcome }));
}
