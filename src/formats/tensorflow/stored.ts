import type { Dim } from '../../dim/index.js';
import type { Trace, Value, Weight } from '../../ledger/index.js';
import type { Source } from '../../source/index.js';
import { type DType, isFloating, type TensorType } from '../../tensor/index.js';
import { decodeRuns } from '../../wire/scan.js';
import { nodeOf, type TfNode } from './nodes.js';
import { entryOf } from './operators/index.js';
import type { NodeProto, ShapeProto, TensorProto } from './schema.js';
import { dtypeOf } from './types.js';

/** Contents that may decide shapes: integers are few there, floats are scales and steps. */
const MAX_INTEGERS = 1024;
const MAX_FLOATS = 16;

/** Whether the contents of a constant are asked for: those of larger ones decide no shapes. */
export function mayDecideShapes(dtype: DType, count: number): boolean {
  return READERS[dtype] !== undefined && count <= (isFloating(dtype) ? MAX_FLOATS : MAX_INTEGERS);
}

type Role = 'parameter' | 'buffer';

/** Whether training changes a variable, by its name. */
export type Variables = ReadonlyMap<string, { readonly trainable: boolean }>;

/** Contents of constants that are elsewhere: null if they are not available, undefined for those that are in the graph. */
export type Elsewhere = (node: string) => Uint8Array | null | undefined;

interface Outside {
  /** Whether the graph has variables. */
  readonly learned: boolean;
  readonly contents?: Elsewhere | undefined;
  readonly bytes?: ((node: string) => number | undefined) | undefined;
}

/** Constants and variables as values. One variable is one weight, however often the graph has it. */
export class StoredTensors {
  readonly #trace: Trace;
  readonly #source: Source;
  readonly #variables: Variables;
  readonly #outside: Outside;
  readonly #graphs = new Map<string, number>();
  readonly #roles = new Map<string, Role>();
  readonly #weights = new Map<string, Weight>();
  /** Constants that only arithmetic reads. */
  readonly #plain = new Set<string>();
  /** A graph with variables keeps in them all that it has learned: a constant in arithmetic is a number of the program. */
  readonly #hasVariables: boolean;

  constructor(trace: Trace, source: Source, variables: Variables, outside: Outside) {
    this.#trace = trace;
    this.#source = source;
    this.#variables = variables;
    this.#outside = outside;
    this.#hasVariables = outside.learned;
  }

  /** One text for a node of a graph: graphs are numbered, as a file may give them names of any length. */
  place(key: string, node: string): string {
    let graph = this.#graphs.get(key);
    if (graph === undefined) {
      graph = this.#graphs.size;
      this.#graphs.set(key, graph);
    }
    return `${graph} ${node}`;
  }

  /** Tells a graph's constants apart by what reads them: weights by an operator's definition, else numbers in arithmetic. */
  look(nodes: readonly TfNode[], key: string): void {
    const defined: { readonly tensor: string; readonly role: Role }[] = [];
    const others: string[] = [];
    for (const node of nodes) {
      const entry = entryOf(node.opType);
      if (entry?.passes === true) continue;
      for (const [i, name] of node.input.entries()) {
        if (entry?.weights?.includes(i)) defined.push({ tensor: name, role: 'parameter' });
        else if (entry?.buffers?.includes(i)) defined.push({ tensor: name, role: 'buffer' });
        else if (entry !== undefined || !INITIAL.test(name)) others.push(name);
      }
    }
    const makers = new Map(nodes.map((node) => [node.name, node]));
    // Of several definitions the last one holds. Where one stops, another has gone on: each node is gone through once.
    const told = new Set<string>();
    for (const { tensor, role } of defined.reverse())
      passedOn(tensor, makers, (node) => {
        const place = this.place(key, node);
        if (told.has(place)) return false;
        told.add(place);
        this.#plain.delete(place);
        this.#roles.set(place, role);
        return true;
      });
    for (const tensor of others)
      passedOn(tensor, makers, (node) => {
        const place = this.place(key, node);
        if (this.#roles.has(place)) return false;
        this.#plain.add(place);
        this.#roles.set(place, 'parameter');
        return true;
      });
  }

  /** The value of a stored node of the graph `key`. */
  value(node: NodeProto, key: string): Value {
    const attr = (name: string) => node.attr.find((a) => a.key === name)?.value;
    if (node.op !== 'Const') return this.#variable(node, attr('shape')?.shape, attr('dtype')?.type);
    const tensor = attr('value')?.tensor;
    const dtype = tensor === undefined ? null : dtypeOf(tensor.dtype);
    const shape = shapeOf(tensor?.tensorShape);
    if (tensor === undefined || dtype === null || shape === null) return this.#trace.opaque(node.name, 'weight');
    const count = shape.reduce((a, b) => a * b, 1);
    const place = this.place(key, node.name);
    const role = this.#hasVariables && this.#plain.has(place) ? undefined : this.#roles.get(place);
    if (!isFloating(dtype) || count <= 1 || role === undefined)
      return this.#trace.constant(node.name, { dtype, shape, ...this.#contents(node.name, tensor, dtype, count) });
    const bytes = this.#outside.bytes?.(node.name);
    return this.#trace.weight(this.#weight(place, weightName(node.name), role, { dtype, shape }, null, bytes));
  }

  #variable(node: NodeProto, written: ShapeProto | undefined, type: number | undefined): Value {
    const dtype = type === undefined ? null : dtypeOf(type);
    const shape = shapeOf(written);
    if (dtype === null || shape === null) return this.#trace.opaque(node.name, 'weight');
    const shared = node.attr.find((a) => a.key === 'shared_name')?.value?.s;
    const name = typeof shared === 'string' && shared !== '' ? shared : node.name;
    const known = this.#variables.get(name);
    const learned = known === undefined ? isFloating(dtype) && !BUFFER.test(name) : known.trainable;
    const weight = this.#weight(
      `variable ${name}`,
      weightName(name),
      learned ? 'parameter' : 'buffer',
      { dtype, shape },
      known?.trainable ?? null,
    );
    return this.#trace.weight(weight);
  }

  #weight(key: string, name: string, role: Role, type: TensorType, trainable: boolean | null, bytes?: number): Weight {
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const kind = role === 'parameter' && BUFFER.test(name) && trainable !== true ? 'buffer' : role;
    const weight: Weight = {
      name,
      aliases: [],
      kind,
      trainable: kind === 'buffer' ? false : trainable,
      ...type,
      ...(bytes === undefined ? {} : { bytes }),
    };
    this.#weights.set(key, weight);
    return weight;
  }

  #contents(name: string, tensor: TensorProto, dtype: DType, count: number): { readonly value?: readonly Dim[] } {
    const read = READERS[dtype];
    if (read === undefined || !mayDecideShapes(dtype, count)) return {};
    const { tensorContent } = tensor;
    const outside = this.#outside.contents?.(name);
    if (outside === null) return {};
    if (outside !== undefined || (tensorContent !== undefined && tensorContent.length > 0)) {
      const bytes =
        outside ??
        tensorContent?.bytes ??
        (tensorContent === undefined || tensorContent.length > 8 * MAX_INTEGERS
          ? new Uint8Array()
          : this.#source.read(tensorContent.offset, tensorContent.offset + tensorContent.length));
      if (bytes.length !== count * read.bytes) return {};
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return finite(Array.from({ length: count }, (_, i) => read.at(view, i * read.bytes)));
    }
    const values = decodeRuns(this.#source, tensor[read.field], read.kind, MAX_INTEGERS)?.map(Number);
    if (values === undefined || values.length > count) return {};
    // Values that are not written are as the last one, or 0.
    const last = values.at(-1) ?? 0;
    return finite([...values, ...new Array<number>(count - values.length).fill(last)]);
  }
}

function finite(value: readonly number[]): { readonly value?: readonly Dim[] } {
  return value.every((v) => Number.isFinite(v) && (!Number.isInteger(v) || Number.isSafeInteger(v))) ? { value } : {};
}

/** The node that makes a tensor, and those before it where operators pass it on as it is, as long as `go` says so. */
function passedOn(tensor: string, makers: ReadonlyMap<string, TfNode>, go: (node: string) => boolean): void {
  for (let at = nodeOf(tensor); go(at); ) {
    const maker = makers.get(at);
    if (maker === undefined || entryOf(maker.opType)?.passes !== true) return;
    at = nodeOf(maker.input[0] ?? '');
  }
}

/** Constants that a loop begins with. */
const INITIAL = /(^|\/)(zeros|ones|zeros_like|ones_like|Fill|init_state|initial_state)(_\d+)?$/;

/** Statistics and counters, by the names that layers give them. */
const BUFFER =
  /(^|[/.])(moving_mean|moving_variance|moving_avg|running_mean|running_var|seed_generator_state|global_step|pop_mean|pop_var)(_\d+)?$/;

/** Names as paths of modules: what reads a variable is not a part of its name. */
function weightName(name: string): string {
  return name
    .replace(/(\/(ReadVariableOp(_\d+)?|Read|read|resource|Cast(_\d+)?))+$/, '')
    .replaceAll('.', '_')
    .replaceAll('/', '.');
}

/** Extents that are all stated; null for others. */
export function shapeOf(shape: ShapeProto | undefined): number[] | null {
  if (shape === undefined) return [];
  if (shape.unknownRank) return null;
  const extents = shape.dim.map((d) => Number(d.size));
  return extents.every((d) => Number.isSafeInteger(d) && d >= 0) ? extents : null;
}

type Field = 'intVal' | 'int64Val' | 'boolVal' | 'floatVal' | 'doubleVal' | 'uint32Val' | 'uint64Val';

interface Reader {
  readonly bytes: number;
  readonly field: Field;
  readonly kind: 'int32' | 'int64' | 'uint64' | 'float' | 'double';
  at(view: DataView, at: number): number;
}

const READERS: Partial<Record<DType, Reader>> = {
  int32: { bytes: 4, field: 'intVal', kind: 'int64', at: (v, at) => v.getInt32(at, true) },
  int64: { bytes: 8, field: 'int64Val', kind: 'int64', at: (v, at) => Number(v.getBigInt64(at, true)) },
  int16: { bytes: 2, field: 'intVal', kind: 'int64', at: (v, at) => v.getInt16(at, true) },
  int8: { bytes: 1, field: 'intVal', kind: 'int64', at: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, field: 'intVal', kind: 'int64', at: (v, at) => v.getUint8(at) },
  uint16: { bytes: 2, field: 'intVal', kind: 'int64', at: (v, at) => v.getUint16(at, true) },
  uint32: { bytes: 4, field: 'uint32Val', kind: 'uint64', at: (v, at) => v.getUint32(at, true) },
  uint64: { bytes: 8, field: 'uint64Val', kind: 'uint64', at: (v, at) => Number(v.getBigUint64(at, true)) },
  bool: { bytes: 1, field: 'boolVal', kind: 'int64', at: (v, at) => Number(v.getUint8(at) !== 0) },
  float32: { bytes: 4, field: 'floatVal', kind: 'float', at: (v, at) => v.getFloat32(at, true) },
  float64: { bytes: 8, field: 'doubleVal', kind: 'double', at: (v, at) => v.getFloat64(at, true) },
};
