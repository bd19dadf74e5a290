import { ModelError } from '../source/errors.js';
import { type Ending, MAX_BYTES } from './confinement.js';
import { textOf, type Wire, type WireObject } from './wire.js';

type Shorten = (path: string) => string;

const LESS_MEMORY = 'a profile needs no data: leave out what loads or makes it';
const MEMORY = `the program takes up more than ${MAX_BYTES / 2 ** 20} MiB of memory`;

/** The end of a program that did not end by itself. */
export function stoppedAt(
  ending: Ending,
  known: {
    readonly seconds: number;
    readonly file: string;
    readonly failed: WireObject | null;
    readonly short: Shorten;
  },
): ModelError {
  const at = { file: known.file, ...placeOf(known.failed, known.short) };
  switch (ending.kind) {
    case 'time':
      return new ModelError('limit', `the program did not end within ${known.seconds} s`, {
        format: 'python',
        at,
        hint: 'if it is not an endless loop, allow more: --time-limit 1000',
      });
    case 'memory':
      return new ModelError('limit', MEMORY, { format: 'python', at, hint: LESS_MEMORY });
    default:
      if (/Maximum call stack size exceeded/.test(ending.kind === 'broken' ? ending.why : ''))
        return new ModelError('limit', 'the program goes deeper than the interpreter’s stack', {
          format: 'python',
          at,
          hint: 'look for calls within calls, or lists within lists, without end: the stack is a few megabytes',
        });
      return new ModelError('malformed', `the program broke its interpreter: ${'why' in ending ? ending.why : ''}`, {
        format: 'python',
        at,
        hint: 'if the program is sound, please report it',
      });
  }
}

/**
 * The program's error in its own words. `refused` is what opcount last refused it; `outside` a folder that has what it imports
 * and that it may not read.
 */
export function failure(
  failed: WireObject,
  refused: ModelError | null,
  { short, outside }: { readonly short: Shorten; readonly outside: string | null },
): ModelError {
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
  if (failed['type'] === 'MemoryError' && !text.includes('Parser stack overflowed'))
    return new ModelError('limit', `${MEMORY}\n${text}`, { format: 'python', at, hint: LESS_MEMORY });
  const cause = refused !== null && text.includes(refused.message) ? refused : null;
  return new ModelError(cause?.code ?? (own('code') === 'unsupported' ? 'unsupported' : 'malformed'), text, {
    format: 'python',
    at,
    hint:
      outside !== null && /--python-path|^\w*ImportError|ModuleNotFoundError/m.test(`${text}\n${own('hint')}`)
        ? `${outside} has what it imports, outside its project: if you trust it to read that, --python-path ${outside}`
        : (own('hint') ?? cause?.hint ?? 'the error is the program’s own: mend it there'),
  });
}

function placeOf(failed: WireObject | null, short: Shorten): { file?: string; line?: number } {
  const file = textOf(failed?.['file']);
  const line = failed?.['line'];
  return { ...(file === '' ? {} : { file: short(file) }), ...(typeof line === 'number' ? { line } : {}) };
}
