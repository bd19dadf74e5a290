import type { Duplex } from 'node:stream';
import { frame, frameReader, KIND, parseFileCall, parseFinish, type Start } from '../channel.js';
import type { Confinement, Ending, Listener } from '../confinement.js';
import { MAX_FILE_BYTES, type PythonFiles } from '../files.js';

export type Job = Parameters<Confinement['run']>[0];

interface Outcome {
  end(ending: Ending): void;
  /** For errors of this side: what the listener throws. */
  fail(error: unknown): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The host's side of the line to a Python process: answers its requests one after the other, in order. Where an answer
 * takes time nothing more is read, so neither a flood of output nor one of questions piles up here.
 */
export class Exchange {
  /** Whether the process has said anything. */
  spoke = false;
  readonly #line: Duplex;
  readonly #job: Job;
  readonly #listener: Listener;
  readonly #started: number;
  readonly #outcome: Outcome;
  readonly #queue: { kind: number; payload: Uint8Array }[] = [];
  #pending = 0;
  #closed = false;

  /** `started`: when the job began, by `performance.now()`. */
  constructor(line: Duplex, job: Job, listener: Listener, started: number, outcome: Outcome) {
    this.#line = line;
    this.#job = job;
    this.#listener = listener;
    this.#started = started;
    this.#outcome = outcome;
    const frames = frameReader();
    line.on('data', (chunk: Uint8Array) => {
      try {
        this.#queue.push(...frames(chunk));
      } catch (error) {
        outcome.fail(error);
      }
      this.#pump();
    });
    line.on('error', () => {}); // the process's own end says what happened
  }

  close(): void {
    this.#closed = true;
    this.#line.destroy();
  }

  #pump(): void {
    try {
      while (!this.#closed && this.#pending === 0) {
        const next = this.#queue.shift();
        if (next === undefined) return;
        this.#take(next.kind, next.payload);
      }
    } catch (error) {
      this.#outcome.fail(error);
    }
  }

  /** Reads nothing more until something is done. */
  #hold(until: Promise<unknown>): void {
    this.#pending++;
    this.#line.pause();
    until.then(
      () => {
        this.#pending--;
        if (this.#pending > 0 || this.#closed) return;
        this.#line.resume();
        this.#pump();
      },
      (error: unknown) => this.#outcome.fail(error),
    );
  }

  #reply(kind: number, payload: Uint8Array): void {
    if (!this.#line.write(frame(kind, payload))) this.#hold(new Promise((done) => this.#line.once('drain', done)));
  }

  #answer(text: string): void {
    this.#reply(KIND.json, encoder.encode(text));
  }

  #take(kind: number, payload: Uint8Array): void {
    switch (kind) {
      case KIND.hello:
        this.#start();
        return;
      case KIND.request: {
        const text = this.#listener.answer(decoder.decode(payload));
        if (typeof text === 'string') this.#answer(text);
        else this.#hold(text.then((later) => this.#answer(later)));
        return;
      }
      case KIND.file: {
        const found = fileAnswer(this.#job.files, decoder.decode(payload));
        if (typeof found === 'string') this.#answer(found);
        else this.#reply(KIND.bytes, found);
        return;
      }
      case KIND.stdout:
      case KIND.stderr: {
        const printed = kind === KIND.stdout ? this.#listener.stdout(payload) : this.#listener.stderr(payload);
        if (printed instanceof Promise) this.#hold(printed);
        return;
      }
      case KIND.finish: {
        const { stopped, error } = parseFinish(decoder.decode(payload));
        this.#outcome.end(error === null ? { kind: stopped } : { kind: 'broken', why: error });
        return;
      }
      default:
        this.#outcome.end({ kind: 'broken', why: 'it sends what no interpreter sends' });
    }
  }

  /** The process is there: it gets its folders, and the seconds that are left. */
  #start(): void {
    this.spoke = true;
    const { mounts, limits } = this.#job;
    const seconds = limits.seconds - (performance.now() - this.#started) / 1000;
    this.#answer(JSON.stringify({ mounts, seconds } satisfies Start));
  }
}

function fileAnswer(files: PythonFiles, json: string): string | Uint8Array {
  const { call, path } = parseFileCall(json);
  const stat = files.stat(path);
  if (call === 'stat') return JSON.stringify(stat);
  if (call === 'list') return JSON.stringify(stat?.kind === 'folder' ? files.list(path) : []);
  return stat?.kind === 'file' && stat.size <= MAX_FILE_BYTES ? files.read(path) : new Uint8Array();
}
