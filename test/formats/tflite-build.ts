import { BUILTINS } from '../../src/formats/tflite/codes.js';
import { bytes, type Flat, flatFile, i32, ints, list, table, text, u8 } from '../wire/flat-build.js';

export const FLOAT = 0;
export const INT32 = 2;
export const RESOURCE = 13;
/** The code of operators that have a name of their own. */
const CUSTOM = 32;

export interface T {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: number;
  /** Contents as bytes: a stored tensor. */
  readonly data?: readonly number[];
  /** Whether `data` holds only what is not 0. */
  readonly sparse?: true;
}
export interface N {
  readonly op: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  /** By field; those of StableHLO are options of the second kind. */
  readonly options?: Readonly<Record<number, Flat>>;
  /** Bytes that a custom operator's options are. */
  readonly custom?: readonly number[];
}
export interface G {
  readonly tensors: readonly T[];
  readonly nodes: readonly N[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What a file says beside its graphs: a name, and bytes. */
export type Metadata = Readonly<Record<string, readonly number[]>>;

/** A file of such graphs; each tensor has a buffer of its own, and so has what is said beside them. */
export function tfliteFile(graphs: readonly G[], metadata: Metadata = {}): Uint8Array {
  const buffers: Flat[] = [table({})];
  const codes = [...new Set(graphs.flatMap((g) => g.nodes.map(({ op }) => op)))];
  const subgraphs = graphs.map((g) => {
    const at = (name: string): number => g.tensors.findIndex((t) => t.name === name);
    const tensors = g.tensors.map(({ name, shape, type = FLOAT, data, sparse }) => {
      buffers.push(table(data === undefined ? {} : { 0: bytes(data) }));
      return table({
        0: ints(...shape),
        1: u8(type),
        2: i32(buffers.length - 1),
        3: text(name),
        ...(sparse ? { 6: table({}) } : {}),
      });
    });
    const nodes = g.nodes.map((n) =>
      table({
        0: i32(codes.indexOf(n.op)),
        1: ints(...n.in.map((name) => (name === '' ? -1 : at(name)))),
        2: ints(...n.out.map(at)),
        ...(n.custom === undefined ? {} : { 5: bytes(n.custom) }),
        ...(n.options === undefined ? {} : { [n.op.startsWith('STABLEHLO') ? 12 : 4]: table(n.options) }),
      }),
    );
    return table({
      0: list(...tensors),
      1: ints(...g.inputs.map(at)),
      2: ints(...g.outputs.map(at)),
      3: list(...nodes),
    });
  });
  const operators = codes.map((name) =>
    BUILTINS.includes(name) ? table({ 3: i32(BUILTINS.indexOf(name)) }) : table({ 1: text(name), 3: i32(CUSTOM) }),
  );
  const said = Object.entries(metadata).map(([name, data]) => {
    buffers.push(table({ 0: bytes(data) }));
    return table({ 0: text(name), 1: i32(buffers.length - 1) });
  });
  return flatFile(
    table({ 0: i32(3), 1: list(...operators), 2: list(...subgraphs), 4: list(...buffers), 6: list(...said) }),
    'TFL3',
  );
}

/** Integers of 32 bits as bytes. */
export const int32 = (...of: number[]): number[] => [...new Uint8Array(Int32Array.from(of).buffer)];
/** Floats as bytes. */
export const zeros = (elements: number): number[] => new Array<number>(4 * elements).fill(0);
