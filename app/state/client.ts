import type { Failure, FromWorker, Progress, Reply, Request, Slot } from '../worker/protocol.js';
import { closeSandbox, closeSandboxes, openSandbox } from './sandbox.js';

/** A request that failed in the worker, with the reason. */
export class WorkerFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The message of an error, from the worker or from here. */
export function messageOf(error: unknown): string {
  if (error instanceof WorkerFailure) return error.failure.message;
  return error instanceof Error ? error.message : String(error);
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  progress?: ((progress: Progress) => void) | undefined;
}

let worker: Worker | null = null;
let make: (() => Worker) | null = null;

/** Says how a worker is made. */
export function connect(maker: () => Worker): void {
  make = maker;
}
let next = 0;
const waiting = new Map<number, Waiting>();

function running(): Worker {
  if (worker !== null) return worker;
  if (make === null) throw new Error('a saved page cannot read the model again');
  worker = make();
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if ('sandbox' in data) {
      if (data.open === null) closeSandbox(data.sandbox);
      else openSandbox(data.sandbox, data.open.script, data.open.port);
      return;
    }
    const call = waiting.get(data.id);
    if (call === undefined) return;
    if ('progress' in data) {
      call.progress?.(data.progress);
      return;
    }
    waiting.delete(data.id);
    if (data.ok) call.resolve(data.value);
    else call.reject(new WorkerFailure(data.failure));
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    stop(event.message || 'the reader could not be loaded');
  });
  return worker;
}

/** Starts the worker before there is anything to ask. */
export function warmUp(): void {
  running();
}

type Opens = Extract<Request, { kind: 'open' }>;

/** Models on show that the worker has not read: it does when it is first asked about one. */
const owed = new Map<Slot, Opens>();

/** Says how the model of a slot, which came to the page without the worker, is opened there. */
export function owe(request: Opens): void {
  owed.set(request.slot, request);
}

/** Asks the worker; rejects with `WorkerFailure`. */
export async function ask<R extends Request>(request: R, progress?: (progress: Progress) => void): Promise<Reply<R>> {
  if ('slot' in request) {
    const before = owed.get(request.slot);
    owed.delete(request.slot);
    if (before !== undefined && request.kind !== 'open') opened = send(before);
    await opened?.catch(() => {});
  }
  return send(request, progress);
}

let opened: Promise<unknown> | undefined;

function send<R extends Request>(request: R, progress?: (progress: Progress) => void): Promise<Reply<R>> {
  const id = next++;
  return new Promise<Reply<R>>((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, progress });
    running().postMessage({ id, request });
  });
}

/** Gives up whatever the worker is at. It reads synchronously, so it has to go; the next question starts another. */
export function stop(why: string): void {
  worker?.terminate();
  worker = null;
  closeSandboxes();
  for (const call of waiting.values())
    call.reject(
      new WorkerFailure({ message: why, format: null, place: [], hint: 'Open the model again.', again: true }),
    );
  waiting.clear();
}
