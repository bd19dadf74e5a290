import { newModule, type OpenModule, type Trace, type Value, type Weight } from '../../ledger/index.js';
import type { DType } from '../../tensor/index.js';
import type { Json } from './config.js';
import { type LayerDef, layerOf } from './definition.js';

/** A layer while its model runs: its place in the module tree, and the weights that it has made. */
export interface LayerState {
  readonly def: LayerDef;
  readonly module: OpenModule;
  readonly trainable: boolean;
  readonly weights: Map<string, Weight>;
  readonly children: Map<string, LayerState>;
}

/** The module tree of a model: its layers, those of models within it, and those that layers wrap. */
export class Modules {
  readonly trace: Trace;
  /** All weights, in the order in which layers made them. */
  readonly weights: Weight[] = [];

  constructor(trace: Trace) {
    this.trace = trace;
  }

  root(def: LayerDef): LayerState {
    return this.#state(def, '', true);
  }

  /** A layer within another one: made once for each name. */
  child(parent: LayerState, written: Json | LayerDef, name: string): LayerState {
    const known = parent.children.get(name);
    if (known !== undefined) return known;
    const def = isDef(written) ? written : layerOf(written, name);
    return this.#below(parent, def, name);
  }

  weight(state: LayerState, name: string, of: { shape: readonly number[]; dtype: DType; trainable: boolean }): Value {
    let weight = state.weights.get(name);
    if (weight === undefined) {
      const { path } = state.module;
      weight = {
        name: path === '' ? name : `${path}.${name}`,
        aliases: [],
        kind: of.trainable ? 'parameter' : 'buffer',
        trainable: of.trainable && state.trainable,
        dtype: of.dtype,
        shape: of.shape,
      };
      state.weights.set(name, weight);
      (state.module.weights as { name: string; weight: Weight }[]).push({ name, weight });
      this.weights.push(weight);
    }
    return this.trace.weight(weight);
  }

  #state(def: LayerDef, path: string, trainable: boolean): LayerState {
    const module = newModule(path, def.type);
    const state: LayerState = {
      def,
      module,
      trainable: trainable && def.config.flag('trainable', true),
      weights: new Map(),
      children: new Map(),
    };
    for (const layer of def.model?.layers ?? []) if (layer.type !== 'InputLayer') this.#below(state, layer, layer.name);
    return state;
  }

  #below(parent: LayerState, def: LayerDef, name: string): LayerState {
    const own = name.replaceAll('.', '_'); // dots part the names of modules
    const path = parent.module.path === '' ? own : `${parent.module.path}.${own}`;
    const state = this.#state(def, path, parent.trainable);
    parent.children.set(name, state);
    (parent.module.children as { name: string; module: OpenModule }[]).push({ name: own, module: state.module });
    return state;
  }
}

function isDef(written: Json | LayerDef): written is LayerDef {
  return (
    typeof written === 'object' && written !== null && 'inbound' in written && 'build' in written && 'type' in written
  );
}
