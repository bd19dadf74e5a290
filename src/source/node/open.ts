import type { Source } from '../source.js';
import { windowed } from '../window.js';
import { fileSource } from './file.js';

/**
 * Opens a path for reading by ranges, windows in front.
 * Throws `SourceError` with what to do when it cannot be had. Close it when done.
 */
export function openSource(pathOrUrl: string): Source {
  return windowed(fileSource(pathOrUrl));
}
