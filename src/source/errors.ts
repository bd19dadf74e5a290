/**
 * The two ways in which bytes disappoint. `ModelError`: this input can never be read as it is. `SourceError`: the bytes
 * could not be read, try again. Both carry a place and a remedy; both are told apart by `kind`, not by `instanceof`,
 * so that they survive a second copy of the package or a worker's message.
 */

/** Where in the input something was found: a byte offset, a node, a module path, a field, a line of source; all optional. */
export interface Place {
  readonly offset?: number;
  readonly node?: string;
  readonly module?: string;
  readonly field?: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
}

export type ModelErrorCode =
  | 'truncated' // the file ends before a length it states
  | 'malformed' // bytes that the format does not allow
  | 'wrong-format' // recognised as something else, or as nothing
  | 'unsupported' // recognised, but this version or feature is not read
  | 'limit' // a stated size is beyond a named limit
  | 'cycle' // a graph that feeds itself
  | 'shape' // shapes that cannot meet in an operator
  | 'free-symbol' // a number is needed where a dimension is symbolic
  | 'argument' // a wrong argument, name or option given by the caller
  | 'internal'; // a fault of opcount that this input brought up

/** The hint for errors whose finder has no better one. */
const REMEDIES: Readonly<Record<ModelErrorCode, string>> = {
  truncated: 'the file is shorter than it says: download or copy it again',
  malformed: 'the file is damaged or was written by another program: export or download it again',
  'wrong-format': 'give a model file: `opcount --help` lists the formats that are read',
  unsupported: 'export the model in another way, for example to ONNX or with torch.export',
  limit: 'no real model is known to be so large: if this one is, please report it',
  cycle: 'a graph cannot use a result before it is made: export the model again',
  shape: 'give input shapes that the model takes (--input NAME=1x3x224x224), or export it again',
  'free-symbol': 'give the dimension a number: --bind NAME=8, or a whole shape with --input',
  argument: '`opcount --help` lists options and how they are written',
  internal: 'this is a fault of opcount, not of the model: please report it, with the file if you can',
};

export class ModelError extends Error {
  readonly kind = 'ModelError';
  readonly code: ModelErrorCode;
  /** Format id (`onnx`, `yolo`, `nn`, …), or null if none is known yet. */
  readonly format: string | null;
  readonly at: Place;
  /** Advice: one sentence on what to do about it. */
  readonly hint: string;

  constructor(
    code: ModelErrorCode,
    message: string,
    details: { format?: string | null; at?: Place; hint?: string | null; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ModelError';
    this.code = code;
    this.format = details.format ?? null;
    this.at = details.at ?? {};
    this.hint = details.hint ?? REMEDIES[code];
  }
}

/** Why bytes could not be read: the system's own code (`ENOENT`), `http` for what a server answered, `unavailable` else. */
export type SourceErrorCode = `E${string}` | 'http' | 'unavailable';

export class SourceError extends Error {
  readonly kind = 'SourceError';
  readonly code: SourceErrorCode;
  /** HTTP status where there was one. */
  readonly status: number | null;
  readonly at: Place;
  readonly hint: string;

  constructor(
    message: string,
    details: {
      status?: number | null;
      at?: Place;
      hint?: string | null;
      code?: SourceErrorCode;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SourceError';
    this.status = details.status ?? null;
    this.code = details.code ?? systemCode(details.cause) ?? (this.status === null ? 'unavailable' : 'http');
    this.at = details.at ?? {};
    this.hint = details.hint ?? 'check the path or address, and try again';
  }
}

/** Node's code of a failed system call. */
function systemCode(cause: unknown): SourceErrorCode | undefined {
  const code: unknown = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? (code as SourceErrorCode) : undefined;
}

/**
 * What leaves the library in place of `error`: itself where it is one of the two, or a signal to stop; a SourceError where the
 * system refused something; else a ModelError, `limit` where the stack or a table ran out, which only an input without bounds
 * brings about, and `internal` for the rest.
 */
export function asOwnError(error: unknown): unknown {
  if (isModelError(error) || isSourceError(error) || (error as { name?: unknown } | null)?.name === 'AbortError')
    return error;
  if (error instanceof RangeError && /call stack|array length|string length|maximum size|Map max/i.test(error.message))
    return new ModelError('limit', 'the model is nested too deeply, or states sizes that no model has', {
      hint: 'export it again; if it is sound, please report it',
      cause: error,
    });
  if (isSystemError(error))
    return new SourceError(`the system refuses: ${error.message}`, {
      hint: 'free what it is short of (space, open files: ulimit -n), or give another path',
      cause: error,
    });
  return new ModelError(
    'internal',
    `opcount failed on this model: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}

/** A failed system call that nobody expected: no fault of the model, nor of opcount. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && systemCode(error) !== undefined;
}

export function isModelError(error: unknown): error is ModelError {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'ModelError';
}

export function isSourceError(error: unknown): error is SourceError {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'SourceError';
}
