import type { Failure, FromWorker, Progress, Reply, Request, Slot, ToWorker } from '../worker/protocol.js';
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

function failed(message: string, hint: string | null = null): WorkerFailure {
  return new WorkerFailure({ message, format: null, place: [], hint, again: true });
}

type Opens = Extract<Request, { kind: 'open' }>;

/** The model that a slot has on the page, and how the worker opens it. */
interface Held {
  readonly opens: Opens;
  /** The worker reads it, or has read it; null where it does so when it is first asked about it. */
  reading: Promise<unknown> | null;
}

/** A request that waits for its answer. */
interface Call {
  readonly id: number;
  readonly request: Request;
  /** The model that it is about; null for one that is opened, and for what is about none. */
  readonly of: Held | null;
  readonly progress: ((progress: Progress) => void) | undefined;
  /** Whether the worker that runs now has it. */
  sent: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

let worker: Worker | null = null;
let make: (() => Worker) | null = null;
let next = 0;
const calls = new Map<number, Call>();
const held = new Map<Slot, Held>();

/** Says how a worker is made. */
export function connect(maker: () => Worker): void {
  make = maker;
}

/** Starts the worker before there is anything to ask. */
export function warmUp(): void {
  running();
}

function running(): Worker {
  if (worker !== null) return worker;
  if (make === null) throw new Error('a saved page cannot read the model again');
  const own = make();
  worker = own;
  own.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (worker === own) hear(data);
  });
  own.addEventListener('error', (event) => {
    event.preventDefault();
    if (worker === own) lose(event.message || 'the reader could not be loaded');
  });
  return own;
}

function post(message: ToWorker): void {
  running().postMessage(message);
}

function hear(data: FromWorker): void {
  if ('sandbox' in data) {
    const { sandbox, open } = data;
    if (open === null) closeSandbox(sandbox);
    else openSandbox(sandbox, open.script, open.port, (failed) => post({ sandbox, failed }));
    return;
  }
  const call = calls.get(data.id);
  if (call === undefined) return;
  if ('progress' in data) {
    call.progress?.(data.progress);
    return;
  }
  calls.delete(call.id);
  if (!data.ok) {
    call.reject(new WorkerFailure(data.failure));
    return;
  }
  if (call.request.kind === 'open' && call.of === null) hold(call.request, Promise.resolve());
  call.resolve(data.value);
}

/** Gives a slot its model. Whatever was asked about the one before is not answered any more: it would be about another. */
function hold(opens: Opens, reading: Held['reading']): void {
  release(opens.slot);
  held.set(opens.slot, { opens, reading });
}

/** Says how the model of a slot, which came to the page without the worker, is opened when something is asked about it. */
export function owe(opens: Opens): void {
  hold(opens, null);
}

/** Says that the model of a slot cannot be read. */
export function release(slot: Slot): void {
  const before = held.get(slot);
  held.delete(slot);
  if (before === undefined) return;
  for (const call of [...calls.values()]) if (call.of === before) drop(call, failed('another model took its place'));
}

function drop(call: Call, why: unknown): void {
  calls.delete(call.id);
  call.reject(why);
}

interface Asking {
  readonly progress?: (progress: Progress) => void;
  /** Ends it: the promise rejects at once, and a worker that is opening a model goes. */
  readonly signal?: AbortSignal;
}

/** Asks the worker; rejects with `WorkerFailure`, or with the signal's reason. */
export function ask<R extends Request>(request: R, { progress, signal }: Asking = {}): Promise<Reply<R>> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const of = request.kind !== 'open' && 'slot' in request ? held.get(request.slot) : null;
  if (of === undefined) return Promise.reject(failed('This model cannot be read again: its file is not here.'));
  return new Promise<Reply<R>>((resolve, reject) => {
    const call = begin({ request, of, progress, resolve: resolve as (value: unknown) => void, reject });
    signal?.addEventListener('abort', () => {
      if (!calls.has(call.id)) return;
      drop(call, signal.reason);
      if (request.kind === 'open') restart();
    });
  });
}

function begin(own: Omit<Call, 'id' | 'sent'>): Call {
  const call: Call = { ...own, id: next++, sent: false };
  calls.set(call.id, call);
  void send(call);
  return call;
}

/** Sends a request, after its model has been read where that is still owed. */
async function send(call: Call): Promise<void> {
  const { id, request, of } = call;
  try {
    if (of !== null && request.kind !== 'open') await thereIs(of);
    if (!calls.has(id) || call.sent) return;
    post({ id, request });
    call.sent = true;
  } catch (error) {
    drop(call, error);
  }
}

/** Waits until the worker that runs now has the model: the one that was reading it may have been ended. */
async function thereIs(of: Held): Promise<void> {
  for (;;) {
    const reading = of.reading ?? read(of);
    await reading;
    if (of.reading === reading) return;
  }
}

function read(of: Held): Promise<unknown> {
  const reading = new Promise((resolve, reject) => {
    begin({ request: of.opens, of, progress: undefined, resolve, reject });
  });
  of.reading = reading;
  reading.catch(() => {
    if (of.reading === reading) of.reading = null;
  });
  return reading;
}

/** Ends the worker, which reads synchronously and so hears nothing. What it had read, it reads again when it is asked. */
function end(): void {
  worker?.terminate();
  worker = null;
  closeSandboxes();
  const under = new Set([...calls.values()].map((call) => (call.request.kind === 'open' ? call.of : null)));
  for (const of of held.values()) if (!under.has(of)) of.reading = null;
}

/** A new worker for all that is still waited for. */
function restart(): void {
  end();
  for (const call of [...calls.values()]) {
    if (!call.sent) continue;
    call.sent = false;
    void send(call);
  }
}

/** The worker has ended by itself: nobody waits for it in vain. */
function lose(why: string): void {
  const lost = [...calls.values()];
  calls.clear();
  end();
  for (const call of lost) call.reject(failed(why, 'Open the model again.'));
}
