import { type Dim, type Range, substitute, sym } from '../dim/index.js';
import type { NoteCode, OpenCall, OpSource, Trace, Value, Weight } from '../ledger/index.js';
import type { Effect } from '../ops/index.js';
import { isModelError, ModelError } from '../source/errors.js';
import type { TensorType } from '../tensor/index.js';
import { RunBudget } from './budget.js';
import { agree, isEffect, tensorsAmong, text } from './checks.js';
import { Choices } from './choices.js';
import { Unsupported } from './errors.js';
import type { GraphFormat } from './format.js';
import { Labels } from './labels.js';
import type { Frame, Graph, GraphNode, Interpreter, Places } from './node.js';
import { QuantizedSources } from './quantized.js';
import { type GraphValue, isTensor, tensorOrNull } from './values.js';
import type { Wires } from './wires.js';

export interface RunnerOptions<N extends GraphNode, F> {
  readonly trace: Trace;
  readonly format: GraphFormat<N, F>;
  readonly places: Places<N>;
  /** Values of free dimensions and of symbols that the graph makes, by name. */
  readonly bindings?: ReadonlyMap<string, Dim>;
  readonly choices?: Choices;
}

/** Graphs within graphs: bodies and functions. */
const MAX_DEPTH = 64;
/** Notes of one kind; a file that disagrees with itself everywhere needs no more to say so. */
const MAX_NOTES = 20;

/** Applies the operators of graphs to types, one after the other, and records what each does. */
export class GraphRunner<N extends GraphNode, F> implements Interpreter<N, F> {
  readonly trace: Trace;
  readonly budget: RunBudget;
  readonly #format: GraphFormat<N, F>;
  readonly #places: Places<N>;
  readonly #bindings: ReadonlyMap<string, Dim>;
  readonly #choices: Choices;
  /** Bindings that took part: those of symbols that the graph made. */
  readonly bound = new Set<string>();
  /** Why a value is not known: the operator that it began with. */
  readonly #causes = new Map<object, string>();
  readonly #quantized = new QuantizedSources();
  readonly #labels = new Labels();
  readonly #noted = new Map<string, number>();
  readonly #calls: string[] = [];
  #depth = 0;
  #dry = 0;
  #tookBack = false;

  constructor(options: RunnerOptions<N, F>) {
    this.trace = options.trace;
    this.#format = options.format;
    this.budget = new RunBudget(options.format.id);
    this.#places = options.places;
    this.#bindings = options.bindings ?? new Map();
    this.#choices = options.choices ?? new Choices();
  }

  get isDry(): boolean {
    return this.#dry > 0;
  }

  /** Runs the nodes of the model itself, in a frame that holds its inputs. `wires`: of these nodes and that frame. */
  start(nodes: readonly N[], frame: Frame<F>, wires: Wires | null = null): void {
    for (let at = 0; at < nodes.length; at++) this.#run(nodes[at] as N, frame, wires, at);
  }

  /** The same, each node gone from the list once it has run: a large graph is not kept beside its ledger. */
  startLast(nodes: (N | null)[], frame: Frame<F>, wires: Wires): void {
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at] as N;
      nodes[at] = null;
      this.#run(node, frame, wires, at);
    }
  }

  /** Runs the model itself on its inputs; gives its outputs. */
  top(graph: Graph<N, F>, args: readonly (GraphValue | null)[], base: OpenCall): GraphValue[] {
    const frame = this.#frame(graph, args, null, base);
    this.start(graph.nodes, frame);
    return this.#outputs(graph, frame);
  }

  run(graph: Graph<N, F>, args: readonly (GraphValue | null)[], around: Frame<F>): GraphValue[] {
    return this.#inside(graph, args, graph.isolated === true ? null : around, around.base);
  }

  call(key: string, graph: Graph<N, F>, args: readonly (GraphValue | null)[], base: OpenCall, at: N): GraphValue[] {
    if (this.#calls.includes(key))
      throw new ModelError('cycle', `the function ${at.opType} calls itself`, {
        format: this.#format.id,
        at: { node: at.name || at.opType },
        hint: 'functions of a graph must not be recursive: export the model again',
      });
    this.#calls.push(key);
    try {
      return this.#inside(graph, args, null, base);
    } finally {
      this.#calls.pop();
    }
  }

  #inside(
    graph: Graph<N, F>,
    args: readonly (GraphValue | null)[],
    parent: Frame<F> | null,
    base: OpenCall,
  ): GraphValue[] {
    const { inputs, outputs } = graph;
    this.budget.body(inputs.length + (typeof outputs === 'function' ? 0 : outputs.length), inputs[0] ?? '');
    const frame = this.#frame(graph, args, parent, base);
    if (++this.#depth > MAX_DEPTH)
      throw new ModelError('limit', `graphs and functions are nested more than ${MAX_DEPTH} deep`, {
        format: this.#format.id,
        hint: 'export the model without functions within functions',
      });
    try {
      for (const node of graph.nodes) {
        this.budget.step(node.input.length + node.output.length, this.#dry === 0, node.name || node.opType);
        this.#run(node, frame, null, 0);
      }
    } finally {
      this.#depth--;
    }
    return this.#outputs(graph, frame);
  }

  #outputs({ outputs }: Graph<N, F>, frame: Frame<F>): GraphValue[] {
    return typeof outputs === 'function' ? outputs(frame) : outputs.map((name) => this.lookup(name, frame, null));
  }

  #frame(
    { inputs, info }: Graph<N, F>,
    args: readonly (GraphValue | null)[],
    parent: Frame<F> | null,
    base: OpenCall,
  ): Frame<F> {
    const values = new Map<string, GraphValue>();
    const given = Math.min(inputs.length, args.length);
    for (let i = 0; i < given; i++) values.set(inputs[i] as string, args[i] ?? null);
    return { values, parent, info, base };
  }

  dryRun<T>(run: () => T): T {
    const labels = this.#labels.mark();
    this.#dry++;
    try {
      return this.trace.rehearse(run);
    } finally {
      this.#dry--;
      this.#labels.rewind(labels);
    }
  }

  /** Weights that what is recorded reads: those of an arm that was left out are not the model's at these sizes. */
  get weights(): readonly Weight[] {
    if (!this.#tookBack) return this.trace.weights;
    const read = new Set(this.trace.entries.flatMap((e) => e.inputs.map((v) => v?.weight ?? null)));
    return this.trace.weights.filter((weight) => read.has(weight));
  }

  checkpoint(): () => void {
    const mark = this.trace.mark();
    const size = this.#places.size();
    const labels = this.#labels.mark();
    return () => {
      this.#tookBack = true;
      this.trace.rewind(mark);
      this.#places.rewind(size);
      this.#labels.rewind(labels);
    };
  }

  choose(label: string, first: boolean): boolean {
    return this.#choices.take(label, first);
  }

  lookup(name: string, frame: Frame<F>, node: N | null): GraphValue {
    for (let f: Frame<F> | null = frame; f !== null; f = f.parent) {
      const known = f.values.get(name);
      if (known !== undefined) return known;
      const stored = this.#format.stored?.(name, f.info);
      if (stored === undefined) continue;
      f.values.set(name, stored);
      return stored;
    }
    throw new ModelError('malformed', `"${name}" is used but never defined`, {
      format: this.#format.id,
      at: node === null ? { field: 'graph.output' } : { node: node.name || node.opType },
      hint: 'the graph is incomplete: it was cut out of a larger one, or damaged',
    });
  }

  label(node: N): string {
    return this.#labels.of(node);
  }

  symbol(name: string, range: Range): Dim {
    const bound = this.#bindings.get(name);
    if (bound === undefined) return sym(name, range);
    this.bound.add(name);
    return substitute(sym(name, range), this.#bindings);
  }

  /** At most so many notes of a kind. */
  note(code: NoteCode, message: string, node: string): void {
    const n = (this.#noted.get(code) ?? 0) + 1;
    if (this.#dry > 0 || n > MAX_NOTES) return;
    this.#noted.set(code, n);
    this.trace.note({ code, message, at: { node } });
  }

  stated(name: string, frame: Frame<F>): TensorType | null {
    const type = this.#format.stated?.(name, frame.info) ?? null;
    if (type === null || this.#bindings.size === 0) return type;
    return { dtype: type.dtype, shape: type.shape.map((d) => substitute(d, this.#bindings)) };
  }

  #run(written: N, frame: Frame<F>, wires: Wires | null, at: number): void {
    const node = this.#format.resolve?.(written, frame.info) ?? written;
    const inputs = wires === null ? this.#inputs(node, frame) : this.#wired(node, frame, wires, at);
    if (this.#dry === 0) this.#places.at(node, frame.base);
    try {
      const rule = this.#format.rule(node, inputs, frame);
      const source = this.#format.source(node);
      if (rule === null) {
        this.#gap(`opcount has no formula for ${source.type}`, node, inputs, frame);
        return;
      }
      const made = rule({ node, inputs, frame, runner: this, source });
      if (isEffect(made)) this.#apply(made, node, inputs, frame, source, wires, at);
      else
        for (const [i, name] of node.output.entries()) {
          const value = made[i];
          if (name !== '' && value !== undefined) this.#bind(name, value, frame);
        }
    } catch (error) {
      if (error instanceof Unsupported) this.#gap(this.#why(error, inputs), node, inputs, frame);
      else throw this.#located(error, node);
    }
  }

  /** As many as the node has, in lists that are no longer than that. */
  #inputs(node: N, frame: Frame<F>): (GraphValue | null)[] {
    const { input } = node;
    switch (input.length) {
      case 1:
        return [this.#input(input[0] as string, frame, node)];
      case 2:
        return [this.#input(input[0] as string, frame, node), this.#input(input[1] as string, frame, node)];
      default:
        return input.map((name) => this.#input(name, frame, node));
    }
  }

  #input(name: string, frame: Frame<F>, node: N): GraphValue | null {
    return name === '' ? null : this.lookup(name, frame, node);
  }

  /** The same by the numbers of their names. */
  #wired(node: N, frame: Frame<F>, wires: Wires, at: number): (GraphValue | null)[] {
    const { input } = node;
    const from = wires.readsFrom[at] as number;
    const inputs = new Array<GraphValue | null>(input.length);
    for (let k = 0; k < input.length; k++) inputs[k] = this.#valueOf(wires, from + k, input[k] as string, frame, node);
    return inputs;
  }

  #valueOf({ reads, values }: Wires, k: number, name: string, frame: Frame<F>, node: N): GraphValue | null {
    const number = reads[k] as number;
    if (number === 0) return null;
    let value = values[number];
    if (value === undefined) {
      value = this.#format.stored?.(name, frame.info) ?? this.lookup(name, frame, node);
      values[number] = value;
    }
    return value;
  }

  #apply(
    given: Effect,
    node: N,
    inputs: readonly (GraphValue | null)[],
    frame: Frame<F>,
    source: OpSource,
    wires: Wires | null,
    at: number,
  ): void {
    const effect = this.#quantized.applied(given, inputs);
    const tensors = tensorsAmong(inputs);
    const { output } = node;
    const { length } = effect.outputs;
    if (length === output.length && !output.includes('')) {
      const values = this.trace.apply(
        effect,
        tensors,
        source.outputs === output ? source : { ...source, outputs: output },
      );
      this.#quantized.note(effect, tensors, values);
      for (let i = 0; i < length; i++) {
        const value = values[i] as Value;
        if (wires !== null) {
          const number = wires.makes[(wires.makesFrom[at] as number) + i] as number;
          wires.values[number] = value;
          if (wires.stated[number] === 1) this.#compare(output[i] as string, value, frame);
        } else this.#bind(output[i] as string, value, frame);
      }
      return;
    }
    // An output that nobody names is not made; an operator may have thousands of which a node names one.
    const asked = effect.outputs.slice(0, output.length);
    const named = asked.filter((_, i) => Boolean(output[i]));
    const names = asked.flatMap((_, i) => output[i] || []);
    const values = this.trace.apply({ ...effect, outputs: named }, tensors, { ...source, outputs: names });
    this.#quantized.note(effect, tensors, values);
    for (const [i, name] of names.entries()) this.#bind(name, values[i] as Value, frame);
    // Only those behind what the operator gives: a node may have 100,000 outputs.
    for (const name of output.slice(length))
      if (name !== '' && !frame.values.has(name)) {
        const value = this.trace.opaque(name);
        this.#causes.set(value, `${source.type} (${node.name || name}), which has no such output`);
        frame.values.set(name, value);
      }
  }

  /** An operator that cannot be counted. What the file says of its outputs is believed, so that the rest can go on. */
  #gap(why: string, node: N, inputs: readonly (GraphValue | null)[], frame: Frame<F>): void {
    const names = node.output.filter((o) => o !== '');
    const types = names.map((name) => this.stated(name, frame));
    const source = this.#format.source(node);
    const values = this.trace.gap(
      node.opType.toLowerCase(),
      why,
      inputs.map((i) => tensorOrNull(i)),
      types,
      { ...source, outputs: names },
    );
    const cause = inputs.map((i) => this.#causeOf(i)).find((c) => c !== undefined);
    for (const [i, name] of names.entries()) {
      const value = values[i] as Value;
      frame.values.set(name, value);
      if (value.type === null) this.#causes.set(value, cause ?? `${source.type}${node.name ? ` (${node.name})` : ''}`);
      else if (!this.trace.hasFormula(source.type))
        this.note(
          'shape-from-file',
          `the shape of ${name}, ${text(value.type.shape)}, is what the file states: ${why}`,
          node.name || name,
        );
    }
  }

  #causeOf(value: GraphValue | null | undefined): string | undefined {
    return typeof value === 'object' && value !== null ? this.#causes.get(value) : undefined;
  }

  #why(reason: Unsupported, inputs: readonly (GraphValue | null)[]): string {
    const cause = reason.input === null ? undefined : this.#causeOf(inputs[reason.input]);
    return cause === undefined ? reason.message : `its input's shape is unknown because of ${cause}`;
  }

  /** Keeps a value; where the file states another shape, what was computed stands and a note says so. */
  #bind(name: string, value: GraphValue, frame: Frame<F>): void {
    frame.values.set(name, value);
    this.#compare(name, value, frame);
  }

  #compare(name: string, value: GraphValue, frame: Frame<F>): void {
    if (!isTensor(value) || value.type === null) return;
    const stated = this.stated(name, frame);
    if (stated === null || agree(stated.shape, value.type.shape)) return;
    this.note(
      'value-info-disagrees',
      `the file states ${text(stated.shape)} for ${name}; its operators make ${text(value.type.shape)}`,
      name,
    );
  }

  #located(error: unknown, node: N): unknown {
    if (!isModelError(error) || error.at.node !== undefined) return error;
    return new ModelError(error.code === 'argument' ? 'malformed' : error.code, error.message, {
      format: this.#format.id,
      at: { ...error.at, node: node.name || node.output[0] || node.opType },
      hint:
        error.hint ??
        (error.code === 'shape' ? 'check the input shapes that were given, or export the model again' : null),
      cause: error,
    });
  }
}
