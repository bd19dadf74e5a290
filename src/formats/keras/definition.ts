import { ModelError } from '../../source/errors.js';
import { Config, FORMAT, field, isArray, isObject, type Json, type JsonObject } from './config.js';
import { spelledToday } from './early.js';

/** A layer as the configuration has it. */
export interface LayerDef {
  readonly name: string;
  /** Its class under today's name: `Conv2D`. */
  readonly type: string;
  /** Where Keras 3 keeps the class: `keras.layers`, `keras.src.ops.numpy`; empty if the file does not say. */
  readonly module: string;
  readonly config: Config;
  /** Its arguments, call by call, as written. */
  readonly inbound: readonly Json[];
  /** Shapes that it was built for, where the file says. */
  readonly build: JsonObject;
  /** Null for a layer that is not a model itself. */
  readonly model: ModelDef | null;
}

/** A model: a row of layers, or layers with the tensors between them. */
export interface ModelDef {
  readonly kind: 'sequential' | 'functional';
  readonly layers: readonly LayerDef[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
}

/** One tensor that a layer made: in which of its calls, and which of what the call gives. */
export interface Ref {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

/** Models within models; real ones have three levels. */
const MAX_DEPTH = 32;

/** A layer, or a whole model, from `{class_name, config}`. Throws ModelError. */
export function layerOf(written: Json, place: string, depth = 0): LayerDef {
  if (!isObject(written)) throw malformed(place, 'is not a layer');
  if (depth > MAX_DEPTH)
    throw new ModelError('limit', `models are nested more than ${MAX_DEPTH} deep`, { format: FORMAT });
  const written_type = field(written, 'class_name');
  if (typeof written_type !== 'string') throw malformed(place, 'has no class_name');
  const config = field(written, 'config');
  // Sequential models of Keras 1 have their layers in the place of a configuration.
  const given: JsonObject = isArray(config) ? { layers: config } : isObject(config) ? config : {};
  const { className, config: today } = spelledToday(written_type, given);
  const own = field(given, 'name') ?? field(written, 'name');
  const name = typeof own === 'string' && own !== '' ? own : place;
  const module = field(written, 'module');
  const build = field(written, 'build_config');
  const inbound = field(written, 'inbound_nodes');
  return {
    name,
    type: className,
    module: typeof module === 'string' ? module : '',
    config: new Config(today, name),
    inbound: isArray(inbound) ? inbound : [],
    build: isObject(build) ? build : {},
    model: modelOf(className, today, name, depth),
  };
}

function modelOf(type: string, config: JsonObject, name: string, depth: number): ModelDef | null {
  const written = field(config, 'layers');
  if (!isArray(written) || type === 'StackedRNNCells' || type === 'Pipeline') return null;
  const functional = field(config, 'input_layers') !== undefined && field(config, 'output_layers') !== undefined;
  if (
    !functional &&
    !/Sequential/.test(type) &&
    !written.every((l) => isObject(l) && field(l, 'class_name') !== undefined)
  )
    return null;
  const layers = written.map((layer, i) => layerOf(layer, uniquePlace(layer, i), depth + 1));
  const taken = new Set<string>();
  for (const layer of layers) {
    if (taken.has(layer.name)) throw malformed(name, `has two layers of the name "${layer.name}"`);
    taken.add(layer.name);
  }
  if (!functional) return { kind: 'sequential', layers, inputs: [], outputs: [] };
  return {
    kind: 'functional',
    layers,
    inputs: refsIn(field(config, 'input_layers'), taken),
    outputs: refsIn(field(config, 'output_layers'), taken),
  };
}

function uniquePlace(layer: Json, i: number): string {
  const type = field(layer, 'class_name');
  return `${typeof type === 'string' ? type.toLowerCase() : 'layer'}_${i}`;
}

/** `[layer, call, tensor]`; null for anything else. */
export function refOf(value: Json | undefined, layers: ReadonlySet<string>): Ref | null {
  if (!isArray(value) || value.length < 3 || typeof value[0] !== 'string' || !layers.has(value[0])) return null;
  const [layer, call, tensor] = value;
  if (!isIndex(call) || !isIndex(tensor)) return null;
  return { layer, call, tensor };
}

/** Calls of one layer, and tensors of one call. */
const MAX_INDEX = 1 << 16;

function isIndex(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_INDEX;
}

/** All tensors that are named somewhere within lists and dicts. */
function refsIn(value: Json | undefined, layers: ReadonlySet<string>): Ref[] {
  const ref = refOf(value, layers);
  if (ref !== null) return [ref];
  if (isArray(value)) return value.flatMap((v) => refsIn(v, layers));
  return isObject(value) ? Object.values(value).flatMap((v) => refsIn(v, layers)) : [];
}

export function malformed(place: string, message: string): ModelError {
  return new ModelError('malformed', `${place} ${message}`, {
    format: FORMAT,
    at: { module: place },
    hint: 'The configuration is damaged: save the model again.',
  });
}
