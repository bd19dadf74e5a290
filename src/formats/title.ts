/** Names of files that say no more than their format: their folder tells which model it is. */
const UNTOLD = new Set(['model', 'saved_model', 'inference', 'graph', 'frozen_inference_graph', 'frozen_model']);

const ENDING =
  /\.(param\.bin|ncnn\.param|param|cfg|prototxt|caffemodel|pdmodel|json|mnn|pb|pbtxt|meta|graphdef)(\.gz)?$/i;

/** A model's name for its outermost module: of its file without folder and ending, or of the folder where the file's says nothing. */
export function titleOf(name: string): string {
  const parts = name
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
    .replace(/[?#].*$/, '')
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const file = (parts.at(-1) ?? name).replace(ENDING, '');
  return (UNTOLD.has(file.toLowerCase()) && parts.at(-2)) || file;
}
