/**
 * The two ways in which bytes disappoint. `ModelError`: this input can never be read as it is. `SourceError`: the bytes
 * could not be had, try again. Both carry a place and a remedy; both are told apart by `kind`, not by `instanceof`,
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
  | 'free-symbol' // a number is needed where a dimension is free
  | 'argument'; // a wrong argument, name or option given by the caller

export class ModelError extends Error {
  readonly kind = 'ModelError';
  readonly code: ModelErrorCode;
  /** Format id (`onnx`, `yolo`, `nn`, …), or null where none is known yet. */
  readonly format: string | null;
  readonly at: Place;
  /** What the user can do about it; one sentence. */
  readonly hint: string | null;

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
    this.hint = details.hint ?? null;
  }
}

export class SourceError extends Error {
  readonly kind = 'SourceError';
  /** HTTP status where there was one. */
  readonly status: number | null;
  readonly hint: string | null;

  constructor(message: string, details: { status?: number | null; hint?: string | null; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SourceError';
    this.status = details.status ?? null;
    this.hint = details.hint ?? null;
  }
}

export function isModelError(error: unknown): error is ModelError {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'ModelError';
}

export function isSourceError(error: unknown): error is SourceError {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'SourceError';
}
