import { add, type Dim, sum } from '../dim/index.js';
import type { Effect, OutputType, Work } from '../ops/index.js';
import { bytesOf, type TensorType } from '../tensor/index.js';
import { checkWork } from './checks.js';
import type { Formulated } from './formulas.js';
import type { OpEntry, Value } from './types.js';

/** Costs of an effect that do not depend on its inputs: worked out once for all operators that share it. */
export interface Prepared {
  /** Of each output. */
  readonly types: readonly TensorType[];
  readonly bytes: readonly Dim[];
  readonly result: OpEntry['result'];
  /** Whether data moves: an operator whose outputs are all views reads nothing. */
  readonly moves: boolean;
  readonly writeBytes: Dim;
}

/** Contents of this many elements are what shapes are made of; index tables and masks are larger. */
const SMALL_CONTENTS = 1024;
/** Elements of all larger contents together: a small file can make tables of tables without end. */
const MAX_CONTENTS = 16 * 2 ** 20;

/** How much of the contents of tensors one record keeps. */
export class ContentBudget {
  #kept = 0;

  /** Whether contents of this many elements are still kept: small ones always, large ones until they are many. */
  keeps(elements: number): boolean {
    if (elements <= SMALL_CONTENTS) return true;
    this.#kept += elements;
    return this.#kept <= MAX_CONTENTS;
  }
}

export function prepare({ op, outputs, work, gap }: Effect, contents: ContentBudget): Prepared {
  checkWork(op, work);
  const result: OpEntry['result'] = gap === undefined ? { kind: 'known', work } : { kind: 'gap', why: gap };
  const only = outputs[0];
  if (outputs.length === 1 && only !== undefined) {
    const bytes = bytesOf(only);
    const moves = only.view === undefined;
    const type = typeOf(only, contents);
    return { types: type === only ? outputs : [type], bytes: [bytes], result, moves, writeBytes: moves ? bytes : 0 };
  }
  const bytes = outputs.map(bytesOf);
  return {
    types: outputs.map((out) => typeOf(out, contents)),
    bytes,
    result,
    moves: outputs.some((out) => out.view === undefined),
    writeBytes: sum(bytes.map((n, i) => (outputs[i]?.view === undefined ? n : 0))),
  };
}

function typeOf(out: OutputType, contents: ContentBudget): TensorType {
  const { dtype, shape, value, view, inplace } = out;
  if (value !== undefined && contents.keeps(value.length)) return { dtype, shape, value };
  // Most outputs say nothing else.
  return value === undefined && view === undefined && inplace === undefined ? out : { dtype, shape };
}

/** Bytes of the inputs, a tensor given twice read once. */
export function distinctBytes(inputs: readonly (Value | null)[]): Dim {
  if (inputs.length > MANY) return distinctAmongMany(inputs);
  let bytes: Dim = 0;
  for (let i = 0; i < inputs.length; i++) {
    const value = inputs[i] as Value | null;
    if (value === null || value.type === null || isAmong(value.id, inputs, i)) continue;
    bytes = add(bytes, bytesOf(value.type));
  }
  return bytes;
}

function distinctAmongMany(inputs: readonly (Value | null)[]): Dim {
  const bytes: Dim[] = [];
  const seen = new Set<number>();
  for (const value of inputs) {
    if (value === null || value.type === null || seen.has(value.id)) continue;
    seen.add(value.id);
    bytes.push(bytesOf(value.type));
  }
  return sum(bytes);
}
const MANY = 8;

function isAmong(id: number, inputs: readonly (Value | null)[], end: number): boolean {
  for (let i = 0; i < end; i++) if (inputs[i]?.id === id) return true;
  return false;
}

/** An operator without a formula of opcount's: the user's work, or a gap with the reason. */
export function settled(given: Formulated | string | null, why: string): OpEntry['result'] {
  if (given === null) return { kind: 'gap', why };
  return typeof given === 'string' ? { kind: 'gap', why: given } : { kind: 'known', work: given.work };
}

/** Work that is done this many times. */
export function repeatedWork(times: Dim, work: readonly Work[]): readonly Work[] {
  return work.length === 0 ? work : [{ kind: 'loop', times, body: work }];
}
