import { existsSync } from 'node:fs';
import type { AnyLedger, Ledger } from '../../ledger/index.js';
import type { PythonFiles } from '../../python/files.js';
import type { PythonOptions } from '../../python/program.js';
import type { ReconcileReport } from '../../report/index.js';
import { ModelError } from '../../source/errors.js';
import { type PythonText, splitTarget } from '../../source/node/folders.js';
import type { ExtentLike } from '../options.js';
import { type Profile, type ProfileOptions, profileWith } from '../profile.js';
import { type ModelLike, type OpenOptions, type ReadingOptions, readBuiltin, readWith } from '../read.js';
import type { ReconcileOptions } from '../reconcile.js';

/** Names that only a path, a URL or standard input can have. */
const PATH_LIKE = /^-$|^[a-z]+:\/\/|[/\\]|\.[a-z][a-z0-9_]{1,11}$/i;

/** Opens a path, a URL, `-`, or a built-in model's name; a file of that name comes first. */
export async function openText(text: string, options: ReadingOptions): Promise<AnyLedger> {
  if (/^hf:/i.test(text)) return (await opening()).openHub(text, options);
  const python = splitTarget(text);
  if (python !== null)
    return (await opening()).openFile(python.file, {
      ...options,
      python: await pythonOptions(python, options.python),
    });
  const [given] = options.python?.given ?? [];
  if (given !== undefined)
    throw new ModelError('argument', `--input ${given}: only Python sources take other inputs than tensors`, {
      hint: 'give shapes: --input 1x3x224x224, --input name=1x128:int64',
    });
  if (!PATH_LIKE.test(text) && !existsSync(text)) return readBuiltin(text, options);
  return (await opening()).openFile(text, options);
}

/** What opens files is loaded when one is given: names of built-in models need none of it. */
const opening = (): Promise<typeof import('./open-file.js')> => import('./open-file.js');

/** Python runs in a process of its own; what it takes is loaded when a program is. */
const confinement: NonNullable<PythonOptions['confinement']> = async () =>
  (await import('../../python/node/process.js')).confinedProcess;

/** Where a Python source is and what it may read: its folder and the folders to import from. */
async function pythonOptions(
  text: PythonText,
  own: PythonOptions = {},
): Promise<PythonOptions & { readonly files: PythonFiles; readonly path: string }> {
  const { folderFiles, posixPath } = await import('../../python/node/files.js');
  const { importRoots } = await import('../../python/node/roots.js');
  const path = posixPath(text.file);
  const given = own.paths ?? [];
  const { roots, readable, outside } = importRoots(text.file, given);
  return {
    confinement,
    ...(text.target === null ? {} : { target: text.target }),
    ...own,
    path,
    paths: [...given, ...roots].map(posixPath),
    roots,
    ...(outside === null ? {} : { outside }),
    files: folderFiles(path, [path.slice(0, path.lastIndexOf('/')) || '/', ...[...given, ...readable].map(posixPath)]),
  };
}

/** What `profile` and the others take, with Python as Node has it. */
function withPython<T extends OpenOptions>(options?: T): T | undefined {
  if (options?.python?.confinement !== undefined) return options;
  return { ...(options as T), python: { ...options?.python, confinement } };
}

/** Where a Python program prints to, and its arguments. */
export interface ScriptOptions extends PythonOptions {
  readonly argv?: readonly string[];
}

/**
 * Runs a Python program that uses PyTorch and counters (thop, torchstat, ptflops, fvcore, …) with none of them installed:
 * it prints what they print. Returns its exit code. Throws ModelError with the program's own traceback if it fails.
 */
export async function runScript(script: string, options: ScriptOptions = {}): Promise<number> {
  const { openSource } = await import('../../source/node/index.js');
  const source = openSource(script); // says what is wrong with a path
  source.close?.();
  const { argv = [], ...own } = options;
  const { runProgram } = await import('../../python/read.js');
  const { files, path, ...rest } = await pythonOptions({ file: script, target: null }, own);
  return runProgram(path, argv, { ...rest, files });
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
export async function stat(model: ModelLike, input: readonly ExtentLike[]): Promise<string> {
  const { statWith } = await import('../stat.js');
  return statWith(openText, model instanceof URL ? model.href : model, input);
}

/** What every tool prints of a model, and the terms that lead to each number. */
export async function reconcile(model: ModelLike, options?: ReconcileOptions): Promise<ReconcileReport> {
  const { reconcileWithFront } = await import('../reconcile.js');
  return reconcileWithFront(openText, model instanceof URL ? model.href : model, withPython(options));
}
