import type { Origin } from '../worker/protocol.js';

export interface Offered {
  readonly files: readonly { readonly path: string; readonly file: File }[];
  /** Those that may be the model itself, the likeliest first. */
  readonly candidates: readonly string[];
}

/** No model has more files than this. */
const MOST = 20_000;

/** Weights and other things that lie beside a model, by the end of their names. */
const BESIDE =
  /(\.(data|bin|weights|npz|npy|txt|md|png|jpe?g|gitattributes|index|lock|py[co])|\.data-\d+-of-\d+|\.gitignore|\.DS_Store)$/i;
const SHARD = /-\d{5}-of-\d{5}\.\w+$/;
/** The files to open first where a folder holds several of one model. */
const HEADS = [
  /\.index\.json$/i,
  /(^|\/)saved_model\.pb(txt)?$/i,
  /(^|\/)model\.json$/i,
  /\.onnx$/i,
  /\.(pt2|pth|pt|tflite|keras|h5|gguf|ckpt)$/i,
  /\.safetensors$/i,
  /\.(ya?ml|py)$/i,
  /(^|\/)config\.json$/i,
];

function offered(files: Offered['files']): Offered {
  if (files.length <= 1) return { files, candidates: files.map(({ path }) => path) };
  const likely = files.filter(({ path }) => !BESIDE.test(path) && !SHARD.test(path));
  const rank = (path: string): number => {
    const at = HEADS.findIndex((head) => head.test(path));
    return at < 0 ? HEADS.length : at;
  };
  const some = (likely.length > 0 ? likely : files).map(({ path }) => path);
  some.sort((a, b) => rank(a) - rank(b) || a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  // Only those that speak as loudly as the first are worth a question; the first of a set of shards stands for it.
  const best = some.filter((path) => rank(path) === rank(some[0] as string));
  return { files, candidates: SHARD.test(best[0] ?? '') ? best.slice(0, 1) : best };
}

/** Two files of which each is a model by itself; null where it is another number, or one may lie beside the other. */
export function twoModels({ files, candidates }: Offered): readonly [Origin, Origin] | null {
  const [a, b] = files;
  if (files.length !== 2 || a === undefined || b === undefined) return null;
  const alone = (path: string): boolean => /\.(onnx|pt2|pth|pt|tflite|keras|h5|gguf|safetensors|ya?ml|py)$/i.test(path);
  if (!alone(a.path) || !alone(b.path) || SHARD.test(a.path) || candidates.length === 0) return null;
  const one = (file: (typeof files)[number]): Origin => ({ kind: 'files', files: [file], main: file.path });
  return [one(a), one(b)];
}

/** The model among the files; null where that is for a person to say. */
export function originOf({ files, candidates }: Offered): Origin | null {
  const [only] = candidates;
  return candidates.length === 1 && only !== undefined ? { kind: 'files', files, main: only } : null;
}

export function fromInput(list: FileList | null): Offered {
  const files = [...(list ?? [])].slice(0, MOST).map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return offered(files);
}

/** Files and folders that were dropped. They must be taken before the event is over. */
export function entriesOf(transfer: DataTransfer): readonly (FileSystemEntry | File)[] {
  const plain = [...transfer.files];
  return [...transfer.items].flatMap((item, i) => item.webkitGetAsEntry?.() ?? plain[i] ?? []);
}

/** All files of them with their paths, as far as the signal lets them be read. */
export async function offeredBy(entries: readonly (FileSystemEntry | File)[], signal: AbortSignal): Promise<Offered> {
  const files: { path: string; file: File }[] = [];
  for (const entry of entries) {
    if (entry instanceof File) files.push({ path: entry.name, file: entry });
    else await walk(entry, '', files, signal);
  }
  return offered(files);
}

async function walk(
  entry: FileSystemEntry,
  folder: string,
  into: { path: string; file: File }[],
  signal: AbortSignal,
): Promise<void> {
  if (into.length >= MOST || signal.aborted) return;
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    into.push({ path, file });
  } else if (entry.isDirectory) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives some hundred entries at a time, and none when there are no more.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) break;
      for (const child of some) await walk(child, `${path}/`, into, signal);
    }
  }
}
