import type { Ledger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { type Confinement, type Ending, MAX_BYTES, type Mount } from './confinement.js';
import { failure, stoppedAt } from './failures.js';
import { filesOf, mountPoint, type PythonFiles } from './files.js';
import { type JobAnswers, Session } from './session.js';
import type { WireObject } from './wire.js';

/** A program takes this long at most, unless more is allowed. */
export const DEFAULT_SECONDS = 300;
/** A program that prints more than this says nothing with it. */
const MAX_OUTPUT = 64 * 2 ** 20;

/** Where what a program prints goes; a promise makes the program wait. */
export interface Output {
  stdout(bytes: Uint8Array): unknown;
  stderr(bytes: Uint8Array): unknown;
}

export interface PythonOptions {
  /** The part of the file that is the model: `Net`, `build(width=64)`, `model`. */
  readonly target?: string;
  /** Where the file is: absolute, with `/`. */
  readonly path?: string;
  /** The file's folder and `paths`: nothing else can be read. */
  readonly files?: PythonFiles;
  /** Folders to import from, before all others. */
  readonly paths?: readonly string[];
  /** Inputs as text, where shapes alone do not say them: `x=[1x3x8x8, 1x3x4x4]`, `n:=3`. In place of `inputs`. */
  readonly given?: readonly string[];
  /** Those of them that were found by the file's imports, not given: the report says so. */
  readonly roots?: readonly string[];
  /** A folder that has what the file imports, outside its project: it is not read, and an error says so. */
  readonly outside?: string;
  /** Whether the model runs as in training. */
  readonly train?: boolean;
  /** Seconds that it may take, loading included. */
  readonly seconds?: number;
  /** Where Python runs; Node has a process of its own for it. */
  readonly confinement?: () => Promise<Confinement>;
  readonly output?: Partial<Output>;
}

interface Job {
  readonly kind: 'profile' | 'script';
  readonly path: string;
  readonly argv?: readonly string[];
  readonly target?: string | null;
  readonly inputs?: readonly unknown[];
  readonly train?: boolean;
}

interface Outcome {
  readonly result: Ledger | null;
  readonly exit: number;
}

/** Runs one job in an interpreter of its own. Rejects with ModelError where the program fails, with its own traceback. */
export async function runJob(job: Job, source: Uint8Array | null, options: PythonOptions): Promise<Outcome> {
  if (options.confinement === undefined)
    throw new ModelError('unsupported', 'there is no interpreter for Python sources here', {
      format: 'python',
      hint: 'run opcount on the command line, or export the model: .pt2, ONNX',
    });
  const files = options.files ?? filesOf(new Map([[job.path, source ?? new Uint8Array()]]));
  const folder = job.path.slice(0, job.path.lastIndexOf('/')) || '/';
  const mounts = mountsFor(files, [folder, ...(options.paths ?? [])]);
  const { inside, short } = pathsWithin(mounts);
  let result: Ledger | null = null;
  let exit = 0;
  let failed: WireObject | null = null;
  const answers: JobAnswers = {
    job: () => ({
      ...job,
      path: inside(job.path),
      paths: mounts.slice(1).map((m) => m.at),
      cwd: mounts[0]?.at ?? '/',
    }),
    result: ({ ledger }, session) => {
      result = session.ledger(ledger);
    },
    exit: ({ code }) => {
      exit = code & 0xff;
    },
    failed: ({ error }) => {
      failed = error;
    },
  };
  const confinement = options.confinement();
  const session = new Session(answers, async () => (await import('./answers.js')).loadAnswers(), short);
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const print = printing(options.output, short(inside(job.path)));
  const ending: Ending = await (await confinement).run(
    {
      files,
      mounts: mounts.filter((m, i) => !mounts.slice(0, i).some((o) => within(m.at, o.at))),
      limits: { seconds, bytes: MAX_BYTES },
    },
    {
      answer: (request) => session.answer(request),
      stdout: (bytes) => print(bytes, 'stdout'),
      stderr: (bytes) => print(bytes, 'stderr'),
    },
  );
  if (ending.kind !== 'done') throw stoppedAt(ending, { seconds, file: short(inside(job.path)), failed, short });
  if (failed !== null) throw failure(failed, session.refused, { short, outside: options.outside ?? null });
  return { result, exit };
}

/** Paths as the interpreter sees them, and as messages show them. */
interface Paths {
  readonly inside: (path: string) => string;
  readonly short: (path: string) => string;
}

function pathsWithin(mounts: readonly Mount[]): Paths {
  return {
    inside(path) {
      const mount = mounts.find((m) => within(path, m.folder));
      return mount === undefined ? path : mount.at + path.slice(mount.folder === '/' ? 0 : mount.folder.length);
    },
    short(path) {
      const mount = mounts.filter((m) => path.startsWith(`${m.at}/`)).sort((a, b) => b.at.length - a.at.length)[0];
      return mount === undefined ? path : path.slice(mount.at.length + 1);
    },
  };
}

/** Hands on what the program prints, up to a limit. Throws ModelError `limit`. */
function printing(output: PythonOptions['output'], file: string): (bytes: Uint8Array, to: keyof Output) => unknown {
  let printed = 0;
  return (bytes, to) => {
    printed += bytes.length;
    if (printed > MAX_OUTPUT)
      throw new ModelError('limit', `the program prints more than ${MAX_OUTPUT / 2 ** 20} MiB`, {
        format: 'python',
        at: { file },
        hint: 'print less, or not in a loop',
      });
    return output?.[to]?.(bytes);
  };
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** Each folder under a path of its own. */
function mountsFor(files: PythonFiles, folders: readonly string[]): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const folder of folders) {
    if (files.stat(folder)?.kind !== 'folder')
      throw new ModelError('argument', `there is no folder ${folder}`, {
        format: 'python',
        hint: 'check --python-path',
      });
    mounts.push({ folder, at: mountPoint(folder, mounts.length) });
  }
  return mounts;
}
