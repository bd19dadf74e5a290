import { asOwnError } from '../source/errors.js';

/** Does `body`; nothing but ModelError, SourceError and a signal to stop leaves it. */
export async function ownErrors<T>(body: () => T | Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw asOwnError(error);
  }
}
