import {
  type Host,
  type Machine,
  measureMachine,
  measureModel,
  type Ort,
  type Stage,
  type Times,
} from 'opcount/measure';
import type { MeasureJob } from './protocol.js';

/** One model to run, for one answer. The worker ends with it, and with the worker all memory of the runtime. */
export interface MeasureRequest {
  readonly job: MeasureJob;
  /** Where the runtime's files are. */
  readonly folder: string;
  readonly provider: Provider;
}
export type Provider = 'wasm' | 'webgpu';

export type FromMeasure =
  | { readonly kind: 'stage'; readonly what: 'runtime' | 'machine' | 'model'; readonly stage: Stage }
  | {
      readonly kind: 'done';
      readonly times: Times;
      readonly machine: Machine;
      readonly version: string;
      readonly threads: number;
    }
  /** `absent`: the runtime is not part of this copy of the page. */
  | { readonly kind: 'failed'; readonly absent: boolean; readonly message: string };

/** The runtime's module, as far as it is used. */
interface OrtWeb extends Ort {
  readonly env: {
    logLevel: string;
    readonly versions: { readonly web?: string };
    readonly wasm: { wasmPaths: string; numThreads: number; proxy: boolean };
  };
}

const FILES: Readonly<Record<Provider, string>> = { wasm: 'ort.wasm.min.mjs', webgpu: 'ort.webgpu.min.mjs' };

/** The runtime prints its profile; while one is taken, what is printed is kept. */
let kept: string[] | null = null;
const out = console;
const print = out.log.bind(out);
out.log = (...what: unknown[]): void => {
  if (kept === null) print(...what);
  else kept.push(what.join(' '));
};

function profileIn(lines: readonly string[]): unknown {
  const text = lines.join('\n');
  const [from, to] = [text.indexOf('['), text.lastIndexOf(']')];
  return from < 0 || to < from ? null : JSON.parse(text.slice(from, to + 1));
}

function hostOf(ort: OrtWeb, provider: Provider): Host {
  return {
    ort,
    now: () => performance.now() / 1000,
    resolution: self.crossOriginIsolated ? 5e-6 : 1e-4,
    options: { executionProviders: [provider], logSeverityLevel: 3 },
    // Of WebGPU the processor's side alone would be in it.
    profile:
      provider === 'webgpu'
        ? null
        : {
            options: { enableProfiling: true },
            take(end) {
              kept = [];
              try {
                end();
                return profileIn(kept);
              } finally {
                kept = null;
              }
            },
          },
    zeros: (bytes) => new Uint8Array(bytes).fill(0),
  };
}

/** Whether there is a device for WebGPU. */
async function hasDevice(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  return (await gpu?.requestAdapter().catch(() => null)) != null;
}

async function measure({ job, folder, provider }: MeasureRequest): Promise<FromMeasure> {
  if (provider === 'webgpu' && !(await hasDevice()))
    return { kind: 'failed', absent: false, message: 'WebGPU found no graphics processor in this browser' };
  let ort: OrtWeb;
  try {
    ort = (await import(/* @vite-ignore */ `${folder}${FILES[provider]}`)) as OrtWeb;
  } catch (error) {
    return { kind: 'failed', absent: true, message: String(error) };
  }
  try {
    const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
    ort.env.logLevel = 'error';
    Object.assign(ort.env.wasm, { wasmPaths: folder, numThreads: threads, proxy: false });
    const host = hostOf(ort, provider);
    const say =
      (what: 'machine' | 'model') =>
      (stage: Stage): void =>
        post({ kind: 'stage', what, stage });
    const machine = await measureMachine(host, null, say('machine'));
    const { model, beside, zeros, feeds } = job;
    const times = await measureModel(
      host,
      { model, beside, zeros, feeds, folder: null, threads: null, seconds: null },
      say('model'),
    );
    return { kind: 'done', times, machine, version: ort.env.versions.web ?? '', threads };
  } catch (error) {
    return { kind: 'failed', absent: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function post(message: FromMeasure): void {
  (self as unknown as { postMessage(message: FromMeasure): void }).postMessage(message);
}

self.addEventListener('message', async ({ data }: MessageEvent<MeasureRequest>) => {
  post({ kind: 'stage', what: 'runtime', stage: 'loading' });
  post(await measure(data));
});
