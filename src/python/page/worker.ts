import { loadAnswers } from '../answers.js';
import { filesOf } from '../files.js';
import { Interpreter } from '../interpreter.js';
import { type JobAnswers, Session } from '../session.js';
import type { FromSandbox, SandboxJob, SandboxStart } from './messages.js';

/**
 * The script of a page's sandboxed worker, below Pyodide's own two in one text: it can load nothing more. It has no origin
 * and no connection; whatever runs here can only send messages, which the page reads as it reads a file.
 */

/** Requests are sent in parcels of this many. */
const PARCEL = 1000;

const globals = globalThis as unknown as {
  loadPyodide: unknown;
  fetch: (url: string | URL) => Promise<Response>;
  onmessage: ((event: MessageEvent<{ port: MessagePort }>) => void) | null;
};

globals.onmessage = ({ data: { port } }) => {
  globals.onmessage = null;
  port.onmessage = ({ data }: MessageEvent<SandboxStart>) => {
    const starting = start(data);
    starting.catch(() => {}); // told with the job
    port.onmessage = async ({ data }: MessageEvent<SandboxJob>) => {
      port.onmessage = null;
      const tell = (message: FromSandbox): void => port.postMessage(message);
      try {
        tell({ kind: 'finish', ...(await run(starting, data, tell)), error: null });
      } catch (error) {
        tell({ kind: 'finish', stopped: 'done', error: error instanceof Error ? error.message : String(error) });
      }
    };
  };
};

type Started = readonly [Interpreter, Awaited<ReturnType<typeof loadAnswers>>];

function start({ assets, image }: SandboxStart): Promise<Started> {
  // Pyodide asks for its files by address; they are here already.
  globals.fetch = async (url) => {
    const name = String(url).slice(String(url).lastIndexOf('/') + 1);
    const bytes = Object.hasOwn(assets, name) ? assets[name] : undefined;
    const type = name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
    return new Response(bytes ?? null, { status: bytes === undefined ? 404 : 200, headers: { 'content-type': type } });
  };
  return Promise.all([
    Interpreter.start({
      load: async () => ({ loadPyodide: globals.loadPyodide }),
      indexURL: 'https://python.invalid/',
      ...(image === null ? {} : { image }),
    }),
    loadAnswers(),
  ]);
}

async function run(
  starting: Promise<Started>,
  job: SandboxJob,
  tell: (message: FromSandbox) => void,
): Promise<{ stopped: 'done' | 'time' }> {
  const end = performance.now() + job.seconds * 1000;
  const [python, answers] = await starting;
  tell({ kind: 'started' });
  const files = filesOf(job.files);
  for (const { folder, at } of job.mounts) python.mount(files, folder, at);
  const own: JobAnswers = {
    job: () => JSON.parse(job.job),
    result: () => null,
    exit: () => null,
    failed: () => null,
  };
  const session = new Session(own, answers, (path) => path);
  let requests: string[] = [];
  const send = (): void => {
    tell({ kind: 'requests', requests });
    requests = [];
  };
  const stopped = python.run(
    '_opcount.host.main()',
    (request) => {
      requests.push(request);
      if (requests.length >= PARCEL) send();
      const answer = session.answer(request);
      if (typeof answer !== 'string') throw new Error('an answer is not there yet');
      return answer;
    },
    {
      stdout: (bytes) => tell({ kind: 'printed', to: 'stdout', bytes }),
      stderr: (bytes) => tell({ kind: 'printed', to: 'stderr', bytes }),
    },
    (end - performance.now()) / 1000,
  );
  send();
  return { stopped };
}
