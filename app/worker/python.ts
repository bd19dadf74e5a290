import { type Confinement, type Ending, type FromSandbox, ModelError, type SandboxJob } from 'opcount';
import type { Progress } from './protocol.js';

/** How the page is asked for a sandbox, and told that it is no longer needed. */
export interface Sandboxes {
  open(script: Blob, port: MessagePort): void;
  close(): void;
}

const SCRIPTS = ['pyodide/pyodide.js', 'pyodide/pyodide.asm.js', 'python-worker.js'];
/** Python with its library loaded, as it is after its start. */
const IMAGE = 'python.image';
const ASSETS = ['pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];

/** After its time a program is interrupted, and has this long (milliseconds) to say where it was. */
const GRACE = 500;
/** Characters of requests that are answered again. */
const MAX_REQUESTS = 2 ** 28;

/**
 * Python in a sandboxed frame of the page. Its files lie beside the page, as `opcount view` serves them: they are asked for at
 * once, and come while the reader of sources is loaded.
 */
export function pageConfinement(base: string, sandboxes: Sandboxes, tell: (progress: Progress) => void): Confinement {
  const fetching = filesOfPython(base, tell);
  fetching.catch(() => {}); // told where they are used
  return {
    async run(job, listener) {
      const { scripts, assets, image } = await fetching;
      tell({ stage: 'starting-python', read: 0, size: 0 });
      const message: SandboxJob = {
        assets: Object.fromEntries(assets),
        image,
        files: contentsOf(job),
        mounts: job.mounts,
        job: await listener.answer('["job",[],[]]'),
        seconds: job.limits.seconds,
      };
      const { port1, port2 } = new MessageChannel();
      sandboxes.open(new Blob(scripts.flatMap((text) => [text, '\n;\n'])), port2);
      port1.postMessage(message, [...Object.values(message.assets), ...(image === null ? [] : [image])]);
      try {
        return await ended(port1, job.limits.seconds, listener, tell);
      } finally {
        port1.close();
        sandboxes.close();
      }
    },
  };
}

async function filesOfPython(base: string, tell: (progress: Progress) => void) {
  let [read, size] = [0, 0];
  const counted = (bytes: number, of: number): void => {
    read += bytes;
    size += of;
    tell({ stage: 'fetching-python', read, size });
  };
  const load = (path: string): Promise<ArrayBuffer> => fetched(new URL(path, base), counted);
  const [scripts, assets, image] = await Promise.all([
    Promise.all(SCRIPTS.map(load)),
    Promise.all(ASSETS.map(async (name) => [name, await load(`pyodide/${name}`)] as const)),
    load(IMAGE).catch(() => null), // without it, Python starts from nothing
  ]);
  return { scripts, assets, image };
}

function ended(
  port: MessagePort,
  seconds: number,
  listener: Parameters<Confinement['run']>[1],
  tell: (progress: Progress) => void,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ kind: 'time' }), seconds * 1000 + GRACE);
    const done = (ending: Ending): void => {
      clearTimeout(timer);
      resolve(ending);
    };
    const requests: string[] = [];
    let size = 0;
    port.onmessage = async ({ data }: MessageEvent<FromSandbox>) => {
      try {
        switch (data?.kind) {
          case 'started':
            tell({ stage: 'running-python', read: 0, size: 0 });
            break;
          case 'printed':
            if (data.bytes instanceof Uint8Array) listener[data.to === 'stderr' ? 'stderr' : 'stdout'](data.bytes);
            break;
          case 'requests':
            for (const request of Array.isArray(data.requests) ? data.requests : []) {
              requests.push(String(request));
              size += String(request).length;
            }
            if (size > MAX_REQUESTS) done({ kind: 'broken', why: 'it asks too much' });
            break;
          case 'finish': {
            // All that it asked is answered again here: only what comes of that counts.
            const end = performance.now() + seconds * 1000;
            for (const request of requests) {
              await listener.answer(request);
              if (performance.now() > end) {
                done({ kind: 'time' });
                return;
              }
            }
            if (typeof data.error === 'string') done({ kind: 'broken', why: data.error });
            else done({ kind: data.stopped === 'time' ? 'time' : 'done' });
          }
        }
      } catch (error) {
        clearTimeout(timer);
        reject(error);
      }
    };
  });
}

/** `counted` is told of each file's size, and then of its bytes as they come. */
async function fetched(url: URL, counted: (bytes: number, of: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(() => null);
  if (response?.ok === true) {
    const size = Number(response.headers.get('content-length') ?? 0);
    counted(0, size);
    const bytes = await response.arrayBuffer();
    counted(size, 0);
    return bytes;
  }
  throw new ModelError('unsupported', 'Python is not beside this page', {
    format: 'python',
    hint: 'run `opcount view`, which brings it along once the package pyodide is installed; or export the model: .pt2, ONNX',
  });
}

/** All that a program may read. */
function contentsOf({ files, mounts }: Parameters<Confinement['run']>[0]): Map<string, Uint8Array> {
  const contents = new Map<string, Uint8Array>();
  const visit = (path: string): void => {
    const stat = files.stat(path);
    if (stat?.kind === 'file') contents.set(path, files.read(path));
    else if (stat?.kind === 'folder')
      for (const name of files.list(path)) visit(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  for (const { folder } of mounts) visit(folder);
  return contents;
}
