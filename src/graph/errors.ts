import { isModelError } from '../source/errors.js';

/** What an operator cannot be worked out without: its entry becomes a gap with this reason, and the model goes on. */
export class Unsupported extends Error {
  /** The input whose type or contents are not known, where that is the reason. */
  readonly input: number | null;

  constructor(message: string, input: number | null = null) {
    super(message);
    this.input = input;
  }
}

/** An exception that the model's own code raises: it does not take these inputs. A branch that raises is not taken. */
export class ModelRaised extends Error {
  /** The statement that raised it. */
  place: { readonly file: string; readonly line: number; readonly module: string | null } | null = null;
}

/** Whether an error says that a part of the model cannot run on these sizes; anything else is wrong with the file itself. */
export function cannotRun(error: unknown): error is Error {
  return error instanceof ModelRaised || (isModelError(error) && error.code === 'shape');
}
