import type { Note, Trace, Value, Weight } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { TypePool } from '../../tensor/index.js';
import { constantType, storedType } from './node.js';
import type { Packed } from './packed.js';
import { isExporterName, type Role } from './roles.js';
import type { NodeProto, TensorProto } from './schema.js';
import type { TensorReader } from './tensors.js';
import type { Wiring } from './wiring.js';

/** The tensors that a file stores, as values: each weight once, whatever names it goes by. */
export class Initializers {
  /** Of weights: most of a model have one of few shapes. */
  readonly types = new TypePool();
  readonly #trace: Trace;
  readonly #reader: TensorReader;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #packed: ReadonlyMap<string, Packed>;
  /** Weights by where their contents lie: two names for the same bytes are one weight. */
  readonly #places = new Map<string, Value>();
  /** The stored tensors of values of strings, which types do not carry. */
  readonly #texts = new Map<object, TensorProto>();

  constructor(
    trace: Trace,
    reader: TensorReader,
    roles: ReadonlyMap<string, Role>,
    packed: ReadonlyMap<string, Packed>,
  ) {
    this.#packed = packed;
    this.#trace = trace;
    this.#reader = reader;
    this.#roles = roles;
  }

  value(name: string, tensor: TensorProto): Value {
    if (tensor.dims.some(isNegative))
      throw new ModelError('malformed', `the stored tensor ${name} has a negative extent: ${tensor.dims.join('×')}`, {
        format: 'onnx',
        at: { field: name },
        hint: 'The file is damaged: export it again.',
      });
    const kind = this.#roles.get(name) ?? 'constant';
    if (kind === 'constant') {
      const type = constantType(tensor, this.#reader);
      const value = this.#trace.constant(name, type);
      if (type.dtype === 'string') this.#texts.set(value, tensor);
      return value;
    }
    // The contents of a weight decide nothing, and are not read.
    const stored = storedType(tensor);
    const type = this.types.type(stored.dtype, stored.shape);
    const place = placeOf(tensor);
    const same = place === null ? undefined : this.#places.get(`${place} ${type.dtype} ${type.shape.join('x')}`);
    if (same?.weight) {
      (same.weight.aliases as string[]).push(name);
      return same;
    }
    const packed = this.#packed.get(name) ?? type;
    const weight: Weight = {
      name,
      aliases: [],
      kind,
      trainable: kind === 'parameter' ? null : false,
      dtype: packed.dtype,
      shape: packed.shape,
    };
    const value = this.#trace.newWeight(weight, type);
    if (place !== null) this.#places.set(`${place} ${type.dtype} ${type.shape.join('x')}`, value);
    return value;
  }

  /** The stored strings that a value is. */
  tensorOf(value: object | null): TensorProto | undefined {
    return value === null ? undefined : this.#texts.get(value);
  }
}

function isNegative(d: number | bigint): boolean {
  return d < 0;
}

/** File and offset of external data; null for what the model file itself holds, where no two share their bytes. */
function placeOf(tensor: TensorProto): string | null {
  if (tensor.dataLocation !== 1) return null;
  const of = (key: string): string | undefined => {
    const value = tensor.externalData.find((e) => e.key === key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const [location, offset, length] = [of('location'), of('offset'), of('length')];
  return location === undefined || offset === undefined || length === undefined
    ? null
    : `${location} ${offset} ${length}`;
}

export interface WeightInput {
  readonly wiring: Wiring;
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  readonly roles: ReadonlyMap<string, Role>;
  /** Parameters by their own names where the exporter lists them. */
  readonly declared: ReadonlySet<string> | null;
}

/** Exporters store the weights of these in another order or transposed: under a new name, as many values. */
const REARRANGING = new Set(['MatMul', 'Gemm', 'LSTM', 'GRU', 'RNN']);

const [UNREAD, READ, REARRANGED] = [0, 1, 2];

/** By the number of a name whether nodes read it, and whether one does that has its weights stored in another order. */
function readsOf({ nodes, names, reads, readsFrom }: Wiring): Uint8Array {
  const found = new Uint8Array(names.size);
  for (let i = 0; i < nodes.length; i++) {
    const how = REARRANGING.has((nodes[i] as NodeProto).opType) ? REARRANGED : READ;
    for (let k = readsFrom[i] as number; k < (readsFrom[i + 1] as number); k++) {
      const name = reads[k] as number;
      if (name !== 0 && how > (found[name] as number)) found[name] = how;
    }
  }
  return found;
}

/** How the file's parameters differ from those of the model that was exported. */
export function weightNotes(question: WeightInput): Note[] {
  const { initializers, roles, declared, wiring, outputs } = question;
  const notes: Note[] = [];
  const { nodes, names } = wiring;
  const isOutput = new Set(outputs);
  const reads = readsOf(wiring);
  const readOf = (name: string): number => reads[names.of(name)] as number;
  const dead: string[] = [];
  const parameters: string[] = [];
  initializers.forEach((_, name) => {
    if (readOf(name) === UNREAD && !isOutput.has(name)) dead.push(name);
    if (roles.get(name) === 'parameter') parameters.push(name);
  });
  if (dead.length > 0)
    notes.push({
      code: 'unused-initializers',
      message: `${dead.length} stored tensors are read by no operator and not counted as parameters: ${listed(dead)}`,
    });
  const folded = parameters.filter(
    (n) => (declared === null ? isExporterName(n) : !declared.has(n)) && readOf(n) !== REARRANGED,
  );
  const gone = declared === null ? [] : [...declared].filter((n) => !initializers.has(n));
  const shaped = folded.slice(0, 4).map((name) => `${name} ${initializers.get(name)?.dims.join('×') || 'scalar'}`);
  const elements = folded.reduce((sum, name) => sum + elementsOf(initializers.get(name)), 0);
  if (folded.length > 0)
    notes.push({
      code: 'folded-parameters',
      message:
        declared === null
          ? `${folded.length} parameter tensors of ${elements} elements have names that the exporter made (${listed(shaped)}): batch norms, look-ups and constants were folded into them; params is what the file holds`
          : `${folded.length} parameter tensors of ${elements} elements are not the model's own (${listed(shaped)}): the exporter folded others into them (of ${gone.length} that are gone: ${listed(gone)}); params is what the file holds`,
    });
  else if (gone.length > parameters.filter((n) => readOf(n) === REARRANGED).length)
    notes.push({
      code: 'missing-parameters',
      message: `${gone.length} of the model's parameter tensors are not in the file (${listed(gone)}): the exported outputs do not need them; params is what the file holds`,
    });
  return [...notes, ...tiedNotes(nodes, initializers, roles)];
}

/** A matrix of products that has the transposed shape of a look-up table, under a made name: likely the same weight twice. */
function tiedNotes(
  nodes: readonly NodeProto[],
  initializers: ReadonlyMap<string, TensorProto>,
  roles: ReadonlyMap<string, Role>,
): Note[] {
  const tables = new Map<string, string>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as NodeProto;
    if (node.opType !== 'Gather') continue;
    const name = node.input[0] ?? '';
    const dims = initializers.get(name)?.dims;
    if (dims?.length === 2 && roles.get(name) === 'parameter') tables.set([...dims].reverse().join('x'), name);
  }
  if (tables.size === 0) return [];
  return nodes.flatMap((node): Note[] => {
    const name = node.input[1] ?? '';
    const dims = initializers.get(name)?.dims;
    if (node.opType !== 'MatMul' || dims?.length !== 2 || !isExporterName(name)) return [];
    const table = tables.get(dims.join('x'));
    if (table === undefined) return [];
    return [
      {
        code: 'maybe-tied',
        message: `${name} has the shape of ${table} transposed: if the two are one weight, as in most language models, the exporter stored it twice and params counts it twice`,
      },
    ];
  });
}

function elementsOf(tensor: TensorProto | undefined): number {
  return tensor?.dims.reduce<number>((n, d) => n * Number(d), 1) ?? 0;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}
