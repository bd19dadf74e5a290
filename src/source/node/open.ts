import { fileURLToPath } from 'node:url';
import { SourceError } from '../errors.js';
import { memorySource } from '../memory.js';
import type { Source } from '../source.js';
import { windowed } from '../window.js';
import { fileSource, readToEnd } from './file.js';
import { urlSource } from './http.js';
import { packages } from './packages.js';

/**
 * Opens a path, an http(s) or file URL, or `-` (standard input, read whole) for reading by ranges, windows in front.
 * Throws `SourceError` with what to do when it is not available. Close it when done. `timeout`: see `urlSource`.
 */
export function openSource(pathOrUrl: string, options: { readonly timeout?: number } = {}): Source {
  if (pathOrUrl === '-') return stdinSource();
  if (/^https?:\/\//i.test(pathOrUrl)) return urlSource(pathOrUrl, options);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(pathOrUrl) ?? [];
  if (scheme !== undefined && scheme.toLowerCase() !== 'file')
    throw new SourceError(`addresses that begin with ${scheme}:// cannot be opened`, {
      hint: 'Give an http:// or https:// address, hf:org/name, or download the file and give its path.',
    });
  return windowed(fileSource(scheme === undefined ? pathOrUrl : pathOfUrl(pathOrUrl)));
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new SourceError(`${url} is not the address of a file here`, {
      hint: 'Write file:///path/to/model, or the path alone.',
      cause,
    });
  }
}

/** Standard input, read to its end. Throws `SourceError` on a terminal, if it would wait forever. */
export function stdinSource(): Source {
  const { isatty } = packages()('node:tty') as typeof import('node:tty'); // streams come with it
  if (isatty(0)) {
    throw new SourceError('standard input is a terminal', { hint: 'Pipe a model into the command, or name a file.' });
  }
  return memorySource(readToEnd('standard input', 0), { name: 'standard input' });
}
