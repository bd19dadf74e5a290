import { type Confinement, type Ending, type FromSandbox, ModelError, type SandboxJob } from 'opcount';

/** How the page is asked for a sandbox, and told that it is no longer needed. */
export interface Sandboxes {
  open(script: Blob, port: MessagePort): void;
  close(): void;
}

const SCRIPTS = ['pyodide/pyodide.js', 'pyodide/pyodide.asm.js', 'python-worker.js'];
const ASSETS = ['pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];

/** After its time a program is interrupted, and has this long (milliseconds) to say where it was. */
const GRACE = 500;
/** Characters of requests that are answered again. */
const MAX_REQUESTS = 2 ** 28;

/** Python in a sandboxed frame of the page. Its files lie beside the page, as `opcount view` serves them. */
export function pageConfinement(base: string, sandboxes: Sandboxes): Confinement {
  return {
    async run(job, listener) {
      const [scripts, assets] = await Promise.all([
        Promise.all(SCRIPTS.map((path) => fetched(new URL(path, base)))),
        Promise.all(ASSETS.map(async (name) => [name, await fetched(new URL(`pyodide/${name}`, base))] as const)),
      ]);
      const message: SandboxJob = {
        assets: Object.fromEntries(assets),
        files: contentsOf(job),
        mounts: job.mounts,
        job: await listener.answer('["job",[],[]]'),
        seconds: job.limits.seconds,
      };
      const { port1, port2 } = new MessageChannel();
      sandboxes.open(new Blob(scripts.flatMap((text) => [text, '\n;\n'])), port2);
      port1.postMessage(message, Object.values(message.assets));
      try {
        return await ended(port1, job.limits.seconds, listener);
      } finally {
        port1.close();
        sandboxes.close();
      }
    },
  };
}

function ended(port: MessagePort, seconds: number, listener: Parameters<Confinement['run']>[1]): Promise<Ending> {
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

async function fetched(url: URL): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(() => null);
  if (response?.ok === true) return response.arrayBuffer();
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
