import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { memorySource } from '../../source/memory.js';
import { windowed } from '../../source/window.js';
import { type Pickled, readPickle } from '../../wire/pickle/index.js';
import { openZip, type Zip, type ZipEntry } from '../../wire/zip/index.js';

/** A pickle of an archive, and what its offsets are in. */
export interface PickledEntry {
  readonly value: Pickled;
  readonly source: Source;
}

/** A zip that PyTorch wrote: everything in one folder, named as the file was. */
export interface TorchArchive {
  readonly source: Source;
  readonly zip: Zip;
  /** With its slash; empty if a tool packed the archive without a folder. */
  readonly folder: string;
  /** An entry by its path in the folder. */
  get(path: string): ZipEntry | undefined;
  /** Paths of the folder's entries, in the directory's order. */
  readonly paths: readonly string[];
  /** Throws ModelError if there is none of that path. */
  pickle(path: string): PickledEntry;
  /** Number in the entry `version`: of the serialisation format, not of PyTorch. */
  readonly version: string | null;
}

/** Bytes of `version`, and of other entries that hold one word. */
const WORD_LIMIT = 1 << 10;

/** Opens an archive of torch.save or torch.jit.save. Throws ModelError if it is not a zip or holds no pickle. */
export function openTorchArchive(source: Source, format: string): TorchArchive {
  const windows = windowed(source);
  const zip = openZip(windows, format);
  const pickle = zip.entries.find(({ name }) => /^[^/]*\/?data\.pkl$/.test(name));
  if (pickle === undefined)
    throw new ModelError('wrong-format', `${source.name} is a zip archive without data.pkl`, {
      format,
      hint: 'torch.save and torch.jit.save write one; check what the file really is',
    });
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const get = (path: string): ZipEntry | undefined => zip.get(folder + path);
  const version = get('version');
  return {
    source: windows,
    zip,
    folder,
    get,
    paths: zip.entries.flatMap(({ name }) => (name.startsWith(folder) ? [name.slice(folder.length)] : [])),
    version: version === undefined ? null : new TextDecoder().decode(zip.read(version, WORD_LIMIT)).trim(),
    pickle: (path) => {
      const entry = get(path);
      if (entry === undefined)
        throw new ModelError('malformed', `${source.name} has no ${path}`, { format, at: { field: folder + path } });
      // Stored, as PyTorch does, it is read where it is; packed again by another tool, it is unpacked first.
      if (entry.method !== 0) {
        const unpacked = memorySource(zip.read(entry), { name: entry.name });
        return { value: readPickle(unpacked, { format }).value, source: unpacked };
      }
      const start = zip.offsetOf(entry);
      return { value: readPickle(windows, { format, start, end: start + entry.size }).value, source: windows };
    },
  };
}
