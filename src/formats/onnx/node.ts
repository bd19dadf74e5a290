import { type Dim, isStatic, toNumber } from '../../dim/index.js';
import { Unsupported } from '../../graph/errors.js';
import { type Effect, hasValue, shapeError } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { clamped } from '../node-view.js';
import { dtypeNumber, dtypeOf } from './dtype.js';
import { ATTRIBUTE_TYPE, type AttributeProto, type GraphProto, type NodeProto, type TensorProto } from './schema.js';
import type { TensorReader } from './tensors.js';

/** The questions that a node may ask of its surroundings. */
export interface NodeContext {
  /** Whether an input is a stored parameter. */
  stored(i: number): boolean;
  /** A name for what the node alone decides. */
  label(): string;
  /** A free number, or what the caller binds it to. */
  symbol(name: string, min: number): Dim;
  /** Strings that an input holds, where they are stored and few. */
  texts(i: number): readonly string[] | undefined;
}

/** Extents that one operator may leave open: no tensor has as many axes. */
const MAX_FRESH = 256;

/** A node as a dialect entry sees it: its attributes, and the types of what goes in. */
export class OnnxNode {
  readonly proto: NodeProto;
  /** Version of the node's own domain. */
  readonly opset: number;
  readonly #types: readonly (TensorType | null | undefined)[];
  readonly #reader: TensorReader;
  readonly #context: NodeContext;
  #made = 0;

  constructor(
    proto: NodeProto,
    opset: number,
    types: readonly (TensorType | null | undefined)[],
    reader: TensorReader,
    context: NodeContext,
  ) {
    this.#context = context;
    this.proto = proto;
    this.opset = opset;
    this.#types = types;
    this.#reader = reader;
  }

  /** The same node under another version, for domains that take over operators of ai.onnx. */
  as(opset: number): OnnxNode {
    return new OnnxNode(this.proto, opset, this.#types, this.#reader, this.#context);
  }

  /** Number of inputs, those left out in the middle included. */
  get count(): number {
    return this.#types.length;
  }

  /** Whether input i is given at all. */
  has(i: number): boolean {
    return this.#types[i] !== undefined;
  }

  /** The type of input i. Throws `Unsupported` where it is not known, ModelError where the input is not given. */
  in(i: number): TensorType {
    const type = this.#types[i];
    if (type === undefined)
      throw new ModelError('malformed', `${this.proto.opType} needs an input ${i + 1}, and has ${this.#types.length}`, {
        format: 'onnx',
        hint: 'the file does not follow the operator’s definition: export it again',
      });
    if (type === null) throw new Unsupported(`the shape of its input ${this.proto.input[i]} is not known`, i);
    return type;
  }

  /** Whether input i is a stored tensor: a weight, not an activation. */
  stored(i: number): boolean {
    return this.#context.stored(i);
  }

  /** The type of an optional input, null where it is left out. */
  opt(i: number): TensorType | null {
    return this.has(i) ? this.in(i) : null;
  }

  /** All inputs. */
  all(): TensorType[] {
    return this.#types.map((_, i) => this.in(i));
  }

  /** Contents of input i, where they are known. */
  value(i: number): readonly Dim[] | undefined {
    if (!this.has(i)) return undefined;
    const type = this.in(i);
    return hasValue(type) ? type.value : undefined;
  }

  /** Contents of an input of strings, where the file stores them. */
  texts(i: number): readonly string[] | undefined {
    return this.#context.texts(i);
  }

  /** Contents of input i as plain numbers. Throws `Unsupported` where they are not known: the operator's meaning depends on them. */
  numbers(i: number, what: string): number[] {
    const value = this.value(i);
    if (value === undefined || !value.every(isStatic))
      throw new Unsupported(`its ${what} (${this.proto.input[i]}) is not known`, i);
    return value.map((d) => (typeof d === 'number' ? d : toNumber(clamped(d))));
  }

  /** The sizes that an integer input asks for; new free dimensions, as many as it has, where they are not known. */
  sizes(i: number): readonly Dim[] {
    const known = this.value(i);
    if (known !== undefined) return known;
    const [count] = this.in(i).shape;
    if (typeof count !== 'number' || count > 64)
      throw new Unsupported(`neither its output shape (${this.proto.input[i]}) nor the rank of it is known`);
    return this.fresh(count);
  }

  /** Integers that moved from an attribute to an input over the versions; null where neither gives them. */
  intsOr(attribute: string, input: number, what: string): number[] | null {
    const given = this.ints(attribute);
    if (given !== null) return given;
    return this.has(input) ? this.numbers(input, what) : null;
  }

  int(name: string): number | null;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise: number | null = null): number | null {
    const a = this.attribute(name);
    if (a === undefined) return otherwise;
    // Some writers leave zeros out.
    return a.i === undefined ? (a.type === ATTRIBUTE_TYPE.INT ? 0 : otherwise) : Number(a.i);
  }

  ints(name: string): number[] | null {
    const a = this.attribute(name);
    if (a === undefined) return null;
    return (a.ints ?? (a.i === undefined ? [] : [a.i])).map(Number);
  }

  float(name: string, otherwise: number): number {
    const a = this.attribute(name);
    return a?.f ?? (a?.type === ATTRIBUTE_TYPE.FLOAT ? 0 : otherwise);
  }

  floats(name: string): readonly number[] | null {
    return this.attribute(name)?.floats ?? null;
  }

  text(name: string, otherwise: string): string {
    const s = this.attribute(name)?.s;
    return typeof s === 'string' ? s : otherwise;
  }

  graph(name: string): GraphProto | null {
    return this.attribute(name)?.g ?? null;
  }

  /** The last one of the name. */
  attribute(name: string): AttributeProto | undefined {
    const { attribute } = this.proto;
    for (let i = attribute.length - 1; i >= 0; i--) if (attribute[i]?.name === name) return attribute[i];
    return undefined;
  }

  /** A dtype attribute (`to`, `dtype`). */
  dtype(name: string, otherwise: DType): DType {
    // The first opset spelled data types out.
    const spelled = this.attribute(name)?.s;
    const number = typeof spelled === 'string' ? dtypeNumber(spelled) : this.int(name);
    if (number === null || number === 0) return otherwise;
    const dtype = dtypeOf(number);
    if (dtype === undefined)
      throw new ModelError('unsupported', `${this.proto.opType}: data type ${number} is not one that ONNX has`, {
        format: 'onnx',
      });
    return dtype;
  }

  /** A tensor attribute as a type with contents, where they are small. */
  tensor(name: string): TensorType | null {
    const t = this.attribute(name)?.t;
    return t === undefined ? null : constantType(t, this.#reader);
  }

  /** Extents that no rule can tell (the number of non-zeros, a shape that is computed from data): new free dimensions. */
  fresh(count: number, min = 0): Dim[] {
    if (count > MAX_FRESH) throw new Unsupported(`it has ${count} extents that depend on data`);
    return Array.from({ length: count }, () => {
      const k = this.#made++;
      return this.#context.symbol(`${this.#context.label()}.dim${k === 0 && count === 1 ? '' : k}`, min);
    });
  }

  /** A free number under a name of its own: how many tokens attend, how many blocks are computed. */
  free(what: string, min = 0): Dim {
    return this.#context.symbol(`${this.#context.label()}.${what}`, min);
  }

  error(message: string, hint?: string): ModelError {
    return shapeError(`${this.proto.opType}: ${message}`, hint);
  }
}

/** Floats beyond this many elements are weights or tables: nothing that decides a shape. */
const MAX_KNOWN_FLOATS = 256;

/** A stored tensor's dtype and shape. */
export function storedType(tensor: TensorProto): TensorType {
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined)
    throw new ModelError(
      'unsupported',
      `the tensor ${tensor.name} has data type ${tensor.dataType}, which ONNX does not have`,
      {
        format: 'onnx',
        at: { field: tensor.name },
      },
    );
  return { dtype, shape: tensor.dims };
}

/** The same with contents that are read when they are asked for: integers, and a few floats. */
export function constantType(tensor: TensorProto, reader: TensorReader): TensorType {
  const type = storedType(tensor);
  const { dtype, shape } = type;
  // An extent past 2^53 is exact, and no contents of such a tensor are known.
  if (shape.some((d) => typeof d !== 'number')) return type;
  const elements = (shape as readonly number[]).reduce((a, b) => a * b, 1);
  const floating = /float/.test(dtype);
  if (dtype === 'string' || dtype.startsWith('complex') || elements > (floating ? MAX_KNOWN_FLOATS : 65_536))
    return type;
  return reader.contents.type(dtype, shape, () => {
    const value = floating ? reader.smallFloats(tensor) : reader.smallInts(tensor)?.map(narrow);
    return value?.some((v) => typeof v === 'number' && !Number.isFinite(v)) ? undefined : value;
  });
}

function narrow(n: bigint): Dim {
  return n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n;
}

/** The rule of an operator: shapes and work from the node. */
export type Entry = (n: OnnxNode) => Effect;

/**
 * What an operator's definition says of its inputs, by their positions; all others are data. ONNX itself does not tell weights
 * from other stored tensors.
 */
export interface InputRoles {
  readonly weights?: readonly number[];
  /** Running statistics. */
  readonly statistics?: readonly number[];
  /** Inputs that steer it or are filled in by it, and are not weights although they may be floating point. */
  readonly settings?: readonly number[];
  /** Scales of quantisation and tables of angles: they come with a weight or an activation, and training does not learn them. */
  readonly scales?: readonly number[];
  /** States that a recurrence begins with: learnt by few models, zeros in most. */
  readonly states?: readonly number[];
  /** Its result is the first input (or all of them) in another form: what that is used as, the input is. */
  readonly passes?: 'first' | 'all';
}

/** An operator with the roles of its inputs; where all inputs are data, its rule stands alone. */
export interface Operator extends InputRoles {
  readonly run: Entry;
}
/** The operators of a domain by name. */
export type Dialect = Readonly<Record<string, Entry | Operator>>;

export function ruleIn(operator: Entry | Operator): Entry {
  return typeof operator === 'function' ? operator : operator.run;
}
