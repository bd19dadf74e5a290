import { type Dim, format } from '../dim/index.js';
import type { ReadOptions } from '../formats/types.js';
import type { Ledger } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import type { Source } from '../source/index.js';
import type { PythonFiles } from './files.js';
import { type PythonOptions, runJob } from './program.js';

interface PythonReadOptions extends ReadOptions {
  readonly python?: PythonOptions;
}

/** Larger than any source that a person writes. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/**
 * Reads a source: builds the model that `options.python.target` names, in an interpreter of its own, and runs it over the
 * shapes of `options.inputs`. Its bytes are read before anything is waited for, as a source that is fetched demands.
 */
export function read(source: Source, options: PythonReadOptions): Promise<Ledger> {
  if (source.size > MAX_SOURCE_BYTES)
    throw new ModelError('limit', `${source.name} has ${source.size} bytes, too many for a source`, {
      format: 'python',
      hint: 'name the file that defines the model',
    });
  const bytes = source.read(0, source.size);
  const own = options.python ?? {};
  const job = {
    kind: 'profile' as const,
    path: own.path ?? `/source/${source.name}`,
    target: own.target ?? null,
    train: own.train ?? false,
    inputs:
      own.given ?? (options.inputs ?? []).map(({ name, shape, dtype }) => ({ name, shape: shape.map(extent), dtype })),
  };
  const file = { bytes: source.size, bytesRead: source.bytesRead };
  return runJob(job, bytes, own).then(({ result }) => {
    if (result === null)
      throw new ModelError('malformed', `${source.name} gave no model`, {
        format: 'python',
        hint: 'the file must not end the program itself (sys.exit)',
      });
    const messages = (own.roots ?? []).map(
      (root) => `its imports are found from ${root}; another folder: --python-path`,
    );
    if (own.outside !== undefined)
      messages.push(`${own.outside} has what it imports, outside its project, and is not read: --python-path opens it`);
    const notes = messages.map((message) => ({ code: 'import-root' as const, message }));
    return { ...result, notes: [...result.notes, ...notes], file };
  });
}

function extent(d: Dim): number | string {
  return typeof d === 'number' ? d : typeof d === 'bigint' ? Number(d) : format(d);
}

/** Runs a program from its first line to its last. Returns its exit code; throws ModelError if it fails. */
export async function runProgram(
  path: string,
  argv: readonly string[],
  options: PythonOptions & { readonly files: PythonFiles },
): Promise<number> {
  return (await runJob({ kind: 'script', path, argv }, null, options)).exit;
}
