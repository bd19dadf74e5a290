import { nameOf } from '../../src/formats/mnn/codes.js';
import { readMnn } from '../../src/formats/mnn/read.js';
import { readPaddle } from '../../src/formats/paddle/read.js';
import { memorySource } from '../../src/source/index.js';
import type { DType } from '../../src/tensor/index.js';
import { block, op, program, variable } from '../formats/paddle-build.js';
import { type Flat, flatFile, i32, ints, list, table, texts, u8 } from '../wire/flat-build.js';
import { type Cost, costOf, type Input, type Stored, typeOf } from './spell-types.js';

/** PaddlePaddle's operator: tensors by the names of its inputs (`$0`), and its attributes. */
export interface PaddleCase {
  readonly op: string;
  readonly in?: Readonly<Record<string, readonly string[]>>;
  readonly with?: Parameters<typeof op>[3];
  readonly inputs?: readonly Input[];
  /** Names of the outputs; `Out` where nothing is said. */
  readonly out?: readonly string[];
}

const PADDLE_TYPES: Readonly<Partial<Record<DType, number>>> = { bool: 0, int32: 2, int64: 3, float16: 4, int8: 21 };

export function viaPaddle(of: PaddleCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  const named = of.in ?? { X: ['$0'], ...(inputs.length > 1 ? { Y: ['$1'] } : {}) };
  const made = Array.from({ length: Math.max(1, outputs) }, (_, i) => `y${i}`);
  const slots = of.out ?? ['Out'];
  const own = op(
    of.op,
    Object.fromEntries(Object.entries(named).map(([slot, names]) => [slot, names.map((n) => n.replace('$', 'x'))])),
    slots.length === 1 ? { [slots[0] as string]: made } : Object.fromEntries(slots.map((slot, i) => [slot, [`y${i}`]])),
    of.with,
  );
  const bytes = program(
    block(
      inputs.map((input, i) => {
        const { shape, dtype } = typeOf(input);
        return variable(`x${i}`, shape as readonly number[], false, PADDLE_TYPES[dtype]);
      }),
      [
        ...inputs.map((_, i) => op('feed', { X: ['feed'] }, { Out: [`x${i}`] })),
        own,
        ...made.map((name) => op('fetch', { X: [name] }, { Out: ['fetch'] })),
      ],
    ),
  );
  return costOf(readPaddle(memorySource(bytes, { name: 'case.pdmodel' }), {}), outputs);
}

/** MNN's operator, and the table of its settings. */
export interface MnnCase {
  readonly op: string;
  readonly main?: Readonly<Record<number, Flat>>;
  readonly inputs?: readonly (Input | Stored)[];
}

const MNN_TYPES: Readonly<Partial<Record<DType, number>>> = { float32: 1, int32: 3, int64: 9, int8: 6, bool: 10 };
const INPUT = 34;
const CONST = 11;
const CODES: ReadonlyMap<string, number> = new Map(Array.from({ length: 700 }, (_, code) => [nameOf(code), code]));

function codeOf(name: string): number {
  const code = CODES.get(name);
  if (code === undefined) throw new Error(`MNN has no ${name}`);
  return code;
}

export function viaMnn(of: MnnCase, given: readonly Input[], outputs = 1): Cost {
  const inputs = of.inputs ?? given;
  const made = Array.from({ length: Math.max(1, outputs) }, (_, i) => inputs.length + i);
  const operator = (code: number, from: readonly number[], to: readonly number[], main?: Flat): Flat =>
    table({ 0: ints(...from), 1: u8(1), ...(main === undefined ? {} : { 2: main }), 4: ints(...to), 5: i32(code) });
  const tensors = inputs.map((input, i) => {
    if ('value' in input) {
      const shape = (input.shape ?? [input.value.length]) as readonly number[];
      return operator(CONST, [], [i], table({ 0: ints(...shape), 2: i32(3), 5: ints(...input.value) }));
    }
    const { shape, dtype } = typeOf(input);
    const stated = table({ 0: ints(...(shape as readonly number[])), 1: i32(MNN_TYPES[dtype] ?? 1), 2: u8(0) });
    return operator(INPUT, [], [i], stated);
  });
  const own = operator(codeOf(of.op), [...inputs.keys()], made, table(of.main ?? {}));
  const names = [...inputs.map((_, i) => `x${i}`), ...made.map((_, i) => `y${i}`)];
  const root = table({
    3: list(...tensors, own),
    4: texts(...made.map((_, i) => `y${i}`)),
    6: u8(3),
    7: texts(...names),
  });
  return costOf(readMnn(memorySource(flatFile(root), { name: 'case.mnn' }), {}), outputs);
}
