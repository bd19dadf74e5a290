import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import { isZip } from '../../wire/zip/entry.js';
import { openZip } from '../../wire/zip/index.js';
import { hasModel } from './detect.js';
import { FORMAT } from './schema.js';

/** The model that a file is, or the one that is in a bundle (`.task`). Throws ModelError if it holds several. */
export function modelIn(source: Source): Source {
  if (!isZip(source.read(0, Math.min(4, source.size)))) return source;
  const archive = windowed(source);
  const zip = openZip(archive, FORMAT);
  const models = zip.entries.filter((entry) => hasModel([entry.name]));
  const [only, ...more] = models;
  if (only === undefined || more.length > 0)
    throw new ModelError('unsupported', `the bundle holds ${models.length} models, and one is read at a time`, {
      format: FORMAT,
      hint:
        only === undefined
          ? 'It may hold other bundles: unpack it.'
          : `Unpack it and open one of them: ${models.map((m) => m.name).join(', ')}.`,
    });
  return zip.open(only);
}
