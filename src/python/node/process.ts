import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { isTold, told, WORD_EVERY } from '../../source/waiting.js';
import { frame, frameReader, KIND, parseFileCall, parseFinish, type Start } from '../channel.js';
import type { Confinement, Ending, Listener } from '../confinement.js';
import { MAX_FILE_BYTES, type PythonFiles } from '../files.js';
import { type ChildFiles, type Command, childFiles, commands } from './command.js';
import { watchMemory } from './memory.js';

type Job = Parameters<Confinement['run']>[0];

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
    const line = child.stdio[3] as Duplex;
    const last = tail(child.stderr as Readable);
    const left = job.limits.seconds - (performance.now() - started) / 1000;
    const timer = setTimeout(() => end({ kind: 'time' }), Math.max(0, left + GRACE) * 1000);
    const unwatch = watchMemory(child, job.limits.bytes, () => end({ kind: 'memory' }));
    const orphan = (): void => void child.kill('SIGKILL');
    process.once('exit', orphan);
    let spoke = false;
    const words = isTold() ? setInterval(() => told(waitingFor(spoke, started)), WORD_EVERY) : undefined;
    let over = false;
    let held = 0;
    const close = (): boolean => {
      if (over) return false;
      over = true;
      clearTimeout(timer);
      clearInterval(words);
      unwatch();
      process.removeListener('exit', orphan);
      child.kill('SIGKILL');
      line.destroy();
      return true;
    };
    const end = (ending: Ending): void => {
      if (close()) resolve({ ending, spoke });
    };
    const fail = (error: unknown): void => {
      if (close()) reject(error);
    };
    /** Reads no further until something is done: neither a flood of output nor one of questions piles up here. */
    const hold = (until: Promise<unknown>): void => {
      held++;
      line.pause();
      until.then(() => {
        held--;
        if (held > 0 || over) return;
        line.resume();
        pump();
      }, fail);
    };
    const reply = (kind: number, payload: Uint8Array): void => {
      if (!line.write(frame(kind, payload))) hold(new Promise((done) => line.once('drain', done)));
    };
    const answer = (kind: number, text: string): void => {
      reply(kind, encoder.encode(text));
    };
    const take = (kind: number, payload: Uint8Array): void => {
      switch (kind) {
        case KIND.hello: {
          spoke = true;
          const seconds = job.limits.seconds - (performance.now() - started) / 1000;
          answer(KIND.json, JSON.stringify({ mounts: job.mounts, seconds } satisfies Start));
          return;
        }
        case KIND.request: {
          const text = listener.answer(decoder.decode(payload));
          if (typeof text === 'string') answer(KIND.json, text);
          else hold(text.then((later) => answer(KIND.json, later)));
          return;
        }
        case KIND.file: {
          const found = fileAnswer(job.files, decoder.decode(payload));
          if (typeof found === 'string') answer(KIND.json, found);
          else reply(KIND.bytes, found);
          return;
        }
        case KIND.stdout:
        case KIND.stderr: {
          const printed = kind === KIND.stdout ? listener.stdout(payload) : listener.stderr(payload);
          if (printed instanceof Promise) hold(printed);
          return;
        }
        case KIND.finish: {
          const { stopped, error } = parseFinish(decoder.decode(payload));
          end(error === null ? { kind: stopped } : { kind: 'broken', why: error });
          return;
        }
        default:
          end({ kind: 'broken', why: 'it sends what no interpreter sends' });
      }
    };
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    const frames = frameReader();
    const queue: { kind: number; payload: Uint8Array }[] = [];
    const pump = (): void => {
      try {
        while (!over && held === 0) {
          const next = queue.shift();
          if (next === undefined) return;
          take(next.kind, next.payload);
        }
      } catch (error) {
        fail(error);
      }
    };
    line.on('data', (chunk: Uint8Array) => {
      try {
        queue.push(...frames(chunk));
      } catch (error) {
        fail(error);
      }
      pump();
    });
    line.on('error', () => {}); // `exit` reports its end
    child.on('error', (error) => end({ kind: 'broken', why: error.message }));
    // What it sent before its end may still be on the way: `close` comes after all of it.
    child.on('close', (code, signal) => {
      if (!over) end({ kind: 'broken', why: whyEnded(code, signal, last()) });
    });
  });
}

function waitingFor(spoke: boolean, started: number): string {
  const seconds = Math.floor((performance.now() - started) / 1000);
  return `${spoke ? 'the Python source runs' : 'Python starts'}: ${seconds} s`;
}

function fileAnswer(files: PythonFiles, json: string): string | Uint8Array {
  const { call, path } = parseFileCall(json);
  const stat = files.stat(path);
  if (call === 'stat') return JSON.stringify(stat);
  if (call === 'list') return JSON.stringify(stat?.kind === 'folder' ? files.list(path) : []);
  return stat?.kind === 'file' && stat.size <= MAX_FILE_BYTES ? files.read(path) : new Uint8Array();
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
