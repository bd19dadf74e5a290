import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { windowed } from '../../source/window.js';
import { openHdf5 } from '../../wire/hdf5/index.js';
import { isHdf5 } from '../../wire/hdf5/signature.js';
import { checkJson } from '../../wire/json.js';
import { isZip } from '../../wire/zip/entry.js';
import { openZip } from '../../wire/zip/index.js';
import { FORMAT, field, isObject, type Json, type JsonObject } from './config.js';
import { weightsLedger } from './weights.js';

/** Contents of a file: a model, or weights alone. */
export type Contents =
  | {
      readonly kind: 'model';
      readonly model: JsonObject;
      readonly producer: string | null;
      /** The file's weights by themselves, for a model of a class that keeps no graph; null if there are none. */
      readonly weights: ((type: string) => Ledger) | null;
    }
  | { readonly kind: 'weights'; readonly ledger: () => Ledger };

/** Bytes of a configuration; that of a very large model has some megabytes. */
const MAX_CONFIG = 1 << 28;

/** The configuration in an archive, in an HDF5 file, or as it is. Throws ModelError. */
export function contentsOf(source: Source): Contents {
  const head = source.read(0, Math.min(source.size, 4096));
  if (isZip(head)) return archived(source);
  if (isHdf5(head)) return stored(source);
  if (source.size > MAX_CONFIG)
    throw new ModelError('limit', `${source.name} is ${source.size} bytes of text; the limit is ${MAX_CONFIG}`, {
      format: FORMAT,
    });
  const model = parsed(source.read(0, source.size), source.name);
  return { kind: 'model', model, producer: producerOf(model), weights: null };
}

function archived(given: Source): Contents {
  const zip = openZip(windowed(given), FORMAT);
  const entry = zip.get('config.json');
  if (entry === undefined)
    throw new ModelError('malformed', 'the archive has no config.json', {
      format: FORMAT,
      hint: 'Save the model again: model.save("model.keras").',
    });
  const metadata = zip.get('metadata.json');
  const version = metadata === undefined ? null : producerOf(parsed(zip.read(metadata, MAX_CONFIG), 'metadata.json'));
  const model = parsed(zip.read(entry, MAX_CONFIG), 'config.json', entry.storedSize);
  const weights = zip.get('model.weights.h5');
  return {
    kind: 'model',
    model,
    producer: version,
    weights:
      weights === undefined
        ? null
        : (type) => {
            const inside = zip.open(weights);
            return weightsLedger(given, openHdf5(inside, FORMAT), version, type);
          },
  };
}

/** HDF5: the configuration is an attribute of the root; without one, weights are all that there is. */
function stored(source: Source): Contents {
  const file = openHdf5(source, FORMAT);
  const [version] = file.root.texts('keras_version') ?? [];
  const [backend] = file.root.texts('backend') ?? [];
  const producer = version === undefined ? null : `Keras ${version}${backend === undefined ? '' : `, ${backend}`}`;
  const [config] = file.root.texts('model_config') ?? [];
  if (config === undefined) return { kind: 'weights', ledger: () => weightsLedger(source, file, producer, null) };
  const model = parsed(new TextEncoder().encode(config), 'model_config');
  return { kind: 'model', model, producer, weights: (type) => weightsLedger(source, file, producer, type) };
}

/** Python writes numbers that JSON does not have; they are read as null. */
const BEYOND_JSON = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** A JSON object. Throws ModelError `malformed` or `limit`. */
export function parsed(bytes: Uint8Array, name: string, stored = bytes.length): JsonObject {
  const value = parsedJson(bytes, name, stored);
  if (!isObject(value)) throw new ModelError('malformed', `${name} holds no object`, { format: FORMAT });
  return value;
}

/** JSON as Python writes it. Throws ModelError `malformed` or `limit`. */
export function parsedJson(bytes: Uint8Array, name: string, stored = bytes.length): Json {
  checkJson(bytes, { name, format: FORMAT, stored });
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text.replace(BEYOND_JSON, (found) => (found[0] === '"' ? found : 'null'))) as Json;
  } catch (cause) {
    throw new ModelError('malformed', `${name} is not JSON: ${(cause as Error).message.slice(0, 120)}`, {
      format: FORMAT,
      hint: 'The file is damaged: save the model again.',
    });
  }
}

export function producerOf(written: JsonObject): string | null {
  const version = field(written, 'keras_version');
  const backend = field(written, 'backend');
  if (typeof version !== 'string') return null;
  return `Keras ${version}${typeof backend === 'string' ? `, ${backend}` : ''}`;
}
