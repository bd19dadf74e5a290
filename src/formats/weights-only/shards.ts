import { ModelError, SourceError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { checkJson } from '../../wire/json.js';

/**
 * Weights spread over several files. Hugging Face's index names the file of every tensor
 * (`model.safetensors.index.json`: `{"metadata": …, "weight_map": {tensor: file}}`); the files are numbered
 * `model-00001-of-00005.safetensors`.
 */

/** An index of a 400-billion-parameter model has some 10 MB. */
const INDEX_LIMIT = 1 << 28;
const MAX_SHARDS = 100_000;
const NUMBERED = /^(.*-)(\d{5})(-of-)(\d{5})(\.\w+)$/;

/** Whether the first bytes of a file are those of an index, whose shards end in `extension`. */
export function isIndex(head: Uint8Array, name: string, extension: string): boolean {
  if (!/\.json$/i.test(pathOf(name)) || !/^\s*\{/.test(latin(head.subarray(0, 64)))) return false;
  const text = latin(head);
  return text.includes('"weight_map"')
    ? text.includes(`${extension}"`)
    : pathOf(name).endsWith(`${extension}.index.json`);
}

/** The files that an index names, in its order. Throws ModelError and SourceError. */
export function shardsOfIndex(index: Source, format: string): Source[] {
  if (index.size > INDEX_LIMIT)
    throw new ModelError('limit', `${index.name} has ${index.size} bytes: an index has at most ${INDEX_LIMIT}`, {
      format,
    });
  const bytes = index.read(0, index.size);
  checkJson(bytes, { name: index.name, format });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ModelError('malformed', `${index.name} is not JSON`, { format, cause, hint: 'download it again' });
  }
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null)
    throw new ModelError('malformed', `${index.name} has no weight_map`, {
      format,
      at: { field: 'weight_map' },
      hint: 'an index names the file of every tensor; give one of the files with weights instead',
    });
  const files = new Set<string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string')
      throw new ModelError('malformed', `the file of ${tensor} is not a name`, { format, at: { field: 'weight_map' } });
    files.add(file);
  }
  return open(index, [...files], format);
}

/**
 * The files of the set that `source` is one of: by the index beside it, or else by their numbers. Only `source` where it is
 * not one of a set.
 */
export function shardsAround(source: Source, format: string): Source[] {
  const match = NUMBERED.exec(fileOf(source));
  if (match === null || Number(match[4]) < 2) return [source];
  const [, stem = '', number = '', of = '', count = '', extension = ''] = match;
  const index = source.sibling(`${stem.slice(0, -1)}${extension}.index.json`);
  if (index !== undefined) return shardsOfIndex(index, format);
  if (Number(count) > MAX_SHARDS) return [source];
  const names = Array.from(
    { length: Number(count) },
    (_, i) => `${stem}${String(i + 1).padStart(5, '0')}${of}${count}${extension}`,
  );
  return open(source, names, format, Number(number) - 1);
}

function open(beside: Source, names: readonly string[], format: string, own = -1): Source[] {
  if (names.length > MAX_SHARDS)
    throw new ModelError('limit', `${beside.name} names ${names.length} files: more than ${MAX_SHARDS}`, { format });
  return names.map((name, i) => {
    if (i === own) return beside;
    const shard = beside.sibling(name);
    if (shard === undefined)
      throw new SourceError(`${name} is not beside ${beside.name}: the model has ${names.length} files`, {
        hint: 'download all files of the model into one folder',
      });
    return shard;
  });
}

/** A name without the query of a URL, with `/` between its parts. */
export function pathOf(name: string): string {
  return name.replace(/[?#].*$/, '').replaceAll('\\', '/');
}

/** The last part of a source's name. */
export function fileOf(source: Source): string {
  const path = pathOf(source.name);
  return path.slice(path.lastIndexOf('/') + 1);
}

function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
