import { type Dim, equal, isStatic, substitute, sym } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import type { OpenCall, Spelling, Trace, Value } from '../../ledger/index.js';
import type { Effect } from '../../ops/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { control } from './control.js';
import { entryOf } from './dialect/index.js';
import { functionKey, isStandard, resolved } from './functions.js';
import { type Held, isTensor } from './held.js';
import type { Modules } from './modules.js';
import { type Entry, OnnxNode } from './node.js';
import { ordered } from './order.js';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto } from './schema.js';
import type { Scope } from './scopes.js';
import type { Stored } from './stored.js';
import type { TensorReader } from './tensors.js';

/** Names and what they stand for in one graph; a body also sees those of the graph around it. */
export interface Frame {
  readonly values: Map<string, Held>;
  readonly parent: Frame | null;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** What the file states of values that it does not make known otherwise. */
  readonly stated: ReadonlyMap<string, TensorType>;
  readonly opsets: ReadonlyMap<string, number>;
  /** In a function: the attributes of the call. */
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** The module call that operators are recorded in, and below it. */
  readonly base: OpenCall;
}

export interface Setting {
  readonly trace: Trace;
  readonly reader: TensorReader;
  readonly stored: Stored;
  readonly modules: Modules;
  readonly scopeOf: (node: NodeProto) => Scope;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly bindings: ReadonlyMap<string, Dim>;
}

/** Nodes of bodies and functions executed while one file is read, each time that they run: bounds those within each other. */
const MAX_STEPS = 1 << 18;
/** Bits of an extent: far past any tensor; a loop can double one in every round. */
const MAX_EXTENT = 1n << 512n;
/** Functions within functions. */
const MAX_CALLS = 64;
/** Notes of one kind; a file that disagrees with itself everywhere needs no more to say so. */
const MAX_NOTES = 20;

/** Applies the operators of graphs to types, one after the other, and records what each does. */
export class Evaluator {
  readonly trace: Trace;
  readonly #setting: Setting;
  /** Why a value is not known: the operator that it began with. */
  readonly #causes = new Map<Held, string>();
  /** The dtype of the integers that a value was dequantised from. */
  readonly #heldAs = new Map<object, DType>();
  readonly #labels = new Map<string, number>();
  readonly #noted = new Map<string, number>();
  #steps = 0;
  #calls: string[] = [];
  #rehearsing = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.trace = setting.trace;
  }

  /** Whether rounds may still be run one by one: half of the steps are kept for bodies that are run once. */
  get patient(): boolean {
    return this.#steps < MAX_STEPS / 2;
  }

  run(nodes: readonly NodeProto[], frame: Frame): void {
    const inner = frame.parent !== null || this.#calls.length > 0;
    for (const node of ordered(nodes)) {
      if (inner && ++this.#steps > MAX_STEPS)
        throw new ModelError(
          'limit',
          `more than ${MAX_STEPS} operators of loops and functions are executed, each time that they run`,
          {
            format: 'onnx',
            at: { node: node.name || node.opType },
            hint: 'functions or loops within each other multiply: give smaller trip counts, or export without them',
          },
        );
      this.#node(frame.attributes.size === 0 ? node : resolved(node, frame.attributes), frame);
    }
  }

  /** Runs a body with `args` for its inputs; gives its outputs. It sees the names of `around`. */
  body(graph: GraphProto, args: readonly Held[], around: Frame): Held[] {
    const frame: Frame = {
      ...around,
      values: new Map(graph.input.flatMap((info, i) => (args[i] === undefined ? [] : [[info.name, args[i]]]))),
      parent: around,
      initializers: new Map(graph.initializer.map((t) => [t.name, t])),
      stated: new Map(),
    };
    this.run(graph.node, frame);
    return graph.output.map((info) => this.lookup(info.name, frame, null));
  }

  /** Runs without recording, to see what comes out. */
  rehearse<T>(run: () => T): T {
    const labels = new Map(this.#labels);
    this.#rehearsing++;
    try {
      return this.trace.rehearse(run);
    } finally {
      this.#rehearsing--;
      this.#labels.clear();
      for (const [label, n] of labels) this.#labels.set(label, n);
    }
  }

  lookup(name: string, frame: Frame, node: NodeProto | null): Held {
    for (let f: Frame | null = frame; f !== null; f = f.parent) {
      const known = f.values.get(name);
      if (known !== undefined) return known;
      const tensor = f.initializers.get(name);
      if (tensor === undefined) continue;
      const value = this.#setting.stored.value(name, tensor);
      f.values.set(name, value);
      return value;
    }
    throw new ModelError('malformed', `"${name}" is read, and nothing makes it`, {
      format: 'onnx',
      at: node === null ? { field: 'graph.output' } : { node: node.name || node.opType },
      hint: 'the graph is incomplete: it was cut out of a larger one, or damaged',
    });
  }

  /** A name that no other operator of the file goes by: for symbols, of which each must be one number. */
  label(node: NodeProto): string {
    const name = node.name || node.output.find((o) => o !== '') || node.opType;
    const n = (this.#labels.get(name) ?? 0) + 1;
    this.#labels.set(name, n);
    return n === 1 ? name : `${name}#${n}`;
  }

  /** A new free number that an operator's result depends on. */
  fresh(node: NodeProto, what: string): Dim {
    return sym(`${this.label(node)}.${what}`, { min: 0 });
  }

  /** At most so many notes of a kind. */
  note(code: string, message: string, node: string): void {
    const n = (this.#noted.get(code) ?? 0) + 1;
    if (this.#rehearsing > 0 || n > MAX_NOTES) return;
    this.#noted.set(code, n);
    this.trace.note({ code, message, at: { node } });
  }

  #node(node: NodeProto, frame: Frame): void {
    const inputs = node.input.map((name) => (name === '' ? null : this.lookup(name, frame, node)));
    if (this.#rehearsing === 0) this.#setting.modules.at(frame.base, this.#setting.scopeOf(node));
    const called = this.#setting.functions.get(functionKey(node.domain, node.opType, node.overload));
    const rule = control(node, inputs);
    try {
      if (rule !== undefined) {
        const outputs = rule({ node, inputs, frame, evaluator: this, spelling: spellingOf(node) });
        for (const [i, name] of node.output.entries())
          if (name !== '' && outputs[i] !== undefined) this.#settle(name, outputs[i], frame);
        return;
      }
      const entry = entryOf(node.domain, node.opType);
      if (called !== undefined && (entry === undefined || !isStandard(node.domain)))
        this.#call(called, node, inputs, frame);
      else if (node.opType === 'Constant' && isStandard(node.domain)) this.#constant(node, entry, frame);
      else if (entry === undefined) this.#gap(`opcount has no formula for ${typeOf(node)}`, node, inputs, frame);
      else this.#apply(entry, node, inputs, frame);
    } catch (error) {
      if (error instanceof Unsupported) this.#gap(this.#why(error, inputs), node, inputs, frame);
      else throw located(error, node);
    }
  }

  /** A constant costs nothing and is no operator of the model. */
  #constant(node: NodeProto, entry: Entry | undefined, frame: Frame): void {
    const name = node.output[0] ?? '';
    const tensor = node.attribute.find((a) => a.name === 'value')?.t;
    if (tensor !== undefined) frame.values.set(name, this.#setting.stored.value(name, tensor));
    else {
      const [out] = entry?.(this.view(node, [], frame)).outputs ?? [];
      if (out !== undefined) frame.values.set(name, this.trace.constant(name, out));
    }
  }

  #apply(entry: Entry, node: NodeProto, inputs: readonly (Held | null)[], frame: Frame): void {
    const effect = this.#narrowed(entry(this.view(node, inputs, frame)), inputs);
    for (const { shape } of effect.outputs)
      for (const d of shape)
        if (typeof d === 'bigint' && d > MAX_EXTENT)
          throw new ModelError(
            'limit',
            `an extent of its result has more than ${MAX_EXTENT.toString(2).length - 1} bits`,
            {
              format: 'onnx',
              hint: 'a loop doubles it in every round: give a smaller trip count',
            },
          );
    // An output that nobody names is not made.
    const named = effect.outputs.filter((_, i) => Boolean(node.output[i]));
    const names = effect.outputs.flatMap((_, i) => node.output[i] || []);
    const values = this.trace.apply({ ...effect, outputs: named }, inputs.map(tensorOrNull), {
      ...spellingOf(node),
      outputs: names,
    });
    this.#widened(effect, inputs, values);
    for (const [i, name] of names.entries()) this.#settle(name, values[i] as Value, frame);
    for (const name of node.output)
      if (name !== '' && !names.includes(name)) {
        const value = this.trace.opaque(name);
        this.#causes.set(value, `${typeOf(node)} (${node.name || name}), which has no such output`);
        frame.values.set(name, value);
      }
  }

  /** Products of what was integers just before (a quantised graph in floating point) are products of those. */
  #narrowed(effect: Effect, inputs: readonly (Held | null)[]): Effect {
    const [a, b] = [inputs[0] ?? null, inputs[1] ?? null];
    const [left, right] = [this.#heldAs.get(a as object), this.#heldAs.get(b as object)];
    if (left === undefined && right === undefined) return effect;
    if (effect.attrs?.['operands'] !== undefined || !effect.work.some((w) => w.kind === 'contraction')) return effect;
    const plain = (held: Held | null): string => tensorOrNull(held)?.type?.dtype ?? 'unknown';
    return { ...effect, attrs: { ...effect.attrs, operands: [left ?? plain(a), right ?? plain(b)] } };
  }

  /** Remembers what integers a value was made of, through views of it. */
  #widened(effect: Effect, inputs: readonly (Held | null)[], values: readonly Value[]): void {
    const from = inputs[0] ?? null;
    if (from === null) return;
    const held = effect.op === 'dequantize' ? tensorOrNull(from)?.type?.dtype : this.#heldAs.get(from);
    if (held === undefined) return;
    for (const value of values)
      if (effect.op === 'dequantize' || value.storage === tensorOrNull(from)?.storage) this.#heldAs.set(value, held);
  }

  /** An operator that cannot be counted. What the file says of its outputs is believed, so that the rest can go on. */
  #gap(why: string, node: NodeProto, inputs: readonly (Held | null)[], frame: Frame): void {
    const names = node.output.filter((o) => o !== '');
    const types = names.map((name) => this.#bound(frame.stated.get(name)));
    const values = this.trace.gap(node.opType.toLowerCase(), why, inputs.map(tensorOrNull), types, {
      ...spellingOf(node),
      outputs: names,
    });
    const cause = inputs.map((i) => (i === null ? undefined : this.#causes.get(i))).find((c) => c !== undefined);
    for (const [i, name] of names.entries()) {
      const value = values[i] as Value;
      frame.values.set(name, value);
      if (value.type === null) this.#causes.set(value, cause ?? `${typeOf(node)}${node.name ? ` (${node.name})` : ''}`);
      else
        this.note(
          'shape-from-file',
          `the shape of ${name}, ${text(value.type.shape)}, is what the file states: ${why}`,
          node.name || name,
        );
    }
  }

  #why(missing: Unsupported, inputs: readonly (Held | null)[]): string {
    const input = missing.input === null ? null : inputs[missing.input];
    const cause = input ? this.#causes.get(input) : undefined;
    return cause === undefined ? missing.message : `its input's shape is unknown because of ${cause}`;
  }

  /** What an entry sees of a node. */
  view(node: NodeProto, inputs: readonly (Held | null)[], frame: Frame): OnnxNode {
    const opset = frame.opsets.get(isStandard(node.domain) ? '' : node.domain) ?? 1;
    const types = node.input.map((name, i) =>
      name === '' ? undefined : (tensorOrNull(inputs[i] ?? null)?.type ?? null),
    );
    while (types.length > 0 && types.at(-1) === undefined) types.pop();
    let label: string | null = null;
    return new OnnxNode(node, opset, types, this.#setting.reader, {
      stored: (i) => tensorOrNull(inputs[i] ?? null)?.weight?.kind === 'parameter',
      label: () => {
        label ??= this.label(node);
        return label;
      },
      texts: (i) => {
        const tensor = this.#setting.stored.tensorOf(inputs[i] ?? null);
        return tensor === undefined ? undefined : this.#setting.reader.smallTexts(tensor);
      },
    });
  }

  /** A function of the file: its nodes, as if they stood in place of the call. */
  #call(f: FunctionProto, node: NodeProto, inputs: readonly (Held | null)[], around: Frame): void {
    const key = functionKey(f.domain, f.name, f.overload);
    if (this.#calls.includes(key) || this.#calls.length >= MAX_CALLS)
      throw new ModelError(
        this.#calls.includes(key) ? 'cycle' : 'limit',
        `the function ${f.name} calls itself, or too many lie within each other`,
        {
          format: 'onnx',
          at: { node: node.name || node.opType },
          hint: 'functions of ONNX must not be recursive: export the model again',
        },
      );
    const given = new Map(node.attribute.map((a) => [a.name, a]));
    for (const a of f.attributeProto) if (!given.has(a.name)) given.set(a.name, a);
    const absent = this.trace.opaque(null);
    const frame: Frame = {
      values: new Map(f.input.map((name, i) => [name, inputs[i] ?? absent])),
      parent: null,
      initializers: new Map(),
      stated: new Map(),
      opsets: new Map(f.opsetImport.map((o) => [o.domain === 'ai.onnx' ? '' : o.domain, Number(o.version)])),
      attributes: given,
      base:
        this.#rehearsing > 0
          ? around.base
          : this.#setting.modules.at(around.base, [
              ...this.#setting.scopeOf(node),
              { path: node.name || f.name, type: f.name, call: 0 },
            ]),
    };
    // An input that the call leaves out is left out inside too.
    const left = new Set(f.input.filter((_, i) => inputs[i] === null || inputs[i] === undefined));
    this.#calls.push(key);
    try {
      this.run(
        left.size === 0
          ? f.node
          : f.node.map((n) => ({ ...n, input: n.input.map((name) => (left.has(name) ? '' : name)) })),
        frame,
      );
    } finally {
      this.#calls.pop();
    }
    for (const [i, name] of f.output.entries()) {
      const out = node.output[i];
      if (out) this.#settle(out, this.lookup(name, frame, node), around);
    }
  }

  /** Keeps a value; where the file states another shape, what was computed stands and a note says so. */
  #settle(name: string, held: Held, frame: Frame): void {
    frame.values.set(name, held);
    if (!isTensor(held) || held.type === null) return;
    const stated = this.#bound(frame.stated.get(name));
    if (stated === null || agree(stated.shape, held.type.shape)) return;
    this.note(
      'value-info-disagrees',
      `the file states ${text(stated.shape)} for ${name}; its operators make ${text(held.type.shape)}`,
      name,
    );
  }

  #bound(type: TensorType | undefined): TensorType | null {
    if (type === undefined) return null;
    return { dtype: type.dtype, shape: type.shape.map((d) => substitute(d, this.#setting.bindings)) };
  }
}

function typeOf(node: NodeProto): string {
  return isStandard(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
}

function spellingOf(node: NodeProto): Spelling {
  return {
    type: typeOf(node),
    name: node.name === '' ? null : node.name,
    outputs: node.output,
    at: node.name === '' ? null : { node: node.name },
  };
}

function tensorOrNull(held: Held | null): Value | null {
  return isTensor(held) ? held : null;
}

/** Extents that are known to differ; a formula may be spelled in many ways. */
function agree(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => !isStatic(d) || !isStatic(b[i] as Dim) || equal(d, b[i] as Dim));
}

function text(shape: readonly Dim[]): string {
  return shape.length === 0 ? 'a scalar' : shape.map(String).join('×');
}

function located(error: unknown, node: NodeProto): unknown {
  if (!isModelError(error) || error.at.node !== undefined) return error;
  return new ModelError(error.code === 'argument' ? 'malformed' : error.code, error.message, {
    format: 'onnx',
    at: { ...error.at, node: node.name || node.output[0] || node.opType },
    hint:
      error.hint ??
      (error.code === 'shape' ? 'check the input shapes that were given, or export the model again' : null),
    cause: error,
  });
}
