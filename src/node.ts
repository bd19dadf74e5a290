import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { modelAmong } from './api/folder.js';
import { readSource } from './api/open.js';
import type { ExtentLike } from './api/options.js';
import { type Profile, type ProfileOptions, profileWith } from './api/profile.js';
import {
  type ModelLike,
  type OpenOptions,
  type ReadingOptions,
  readBuiltin,
  readOptions,
  readWith,
} from './api/read.js';
import { type ReconcileOptions, reconcileWithFront } from './api/reconcile.js';
import { statWith } from './api/stat.js';
import { HEAD_BYTES } from './formats/index.js';
import type { AnyLedger, Ledger } from './ledger/index.js';
import type { PythonFiles } from './python/files.js';
import type { PythonOptions } from './python/program.js';
import type { ReconcileReport } from './report/index.js';
import { ModelError } from './source/errors.js';
import { type PythonText, splitTarget } from './source/node/folders.js';
import { filesIn, openSource } from './source/node/index.js';

// Everything of the browser's entry; what is declared below takes the place of its namesakes.
export * from './index.js';
export { openSource } from './source/node/index.js';

/** Names that only a path, a URL or standard input can have. */
const PATH_LIKE = /^-$|^[a-z]+:\/\/|[/\\]|\.[a-z][a-z0-9_]{1,11}$/i;

/** Opens a path, a URL, `-`, or a built-in model's name; a file of that name comes first. */
export async function openText(text: string, options: ReadingOptions): Promise<AnyLedger> {
  if (/^hf:/i.test(text)) return openHub(text, options);
  const python = splitTarget(text);
  if (python !== null)
    return openFile(python.file, { ...options, python: await pythonOptions(python, options.python) });
  const [given] = options.python?.given ?? [];
  if (given !== undefined)
    throw new ModelError('argument', `--input ${given}: only Python sources take other inputs than tensors`, {
      hint: 'give shapes: --input 1x3x224x224, --input name=1x128:int64',
    });
  if (!PATH_LIKE.test(text) && !existsSync(text)) return readBuiltin(text, options);
  return openFile(text, options);
}

/** Python runs in a process of its own; what it takes is loaded when a program is. */
const confinement: NonNullable<PythonOptions['confinement']> = async () =>
  (await import('./python/node/process.js')).confinedProcess;

/** Where a Python source is and what it may read: its folder and the folders to import from. */
async function pythonOptions(
  text: PythonText,
  own: PythonOptions = {},
): Promise<PythonOptions & { readonly files: PythonFiles; readonly path: string }> {
  const { folderFiles, posixPath } = await import('./python/node/files.js');
  const { importRoots } = await import('./python/node/roots.js');
  const path = posixPath(text.file);
  const roots = importRoots(text.file, own.paths ?? []);
  const paths = [...(own.paths ?? []), ...roots].map(posixPath);
  return {
    confinement,
    ...(text.target === null ? {} : { target: text.target }),
    ...own,
    path,
    paths,
    roots,
    files: folderFiles(path, [path.slice(0, path.lastIndexOf('/')) || '/', ...paths]),
  };
}

/** What `profile` and the others take, with Python as Node has it. */
function withPython<T extends OpenOptions>(options?: T): T | undefined {
  if (options?.python?.confinement !== undefined) return options;
  return { ...(options as T), python: { ...options?.python, confinement } };
}

/** What a Python program prints, and what it is called with. */
export interface ScriptOptions extends PythonOptions {
  readonly argv?: readonly string[];
}

/**
 * Runs a Python program that uses PyTorch and counters (thop, torchstat, ptflops, fvcore, …) with none of them installed:
 * it prints what they print. Gives its exit code. Throws ModelError with the program's own traceback where it fails.
 */
export async function runScript(script: string, options: ScriptOptions = {}): Promise<number> {
  const source = openSource(script); // says what is wrong with a path
  source.close?.();
  const { argv = [], ...own } = options;
  const { runProgram } = await import('./python/read.js');
  const { files, path, ...rest } = await pythonOptions({ file: script, target: null }, own);
  return runProgram(path, argv, { ...rest, files });
}

async function openFile(text: string, options: ReadingOptions): Promise<AnyLedger> {
  const source = openSource(pathOf(text));
  try {
    const ledger = await readSource(source, readOptions(options));
    return { ...ledger, name: text === '-' ? ledger.name : basename(text) }; // a graph's own name is `main_graph` or the like
  } finally {
    source.close?.();
  }
}

/** A model on the hub: its configuration with the headers of its weights, or a file of it. */
async function openHub(text: string, options: ReadingOptions): Promise<AnyLedger> {
  const { hubFile, hubSource } = await import('./source/node/hub.js');
  const file = hubFile(text);
  if (file === null) return openFile(text, options);
  const source = hubSource(file);
  try {
    return { ...(await readSource(source, readOptions(options))), name: file.repository };
  } finally {
    source.close?.();
  }
}

/** A folder is the model in it. */
function pathOf(text: string): string {
  const files = filesIn(text);
  if (files === null) return text;
  return modelAmong(
    text,
    files.map((path) => {
      const source = openSource(path);
      try {
        return { path, head: source.read(0, Math.min(source.size, HEAD_BYTES)) };
      } finally {
        source.close?.();
      }
    }),
  );
}

/**
 * What a model costs: as in the browser, and `model` may be a path, `-` or an http(s) URL, read by ranges. Throws
 * ModelError and SourceError.
 */
export function profile(model: ModelLike, options?: ProfileOptions): Promise<Profile> {
  return profileWith(openText, model instanceof URL ? model.href : model, withPython(options));
}

/** The raw trace of a model: module calls, operators, weights; what reports are made of. */
export function read(model: ModelLike, options?: OpenOptions): Promise<Ledger> {
  return readWith(openText, model instanceof URL ? model.href : model, withPython(options));
}

/** torchstat's table and totals for a C×H×W input. */
export function stat(model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  return statWith(openText, model instanceof URL ? model.href : model, input);
}

/** What every tool prints of a model, and the terms that lead to each number. */
export function reconcile(model: ModelLike, options?: ReconcileOptions): Promise<ReconcileReport> {
  return reconcileWithFront(openText, model instanceof URL ? model.href : model, withPython(options));
}
