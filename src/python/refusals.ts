// Errors of a program's requests.
import type { Trace } from '../ledger/index.js';
import { ModelError } from '../source/errors.js';
import { knowsAten } from '../torch/operators/index.js';

/** Refused, as the exception that Python shall raise. */
export class RaisedInPython extends Error {
  readonly raise: string;
  constructor(raise: string, message: string) {
    super(message);
    this.raise = raise;
  }
}

/** For requests that only a program makes which talks to opcount itself. */
export function outside(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: 'python',
    hint: 'a program must not talk to opcount itself; if it does not, please report this',
  });
}

/** A fault of ours, or a request that no program of ours makes. */
export function unexpected(error: unknown): ModelError {
  const deep = error instanceof RangeError;
  return new ModelError(
    deep ? 'limit' : 'malformed',
    deep ? 'the program nests or repeats too much here' : 'opcount cannot answer this call of the program',
    { format: 'python', hint: 'if the program is sound, please report it', cause: error },
  );
}

/** For a result with a shape that cannot be worked out. */
export function unknownShape(trace: Trace, name: string): RaisedInPython {
  const result = trace.entries.at(-1)?.result;
  const why = result?.kind === 'gap' ? result.why : 'its result depends on the data';
  return new RaisedInPython(
    'NotImplementedError',
    knowsAten(name) || name.includes('__')
      ? `opcount cannot tell what ${name} gives here: ${why}`
      : `opcount's torch has no operator ${name}`,
  );
}
