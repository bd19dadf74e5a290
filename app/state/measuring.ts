import { signal } from '@preact/signals';
import { shown } from 'opcount';
import type { FromMeasure, MeasureRequest, Provider } from '../worker/measure.js';
import type { Measured, MeasureJob } from '../worker/protocol.js';
import { ask, WorkerFailure } from './client.js';
import { bindings, type Loaded, model } from './model.js';

/** A measurement, and what it is of. */
export interface Measurement {
  readonly of: Loaded;
  readonly provider: Provider;
  readonly runtime: string;
  readonly measured: Measured;
  readonly missing: MeasureJob['missing'];
  readonly resized: MeasureJob['resized'];
}

/** The present step of a measurement, in words; null while there is none. */
export const measuring = signal<string | null>(null);
export const measurement = signal<Measurement | null>(null);
export const measureFailure = signal<{ readonly of: Loaded; readonly words: string } | null>(null);

/** Characters of what a runtime says, which may quote the model. */
const MAX_WORDS = 1000;
/** Beside the page: the site puts the runtime's files there, and so does `opcount view`. */
const FOLDER = 'onnxruntime/';
const ABSENT =
  'This copy of the page has no runtime. opcount view has one where the package onnxruntime-web is installed (npm install onnxruntime-web); opcount bench measures on the command line.';
const WORDS = { runtime: 'fetching the runtime', machine: 'this machine', model: 'the model' } as const;

/** Stops the measurement that is under way, at whatever step it is; so does another model in place of the measured one. */
let present: AbortController | null = null;

/** Runs the model that is open, at the sizes that are set. */
export async function measure(loaded: Loaded, provider: Provider): Promise<void> {
  if (measuring.value !== null) return;
  const own = new AbortController();
  present = own;
  measuring.value = 'reading the model';
  measureFailure.value = null;
  const leave = model.subscribe((shown) => {
    if (shown !== loaded && present === own) stopMeasuring();
  });
  try {
    const made = await steps(loaded, provider, own.signal);
    if (!own.signal.aborted) measurement.value = made;
  } catch (error) {
    if (!own.signal.aborted) measureFailure.value = { of: loaded, words: inWords(error) };
  } finally {
    leave();
    // One that was stopped has said so already, and another may have begun since.
    if (present === own) rest();
  }
}

/** Ends a measurement; what its present step still answers is left unread. */
export function stopMeasuring(): void {
  present?.abort();
  rest();
}

function rest(): void {
  present = null;
  measuring.value = null;
}

/** Reads the model, runs it, and sets its times beside its work; null where it was stopped. */
async function steps(loaded: Loaded, provider: Provider, stop: AbortSignal): Promise<Measurement | null> {
  const bind = bindings.value;
  const job = await ask({ kind: 'measure-job', slot: 'a', origin: loaded.origin, bind });
  const done = await run({ job, folder: new URL(FOLDER, document.baseURI).href, provider }, stop);
  if (done === null) return null;
  const { times, machine, version, threads } = done;
  const runtime = {
    name: 'ONNX Runtime',
    version,
    provider,
    threads,
    processor: '',
    processors: navigator.hardwareConcurrency,
  };
  const measured = await ask({ kind: 'measured', slot: 'a', bind, times, machine, runtime });
  const where = provider === 'wasm' ? `WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}` : 'WebGPU';
  return {
    of: loaded,
    provider,
    runtime: `ONNX Runtime ${version}, ${where}`,
    measured,
    missing: job.missing,
    resized: job.resized,
  };
}

function inWords(error: unknown): string {
  if (error instanceof WorkerFailure)
    return [error.failure.message, error.failure.hint].filter((part) => part !== null).join('. ');
  return shown(error instanceof Error ? error.message : String(error), MAX_WORDS);
}

/** Null where it was stopped: the worker goes with all that it holds. */
function run(request: MeasureRequest, stop: AbortSignal): Promise<Extract<FromMeasure, { kind: 'done' }> | null> {
  if (stop.aborted) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const own = new Worker(new URL('../worker/measure.ts', import.meta.url), { type: 'module', name: 'measure' });
    const end = (): void => own.terminate();
    stop.addEventListener('abort', () => {
      end();
      resolve(null);
    });
    own.addEventListener('message', ({ data }: MessageEvent<FromMeasure>) => {
      if (data.kind === 'stage') {
        measuring.value = `${WORDS[data.what]}${data.what === 'runtime' ? '' : `: ${data.stage}`}`;
        return;
      }
      end();
      if (data.kind === 'done') resolve(data);
      else reject(new Error(data.absent ? ABSENT : `This model was not run: ${data.message}`));
    });
    own.addEventListener('error', (event) => {
      event.preventDefault();
      end();
      reject(new Error(`The runtime has ended: ${event.message || 'out of memory, perhaps'}`));
    });
    own.postMessage(request);
  });
}

/** Whether this browser has WebGPU; whether it has a device for it is seen when one is asked for. */
export const hasWebgpu: boolean = 'gpu' in navigator;
