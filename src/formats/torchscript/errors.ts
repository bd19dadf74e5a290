import type { ModelRaised } from '../../graph/errors.js';
import type { Trace } from '../../ledger/index.js';
import { isModelError, ModelError } from '../../source/errors.js';

/** An error of the archive's own making. */
export function malformed(message: string): ModelError {
  return new ModelError('malformed', message, {
    format: 'torchscript',
    hint: 'the archive is damaged, or written by a PyTorch that is not known: save the model again',
  });
}

/** The run needs a result of an operator that has no rule. */
export function dependsOnUnsupported(message: string): ModelError {
  return new ModelError('unsupported', `${message}: it is below an operator that opcount has no rule for`, {
    format: 'torchscript',
    hint: 'export the model with torch.export (.pt2), whose files state every shape',
  });
}

/** A number is needed where a dimension is symbolic. */
export function needsNumber(message: string): ModelError {
  return new ModelError('free-symbol', message, {
    format: 'torchscript',
    hint: 'give the input a size in numbers, or bind the dimension',
  });
}

/** Notes which statement of which module raised an exception; the innermost one stands. */
export function raisedAt(error: ModelRaised, file: string, line: number, trace: Trace): ModelRaised {
  error.place ??= { file, line, module: pathOf(trace) };
  return error;
}

/** An exception of the code, as an error of the model. */
export function raisedError({ message, place }: ModelRaised): ModelError {
  return new ModelError('shape', `the model raised: ${message}`, {
    format: 'torchscript',
    at:
      place === null
        ? {}
        : { field: `${place.file}:${place.line}`, ...(place.module === null ? {} : { module: place.module }) },
    hint: 'its own code raises this; check the shapes that were given',
  });
}

/** Where in the model an error came up, for errors that do not say. */
export function located(error: unknown, file: string, line: number, trace: Trace): unknown {
  if (error instanceof RangeError && /call stack/i.test(error.message))
    return located(
      new ModelError('limit', 'expressions and calls are nested too deeply', { format: 'torchscript' }),
      file,
      line,
      trace,
    );
  if (!isModelError(error) || error.at.field !== undefined || error.at.offset !== undefined) return error;
  const module = pathOf(trace);
  return new ModelError(error.code, error.message, {
    format: error.format ?? 'torchscript',
    at: { ...error.at, field: `${file}:${line}`, ...(module === null ? {} : { module }) },
    hint:
      error.hint ??
      (error.code === 'shape'
        ? 'check the input shapes; a traced model keeps sizes of the inputs it was traced with'
        : null),
    cause: error,
  });
}

function pathOf(trace: Trace): string | null {
  try {
    return trace.scope.path === '' ? '(root)' : trace.scope.path;
  } catch {
    return null;
  }
}
