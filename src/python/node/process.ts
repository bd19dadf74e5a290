import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { isTold, told, WORD_EVERY } from '../../source/waiting.js';
import type { Confinement, Ending, Listener } from '../confinement.js';
import { type ChildFiles, type Command, childFiles, commands } from './command.js';
import { Exchange, type Job } from './exchange.js';
import { watchMemory } from './memory.js';

/** After its time a program is interrupted, and has this long (seconds) to say where it was. */
const GRACE = 0.5;

/** Python in a process of its own, which Node's permission model and, if there is one, a namespace confine. */
export const confinedProcess: Confinement = { run: (job, listener) => runConfined(childFiles(), job, listener) };

/** The same for the given script of the process, and ways to start it. */
export async function runConfined(
  files: ChildFiles,
  job: Job,
  listener: Listener,
  ways: readonly Command[] = commands(files),
): Promise<Ending> {
  const folder = mkdtempSync(join(tmpdir(), 'opcount-'));
  try {
    const started = performance.now();
    let ending: Ending = { kind: 'broken', why: 'its process does not start' };
    // The strictest way first; a system that does not offer it ends the process before it says a word.
    for (const command of ways) {
      const attempt = await runOnce(command, folder, job, listener, started);
      ending = attempt.ending;
      if (attempt.spoke || ending.kind !== 'broken') break;
      command.fails();
    }
    return ending;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runOnce(
  command: { readonly file: string; readonly args: readonly string[] },
  folder: string,
  job: Job,
  listener: Listener,
  started: number,
): Promise<{ ending: Ending; spoke: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const end = (ending: Ending): void => {
      if (close()) resolve({ ending, spoke: exchange.spoke });
    };
    const fail = (error: unknown): void => {
      if (close()) reject(error);
    };
    const exchange = new Exchange(child.stdio[3] as Duplex, job, listener, started, { end, fail });
    const release = guard(child, job.limits, started, end);
    const words = isTold() ? setInterval(() => told(waitingFor(exchange.spoke, started)), WORD_EVERY) : undefined;
    let over = false;
    const close = (): boolean => {
      if (over) return false;
      over = true;
      clearInterval(words);
      release();
      child.kill('SIGKILL');
      exchange.close();
      return true;
    };
    const last = tail(child.stderr as Readable);
    child.on('error', (error) => end({ kind: 'broken', why: error.message }));
    // Messages sent before its end may still be on the way: `close` comes after all of them.
    child.on('close', (code, signal) => {
      if (!over) end({ kind: 'broken', why: whyEnded(code, signal, last()) });
    });
  });
}

/** Ends the process at its limits of time and memory, and with this one. Returns what takes the guard away. */
function guard(child: ChildProcess, limits: Job['limits'], started: number, end: (ending: Ending) => void): () => void {
  const left = limits.seconds - (performance.now() - started) / 1000;
  const timer = setTimeout(() => end({ kind: 'time' }), Math.max(0, left + GRACE) * 1000);
  const unwatch = watchMemory(child, limits.bytes, () => end({ kind: 'memory' }));
  const orphan = (): void => void child.kill('SIGKILL');
  process.once('exit', orphan);
  return () => {
    clearTimeout(timer);
    unwatch();
    process.removeListener('exit', orphan);
  };
}

function waitingFor(spoke: boolean, started: number): string {
  const seconds = Math.floor((performance.now() - started) / 1000);
  return `${spoke ? 'the Python source runs' : 'Python starts'}: ${seconds} s`;
}

function whyEnded(code: number | null, signal: NodeJS.Signals | null, said: string): string {
  const how = signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
  return said === '' ? how : `${how}: ${said}`;
}

/** The first lines of what a process says on stderr, so that a broken one can be told; the rest is read and dropped. */
function tail(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (more: string) => {
    if (text.length < 2000) text += more;
  });
  return () => text.trim().split('\n').slice(0, 3).join(' ').slice(0, 400);
}
