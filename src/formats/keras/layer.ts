import { type Dim, isStatic, toNumber } from '../../dim/index.js';
import { type Call, isTensor, Unsupported } from '../../graph/index.js';
import type { Value } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import * as ops from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import { activationEffects } from './activations.js';
import { type Config, FORMAT, field, isObject, type Json } from './config.js';
import type { LayerDef } from './definition.js';
import { dtypeOf } from './dtype.js';
import type { KerasNode, ModelInfo } from './graph.js';
import type { LayerState, Modules } from './modules.js';

/** An argument of a layer's call: tensors in place of their names. */
export type Given = Value | null | boolean | number | string | readonly Given[] | { readonly [key: string]: Given };

export interface Arguments {
  readonly args: readonly Given[];
  readonly kwargs: Readonly<Record<string, Given>>;
}

export type KerasCall = Call<KerasNode, ModelInfo>;

/** Works out a layer on its tensors, recorded operator by operator. */
export type LayerRule = (layer: Layer) => Value | readonly Value[];
export type LayerTable = Readonly<Record<string, LayerRule>>;

/** Runs a layer in its place: opens its module, and its rule's operators are recorded there. */
export type RunLayer = (state: LayerState, given: Arguments, call: KerasCall) => readonly Value[];

/** Tensors among arguments, in order. */
export function tensorsAmong(given: Given | undefined): Value[] {
  if (given === undefined || given === null || typeof given !== 'object') return [];
  if (isList(given)) return given.flatMap(tensorsAmong);
  return isValue(given) ? [given] : Object.values(given).flatMap(tensorsAmong);
}

export function isList(given: Given | undefined): given is readonly Given[] {
  return Array.isArray(given);
}

export function isValue(given: Given | undefined): given is Value {
  return isTensor(given as never);
}

/** One call of a layer, as its rule sees it. */
export class Layer {
  readonly state: LayerState;
  readonly given: Arguments;
  readonly #modules: Modules;
  readonly #call: KerasCall;
  readonly #run: RunLayer;

  constructor(state: LayerState, given: Arguments, call: KerasCall, modules: Modules, run: RunLayer) {
    this.state = state;
    this.given = given;
    this.#call = call;
    this.#modules = modules;
    this.#run = run;
  }

  get def(): LayerDef {
    return this.state.def;
  }

  get config(): Config {
    return this.def.config;
  }

  get type(): string {
    return this.def.type;
  }

  /** Tensors that the layer is called with, in order; those of keyword arguments last. */
  get tensors(): readonly Value[] {
    return [...this.given.args.flatMap(tensorsAmong), ...Object.values(this.given.kwargs).flatMap(tensorsAmong)];
  }

  /** The first tensor, floats in the layer's own dtype. */
  get x(): Value {
    const [first] = this.tensors;
    if (first === undefined) throw this.error('is called without a tensor');
    return this.cast(first);
  }

  /** An argument by its place or its name. */
  argument(place: number, name: string): Given | undefined {
    return this.given.args[place] ?? this.given.kwargs[name];
  }

  tensor(place: number, name: string): Value | null {
    const given = this.argument(place, name);
    return isValue(given) ? given : null;
  }

  /** The type of a tensor. Throws `Unsupported` if it is not known. */
  typeOf(value: Value): TensorType {
    if (value.type !== null) return value.type;
    const at = this.tensors.indexOf(value);
    throw new Unsupported(`the shape of its input ${value.name ?? ''} is not known`, at < 0 ? null : at);
  }

  shape(value: Value): readonly Dim[] {
    return this.typeOf(value).shape;
  }

  /** An extent that a weight is made by: a number. */
  extent(value: Value, axis: number): number {
    const { shape } = this.typeOf(value);
    const extent = shape[axis < 0 ? axis + shape.length : axis];
    if (extent === undefined) throw this.error(`needs an axis ${axis} of its input, which has ${shape.length}`);
    if (!isStatic(extent)) throw new Unsupported(`its weights depend on the free extent ${String(extent)}`);
    return toNumber(extent, 'extent');
  }

  apply(effect: Effect, inputs: readonly (Value | null)[] = []): Value {
    return this.applyAll(effect, inputs)[0] as Value;
  }

  applyAll(effect: Effect, inputs: readonly (Value | null)[] = []): readonly Value[] {
    const name = this.#call.node.name;
    return this.#modules.trace.apply(effect, inputs, {
      type: this.type,
      name,
      at: { node: name },
      outputs: effect.outputs.map(() => name),
    });
  }

  /** A weight that the layer makes, the same in every call. */
  weight(name: string, shape: readonly number[], options: { dtype?: DType; trainable?: boolean } = {}): Value {
    const bad = shape.find((d) => !Number.isSafeInteger(d) || d < 0);
    if (bad !== undefined) throw this.error(`would make a weight ${name} of ${shape.join('×')}`);
    return this.#modules.weight(this.state, name, {
      shape,
      dtype: options.dtype ?? this.variableDtype,
      trainable: options.trainable ?? true,
    });
  }

  /** A kernel, in the layer's quantised dtype where it has one, with the scale that goes with it. */
  kernel(name: string, shape: readonly number[], outputs: readonly number[]): Value {
    const dtype = this.quantized;
    if (dtype === null) return this.weight(name, shape);
    this.weight(`${name}_scale`, outputs, { trainable: false });
    return this.weight(name, shape, { dtype });
  }

  buffer(name: string, shape: readonly number[], dtype?: DType): Value {
    return this.weight(name, shape, { trainable: false, ...(dtype === undefined ? {} : { dtype }) });
  }

  /** A number that the rule knows and the file does not keep. */
  constant(type: TensorType): Value {
    return this.#modules.trace.constant(null, type);
  }

  /** Records what `run` does as happening this many times. */
  repeated<T>(times: Dim, run: () => T): T {
    return this.#modules.trace.repeated(times, run);
  }

  /** The same tensor under another type: a step of a sequence, a state from the round before. */
  alias(type: TensorType, value: Value): Value {
    return this.#modules.trace.alias(value.name, type, value);
  }

  /** A free number that the result depends on. */
  fresh(what: string): Dim {
    return this.#call.runner.symbol(`${this.#call.runner.label(this.#call.node)}.${what}`, { min: 0 });
  }

  /** Runs a layer that this one wraps. */
  wrapped(
    written: Json,
    name: string,
    inputs: readonly Given[],
    kwargs: Readonly<Record<string, Given>> = {},
  ): Value[] {
    const state = this.#modules.child(this.state, written, name);
    return [...this.#run(state, { args: inputs, kwargs }, this.#call)];
  }

  /** A layer that this one is made of, without a configuration of its own in the file. */
  part(name: string, type: string, config: Readonly<Record<string, Json>>, inputs: readonly Given[]): Value {
    const own = { class_name: type, config: { ...config, name, dtype: this.config.get('dtype') ?? null } };
    return this.wrapped(own as unknown as Json, name, inputs)[0] as Value;
  }

  /** An activation that the configuration names: by a word, or as a layer of its own. */
  activation(key: string, x: Value, otherwise: Json = null): Value {
    let value = x;
    for (const effect of activationEffects(this.config.get(key) ?? otherwise, this.typeOf(x)))
      value = this.apply(effect, [value]);
    return value;
  }

  cast(value: Value): Value {
    const { type } = value;
    const dtype = this.computeDtype;
    if (type === null || !isFloating(type.dtype) || type.dtype === dtype || !this.config.flag('autocast', true))
      return value;
    return type.dtype.startsWith('complex') ? value : this.apply(ops.cast(type, dtype), [value]);
  }

  get computeDtype(): DType {
    const name = this.#policy();
    const mixed = /^mixed_(\w+)$/.exec(name)?.[1];
    return dtypeOf(mixed ?? name) ?? 'float32';
  }

  get variableDtype(): DType {
    const name = this.#policy();
    const dtype = name.startsWith('mixed_') ? 'float32' : (dtypeOf(name) ?? 'float32');
    return isFloating(dtype) ? dtype : 'float32';
  }

  /** The dtype of quantised kernels; null if the layer is not quantised. */
  get quantized(): DType | null {
    const policy = this.config.get('dtype');
    if (!isObject(policy)) return null;
    const inner = field(policy, 'config');
    const mode = field(inner, 'mode');
    const dtypes: Readonly<Record<string, DType>> = { int8: 'int8', int4: 'int4', float8: 'float8e4m3fn' };
    return typeof mode === 'string' && Object.hasOwn(dtypes, mode) ? (dtypes[mode] as DType) : null;
  }

  #policy(): string {
    const written = this.config.get('dtype');
    if (typeof written === 'string') return written;
    const inner = field(written, 'config');
    if (!isObject(inner)) return 'float32';
    const name = field(inner, 'name') ?? field(inner, 'source_name');
    return typeof name === 'string' ? name : 'float32';
  }

  /** Whether channels are in front. */
  get channelsFirst(): boolean {
    return this.config.text('data_format', 'channels_last') === 'channels_first';
  }

  error(message: string): ModelError {
    return new ModelError('shape', `${this.def.name} (${this.type}) ${message}`, {
      format: FORMAT,
      at: { module: this.state.module.path },
    });
  }
}
