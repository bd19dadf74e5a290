/** Files that people will try and that have no reader: named, so that nobody wonders whether the file is broken. */
const SIGNATURES: readonly { readonly what: string; readonly at: number; readonly bytes: string }[] = [
  { what: 'a GGML file', at: 0, bytes: 'lmgg' },
  { what: 'a NumPy array', at: 0, bytes: '\x93NUMPY' },
  { what: 'an ExecuTorch program', at: 4, bytes: 'ET12' },
  { what: 'a zip archive without a model that is known (PyTorch .pt, .pt2, .pth, Keras)', at: 0, bytes: 'PK\x03\x04' },
  { what: 'a gzip file: unpack it first', at: 0, bytes: '\x1f\x8b' },
  { what: 'a pickle (a legacy PyTorch checkpoint)', at: 0, bytes: '\x80\x02' },
  { what: 'a Git LFS pointer, not the model: run `git lfs pull`', at: 0, bytes: 'version https://git-lfs' },
  { what: 'a web page, not a model: check the download link', at: 0, bytes: '<!' },
  { what: 'a web page, not a model: check the download link', at: 0, bytes: '<html' },
  { what: 'a PNG image', at: 0, bytes: '\x89PNG' },
  { what: 'a PDF', at: 0, bytes: '%PDF' },
];

/** What a file is by its first bytes, or null. */
export function describeUnsupported(head: Uint8Array, name: string): string | null {
  const found = SIGNATURES.find(({ at, bytes }) => [...bytes].every((c, i) => head[at + i] === c.charCodeAt(0)));
  if (found !== undefined) return found.what;
  if (/\.data-\d+-of-\d+$|(^|[/\\])(variables|model[\w.-]*)\.index$/.test(name))
    return 'a part of a TensorFlow checkpoint: give the .meta beside it, or the SavedModel’s folder';
  if (/\.py$/i.test(name)) return 'Python source';
  return null;
}
