import { type Dim, isStatic, toNumber } from '../../dim/index.js';
import { type Call, type GraphNode, type GraphValue, isTensor, type Rule, Unsupported } from '../../graph/index.js';
import type { Trace, Value, Weight } from '../../ledger/index.js';
import { type Effect, shapeError } from '../../ops/index.js';
import type { ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';

/** A layer as the file writes it: its weights are not tensors of the graph but follow from its settings. */
export interface LayerNode<A> extends GraphNode {
  readonly attrs: A;
}

export interface WeightOptions {
  readonly dtype?: DType;
  readonly kind?: 'parameter' | 'buffer';
  /** Layers that give the same name share the weight. */
  readonly shared?: string;
}

/** No weight has more elements; a damaged file may say so. */
const MAX_ELEMENTS = 2 ** 48;

/** The weights that layers make, one for each name. */
export class LayerWeights {
  readonly #trace: Trace;
  readonly #known = new Map<string, Weight>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  get(name: string, type: TensorType, { kind = 'parameter', shared }: WeightOptions): Value {
    const key = shared ?? name;
    let weight = this.#known.get(key);
    if (weight === undefined) {
      weight = { name, aliases: [], kind, trainable: kind === 'parameter' ? null : false, ...type };
      this.#known.set(key, weight);
    }
    return this.#trace.weight(weight);
  }
}

/** One layer as its rule sees it: what goes in, its settings, and the weights that it asks for. */
export class Layer<A> {
  readonly node: LayerNode<A>;
  readonly #call: Call<LayerNode<A>, null>;
  readonly #weights: LayerWeights;
  readonly #made: Value[] = [];

  constructor(call: Call<LayerNode<A>, null>, weights: LayerWeights) {
    this.node = call.node;
    this.#call = call;
    this.#weights = weights;
  }

  get attrs(): A {
    return this.node.attrs;
  }

  /** How many tensors go in. */
  get count(): number {
    return this.#call.inputs.length;
  }

  has(i: number): boolean {
    return (this.#call.inputs[i] ?? null) !== null;
  }

  value(i: number): Value {
    const value = this.#call.inputs[i] ?? null;
    if (value === null) throw this.error(`needs an input ${i + 1}, and has ${this.count}`);
    if (!isTensor(value)) throw new Unsupported(`its input ${this.node.input[i]} is not a tensor`, i);
    return value;
  }

  /** The type of input i. Throws `Unsupported` if it is not known, ModelError where the input is not given. */
  in(i: number): TensorType {
    const { type } = this.value(i);
    if (type === null) throw new Unsupported(`the shape of its input ${this.node.input[i]} is not known`, i);
    return type;
  }

  /** Input i, whose type is known. */
  known(i: number): Value {
    this.in(i);
    return this.value(i);
  }

  /** All types that go in, of which there is one at least. */
  all(): TensorType[] {
    this.in(0);
    return this.#call.inputs.map((_, i) => this.in(i));
  }

  /** An extent that weights are made by: a number. */
  extent(d: Dim | undefined): number {
    if (d === undefined) throw this.error('has too few axes for its weights');
    if (!isStatic(d)) throw new Unsupported(`its weights depend on the free extent ${String(d)}`);
    return toNumber(d, 'extent');
  }

  /** A weight that the layer holds; it goes in after the tensors, in the order in which weights are requested. */
  weight(name: string, shape: readonly number[], options: WeightOptions = {}): TensorType {
    return this.stored(name, shape, options).type as TensorType;
  }

  stored(name: string, shape: readonly number[], options: WeightOptions = {}): Value {
    const size = shape.reduce((a, b) => a * b, 1);
    if (shape.some((d) => !Number.isSafeInteger(d) || d < 0) || size > MAX_ELEMENTS)
      throw this.error(`would have a ${name} of ${shape.join('×')}`);
    const own = this.node.name === '' ? (this.node.output[0] ?? '') : this.node.name;
    const type = { dtype: options.dtype ?? 'float32', shape };
    const value = this.#weights.get(`${own}.${name}`, type, options);
    this.#made.push(value);
    return value;
  }

  /** A tensor of the file that is not a weight: sizes, axes, tables. */
  constant(type: TensorType): Value {
    return this.#call.runner.trace.constant(this.node.output[0] ?? null, type);
  }

  /** Records one of several operators that the layer consists of. */
  apply(effect: Effect, inputs: readonly (Value | null)[], output = 0): Value {
    const { source, runner } = this.#call;
    const name = this.node.output[output] ?? null;
    return runner.trace.apply(effect, inputs, { ...source, outputs: effect.outputs.map(() => name) })[0] as Value;
  }

  /** The effect on all tensors that go in and the weights asked for, recorded; outputs that it does not make are unknown. */
  record(effect: Effect): GraphValue[] {
    const { source, runner, inputs } = this.#call;
    const tensors = [...inputs.map((v) => (isTensor(v) ? v : null)), ...this.#made];
    const { output, input } = this.node;
    // A layer whose result has the name of its input works in place.
    const inPlace = output[0] !== undefined && output[0] === input[0];
    const outputs = inPlace
      ? effect.outputs.map((out, i) => (i === 0 && out.view === undefined ? { ...out, inplace: 0 } : out))
      : effect.outputs;
    const values = runner.trace.apply({ ...effect, outputs }, tensors, {
      ...source,
      outputs: effect.outputs.map((_, i) => output[i] ?? null),
    });
    return output.map((name, i) => values[i] ?? runner.trace.opaque(name));
  }

  /** A free number that the result depends on. */
  fresh(what = 'dim'): Dim {
    const { runner, node } = this.#call;
    return runner.symbol(`${runner.label(node)}.${what}`, { min: 0 });
  }

  /** A free number that several layers have in common. */
  symbol(name: string): Dim {
    return this.#call.runner.symbol(name, { min: 0 });
  }

  error(message: string, hint?: string): ModelError {
    return shapeError(`${this.node.opType}: ${message}`, hint);
  }
}

/** Works out a layer: one effect, or the values that it made of several. */
export type LayerRule<A> = (layer: Layer<A>) => Effect | readonly Value[];
export type LayerTable<A> = Readonly<Record<string, LayerRule<A>>>;

/** A rule for the graph runner. */
export function ruleOf<A>(rule: LayerRule<A>, weights: LayerWeights): Rule<LayerNode<A>, null> {
  return (call) => {
    const layer = new Layer(call, weights);
    const takeBack = call.runner.checkpoint();
    try {
      const made = rule(layer);
      if (!('op' in made)) return made;
      return layer.record(made);
    } catch (error) {
      // Of a layer that cannot be worked out no half is left behind.
      if (error instanceof Unsupported) takeBack();
      throw error;
    }
  };
}
