import type { Ledger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { filesOf, type PythonFiles } from './files.js';
import { Interpreter, type InterpreterOptions, type Output } from './interpreter.js';
import { type Other, Session } from './session.js';
import { isObject, textOf, type Wire, type WireObject } from './wire.js';

/** A program takes this long at most, unless more is allowed. */
export const DEFAULT_SECONDS = 300;

/** What a reader of Python sources takes beside the source itself. */
export interface PythonOptions {
  /** What of the file is the model: `Net`, `build(width=64)`, `model`. */
  readonly target?: string;
  /** Where the file is: absolute, with `/`. */
  readonly path?: string;
  /** What can be read: the file's folder and `paths`, and nothing else. */
  readonly files?: PythonFiles;
  /** Folders to import from, before all others. */
  readonly paths?: readonly string[];
  /** Seconds that it may take. */
  readonly seconds?: number;
  readonly interpreter?: InterpreterOptions;
  /** Answers to what Python asks beyond operators: conventions, built-in models. */
  readonly other?: Other;
  readonly output?: Partial<Output>;
}

let shared: Promise<Interpreter> | null = null;

/** The interpreter, started once. */
export function interpreter(options: InterpreterOptions = {}): Promise<Interpreter> {
  shared ??= Interpreter.start(options).catch((error: unknown) => {
    shared = null;
    throw error;
  });
  return shared;
}

interface Job {
  readonly kind: 'profile' | 'script';
  readonly path: string;
  readonly argv?: readonly string[];
  readonly target?: string | null;
  readonly inputs?: readonly unknown[];
}

interface Outcome {
  readonly session: Session;
  readonly result: Ledger | null;
  readonly exit: number;
}

/** Runs one job. Throws ModelError where the program fails, with its own traceback. */
export function runJob(python: Interpreter, job: Job, source: Uint8Array | null, options: PythonOptions): Outcome {
  const files = options.files ?? filesOf(new Map([[job.path, source ?? new Uint8Array()]]));
  const folder = job.path.slice(0, job.path.lastIndexOf('/')) || '/';
  const roots = [folder, ...(options.paths ?? [])].map((from) => ({ from, at: python.mount(files, from) }));
  const inside = (path: string): string => {
    const root = roots.find((r) => path === r.from || path.startsWith(`${r.from === '/' ? '' : r.from}/`));
    return root === undefined ? path : root.at + path.slice(root.from === '/' ? 0 : root.from.length);
  };
  const short = (path: string): string => {
    const root = roots.filter((r) => path.startsWith(`${r.at}/`)).sort((a, b) => b.at.length - a.at.length)[0];
    return root === undefined ? path : path.slice(root.at.length + 1);
  };
  let result: Ledger | null = null;
  let exit = 0;
  let failed: WireObject | null = null;
  const other: Other = (kind, args, session) => {
    switch (kind) {
      case 'job':
        return {
          ...job,
          path: inside(job.path),
          paths: roots.slice(1).map((r) => r.at),
          cwd: roots[0]?.at ?? '/',
        };
      case 'result':
        result = session.ledgers[Number(args[0])] ?? null;
        return null;
      case 'exit':
        exit = Number(args[0]);
        return null;
      case 'failed':
        failed = isObject(args[0]) ? args[0] : {};
        return null;
      default:
        if (options.other !== undefined) return options.other(kind, args, session);
        throw new ModelError('unsupported', `${kind} is not to be had here`, { format: 'python' });
    }
  };
  const session = new Session(other, short);
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const output: Output = { stdout: options.output?.stdout ?? (() => {}), stderr: options.output?.stderr ?? (() => {}) };
  let stopped: ReturnType<Interpreter['run']>;
  try {
    stopped = python.run('_opcount.host.main()', (request) => session.answer(request), output, seconds);
  } catch (error) {
    shared = null; // whatever a program did to break its interpreter, the next one gets another
    throw error;
  }
  if (stopped !== 'done') throw ranAway(stopped, seconds, failed, short);
  if (failed !== null) throw failure(failed, session, short);
  return { session, result, exit };
}

function placeOf(failed: WireObject | null, short: (path: string) => string): { file?: string; line?: number } {
  const file = textOf(failed?.['file']);
  const line = failed?.['line'];
  return { ...(file === '' ? {} : { file: short(file) }), ...(typeof line === 'number' ? { line } : {}) };
}

function ranAway(
  why: 'time' | 'memory',
  seconds: number,
  failed: WireObject | null,
  short: (path: string) => string,
): ModelError {
  return new ModelError(
    'limit',
    why === 'time' ? `the program did not end within ${seconds} s` : 'the program takes up more than 1 GiB of memory',
    {
      format: 'python',
      at: placeOf(failed, short),
      hint:
        why === 'time'
          ? 'if it is no endless loop, allow more: --time-limit 1000'
          : 'a profile needs no data: leave out what loads or makes it',
    },
  );
}

/** The program's error in its own words. */
function failure(failed: WireObject, session: Session, short: (path: string) => string): ModelError {
  const at = placeOf(failed, short);
  const own = (name: string): string | null => textOf(failed[name] as Wire) || null;
  if (failed['wanted'] === true)
    return new ModelError('argument', textOf(failed['message']), { format: 'python', hint: own('hint') });
  const text = textOf(failed['traceback']).trimEnd();
  if (failed['unknown'] === true)
    return new ModelError('unsupported', text, {
      format: 'python',
      at,
      hint: 'pass what the line asks for as a number (an argument of the model, a size in --input), or take the branch out for the profile',
    });
  const cause = session.refused !== null && text.includes(session.refused.message) ? session.refused : null;
  return new ModelError(cause?.code ?? 'malformed', text, {
    format: 'python',
    at,
    hint: own('hint') ?? cause?.hint ?? null,
  });
}
