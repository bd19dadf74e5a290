import { sym } from '../../dim/index.js';
import { type Graph, type GraphNode, inOrder } from '../../graph/index.js';
import type { TensorType } from '../../tensor/index.js';
import { FORMAT, field, isArray, isObject, type Json, type JsonObject } from './config.js';
import { type LayerDef, type ModelDef, malformed, type Ref, refOf } from './definition.js';
import { dtypeOf } from './dtype.js';
import type { LayerState } from './modules.js';

/** Tensors that a call may give; one that states more is requested something that it has not. */
const MAX_OUTPUTS = 4096;

/** An argument of a call: a tensor by its place among the node's inputs, a stored one, a plain value, or those in lists and dicts. */
export type Arg =
  | { readonly input: number }
  | { readonly plain: null | boolean | number | string }
  | { readonly constant: TensorType }
  | { readonly list: readonly Arg[] }
  | { readonly dict: Readonly<Record<string, Arg>> };

/** One call of a layer. */
export interface KerasNode extends GraphNode {
  readonly layer: LayerDef;
  readonly args: readonly Arg[];
  readonly kwargs: Readonly<Record<string, Arg>>;
}

/** Facts of a model beside its graph: types that the file states of tensors, and the model's own layers. */
export interface ModelInfo {
  readonly stated: ReadonlyMap<string, TensorType>;
  readonly owner: LayerState;
}

export function tensorName({ layer, call, tensor }: Ref): string {
  return call === 0 && tensor === 0 ? layer : `${layer}:${call}:${tensor}`;
}

/** The calls of a model's layers in an order in which they can run. Throws ModelError. */
export function graphOf(owner: LayerState): Graph<KerasNode, ModelInfo> {
  const { model, name } = owner.def;
  if (model === null) throw malformed(name, 'is not a model');
  return model.kind === 'sequential' ? sequential(model, owner) : functional(model, name, owner);
}

function sequential(model: ModelDef, owner: LayerState): Graph<KerasNode, ModelInfo> {
  const layers = model.layers.filter((layer) => layer.type !== 'InputLayer');
  const input = model.layers.find((layer) => layer.type === 'InputLayer')?.name ?? 'input';
  let last = input;
  const nodes = layers.map((layer): KerasNode => {
    const node = {
      name: layer.name,
      opType: layer.type,
      input: [last],
      output: [layer.name === input ? `${layer.name}:out` : layer.name],
      layer,
      args: [{ input: 0 }],
      kwargs: {},
    };
    last = node.output[0] as string;
    return node;
  });
  return { nodes, inputs: [input], outputs: [last], isolated: true, info: { stated: new Map(), owner } };
}

function functional(model: ModelDef, name: string, owner: LayerState): Graph<KerasNode, ModelInfo> {
  const layers = new Set(model.layers.map((layer) => layer.name));
  const stated = new Map<string, TensorType>();
  const calls: { layer: LayerDef; index: number; parsed: Parsed }[] = [];
  for (const layer of model.layers)
    for (const [index, written] of layer.inbound.entries())
      calls.push({ layer, index, parsed: parseCall(written, layers, layer.name) });
  const inner = calls.flatMap((c) => c.parsed.refs.map((r) => r.ref));
  const shift = firstCalls(model, inner);
  const own = (ref: Ref): Ref => ({ ...ref, call: ref.call - (shift.get(ref.layer) ?? 0) });
  const renamed = (ref: Ref): string => tensorName(own(ref));
  const outputs = outputsOf(model);
  const made = new Map<string, number>(); // how many tensors of a call are requested
  for (const { layer, call, tensor } of [...inner.map(own), ...outputs]) {
    const key = `${layer} ${call}`;
    made.set(key, Math.max(made.get(key) ?? 1, Math.min(tensor, MAX_OUTPUTS) + 1));
  }
  for (const { parsed } of calls)
    for (const { ref, type } of parsed.refs) if (type !== null) stated.set(renamed(ref), type);
  const nodes = calls.flatMap(({ layer, index, parsed }): KerasNode[] => {
    if (layer.type === 'InputLayer') return [];
    const count = made.get(`${layer.name} ${index}`) ?? 1;
    return [
      {
        name: index === 0 ? layer.name : `${layer.name}:${index}`,
        opType: layer.type,
        input: parsed.refs.map(({ ref }) => renamed(ref)),
        output: Array.from({ length: count }, (_, tensor) => tensorName({ layer: layer.name, call: index, tensor })),
        layer,
        args: parsed.args,
        kwargs: parsed.kwargs,
      },
    ];
  });
  if (model.inputs.length === 0 || model.outputs.length === 0)
    throw malformed(name, `has no ${model.inputs.length === 0 ? 'inputs' : 'outputs'}`);
  return {
    nodes: inOrder(nodes, FORMAT),
    inputs: model.inputs.map(renamed),
    outputs: outputs.map(tensorName),
    isolated: true,
    info: { stated, owner },
  };
}

/**
 * Where the numbers of a layer's calls begin: a model within a model was called once while it was made, and some versions
 * count that call and do not write it.
 */
function firstCalls(model: ModelDef, used: readonly Ref[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const { layer, call } of used) last.set(layer, Math.max(last.get(layer) ?? 0, call));
  const shift = new Map<string, number>();
  for (const layer of model.layers) {
    const calls = layer.type === 'InputLayer' ? 1 : layer.inbound.length;
    const over = (last.get(layer.name) ?? 0) - calls + 1;
    if (over > 0 && calls > 0) shift.set(layer.name, over);
  }
  return shift;
}

/** The model's outputs; those of a model within count its calls from 1 where calls between layers count from 0. */
function outputsOf(model: ModelDef): Ref[] {
  const shift = firstCalls(model, model.outputs);
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  return model.outputs.map((ref) => {
    const layer = layers.get(ref.layer);
    const fromOne = layer?.model?.kind === 'functional' && layer.inbound.some((call) => isObject(call));
    const first = Math.max(shift.get(ref.layer) ?? 0, fromOne && ref.call > 0 ? 1 : 0);
    return { ...ref, call: Math.max(0, ref.call - first) };
  });
}

interface Parsed {
  readonly args: readonly Arg[];
  readonly kwargs: Readonly<Record<string, Arg>>;
  readonly refs: readonly { readonly ref: Ref; readonly type: TensorType | null }[];
}

/** Arguments within arguments. */
const MAX_DEPTH = 16;

function parseCall(written: Json, layers: ReadonlySet<string>, layer: string): Parsed {
  const refs: { ref: Ref; type: TensorType | null }[] = [];
  const tensor = (ref: Ref, type: TensorType | null): Arg => ({ input: refs.push({ ref, type }) - 1 });
  const arg = (value: Json, depth: number): Arg => {
    if (depth > MAX_DEPTH) throw malformed(layer, `is called with arguments nested more than ${MAX_DEPTH} deep`);
    const known = kerasTensor(value, layers) ?? (isArray(value) && value.length === 3 ? triple(value, layers) : null);
    if (known !== null) return tensor(known.ref, known.type);
    if (isArray(value)) return { list: value.map((v) => arg(v, depth + 1)) };
    if (!isObject(value)) return { plain: value };
    if (field(value, 'class_name') === '__tuple__' && isArray(field(value, 'items')))
      return { list: (field(value, 'items') as readonly Json[]).map((v) => arg(v, depth + 1)) };
    return storedTensor(value) ?? { dict: dictOf(value, depth) };
  };
  const dictOf = (value: Json | undefined, depth: number): Readonly<Record<string, Arg>> => {
    const out: Record<string, Arg> = Object.create(null);
    if (isObject(value)) for (const [key, v] of Object.entries(value)) out[key] = arg(v, depth + 1);
    return out;
  };
  if (isObject(written)) {
    const args = field(written, 'args');
    return { args: isArray(args) ? args.map((a) => arg(a, 0)) : [], kwargs: dictOf(field(written, 'kwargs'), 0), refs };
  }
  if (!isArray(written)) throw malformed(layer, 'has an inbound node that is not a list');
  // One tensor is written as its place alone, several as a list; constants name no layer.
  const list = typeof written[0] === 'string' ? [written] : written;
  const tensors: Arg[] = [];
  let kwargs: Readonly<Record<string, Arg>> = {};
  for (const item of list) {
    if (!isArray(item)) throw malformed(layer, 'has an inbound node that is not a list');
    const ref = refOf(item, layers);
    if (ref !== null) tensors.push(tensor(ref, null));
    else if (item[0] === '_CONSTANT_VALUE') tensors.push(arg(item[2] ?? null, 0));
    else throw malformed(layer, `is called with "${String(item[0]).slice(0, 60)}", which is not a layer of the model`);
    const more = item[3];
    if (isObject(more)) kwargs = { ...kwargs, ...dictOf(more, 0) };
  }
  return { args: tensors.length === 1 ? tensors : [{ list: tensors }], kwargs, refs };
}

function triple(value: readonly Json[], layers: ReadonlySet<string>): { ref: Ref; type: null } | null {
  const ref = refOf(value, layers);
  return ref === null ? null : { ref, type: null };
}

/** A tensor as Keras 3 writes it, with its shape. */
function kerasTensor(value: Json, layers: ReadonlySet<string>): { ref: Ref; type: TensorType | null } | null {
  if (!isObject(value) || field(value, 'class_name') !== '__keras_tensor__') return null;
  const config = field(value, 'config');
  if (!isObject(config)) return null;
  const ref = refOf(field(config, 'keras_history'), layers);
  return ref === null ? null : { ref, type: statedType(field(config, 'shape'), field(config, 'dtype')) };
}

/** A tensor whose elements stand in the configuration; null for other objects. */
function storedTensor(value: JsonObject): Arg | null {
  const name = field(value, 'class_name');
  const config = field(value, 'config');
  if ((name !== '__tensor__' && name !== '__numpy__') || !isObject(config)) return null;
  const dtype = field(config, 'dtype');
  const shape: number[] = [];
  let inner = field(config, 'value');
  for (; isArray(inner); inner = inner[0]) shape.push(inner.length);
  if (shape.length === 0 && typeof inner === 'number') return { plain: inner };
  return { constant: { dtype: (typeof dtype === 'string' ? dtypeOf(dtype) : null) ?? 'float32', shape } };
}

/** A type whose free extents are the batch alone; null for others. */
function statedType(shape: Json | undefined, dtype: Json | undefined): TensorType | null {
  if (!isArray(shape) || typeof dtype !== 'string') return null;
  const known = shape.every(
    (d, i) => (d === null && i === 0) || (typeof d === 'number' && Number.isInteger(d) && d >= 0),
  );
  if (!known) return null;
  const type = dtypeOf(dtype);
  return type === null ? null : { dtype: type, shape: shape.map((d) => (d === null ? sym('batch') : (d as number))) };
}
