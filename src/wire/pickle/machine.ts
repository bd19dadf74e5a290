import { type PickleBytes, textOf } from './bytes.js';
import type { Pickled, PickleGlobal, PickleList, PickleObject } from './values.js';

/** Text longer than this is left in the file: only whole source files are that long, and no name. */
export const TEXT_LIMIT = 1 << 16;
/** Digits and names of protocol 0, in bytes. */
export const LINE_LIMIT = 1 << 16;
/** Bytes of an integer: nothing is measured with a number of 8192 bits, and its digits take time to make. */
export const INTEGER_LIMIT = 1 << 10;
/** Open brackets: Python cannot write deeper ones either, its recursion ends at 1000. */
export const DEPTH_LIMIT = 1000;
/**
 * Bound on what one pickle builds, a container counting as `CONTAINER`: one byte of file can become a hundred bytes of memory,
 * so a small hostile file could fill it. A tensor takes about a hundred and fifty, its optimizer's two moments included.
 */
const BUILD_LIMIT = 1 << 26;
/** This many more for each byte of the pickle, and these for one of few bytes: real ones build less than one a byte. */
const BUILD_FREE = 1 << 22;
const BUILD_BY_BYTE = 4;
const CONTAINER = 16;

/** Objects under construction: the finished ones, not yet frozen by their type. */
interface OpenList extends PickleList {
  readonly items: Pickled[];
}
interface OpenObject extends PickleObject {
  readonly states: Pickled[];
  readonly items: Pickled[];
  readonly entries: [Pickled, Pickled][];
}

/** The stack machine that a pickle is a program for, restricted to building data. */
export class Machine {
  private readonly bytes: PickleBytes;
  private readonly stack: Pickled[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, Pickled>();
  private readonly most: number;
  private built = 0;

  constructor(bytes: PickleBytes) {
    this.bytes = bytes;
    this.most = Math.min(BUILD_LIMIT, BUILD_FREE + BUILD_BY_BYTE * (bytes.end - bytes.offset));
  }

  push(value: Pickled): void {
    this.spend(1);
    this.stack.push(value);
  }

  pop(): Pickled {
    // Nothing before a mark can be taken: what is there belongs to an enclosing value.
    if (this.stack.length <= (this.marks.at(-1) ?? 0))
      throw this.bytes.error('malformed', 'a value is taken from an empty stack');
    return this.stack.pop() as Pickled;
  }

  top(): Pickled {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** POP drops a mark where one is on top. */
  drop(): void {
    if (this.marks.length > 0 && this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop();
  }

  mark(): void {
    if (this.marks.length >= DEPTH_LIMIT)
      throw this.bytes.error('limit', `values are nested more than ${DEPTH_LIMIT} deep`);
    this.marks.push(this.stack.length);
  }

  /** Everything above the last mark, and the mark. */
  popMark(): Pickled[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.bytes.error('malformed', 'a group ends that never began');
    return this.stack.splice(mark);
  }

  list(kind: PickleList['kind'], items: Pickled[]): void {
    this.spend(CONTAINER + items.length);
    this.push({ kind, items } satisfies OpenList);
  }

  tuple(length: 1 | 2 | 3): void {
    const items: Pickled[] = [];
    for (let i = 0; i < length; i++) items.unshift(this.pop());
    this.list('tuple', items);
  }

  dict(flat: readonly Pickled[]): void {
    this.spend(CONTAINER + flat.length);
    this.push({ kind: 'dict', entries: this.pairs(flat) });
  }

  global(module: string, name: string): PickleGlobal {
    this.spend(CONTAINER);
    return { kind: 'global', module, name };
  }

  /** A callable, or a class, and what it would be called with. */
  object(made: PickleObject['made'], callee: Pickled, args: Pickled, kwargs: Pickled = null): void {
    const listed = typeof args === 'object' && args !== null && (args.kind === 'tuple' || args.kind === 'list');
    // PyTorch's own writer gives the value of an Enum without a tuple around it.
    if (!listed && (made === 'new' || (typeof args === 'object' && args !== null)))
      throw this.bytes.error('malformed', 'the arguments of a call are not a tuple');
    this.spend(2 * CONTAINER);
    this.push({
      kind: 'object',
      made,
      callee,
      args: listed ? args.items : [args],
      kwargs,
      states: [],
      items: [],
      entries: [],
    } satisfies OpenObject);
  }

  append(values: readonly Pickled[], what: 'list' | 'set'): void {
    const target = this.top();
    if (typeof target !== 'object' || target === null || (target.kind !== what && target.kind !== 'object'))
      throw this.bytes.error('malformed', `cannot add items to a value that is not a ${what}`);
    this.spend(values.length);
    const { items } = target as OpenList | OpenObject;
    for (const value of values) items.push(value);
  }

  setItems(flat: readonly Pickled[]): void {
    const target = this.top();
    if (typeof target !== 'object' || target === null || (target.kind !== 'dict' && target.kind !== 'object'))
      throw this.bytes.error('malformed', 'cannot set keys on a value that is not a dictionary');
    this.spend(flat.length);
    const entries = target.entries as [Pickled, Pickled][];
    for (const pair of this.pairs(flat)) entries.push(pair);
  }

  /** BUILD: the state of an object, recorded. On a class it would change the class for everyone: refused. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (typeof target !== 'object' || target === null || target.kind !== 'object')
      throw this.bytes.error('malformed', 'cannot set the state of a value that is not an object');
    this.spend(1);
    (target as OpenObject).states.push(state);
  }

  remember(index: number): void {
    this.spend(2);
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.bytes.error('malformed', `memo ${index} is read, and nothing was put there`);
    this.push(value);
  }

  /** Text of `length` bytes; too long for a name, it stays where it is. */
  text(length: number): void {
    if (length > TEXT_LIMIT) this.payload('text', length);
    else this.push(textOf(this.bytes.slice(length)));
  }

  payload(kind: 'bytes' | 'text', length: number): void {
    const { offset } = this.bytes;
    this.bytes.skip(length);
    this.spend(CONTAINER);
    this.push({ kind, offset, length });
  }

  /** A two's complement integer, least byte first. */
  integer(length: number): void {
    if (length > INTEGER_LIMIT || length < 0)
      throw this.bytes.error('limit', `an integer of ${length} bytes: more than ${INTEGER_LIMIT}`);
    let value = 0n;
    const bytes = this.bytes.slice(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    this.push(plain(length === 0 ? 0n : BigInt.asIntN(8 * length, value)));
  }

  /** The result when the program stops. */
  result(): Pickled {
    if (this.stack.length === 0) throw this.bytes.error('malformed', 'the pickle stops without a value');
    return this.stack.at(-1) as Pickled;
  }

  private pairs(flat: readonly Pickled[]): [Pickled, Pickled][] {
    if (flat.length % 2 !== 0) throw this.bytes.error('malformed', 'a key has no value');
    const pairs: [Pickled, Pickled][] = [];
    for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] as Pickled, flat[i + 1] as Pickled]);
    return pairs;
  }

  private spend(weight: number): void {
    this.built += weight;
    if (this.built > this.most) throw this.bytes.error('limit', `the pickle builds more than ${this.most} values`);
  }
}

/** A number where that is exact, else a bigint. */
export function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
