import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { DType } from '../../tensor/index.js';
import { eachTable, type FlatTable, rootTable } from '../../wire/flatbuffers.js';

export const FORMAT = 'executorch';

// Fields by their numbers: executorch/schema/program.fbs and scalar_type.fbs.

const TYPES: Readonly<Record<number, DType>> = {
  0: 'uint8',
  1: 'int8',
  2: 'int16',
  3: 'int32',
  4: 'int64',
  5: 'float16',
  6: 'float32',
  7: 'float64',
  11: 'bool',
  12: 'int8',
  13: 'uint8',
  14: 'int32',
  15: 'bfloat16',
  16: 'uint4',
  17: 'uint2',
  22: 'uint4',
  27: 'uint16',
  28: 'uint32',
  29: 'uint64',
};

export interface PteTensor {
  readonly kind: 'tensor';
  readonly dtype: DType | null;
  /** Upper bounds where it is dynamic. */
  readonly sizes: readonly number[];
  readonly dynamic: boolean;
  /** Where its contents are among the program's buffers; null for one that is computed. */
  readonly buffer: string | null;
  readonly name: string | null;
}

/** A value of a method: what it is, or the numbers of other values that make it. */
export type PteValue =
  | PteTensor
  | { readonly kind: 'plain'; readonly value: number | boolean | string | null | { readonly float: number } }
  | { readonly kind: 'list'; readonly items: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] };

/** A part that a backend has compiled, and where it is; null if that is outside the file. */
export interface PteDelegate {
  readonly backend: string;
  readonly place: { readonly start: number; readonly size: number } | null;
}

export type PteInstruction =
  | { readonly kind: 'call'; readonly operator: string; readonly args: readonly number[] }
  | { readonly kind: 'delegate'; readonly delegate: PteDelegate; readonly args: readonly number[] }
  | { readonly kind: 'move'; readonly from: number; readonly to: number }
  | { readonly kind: 'jump'; readonly condition: number; readonly to: number }
  | { readonly kind: 'free' };

export interface PteMethod {
  readonly name: string;
  readonly values: readonly PteValue[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly instructions: readonly PteInstruction[];
  /** Places of jumps, in order, by the place that they lead to. */
  readonly jumpsTo: ReadonlyMap<number, readonly number[]>;
}

/** The methods of a program. Contents of tensors are not read. Throws ModelError. */
export function methodsOf(source: Source): PteMethod[] {
  const root = rootTable({ source, format: FORMAT });
  const plans = root.tables(1);
  if (plans.length === 0)
    throw new ModelError('malformed', 'the program has no methods', {
      format: FORMAT,
      at: { field: 'Program.execution_plan' },
      hint: 'the file is damaged: export it again',
    });
  return Array.from({ length: plans.length }, (_, i) =>
    methodOf(plans.at(i), (delegate) => placeOf(source, root, delegate)),
  );
}

/** Behind the program, from where its header says, or within it. */
function placeOf(source: Source, root: FlatTable, delegate: FlatTable): PteDelegate['place'] {
  const processed = delegate.table(1);
  if (processed === null) return null;
  const [inside, index] = [processed.u8(0) === 0, processed.u32(1)];
  const list = root.tables(inside ? 3 : 4);
  if (index >= list.length) return null;
  const entry = list.at(index);
  if (inside) {
    const { start, length } = entry.vector(0, 1, Number.POSITIVE_INFINITY);
    return { start, size: length };
  }
  const header = source.read(0, Math.min(32, source.size));
  const extended = header.length === 32 && new TextDecoder().decode(header.subarray(8, 12)) === 'eh00';
  const base = extended ? Number(new DataView(header.buffer, header.byteOffset, 32).getBigUint64(24, true)) : 0;
  const [start, size] = [base + Number(entry.u64(0)), Number(entry.u64(1))];
  return base > 0 && size > 0 && start + size <= source.size ? { start, size } : null;
}

function methodOf(plan: FlatTable, place: (delegate: FlatTable) => PteDelegate['place']): PteMethod {
  const values = eachTable(plan, 2, evalueOf);
  const operators = eachTable(plan, 6, (op) => {
    const overload = op.text(1) ?? '';
    return overload === '' ? (op.text(0) ?? '') : `${op.text(0) ?? ''}.${overload}`;
  });
  const backends = eachTable(plan, 7, (d): PteDelegate => ({ backend: d.text(0) ?? '', place: place(d) }));
  const chains = eachTable(plan, 5, (chain) =>
    eachTable(chain, 2, (table) => instructionOf(table, operators, backends)),
  );
  const bad = (i: number): boolean => i < 0 || i >= values.length;
  const used = (instruction: PteInstruction): readonly number[] =>
    instruction.kind === 'call' || instruction.kind === 'delegate'
      ? instruction.args
      : instruction.kind === 'move'
        ? [instruction.from, instruction.to]
        : instruction.kind === 'jump'
          ? [instruction.condition]
          : [];
  const [inputs, outputs] = [plan.ints(3), plan.ints(4)];
  const instructions = chains.flat();
  const lists = values.flatMap((v) => (v.kind === 'list' ? v.items : []));
  const wrong = [...inputs, ...outputs, ...instructions.flatMap(used), ...lists.filter((i) => i !== -1)].find(bad);
  if (wrong !== undefined)
    throw new ModelError('malformed', `value ${wrong} is used, and there are ${values.length}`, {
      format: FORMAT,
      hint: 'the file is damaged: export it again',
    });
  checkLists(values, instructions);
  return { name: plan.text(0) ?? '', values, inputs, outputs, instructions, jumpsTo: jumpsIn(instructions) };
}

/** Items of all lists, each time that an instruction takes one. */
const MAX_ITEMS = 1 << 20;

/** A list holds no lists, and instructions do not take long ones so often that a small file becomes a large program. */
function checkLists(values: readonly PteValue[], instructions: readonly PteInstruction[]): void {
  const sizes = values.map((value) => (value.kind === 'list' ? value.items.length : 0));
  for (const value of values)
    if (value.kind === 'list' && value.items.some((i) => values[i]?.kind === 'list'))
      throw new ModelError('malformed', 'a list of values holds a list', {
        format: FORMAT,
        hint: 'the file is damaged: export it again',
      });
  let items = 0;
  for (const instruction of instructions)
    if ('args' in instruction) for (const arg of instruction.args) items += sizes[arg] ?? 0;
  if (items > MAX_ITEMS)
    throw new ModelError('limit', `instructions take lists of more than ${MAX_ITEMS} items in all`, {
      format: FORMAT,
      hint: 'no known program does; if it is a real model, please report it',
    });
}

function jumpsIn(instructions: readonly PteInstruction[]): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const [from, one] of instructions.entries()) {
    if (one.kind !== 'jump') continue;
    const same = found.get(one.to);
    if (same === undefined) found.set(one.to, [from]);
    else same.push(from);
  }
  return found;
}

function evalueOf(value: FlatTable): PteValue {
  const own = value.table(1);
  if (own === null) return { kind: 'plain', value: null };
  switch (value.u8(0)) {
    case 2:
      return { kind: 'plain', value: Number(BigInt.asIntN(64, own.u64(0))) };
    case 3:
      return { kind: 'plain', value: own.bool(0) };
    case 4: {
      const float = own.f64(0);
      return { kind: 'plain', value: Number.isInteger(float) ? { float } : float };
    }
    case 5:
      return tensorOf(own);
    case 6:
      return { kind: 'plain', value: own.text(0) ?? '' };
    case 7:
      return { kind: 'list', items: own.longs(0) };
    case 8:
      return { kind: 'floats', value: own.doubles(0) };
    case 9: {
      const bits = own.bytes(0, 1 << 16);
      return {
        kind: 'floats',
        value: bits === null ? [] : Array.from({ length: bits.byteLength }, (_, i) => bits.getUint8(i)),
      };
    }
    case 10:
    case 11:
      return { kind: 'list', items: own.ints(0) };
    default:
      return { kind: 'plain', value: null };
  }
}

function tensorOf(tensor: FlatTable): PteTensor {
  const buffer = tensor.u32(5);
  const extra = tensor.table(9);
  const name = extra?.text(1) ?? null;
  // Computed ones have a place in the memory that is planned.
  const stored = tensor.table(6) === null && (buffer > 0 || name !== null);
  return {
    kind: 'tensor',
    dtype: TYPES[tensor.i8(0)] ?? null,
    sizes: tensor.ints(2),
    dynamic: tensor.i8(8) !== 0,
    buffer: stored ? (buffer > 0 ? `${buffer}` : (name ?? '')) : null,
    name,
  };
}

function instructionOf(
  table: FlatTable,
  operators: readonly string[],
  backends: readonly PteDelegate[],
): PteInstruction {
  const own = table.table(1);
  if (own === null) return { kind: 'free' };
  switch (table.u8(0)) {
    case 1:
      return { kind: 'call', operator: operators[own.i32(0)] ?? `operator ${own.i32(0)}`, args: own.ints(1) };
    case 2:
      return {
        kind: 'delegate',
        delegate: backends[own.i32(0)] ?? { backend: `delegate ${own.i32(0)}`, place: null },
        args: own.ints(1),
      };
    case 3:
      return { kind: 'move', from: own.i32(0), to: own.i32(1) };
    case 4:
      return { kind: 'jump', condition: own.i32(0), to: own.i32(1) };
    default:
      return { kind: 'free' };
  }
}
