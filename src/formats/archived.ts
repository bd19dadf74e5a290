import { ModelError } from '../source/errors.js';
import type { Source } from '../source/index.js';
import { windowed } from '../source/window.js';
import { isZip, type ZipEntry } from '../wire/zip/entry.js';
import { openZip, type Zip } from '../wire/zip/index.js';

/** The one file of an archive that `isModel` picks by its path. Throws ModelError `unsupported` for none and for several. */
export function modelEntry(zip: Zip, format: string, isModel: (path: string) => boolean): ZipEntry {
  const found = zip.entries.filter((entry) => isModel(entry.name));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new ModelError('unsupported', `the archive holds ${found.length} models, and one is read at a time`, {
      format,
      hint:
        only === undefined
          ? 'It may hold other archives: unpack it.'
          : `Unpack it and open one of them: ${found.map((entry) => entry.name).join(', ')}.`,
    });
  return only;
}

/** The model that a file is, or the one in it where it is a zip. Throws ModelError. */
export function modelIn(source: Source, format: string, isModel: (path: string) => boolean): Source {
  if (!isZip(source.read(0, Math.min(4, source.size)))) return source;
  const zip = openZip(windowed(source), format);
  return zip.open(modelEntry(zip, format, isModel));
}
