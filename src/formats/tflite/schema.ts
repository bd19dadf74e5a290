import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { paged } from '../../source/pages.js';
import type { DType } from '../../tensor/index.js';
import { type FlatTable, rootTable } from '../../wire/flatbuffers.js';
import { BUILTINS, dtypeOf } from './codes.js';

export const FORMAT = 'tflite';

/** A tensor of a subgraph. */
export interface TfliteTensor {
  readonly name: string;
  /** Null if it holds no numbers: a resource, a variant. */
  readonly dtype: DType | null;
  /** As at the file's own sizes. */
  readonly shape: readonly number[];
  /** The same with −1 for what is symbolic; null if nothing is. */
  readonly signature: readonly number[] | null;
  readonly buffer: number;
  /** Whether it is integers that stand for real numbers. */
  readonly quantized: boolean;
  /** Whether only what is not 0 is stored. */
  readonly sparse: boolean;
  /** A state that is kept from one run to the next. */
  readonly variable: boolean;
}

/** An operator of a subgraph; names of values are those of `SubGraph.names`. */
export interface TfliteNode {
  readonly name: string;
  /** The builtin's name, or the custom operator's own. */
  readonly opType: string;
  readonly custom: boolean;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Null if it has none, or only those of a custom operator. */
  readonly options: FlatTable | null;
  /** Options of a custom operator, in a form of its own; null if they are long. */
  readonly customOptions: DataView | null;
  readonly graph: SubGraph;
}

export interface SubGraph {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  /** A name for each tensor that no other has. */
  readonly names: readonly string[];
  readonly byName: ReadonlyMap<string, TfliteTensor>;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly nodes: readonly TfliteNode[];
  /** All graphs of the file, which options name by number. */
  readonly all: readonly SubGraph[];
}

export interface TfliteFile {
  readonly source: Source;
  readonly description: string;
  readonly subgraphs: readonly OpenGraph[];
  /** Notes beside the graphs: under a name the contents of a buffer. */
  readonly metadata: readonly { readonly name: string; readonly buffer: number }[];
  /** Where the contents of a buffer lie; of none, or of those kept elsewhere, null. */
  contents(buffer: number): { readonly start: number; readonly length: number } | null;
}

/** A subgraph that may still be changed: reads of stored variables become what is stored. */
export interface OpenGraph extends SubGraph {
  readonly byName: Map<string, TfliteTensor>;
  readonly nodes: TfliteNode[];
}

/** Bytes of a custom operator's options; those of compiled packages are the program itself. */
const MAX_OPTIONS = 1 << 14;
/** Subgraphs of one file. */
const MAX_SUBGRAPHS = 1 << 12;

/** Reads a file's graphs. Contents of buffers are not read, only where they are. Throws ModelError. */
export function readFile(given: Source): TfliteFile {
  const source = paged(given);
  const root = rootTable({ source, format: FORMAT });
  const version = root.u32(0);
  if (version !== 3)
    throw new ModelError('unsupported', `version ${version} of the format is not read, only version 3`, {
      format: FORMAT,
      at: { offset: root.at },
      hint: version < 3 ? 'Convert the model again with a TensorFlow of 2018 or later.' : 'Convert it for version 3.',
    });
  const codes = root.tables(1);
  const operators = Array.from({ length: codes.length }, (_, i) => operatorCode(codes.at(i)));
  const graphs = root.tables(2);
  if (graphs.length === 0 || graphs.length > MAX_SUBGRAPHS)
    throw new ModelError('malformed', `the file has ${graphs.length} subgraphs`, {
      format: FORMAT,
      hint: 'The file is damaged, or holds only metadata: export it again.',
    });
  const buffers = root.tables(4);
  const metadata = root.tables(6);
  const subgraphs: OpenGraph[] = [];
  for (let i = 0; i < graphs.length; i++) subgraphs.push(subgraph(graphs.at(i), operators, subgraphs));
  return {
    source,
    description: root.text(3) ?? '',
    subgraphs,
    metadata: Array.from({ length: metadata.length }, (_, i) => {
      const entry = metadata.at(i);
      return { name: entry.text(0) ?? '', buffer: entry.u32(1) };
    }),
    contents: (buffer) => {
      if (buffer < 0 || buffer >= buffers.length) return null;
      const table = buffers.at(buffer);
      const inside = table.vector(0, 1, Infinity);
      if (inside.length > 0) return inside;
      // Behind the FlatBuffer, in files of more than 2 GB.
      const [start, length] = [Number(table.u64(1)), Number(table.u64(2))];
      return start > 1 && length > 0 && start + length <= source.size ? { start, length } : null;
    },
  };
}

interface OperatorCode {
  readonly name: string;
  readonly custom: boolean;
}

const CUSTOM = 32;

function operatorCode(table: FlatTable): OperatorCode {
  // Codes past 126 came later, in a field of their own.
  const code = Math.max(table.i8(0), table.i32(3));
  if (code === CUSTOM) return { name: table.text(1) ?? 'custom', custom: true };
  return { name: BUILTINS[code] ?? `builtin ${code}`, custom: false };
}

function subgraph(table: FlatTable, operators: readonly OperatorCode[], all: readonly SubGraph[]): OpenGraph {
  const list = table.tables(0);
  const tensors = Array.from({ length: list.length }, (_, i) => tensorOf(list.at(i)));
  const names = uniqueNames(tensors);
  const nodes: TfliteNode[] = [];
  const graph: OpenGraph = {
    name: table.text(4) ?? '',
    tensors,
    names,
    byName: new Map(names.map((name, i) => [name, tensors[i] as TfliteTensor])),
    inputs: table.ints(1).map((i) => checked(i, tensors.length)),
    outputs: table.ints(2).map((i) => checked(i, tensors.length)),
    nodes,
    all,
  };
  const ops = table.tables(3);
  for (let i = 0; i < ops.length; i++) {
    const op = ops.at(i);
    const code = operators[op.u32(0)];
    if (code === undefined) throw outOfRange('operator code', op.u32(0), operators.length);
    const named = (k: number): string => (k === -1 ? '' : (names[checked(k, tensors.length)] as string));
    const output = op.ints(2).map(named);
    nodes.push({
      name: output[0] ?? '',
      opType: code.name,
      custom: code.custom,
      input: op.ints(1).map(named),
      output,
      options: op.table(4) ?? op.table(12),
      customOptions: code.custom ? op.bytes(5, MAX_OPTIONS) : null,
      graph,
    });
  }
  return graph;
}

function tensorOf(table: FlatTable): TfliteTensor {
  const signature = table.ints(7);
  const quantization = table.table(4);
  const shape = table.ints(0);
  if (shape.some((d) => d < 0))
    throw new ModelError('malformed', `the tensor ${table.text(3) ?? ''} has a negative extent: ${shape.join('×')}`, {
      format: FORMAT,
      at: { offset: table.at },
      hint: 'The file is damaged: export it again.',
    });
  return {
    name: table.text(3) ?? '',
    dtype: dtypeOf(table.u8(1)),
    shape,
    signature: signature.length === shape.length && signature.includes(-1) ? signature : null,
    buffer: table.u32(2),
    quantized: quantization !== null && quantization.vector(2, 4).length > 0,
    sparse: table.has(6),
    variable: table.bool(5),
  };
}

function uniqueNames(tensors: readonly TfliteTensor[]): string[] {
  const seen = new Set<string>();
  return tensors.map(({ name }, i) => {
    const own = name === '' || seen.has(name) ? `${name}#${i}` : name;
    seen.add(own);
    return own;
  });
}

function checked(i: number, length: number): number {
  if (i < 0 || i >= length) throw outOfRange('tensor', i, length);
  return i;
}

function outOfRange(what: string, i: number, length: number): ModelError {
  return new ModelError('malformed', `${what} ${i} is used, and there are ${length}`, {
    format: FORMAT,
    hint: 'The file is damaged: export it again.',
  });
}
