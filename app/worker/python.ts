import { type Confinement, ModelError, type SandboxJob, type SandboxStart } from 'opcount';
import { endingOf } from './ending.js';
import type { Progress } from './protocol.js';

/** Asks the page for a sandbox that runs a script and has a port; `failed` is told why it does not. Gives what ends it. */
export type OpenSandbox = (script: Blob, port: MessagePort, failed: (why: string) => void) => () => void;

type Tell = (progress: Progress) => void;

const SCRIPTS = ['pyodide/pyodide.js', 'pyodide/pyodide.asm.js', 'python-worker.js'];
/** Python with its library loaded, as it is after its start. */
const IMAGE = 'python.image';
const ASSETS = ['pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'];

/** An interpreter that starts or has started, and waits for its one job. */
interface Waiting {
  readonly port: Promise<MessagePort>;
  /** Why it ended before its job did. */
  readonly failed: Promise<string>;
  /** Who is told of the files that it still waits for. */
  tell: Tell;
  end(): void;
}

/** How long (milliseconds) one waits unused: another source, or sizes for the same, may follow. */
const PATIENCE = 300_000;

let next: Waiting | null = null;
let patience: ReturnType<typeof setTimeout> | undefined;

/**
 * Starts Python in a sandboxed frame of the page, for the job that comes next. Its files lie beside the page, as
 * `opcount view` serves them.
 */
export function startPython(base: string, open: OpenSandbox, tell: Tell): void {
  clearTimeout(patience);
  patience = setTimeout(() => {
    next?.end();
    next = null;
  }, PATIENCE);
  if (next === null) next = started(base, open, tell);
  else next.tell = tell;
}

function started(base: string, open: OpenSandbox, tell: Tell): Waiting {
  let close = (): void => {};
  let over = false;
  let fail = (_why: string): void => {};
  const waiting: Waiting = {
    tell,
    failed: new Promise((resolve) => {
      fail = resolve;
    }),
    port: filesOfPython(base, (progress) => waiting.tell(progress)).then(({ scripts, assets, image }) => {
      const { port1, port2 } = new MessageChannel();
      if (over) return port1;
      const message: SandboxStart = { assets: Object.fromEntries(assets), image };
      close = open(new Blob(scripts.flatMap((text) => [text, '\n;\n'])), port2, (why) => fail(why));
      port1.postMessage(message, [...Object.values(message.assets), ...(image === null ? [] : [image])]);
      return port1;
    }),
    end: () => {
      over = true;
      close();
    },
  };
  waiting.port.catch(() => {
    if (next === waiting) next = null;
  }); // told where it is used
  return waiting;
}

/** Every job has an interpreter of its own; once one has ended, the next is started while nobody waits for it. */
export function pageConfinement(base: string, open: OpenSandbox, tell: Tell): Confinement {
  return {
    async run(job, listener) {
      startPython(base, open, tell);
      const python = next as Waiting;
      next = null;
      try {
        const port = await python.port;
        tell({ stage: 'starting-python', read: 0, size: 0 });
        const message: SandboxJob = {
          files: contentsOf(job),
          mounts: job.mounts,
          job: await listener.answer('["job",[],[]]'),
          seconds: job.limits.seconds,
        };
        port.postMessage(message);
        const started = (): void => tell({ stage: 'running-python', read: 0, size: 0 });
        const ending = await endingOf(port, job.limits.seconds, listener, started, python.failed).finally(() =>
          port.close(),
        );
        startPython(base, open, () => {});
        return ending;
      } finally {
        python.end();
      }
    },
  };
}

async function filesOfPython(base: string, tell: Tell) {
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

/** `counted` is told of each file's size, and then of its bytes as they come. */
async function fetched(url: URL, counted: (bytes: number, of: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(() => null);
  if (response?.ok === true) {
    const size = Number(response.headers.get('content-length') ?? 0);
    counted(0, size);
    const bytes = await response.arrayBuffer().catch(() => null);
    counted(size, 0);
    if (bytes !== null) return bytes;
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
