import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { bitsOf, type DType, parseDType } from '../../tensor/index.js';
import { field, isArray, isObject, type Json } from '../keras/config.js';
import { mayDecideShapes } from '../tensorflow/stored.js';
import { Constants, type Gaps, type ReadSpan } from './constants.js';
import type { ManifestEntry } from './manifest-entry.js';

export const FORMAT = 'tfjs';

export interface Manifest {
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  /** The bytes of a weight, if its file is beside the model; undefined if it is not. */
  contents(name: string): Uint8Array | undefined;
}

/** Weights of one model. */
const MAX_WEIGHTS = 1 << 20;

/** Reads `weightsManifest`; no file of weights is opened for it. Throws ModelError `malformed`. */
export function manifestOf(written: Json | undefined, source: Source): Manifest {
  const entries = new Map<string, ManifestEntry>();
  const paths: string[][] = [];
  const open = once((path) => source.sibling(path));
  for (const group of isArray(written) ? written : []) {
    if (!isObject(group)) throw malformed('a group of weightsManifest is not an object');
    const files = field(group, 'paths');
    paths.push(isArray(files) ? files.filter((p): p is string => typeof p === 'string') : []);
    const weights = field(group, 'weights');
    let start = 0;
    // Of texts each has its own length in front: what follows them is elsewhere.
    let known = true;
    for (const weight of isArray(weights) ? weights : []) {
      const entry = entryOf(weight, paths.length - 1, known ? start : -1);
      if (entries.size >= MAX_WEIGHTS)
        throw new ModelError('limit', `more than ${MAX_WEIGHTS} weights`, { format: FORMAT });
      if (entry.dtype === 'string') known = false;
      entries.set(entry.name, entry);
      start += entry.bytes;
    }
  }
  const read: ReadSpan = (group, start, bytes) => stretch(open, paths[group] ?? [], start, bytes);
  let constants: Constants | null = null;
  return {
    entries,
    contents: (name) => {
      const entry = entries.get(name);
      if (entry === undefined || entry.start < 0) return undefined;
      if (!isSmall(entry)) return read(entry.group, entry.start, entry.bytes);
      constants ??= new Constants([...entries.values()].filter(isSmall), gapsFor(source), read);
      return constants.contents(entry);
    },
  };
}

/** All that is read between constants is at most as much as the model itself. */
function gapsFor(model: Source): Gaps {
  return { longest: model.reach ?? 0, budget: model.size };
}

/** Whether a graph asks for the contents of such a weight: those that decide shapes are small. */
function isSmall({ shape, dtype, quantized, start }: ManifestEntry): boolean {
  return start >= 0 && !quantized && mayDecideShapes(dtype, elements(shape));
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function entryOf(written: Json, group: number, start: number): ManifestEntry {
  if (!isObject(written)) throw malformed('a weight of weightsManifest is not an object');
  const [name, shape, dtype] = ['name', 'shape', 'dtype'].map((key) => field(written, key));
  if (typeof name !== 'string' || !isShape(shape) || typeof dtype !== 'string')
    throw malformed(`a weight of weightsManifest (${String(name)}) has no name, shape or dtype`);
  const quantization = field(written, 'quantization');
  const kept = isObject(quantization) ? field(quantization, 'dtype') : undefined;
  const type = typeNamed(dtype);
  const stored = typeof kept === 'string' ? typeNamed(kept) : type;
  return {
    name,
    dtype: type,
    shape,
    bytes: Math.ceil((elements(shape) * bitsOf(stored)) / 8),
    quantized: typeof kept === 'string' && stored !== type,
    group,
    start,
  };
}

function isShape(value: Json | undefined): value is readonly number[] {
  return isArray(value) && value.every((d) => typeof d === 'number' && Number.isSafeInteger(d) && d >= 0);
}

function typeNamed(name: string): DType {
  try {
    return parseDType(name);
  } catch {
    throw malformed(`a weight has the dtype "${name.slice(0, 40)}"`);
  }
}

/** A look-up that is made once for each path: thousands of small constants lie in the same files. */
function once(look: (path: string) => Source | undefined): (path: string) => Source | undefined {
  const found = new Map<string, Source | undefined>();
  return (path) => {
    if (!found.has(path)) found.set(path, look(path));
    return found.get(path);
  };
}

/** Bytes of a group are in its files one after the other. */
function stretch(
  open: (path: string) => Source | undefined,
  paths: readonly string[],
  start: number,
  bytes: number,
): Uint8Array | undefined {
  const end = start + bytes;
  const out = new Uint8Array(bytes);
  let at = 0; // where the file begins in the group
  for (const path of paths) {
    const file = open(path);
    if (file === undefined) return undefined;
    const [from, to] = [Math.max(start, at), Math.min(end, at + file.size)];
    if (from < to) out.set(file.read(from - at, to - at), from - start);
    at += file.size;
    if (at >= end) return out;
  }
  return undefined;
}

export function malformed(message: string): ModelError {
  return new ModelError('malformed', message, { format: FORMAT, hint: 'Convert the model again.' });
}
