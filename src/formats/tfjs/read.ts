import type { Ledger } from '../../ledger/index.js';
import { derived } from '../../source/derived.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { memorySource } from '../../source/memory.js';
import { windowed } from '../../source/window.js';
import { isZip } from '../../wire/zip/entry.js';
import { openZip } from '../../wire/zip/index.js';
import { modelEntry } from '../archived.js';
import { field, isArray, isObject, type Json, type JsonObject } from '../keras/config.js';
import { parsedJson, producerOf } from '../keras/contents.js';
import { ledgerOfContents } from '../keras/read.js';
import { ledgerOfGraph, type Port } from '../tensorflow/model.js';
import { unread } from '../tensorflow/results.js';
import { NUMBER_OF } from '../tensorflow/types.js';
import type { ReadOptions } from '../types.js';
import { ledgerOfWeights } from '../weights-only/ledger.js';
import { graphOfJson, typedConstants } from './graph-json.js';
import { FORMAT, type Manifest, malformed, manifestOf } from './manifest.js';

/** Bytes of a `model.json`. */
const MAX_JSON = 1 << 28;

/** Reads a TensorFlow.js model: its layers, or its graph. Throws ModelError. */
export function readTfjs(given: Source, options: ReadOptions = {}): Ledger {
  const source = isZip(given.read(0, Math.min(4, given.size))) ? inArchive(given) : given;
  if (source.size > MAX_JSON)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_JSON}`, {
      format: FORMAT,
    });
  const written = parsedJson(source.read(0, source.size), source.name);
  if (isArray(written)) return weightsAlone(written, source, given);
  if (!isObject(written)) throw malformed(`${source.name} holds no object`);
  const topology = field(written, 'modelTopology');
  if (!isObject(topology)) throw malformed(`${source.name} has no modelTopology: only the weights' manifest`);
  const file = (): { bytes: number; bytesRead: number } => ({ bytes: given.size, bytesRead: given.bytesRead });
  const ledger = isLayers(written, topology)
    ? layers(topology, source, options)
    : graph(written, topology, manifestOf(field(written, 'weightsManifest'), source), source, options);
  return { ...ledger, format: FORMAT, file: file() };
}

/** A manifest without a topology: what a program of its own builds the model from. */
function weightsAlone(groups: readonly Json[], source: Source, given: Source): Ledger {
  const { entries } = manifestOf(groups, source);
  return ledgerOfWeights({
    format: FORMAT,
    name: source.name,
    producer: null,
    file: { bytes: given.size, bytesRead: given.bytesRead },
    tensors: [...entries.values()].map(({ name, dtype, shape, bytes }) => ({
      name: name.replaceAll('.', '_').replaceAll('/', '.'),
      dtype,
      shape,
      bytes,
    })),
  });
}

function isLayers(written: JsonObject, topology: JsonObject): boolean {
  if (field(written, 'format') === 'graph-model' || isArray(field(topology, 'node'))) return false;
  return field(topology, 'model_config') !== undefined || field(topology, 'class_name') !== undefined;
}

function layers(topology: JsonObject, source: Source, options: ReadOptions): Ledger {
  if (options.signature !== undefined)
    throw new ModelError('argument', 'a layers model has no signatures', {
      format: FORMAT,
      hint: 'leave --signature out',
    });
  const config = field(topology, 'model_config') ?? topology;
  if (!isObject(config)) throw malformed('model_config is not an object');
  return ledgerOfContents(
    { kind: 'model', model: config, producer: producerOf(topology), weights: null },
    source,
    options,
  );
}

function graph(
  written: JsonObject,
  topology: JsonObject,
  manifest: Manifest,
  source: Source,
  options: ReadOptions,
): Ledger {
  const { graph: read, source: encoded } = graphOfJson(topology);
  const typed = typedConstants(read, manifest.entries);
  const signature = signatureOf(written);
  const outputs = portsOf(signature === null ? undefined : field(signature, 'outputs'));
  if (options.signature !== undefined)
    throw new ModelError('argument', 'a graph model has one signature', {
      format: FORMAT,
      hint: 'leave --signature out',
    });
  const producer = [field(written, 'generatedBy'), field(written, 'convertedBy')].filter(
    (t): t is string => typeof t === 'string',
  );
  return ledgerOfGraph(
    {
      format: FORMAT,
      graph: typed,
      inputs: portsOf(signature === null ? undefined : field(signature, 'inputs')),
      outputs: outputs.length > 0 ? outputs : unread(typed),
      variables: new Map(),
      producer: producer.length === 0 ? null : producer.join(', '),
      elsewhere: (node) => {
        const entry = manifest.entries.get(node);
        if (entry === undefined) return undefined;
        return entry.quantized ? null : (manifest.contents(node) ?? null);
      },
      bytes: (node) => manifest.entries.get(node)?.bytes,
      source: encoded,
      file: () => ({ bytes: source.size, bytesRead: source.bytesRead }),
    },
    source.name,
    options,
  );
}

function signatureOf(written: JsonObject): JsonObject | null {
  const metadata = field(written, 'userDefinedMetadata');
  const own = field(written, 'signature') ?? (isObject(metadata) ? field(metadata, 'signature') : undefined);
  return isObject(own) ? own : null;
}

/** Inputs or outputs of a signature. */
function portsOf(written: Json | undefined): Port[] {
  if (!isObject(written)) return [];
  return Object.entries(written).flatMap(([key, value]): Port[] => {
    if (!isObject(value)) return [];
    const [name, dtype, shape] = ['name', 'dtype', 'tensorShape'].map((k) => field(value, k));
    const dims = isObject(shape) ? field(shape, 'dim') : undefined;
    const number = typeof dtype === 'number' ? dtype : typeof dtype === 'string' ? NUMBER_OF[dtype] : undefined;
    return [
      {
        name: key.replace(/:0$/, ''),
        tensor: typeof name === 'string' ? name : key,
        ...(number === undefined ? {} : { dtype: number }),
        ...(isObject(shape)
          ? { shape: { dim: extentsOf(dims), unknownRank: field(shape, 'unknownRank') === true } }
          : {}),
      },
    ];
  });
}

function extentsOf(dims: Json | undefined): { size: number }[] {
  return (isArray(dims) ? dims : []).map((d) => {
    const size = isObject(d) ? Number(field(d, 'size') ?? -1) : -1;
    return { size: Number.isSafeInteger(size) ? size : -1 };
  });
}

/** `model.json` of a zip, with the other files of its folder beside it. */
function inArchive(given: Source): Source {
  const zip = openZip(windowed(given), FORMAT);
  const entry = modelEntry(zip, FORMAT, (path) => /(^|\/)model\.json$/.test(path));
  const folder = entry.name.slice(0, entry.name.lastIndexOf('/') + 1);
  const json = memorySource(zip.read(entry, MAX_JSON), { name: entry.name });
  return derived(given, {
    size: json.size,
    read: (start, end) => json.read(start, end),
    sibling: (path) => {
      const file = zip.get(folder + path);
      if (file === undefined) return undefined;
      return zip.open(file);
    },
  });
}
