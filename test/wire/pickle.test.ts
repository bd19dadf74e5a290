import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isModelError, type ModelErrorCode } from '../../src/source/errors.js';
import { memorySource } from '../../src/source/memory.js';
import { entriesOf, entry, type Pickled, type PickleList, readPickle } from '../../src/wire/pickle/index.js';
import { refusal } from '../refusal.js';
import { type Bytes, join } from './encode.js';
import * as p from './pickle-build.js';

const read = (...program: readonly Bytes[]): Pickled => readPickle(memorySource(join(...program, p.STOP))).value;
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function errorOf(...program: readonly Bytes[]): { code: ModelErrorCode; message: string; offset: number | undefined } {
  try {
    readPickle(memorySource(join(...program)));
  } catch (error) {
    if (isModelError(error)) return { code: error.code, message: error.message, offset: error.at.offset };
    throw error;
  }
  throw new Error('it was read');
}

const items = (kind: 'list' | 'tuple' | 'set', ...values: Pickled[]): Pickled => ({ kind, items: values });
const made = (callee: Pickled, args: Pickled[], more: object = {}): Pickled => ({
  kind: 'object',
  made: 'call',
  callee,
  args,
  kwargs: null,
  states: [],
  items: [],
  entries: [],
  ...more,
});
const os = { kind: 'global', module: 'os', name: 'system' } as const;

/** Every opcode of every protocol, as `pickletools` documents it, and the value that Python makes of it. */
const OPCODES: readonly (readonly [name: string, program: readonly Bytes[], value: Pickled])[] = [
  ['INT', [p.op('I', '-17\n')], -17],
  ['INT of booleans', [p.op('I', '01\n')], true],
  ['BININT', [p.int(-2)], -2],
  ['BININT1', [p.op('K', [255])], 255],
  ['BININT2', [p.op('M', [1, 2])], 513],
  ['LONG', [p.op('L', '123456789012345678901L\n')], 123456789012345678901n],
  ['LONG1', [p.op(0x8a, [2, 0xff, 0x00])], 255],
  ['LONG1 negative', [p.op(0x8a, [1, 0xff])], -1],
  ['LONG1 empty', [p.op(0x8a, [0])], 0],
  ['LONG4', [p.op(0x8b, p.little(9, 4), p.little(1, 8), [1])], 2n ** 64n + 1n],
  ['STRING', [p.op('S', `'a\\n\\x41\\'b'\n`)], `a\nA'b`],
  ['BINSTRING', [p.op('T', p.little(2, 4), 'ab')], 'ab'],
  ['SHORT_BINSTRING of bytes', [p.op('U', [2], [0xe9, 0x41])], 'éA'],
  ['UNICODE', [p.op('V', 'a\\u00e9\n')], 'aé'],
  ['BINUNICODE', [p.text('größe')], 'größe'],
  ['SHORT_BINUNICODE', [p.op(0x8c, [3], 'abc')], 'abc'],
  ['BINUNICODE8', [p.op(0x8d, p.little(3, 8), 'abc')], 'abc'],
  ['BINBYTES', [p.op('B', p.little(2, 4), 'ab')], { kind: 'bytes', offset: 5, length: 2 }],
  ['SHORT_BINBYTES', [p.op('C', [2], 'ab')], { kind: 'bytes', offset: 2, length: 2 }],
  ['BINBYTES8', [p.op(0x8e, p.little(2, 8), 'ab')], { kind: 'bytes', offset: 9, length: 2 }],
  ['BYTEARRAY8', [p.op(0x96, p.little(2, 8), 'ab')], { kind: 'bytes', offset: 9, length: 2 }],
  ['NEXT_BUFFER, READONLY_BUFFER', [[0x97, 0x98]], { kind: 'buffer', index: 0 }],
  ['NONE', [p.none], null],
  ['NEWTRUE', [p.bool(true)], true],
  ['NEWFALSE', [p.bool(false)], false],
  ['FLOAT', [p.op('F', '-1.5e3\n')], -1500],
  ['FLOAT inf', [p.op('F', '-inf\n')], -Infinity],
  ['BINFLOAT', [p.op('G', [0x3f, 0xf8, 0, 0, 0, 0, 0, 0])], 1.5],
  ['EMPTY_LIST', [p.op(']')], items('list')],
  ['LIST', [p.MARK, p.int(1), p.op('l')], items('list', 1)],
  ['APPEND', [p.op(']'), p.int(1), p.op('a')], items('list', 1)],
  ['APPENDS', [p.list(p.int(1), p.int(2))], items('list', 1, 2)],
  ['EMPTY_TUPLE', [p.op(')')], items('tuple')],
  ['TUPLE', [p.tuple(p.int(1))], items('tuple', 1)],
  ['TUPLE1', [p.int(1), [0x85]], items('tuple', 1)],
  ['TUPLE2', [p.int(1), p.int(2), [0x86]], items('tuple', 1, 2)],
  ['TUPLE3', [p.int(1), p.int(2), p.int(3), [0x87]], items('tuple', 1, 2, 3)],
  ['EMPTY_DICT', [p.op('}')], { kind: 'dict', entries: [] }],
  ['DICT', [p.MARK, p.int(1), p.int(2), p.op('d')], { kind: 'dict', entries: [[1, 2]] }],
  ['SETITEM', [p.op('}'), p.int(1), p.int(2), p.op('s')], { kind: 'dict', entries: [[1, 2]] }],
  ['SETITEMS', [p.dict({ a: p.int(1) })], { kind: 'dict', entries: [['a', 1]] }],
  ['EMPTY_SET, ADDITEMS', [[0x8f], p.MARK, p.int(1), [0x90]], items('set', 1)],
  ['FROZENSET', [p.MARK, p.int(1), [0x91]], items('set', 1)],
  ['POP', [p.int(1), p.int(2), p.op('0')], 1],
  ['POP of a mark', [p.int(1), p.MARK, p.op('0')], 1],
  ['POP_MARK', [p.int(1), p.MARK, p.int(2), p.op('1')], 1],
  ['DUP', [p.int(1), p.op('2'), [0x86]], items('tuple', 1, 1)],
  ['PUT, GET', [p.int(1), p.op('p', '7\n'), p.op('g', '7\n'), [0x86]], items('tuple', 1, 1)],
  ['BINPUT, BINGET', [p.int(1), p.op('q', [7]), p.op('h', [7]), [0x86]], items('tuple', 1, 1)],
  [
    'LONG_BINPUT, LONG_BINGET',
    [p.int(1), p.op('r', p.little(300, 4)), p.op('j', p.little(300, 4)), [0x86]],
    items('tuple', 1, 1),
  ],
  ['MEMOIZE', [p.int(1), [0x94], p.op('h', [0]), [0x86]], items('tuple', 1, 1)],
  ['PROTO', [p.op(0x80, [5]), p.int(1)], 1],
  ['FRAME', [p.op(0x95, p.little(6, 8)), p.int(1)], 1],
  ['GLOBAL', [p.global('os', 'system')], os],
  ['STACK_GLOBAL', [p.text('os'), p.text('system'), [0x93]], os],
  ['EXT1', [p.op(0x82, [3])], { kind: 'extension', index: 3 }],
  ['EXT2', [p.op(0x83, [3, 1])], { kind: 'extension', index: 259 }],
  ['EXT4', [p.op(0x84, p.little(3, 4))], { kind: 'extension', index: 3 }],
  ['REDUCE', [p.call(p.global('os', 'system'), p.text('true'))], made(os, ['true'])],
  ['INST', [p.MARK, p.text('true'), p.op('i', 'os\nsystem\n')], made(os, ['true'])],
  ['OBJ', [p.MARK, p.global('os', 'system'), p.text('true'), p.op('o')], made(os, ['true'])],
  ['NEWOBJ', [p.global('os', 'system'), p.tuple(p.int(1)), [0x81]], made(os, [1], { made: 'new' })],
  [
    'NEWOBJ_EX',
    [p.global('os', 'system'), p.tuple(p.int(1)), p.dict({ a: p.int(2) }), [0x92]],
    made(os, [1], { made: 'new', kwargs: { kind: 'dict', entries: [['a', 2]] } }),
  ],
  ['BUILD', [p.call(p.global('os', 'system')), p.int(3), p.BUILD], made(os, [], { states: [3] })],
  [
    'APPENDS to an object',
    [p.call(p.global('os', 'system')), p.MARK, p.int(3), p.op('e')],
    made(os, [], { items: [3] }),
  ],
  [
    'SETITEMS on an object',
    [p.ordered({ a: p.int(3) })],
    made({ kind: 'global', module: 'collections', name: 'OrderedDict' }, [], { entries: [['a', 3]] }),
  ],
  ['PERSID', [p.op('P', 'x\n')], { kind: 'persistent', id: 'x' }],
  ['BINPERSID', [p.text('x'), p.op('Q')], { kind: 'persistent', id: 'x' }],
];

test.each(OPCODES)('%s is data', (_, program, value) => {
  expect(read(...program)).toEqual(value);
});

test('every opcode of pickletools is among them', () => {
  // The bytes that Python 3.13's pickletools.opcodes lists.
  const all = [...'IJKMLSTUBC XV8NFG])(}tldaesup'.replace(/[ 8]/g, ''), ...'012.qrghjcRbioPQ'].map((c) =>
    c.charCodeAt(0),
  );
  for (let code = 0x80; code <= 0x98; code++) all.push(code);
  const unknown = all.filter((code) => {
    try {
      readPickle(memorySource(Uint8Array.of(code)));
    } catch (error) {
      return isModelError(error) && error.message.includes('no opcode');
    }
    return false;
  });
  expect(unknown).toEqual([]);
});

test('pickles follow one another, and what is behind them is not read', () => {
  const first = p.pickle(p.int(1));
  const second = p.pickle(p.dict({ a: p.int(2) }));
  const source = memorySource(join(first, second, new Uint8Array(1 << 20)));
  const one = readPickle(source);
  expect(one).toEqual({ value: 1, end: first.length });
  expect(entry(entriesOf(readPickle(source, { start: one.end }).value), 'a')).toBe(2);
  expect(source.bytesRead).toBeLessThan(4096);
});

test('bytes stay in the file however many they are', () => {
  const source = memorySource(join(p.op(0x8e, p.little(1 << 22, 8)), new Uint8Array(1 << 22), p.STOP));
  expect(readPickle(source).value).toEqual({ kind: 'bytes', offset: 9, length: 1 << 22 });
  expect(source.bytesRead).toBeLessThan(4096);
  const long = read(p.text('x'.repeat(100_000)));
  expect(long).toEqual({ kind: 'text', offset: 5, length: 100_000 });
});

test('a list that contains itself is read once', () => {
  const value = read(p.op(']'), p.op('q', [0]), p.op('h', [0]), p.op('a')) as PickleList;
  expect(value.items[0]).toBe(value);
});

test('a dictionary given a key twice holds the later value', () => {
  expect(entry(entriesOf(read(p.MARK, p.text('a'), p.int(1), p.text('a'), p.int(2), p.op('d'))), 'a')).toBe(2);
});

test('an OrderedDict of Python 2 is made of pairs', () => {
  const value = read(p.call(p.global('collections', 'OrderedDict'), p.list(p.list(p.text('a'), p.int(1)))));
  expect(entriesOf(value)).toEqual([['a', 1]]);
});

describe('what no pickle can be is refused, with the byte', () => {
  const cases: readonly (readonly [string, readonly Bytes[], ModelErrorCode, RegExp])[] = [
    ['nothing at all', [], 'truncated', /ends/],
    ['no stop', [p.int(1)], 'truncated', /ends/],
    ['a number cut short', [p.op('J', [1, 2])], 'truncated', /ends/],
    ['a stop on an empty stack', [p.STOP], 'malformed', /without a value/],
    ['an unknown opcode', [[0xff]], 'malformed', /byte 255 is not an opcode/],
    ['a protocol to come', [p.op(0x80, [6])], 'unsupported', /protocol 6/],
    ['a tuple end without a mark', [p.op('t')], 'malformed', /never began/],
    ['a take below a mark', [p.int(1), p.MARK, p.op('a')], 'malformed', /from an empty stack/],
    ['an unset memo', [p.op('h', [3])], 'malformed', /memo 3/],
    ['a negative memo', [p.op('g', '-1\n')], 'malformed', /memo/],
    ['an odd dictionary', [p.MARK, p.int(1), p.op('d')], 'malformed', /no value/],
    ['keys set on a number', [p.int(1), p.MARK, p.op('u')], 'malformed', /not a dictionary/],
    ['keys set on a class', [p.global('a', 'b'), p.MARK, p.op('u')], 'malformed', /not a dictionary/],
    ['items appended to a tuple', [p.op(')'), p.MARK, p.op('e')], 'malformed', /not a list/],
    ['a state set on a class', [p.global('a', 'b'), p.op('}'), p.BUILD], 'malformed', /not an object/],
    ['arguments that are not a tuple', [p.global('a', 'b'), p.int(1), [0x81]], 'malformed', /not a tuple/],
    ['a class named by numbers', [p.int(1), p.int(2), [0x93]], 'malformed', /not text/],
    ['text longer than the file', [p.op('X', p.little(0xffffffff, 4))], 'truncated', /announced/],
    ['text of 2^63 bytes', [p.op(0x8d, p.little(2n ** 63n, 8))], 'truncated', /announced/],
    ['bytes longer than the file', [p.op(0x8e, p.little(2n ** 52n, 8))], 'truncated', /announced/],
    ['a frame longer than the file', [p.op(0x95, p.little(10, 8)), p.int(1), p.STOP], 'truncated', /frame/],
    ['a million empty dictionaries', [new Uint8Array(1_000_000).fill(0x7d), p.STOP], 'limit', /builds more than/],
    ['an integer of a megabyte', [p.op(0x8b, p.little(1 << 20, 4)), new Uint8Array(1 << 20)], 'limit', /integer/],
    ['an integer of negative length', [p.op(0x8b, p.little(-1, 4))], 'limit', /integer/],
    ['a line without end', [p.op('c'), new Uint8Array(1 << 20).fill(65)], 'limit', /line/],
    ['an integer of a million digits', [p.op('I'), new Uint8Array(1 << 20).fill(49)], 'limit', /line/],
    ['a line that is not an integer', [p.op('I', '0x10\n')], 'malformed', /integer/],
    ['a line that is not a number', [p.op('F', 'one\n')], 'malformed', /number/],
    ['a string without quotes', [p.op('S', 'a\n')], 'malformed', /quotes/],
    ['brackets ten thousand deep', [new Uint8Array(10_000).fill(0x28)], 'limit', /1000 deep/],
  ];
  test.each(cases)('%s', (_, program, code, message) => {
    const error = errorOf(...program);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.offset).toBeTypeOf('number');
  });
});

test('memory is bounded: a small file cannot build without end', () => {
  // Five million empty lists: a byte each, but a hundred in memory.
  const error = errorOf(new Uint8Array(5_000_000).fill(0x5d), p.STOP);
  expect(error).toMatchObject({ code: 'limit' });
  expect(error.message).toMatch(/more than 24194308 values/);
});

test('a value doubled again and again stays one value', () => {
  const program = join(p.op(']'), ...Array.from({ length: 200 }, () => join(p.op('2'), [0x86])));
  let value = read(program) as PickleList;
  let depth = 0;
  while (value.items.length > 0) {
    expect(value.items[0]).toBe(value.items[1]);
    value = value.items[0] as PickleList;
    depth++;
  }
  expect(depth).toBe(200);
});

test('any bytes are read or refused, never anything else', () => {
  const outcomes = new Set<string>();
  const letters = ascii('()]}.0123abcdeghijlopqrstuIJKLMNPQRSTUVXGF\n');
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...letters), fc.integer({ min: 0, max: 255 })), { maxLength: 64 }),
      (bytes) => {
        outcomes.add(refusal(() => readPickle(memorySource(Uint8Array.from(bytes)))));
      },
    ),
    { numRuns: 3000 },
  );
  expect(outcomes).toContain('read');
  expect(outcomes).toContain('malformed');
});
