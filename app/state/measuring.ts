import { signal } from '@preact/signals';
import type { FromMeasure, MeasureRequest, Provider } from '../worker/measure.js';
import type { Measured, MeasureJob } from '../worker/protocol.js';
import { ask, WorkerFailure } from './client.js';
import { bindings, type Loaded } from './model.js';

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
export const measureFailure = signal<string | null>(null);

/** Beside the page: the site puts the runtime's files there, and so does `opcount view`. */
const FOLDER = 'onnxruntime/';
const ABSENT =
  'This copy of the page has no runtime. opcount view has one where the package onnxruntime-web is installed (npm install onnxruntime-web); opcount bench measures on the command line.';
const WORDS = { runtime: 'fetching the runtime', machine: 'this machine', model: 'the model' } as const;

let worker: Worker | null = null;
let ended: (() => void) | null = null;

/** Runs the model that is open, at the sizes that are set. */
export async function measure(loaded: Loaded, provider: Provider): Promise<void> {
  if (measuring.value !== null) return;
  const bind = bindings.value;
  measuring.value = 'reading the model';
  measureFailure.value = null;
  try {
    const job = await ask({ kind: 'measure-job', slot: 'a', origin: loaded.origin, bind });
    const done = await run({ job, folder: new URL(FOLDER, document.baseURI).href, provider });
    if (done === null) return;
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
    measurement.value = {
      of: loaded,
      provider,
      runtime: `ONNX Runtime ${version}, ${where}`,
      measured,
      missing: job.missing,
      resized: job.resized,
    };
  } catch (error) {
    measureFailure.value =
      error instanceof WorkerFailure
        ? [error.failure.message, error.failure.hint].filter((part) => part !== null).join('. ')
        : error instanceof Error
          ? error.message
          : String(error);
  } finally {
    measuring.value = null;
  }
}

/** Ends a run: the worker goes with all that it holds. */
export function stopMeasuring(): void {
  worker?.terminate();
  worker = null;
  ended?.();
}

/** Null where it was stopped. */
function run(request: MeasureRequest): Promise<Extract<FromMeasure, { kind: 'done' }> | null> {
  return new Promise((resolve, reject) => {
    const own = new Worker(new URL('../worker/measure.ts', import.meta.url), { type: 'module', name: 'measure' });
    worker = own;
    const end = (): void => {
      own.terminate();
      if (worker === own) worker = null;
    };
    ended = () => resolve(null);
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
