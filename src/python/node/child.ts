import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import type { StoredImage } from '../image.js';
import { type Line, serve } from '../inside.js';
import { Interpreter } from '../interpreter.js';
import { disarm } from './disarm.js';

/**
 * The confined process: loads Python, takes from itself what could do harm, and only then asks for its job. Pyodide is
 * loaded as in a bare JavaScript shell, so that it holds nothing of Node.
 */
export interface ChildPaths {
  /** Folder of the package `pyodide`, without a `/` at its end. */
  readonly pyodide: string;
  /** The image to start from; null if there is none. */
  readonly image: string | null;
}

/** The descriptor of the line to the parent. */
const LINE = 3;

export async function startPython({ pyodide, image }: ChildPaths): Promise<Interpreter> {
  const stored = image === null ? null : storedIn(image);
  return shell(() =>
    Interpreter.start({
      load: () => loadPyodide(pyodide),
      indexURL: `${pyodide}/`,
      ...(stored === null ? {} : { image: stored }),
    }),
  );
}

function storedIn(file: string): StoredImage {
  return {
    size: statSync(file).size,
    read(into, at) {
      const descriptor = openSync(file, 'r');
      let done = 0;
      for (let got = -1; done < into.length && got !== 0; done += got)
        got = readSync(descriptor, into, done, into.length - done, at + done);
      closeSync(descriptor);
    },
  };
}

/** An image to start from; made when opcount is built. */
export function makeImage(pyodide: string): Promise<Uint8Array> {
  return shell(() => Interpreter.makeImage({ load: () => loadPyodide(pyodide), indexURL: `${pyodide}/` }));
}

interface Shell {
  process?: unknown;
  read?: (file: string) => string;
  readbuffer?: (file: string) => Uint8Array;
  load?: (file: string) => void;
  os?: { system(command: string, args: readonly string[]): string };
  loadPyodide?: unknown;
}

async function loadPyodide(folder: string): Promise<unknown> {
  const { load } = globalThis as Shell;
  load?.(`${folder}/pyodide.js`);
  return { loadPyodide: (globalThis as Shell).loadPyodide };
}

/** Pyodide takes it for a bare shell where there is no `process`, but functions that read files. */
async function shell<T>(work: () => Promise<T>): Promise<T> {
  const globals = globalThis as Shell;
  const own = Object.getOwnPropertyDescriptor(globals, 'process') as PropertyDescriptor;
  delete globals.process;
  globals.read = (file) => readFileSync(file, 'utf8');
  globals.readbuffer = (file) => readFileSync(file);
  globals.os = { system: randomBytes };
  globals.load = (file) => void runInThisContext(readFileSync(file, 'utf8'), { filename: file });
  try {
    return await work();
  } finally {
    delete globals.read;
    delete globals.readbuffer;
    delete globals.load;
    Object.defineProperty(globals, 'process', own);
  }
}

/** In a shell Pyodide asks a command for its random bytes, in base64; it gets no command, but the bytes. */
function randomBytes(_command: string, args: readonly string[]): string {
  const count = Number(/head -c(\d+)/.exec(args.join(' '))?.[1] ?? 0);
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(Math.min(count, 65_536)))));
}

/** `breach` is what a test does once the process is as a program finds it. */
export async function main(paths: ChildPaths, breach?: (line: Line) => Promise<void>): Promise<void> {
  const { exit, line } = lineOf(LINE);
  const python = await startPython(paths);
  disarm();
  await breach?.(line);
  serve(python, line);
  exit(0);
}

function lineOf(fd: number): { line: Line; exit: (code: number) => never } {
  const read = readSync;
  const write = writeSync;
  const exit = (process as unknown as { reallyExit(code: number): never }).reallyExit.bind(process);
  return {
    exit,
    line: {
      write(bytes) {
        let at = 0;
        while (at < bytes.length) {
          try {
            at += write(fd, bytes, at, bytes.length - at);
          } catch {
            exit(1); // nobody listens any more
          }
        }
      },
      readExactly(into) {
        let at = 0;
        while (at < into.length) {
          let got = 0;
          try {
            got = read(fd, into, at, into.length - at, null);
          } catch {
            exit(1);
          }
          if (got === 0) exit(1);
          at += got;
        }
      },
    },
  };
}
