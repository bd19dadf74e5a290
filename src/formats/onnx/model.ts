import { type Dim, equal, isStatic, substitute } from '../../dim/index.js';
import { isModelError, ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { TensorType } from '../../tensor/index.js';
import { type Ledger, type OpenModule, Trace, type Value, type Weight } from '../../trace/index.js';
import type { ReadOptions } from '../types.js';
import { declaredOf } from './declared.js';
import { entryOf } from './dialect/index.js';
import { constantType, Missing, OnnxNode } from './node.js';
import { ordered } from './order.js';
import { readOnnx } from './read.js';
import { type Role, rolesOf } from './roles.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './schema.js';
import { type Scope, scopesOf } from './scopes.js';
import { settleInputs, statedType } from './symbols.js';
import type { TensorReader } from './tensors.js';

/**
 * What an ONNX model does: its graph, every shape recomputed from the inputs. Weights are not read. Throws ModelError:
 * `truncated`, `malformed`, `cycle`, `shape` (with the node) or `argument` (a wrong input).
 */
export function readModel(source: Source, options: ReadOptions = {}): Ledger {
  const file = readOnnx(source);
  return new Reader(file.model, file.graph, file.tensors, options).read(file.source);
}

class Reader {
  readonly #trace = new Trace();
  readonly #values = new Map<string, Value>();
  readonly #weights = new Map<string, Weight>();
  readonly #modules = new Map<string, OpenModule>();
  readonly #stated = new Map<string, TensorType>();
  readonly #initializers: ReadonlyMap<string, TensorProto>;
  readonly #constants: ReadonlyMap<string, TensorProto>;
  readonly #opsets: ReadonlyMap<string, number>;
  readonly #model: ModelProto;
  readonly #graph: GraphProto;
  readonly #reader: TensorReader;
  readonly #options: ReadOptions;
  #bindings: ReadonlyMap<string, Dim> = new Map();
  #disagreements = 0;
  #roles: ReadonlyMap<string, Role> = new Map();

  constructor(model: ModelProto, graph: GraphProto, reader: TensorReader, options: ReadOptions) {
    this.#model = model;
    this.#graph = graph;
    this.#reader = reader;
    this.#options = options;
    const sparse = graph.sparseInitializer.flatMap((s) =>
      s.values === undefined ? [] : [{ ...s.values, dims: s.dims }],
    );
    this.#initializers = new Map([...graph.initializer, ...sparse].map((t) => [t.name, t]));
    this.#constants = new Map(
      graph.node.flatMap((n) => {
        const t = n.opType === 'Constant' ? n.attribute.find((a) => a.name === 'value')?.t : undefined;
        return t === undefined || n.output[0] === undefined ? [] : [[n.output[0], t] as const];
      }),
    );
    this.#opsets = new Map(model.opsetImport.map((o) => [o.domain === 'ai.onnx' ? '' : o.domain, Number(o.version)]));
  }

  read(source: Source): Ledger {
    const graph = this.#graph;
    const nodes = ordered(graph.node);
    const scopes = scopesOf(graph);
    this.#roles = rolesOf({
      nodes,
      outputs: graph.output.map((o) => o.name),
      initializers: this.#initializers,
      constants: this.#constants,
      declared: declaredOf(graph, source),
      moduleOf: (node) => scopes.of(node).at(-1)?.path ?? '',
    });
    const root = this.#module('', scopes.root || graph.name || 'graph');
    const settled = settleInputs(
      graph.input.filter((i) => !this.#initializers.has(i.name)),
      this.#options,
    );
    this.#bindings = settled.bindings;
    for (const note of settled.notes) this.#trace.note(note);
    for (const info of [...graph.valueInfo, ...graph.output]) {
      const type = statedType(info.name, info.type);
      if (type !== null) this.#stated.set(info.name, type);
    }
    const inputs = settled.inputs.map(({ name, type }) => {
      const value = this.#trace.input(name, type);
      this.#values.set(name, value);
      return { name, value };
    });
    this.#trace.enter(
      root,
      '',
      settled.inputs.map((i) => i.type),
    );
    for (const node of nodes) {
      // A constant costs nothing and is no operator of the model.
      if (node.opType === 'Constant' && isStandard(node.domain)) this.#constant(node);
      else {
        this.#scope(scopes.of(node));
        this.#node(node);
      }
    }
    this.#scope([]);
    const outputs = graph.output.map((info) => ({ name: info.name, value: this.#lookup(info.name, null) }));
    this.#trace.exit(outputs.map((o) => o.value.type));
    this.#unused(nodes);
    return {
      name: graph.name,
      format: 'onnx',
      producer: this.#producer(),
      file: { bytes: source.size, bytesRead: source.bytesRead },
      inputs,
      outputs,
      root: this.#trace.root,
      entries: this.#trace.entries,
      weights: this.#trace.weights,
      modules: scopes.kind,
      notes: this.#trace.notes,
    };
  }

  #producer(): string | null {
    const { producerName, producerVersion } = this.#model;
    const opset = this.#opsets.get('');
    const maker = [producerName, producerVersion].filter((t) => t !== '').join(' ');
    const parts = [...(maker === '' ? [] : [maker]), ...(opset === undefined ? [] : [`opset ${opset}`])];
    return parts.length === 0 ? null : parts.join(', ');
  }

  #constant(node: NodeProto): void {
    const name = node.output[0] ?? '';
    const tensor = this.#constants.get(name);
    if (tensor !== undefined) {
      this.#values.set(name, this.#stored(name, tensor));
      return;
    }
    const [out] = entryOf('', 'Constant')?.(this.#view(node, [])).outputs ?? [];
    if (out !== undefined) this.#values.set(name, this.#trace.constant(name, out));
  }

  #node(node: NodeProto): void {
    const inputs = node.input.map((name) => (name === '' ? null : this.#lookup(name, node)));
    const spelling = {
      type: isStandard(node.domain) ? node.opType : `${node.domain}.${node.opType}`,
      name: node.name === '' ? null : node.name,
      outputs: node.output,
      at: node.name === '' ? null : { node: node.name },
    };
    const op = node.opType.toLowerCase();
    const entry = entryOf(node.domain, node.opType);
    if (entry === undefined) {
      this.#gap(node, op, `opcount has no formula for ${spelling.type}`, inputs, spelling);
      return;
    }
    try {
      const effect = entry(this.#view(node, inputs));
      // An output that nobody names is not made.
      const named = effect.outputs.filter((_, i) => node.output[i] !== undefined && node.output[i] !== '');
      const spelled = {
        ...spelling,
        outputs: effect.outputs.flatMap((_, i) => (node.output[i] ? [node.output[i] as string] : [])),
      };
      const values = this.#trace.apply({ ...effect, outputs: named }, inputs, spelled);
      for (const [i, name] of spelled.outputs.entries()) this.#settle(name, values[i] as Value);
    } catch (error) {
      if (error instanceof Missing) this.#gap(node, op, error.message, inputs, spelling);
      else throw located(error, node);
    }
  }

  /** An operator that cannot be counted. What the file says of its outputs is believed, so that the rest can go on. */
  #gap(
    node: NodeProto,
    op: string,
    why: string,
    inputs: readonly (Value | null)[],
    spelling: Parameters<Trace['gap']>[4],
  ): void {
    const names = node.output.filter((o) => o !== '');
    const types = names.map((name) => this.#bound(this.#stated.get(name) ?? null));
    const values = this.#trace.gap(op, why, inputs, types, { ...spelling, outputs: names });
    for (const [i, name] of names.entries()) this.#values.set(name, values[i] as Value);
  }

  #view(node: NodeProto, inputs: readonly (Value | null)[]): OnnxNode {
    const opset = this.#opsets.get(isStandard(node.domain) ? '' : node.domain) ?? 1;
    const types = node.input.map((name, i) => (name === '' ? undefined : (inputs[i]?.type ?? null)));
    while (types.length > 0 && types.at(-1) === undefined) types.pop();
    return new OnnxNode(node, opset, types, this.#reader, (i) => inputs[i]?.weight?.kind === 'parameter');
  }

  #lookup(name: string, node: NodeProto | null): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const tensor = this.#initializers.get(name);
    if (tensor !== undefined) {
      const value = this.#stored(name, tensor);
      this.#values.set(name, value);
      return value;
    }
    throw new ModelError('malformed', `"${name}" is read, and nothing makes it`, {
      format: 'onnx',
      at: node === null ? { field: 'graph.output' } : { node: node.name || node.opType },
      hint: 'the graph is incomplete: it was cut out of a larger one, or damaged',
    });
  }

  #stored(name: string, tensor: TensorProto): Value {
    const type = constantType(tensor, this.#reader);
    const kind = this.#roles.get(name) ?? 'constant';
    if (kind === 'constant') return this.#trace.constant(name, type);
    const weight: Weight = {
      name,
      aliases: [],
      kind,
      trainable: kind === 'parameter' ? null : false,
      dtype: type.dtype,
      shape: type.shape,
    };
    this.#weights.set(name, weight);
    return this.#trace.weight(weight, type);
  }

  /** Keeps a value; where the file states another shape, what was computed stands and a note says so. */
  #settle(name: string, value: Value): void {
    this.#values.set(name, value);
    const stated = this.#bound(this.#stated.get(name) ?? null);
    const found = value.type;
    if (stated === null || found === null || agree(stated.shape, found.shape)) return;
    this.#disagreements++;
    if (this.#disagreements > 20) return;
    this.#trace.note({
      code: 'value-info-disagrees',
      message: `the file states ${text(stated.shape)} for ${name}; its operators make ${text(found.shape)}`,
      at: { node: name },
    });
  }

  #bound(type: TensorType | null): TensorType | null {
    return type === null ? null : { dtype: type.dtype, shape: type.shape.map((d) => substitute(d, this.#bindings)) };
  }

  /** Leaves the modules that a node is no part of and enters those that it is. */
  #scope(wanted: Scope): void {
    const open = this.#open;
    let common = 0;
    while (common < open.length && common < wanted.length && open[common] === wanted[common]?.path) common++;
    while (open.length > common) {
      open.pop();
      this.#trace.exit([]);
    }
    for (const part of wanted.slice(common)) {
      const parent = open.at(-1) ?? '';
      const module = this.#module(part.path, part.type, parent);
      this.#trace.enter(module, part.path, []);
      open.push(part.path);
    }
  }
  readonly #open: string[] = [];

  #module(path: string, type: string, parent?: string): OpenModule {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const module: OpenModule = { path, type, mro: [type], children: [], weights: [], calls: [], attrs: {} };
    this.#modules.set(path, module);
    const above = parent === undefined ? undefined : this.#modules.get(parent);
    if (above !== undefined)
      (above.children as { name: string; module: OpenModule }[]).push({
        name: path.slice(path.lastIndexOf('.') + 1),
        module,
      });
    return module;
  }

  /** Stored tensors that no operator reads are dead weight in the file, and no parameters of the model. */
  #unused(nodes: readonly NodeProto[]): void {
    const read = new Set(nodes.flatMap((n) => n.input));
    for (const { name } of this.#graph.output) read.add(name);
    const inner = nodes.some((n) => n.attribute.some((a) => a.g !== undefined || a.graphs !== undefined));
    if (inner) return; // a subgraph may read them
    const dead = [...this.#initializers.keys()].filter((name) => !read.has(name));
    if (dead.length > 0)
      this.#trace.note({
        code: 'unused-initializers',
        message: `${dead.length} stored tensors are read by no operator and not counted as parameters: ${dead.slice(0, 3).join(', ')}${dead.length > 3 ? ', …' : ''}`,
      });
  }
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** Extents that are known to differ; a formula may be spelled in many ways. */
function agree(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => !isStatic(d) || !isStatic(b[i] as Dim) || equal(d, b[i] as Dim));
}

function text(shape: readonly Dim[]): string {
  return shape.length === 0 ? 'a scalar' : shape.map(String).join('×');
}

function located(error: unknown, node: NodeProto): unknown {
  if (!isModelError(error)) return error;
  return new ModelError(error.code === 'argument' ? 'malformed' : error.code, error.message, {
    format: 'onnx',
    at: { ...error.at, node: node.name || node.output[0] || node.opType },
    hint:
      error.hint ??
      (error.code === 'shape' ? 'check the input shapes that were given, or export the model again' : null),
    cause: error,
  });
}
