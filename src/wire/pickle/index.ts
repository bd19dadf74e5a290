import type { Source } from '../../source/source.js';
import { PickleBytes } from './bytes.js';
import { floatLine, indexLine, integerLine, nameLine, quotedLine, unicodeLine } from './lines.js';
import { Machine } from './machine.js';
import type { Pickled } from './values.js';

export * from './values.js';

/** The newest protocol; https://docs.python.org/3/library/pickletools.html lists every opcode of all of them. */
const PROTOCOL = 5;

type Opcode = (m: Machine, b: PickleBytes) => void;

const OPCODES: Readonly<Record<number, Opcode>> = byCode({
  '(': (m) => m.mark(), // MARK
  '0': (m) => m.drop(), // POP
  '1': (m) => void m.popMark(), // POP_MARK
  '2': (m) => m.push(m.top()), // DUP
  F: (m, b) => m.push(floatLine(b)), // FLOAT
  I: (m, b) => m.push(integerLine(b)), // INT
  J: (m, b) => m.push(b.int32()), // BININT
  K: (m, b) => m.push(b.byte()), // BININT1
  L: (m, b) => m.push(integerLine(b)), // LONG
  M: (m, b) => m.push(b.uint16()), // BININT2
  N: (m) => m.push(null), // NONE
  P: (m, b) => m.push({ kind: 'persistent', id: nameLine(b) }), // PERSID
  Q: (m) => m.push({ kind: 'persistent', id: m.pop() }), // BINPERSID
  R: (m) => call(m, 'call'), // REDUCE
  S: (m, b) => m.push(quotedLine(b)), // STRING
  T: (m, b) => m.text(b.uint32()), // BINSTRING
  U: (m, b) => m.text(b.byte()), // SHORT_BINSTRING
  V: (m, b) => m.push(unicodeLine(b)), // UNICODE
  X: (m, b) => m.text(b.uint32()), // BINUNICODE
  a: (m) => m.append([m.pop()], 'list'), // APPEND
  b: (m) => m.build(), // BUILD
  c: (m, b) => m.push(m.global(nameLine(b), nameLine(b))), // GLOBAL
  d: (m) => m.dict(m.popMark()), // DICT
  '}': (m) => m.dict([]), // EMPTY_DICT
  e: (m) => m.append(m.popMark(), 'list'), // APPENDS
  g: (m, b) => m.recall(indexLine(b)), // GET
  h: (m, b) => m.recall(b.byte()), // BINGET
  // INST and OBJ
  i: (m, b) => m.object('call', m.global(nameLine(b), nameLine(b)), { kind: 'tuple', items: m.popMark() }),
  o: (m, b) => {
    const [callee, ...args] = m.popMark();
    if (callee === undefined) throw b.error('malformed', 'an object is made of nothing');
    m.object('call', callee, { kind: 'tuple', items: args });
  },
  j: (m, b) => m.recall(b.uint32()), // LONG_BINGET
  l: (m) => m.list('list', m.popMark()), // LIST
  ']': (m) => m.list('list', []), // EMPTY_LIST
  p: (m, b) => m.remember(indexLine(b)), // PUT
  q: (m, b) => m.remember(b.byte()), // BINPUT
  r: (m, b) => m.remember(b.uint32()), // LONG_BINPUT
  s: (m) => {
    const value = m.pop();
    m.setItems([m.pop(), value]); // SETITEM
  },
  t: (m) => m.list('tuple', m.popMark()), // TUPLE
  ')': (m) => m.list('tuple', []), // EMPTY_TUPLE
  u: (m) => m.setItems(m.popMark()), // SETITEMS
  G: (m, b) => m.push(b.double()), // BINFLOAT
  // Protocol 2
  '\x80': (_, b) => {
    const version = b.byte();
    if (version > PROTOCOL) throw b.error('unsupported', `pickle protocol ${version}; read are 0 to ${PROTOCOL}`);
  },
  '\x81': (m) => call(m, 'new'), // NEWOBJ
  '\x82': (m, b) => m.push({ kind: 'extension', index: b.byte() }), // EXT1
  '\x83': (m, b) => m.push({ kind: 'extension', index: b.uint16() }), // EXT2
  '\x84': (m, b) => m.push({ kind: 'extension', index: b.int32() }), // EXT4
  '\x85': (m) => m.tuple(1),
  '\x86': (m) => m.tuple(2),
  '\x87': (m) => m.tuple(3),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  '\x8a': (m, b) => m.integer(b.byte()), // LONG1
  '\x8b': (m, b) => m.integer(b.int32()), // LONG4
  // Protocol 3
  B: (m, b) => m.payload('bytes', b.uint32()), // BINBYTES
  C: (m, b) => m.payload('bytes', b.byte()), // SHORT_BINBYTES
  // Protocol 4
  '\x8c': (m, b) => m.text(b.byte()), // SHORT_BINUNICODE
  '\x8d': (m, b) => m.text(b.uint64()), // BINUNICODE8
  '\x8e': (m, b) => m.payload('bytes', b.uint64()), // BINBYTES8
  '\x8f': (m) => m.list('set', []), // EMPTY_SET
  '\x90': (m) => m.append(m.popMark(), 'set'), // ADDITEMS
  '\x91': (m) => m.list('set', m.popMark()), // FROZENSET
  '\x92': (m) => {
    const kwargs = m.pop();
    const args = m.pop();
    m.object('new', m.pop(), args, kwargs); // NEWOBJ_EX
  },
  '\x93': (m, b) => {
    const name = m.pop();
    const module = m.pop();
    if (typeof name !== 'string' || typeof module !== 'string')
      throw b.error('malformed', 'the name of a class is not text');
    m.push(m.global(module, name)); // STACK_GLOBAL
  },
  '\x94': (m) => m.memoize(), // MEMOIZE
  '\x95': (_, b) => {
    const { offset } = b;
    const length = b.uint64(); // FRAME
    if (length > b.end - b.offset) throw b.error('truncated', `a frame of ${length} bytes is cut short`, offset);
  },
  // Protocol 5
  '\x96': (m, b) => m.payload('bytes', b.uint64()), // BYTEARRAY8
  '\x97': (m) => m.push({ kind: 'buffer', index: 0 }), // NEXT_BUFFER
  '\x98': (m) => void m.top(), // READONLY_BUFFER
});

const STOP = 0x2e;

/**
 * Reads one pickle of any protocol, as data. `end` of the result is the byte after it, where another one may begin.
 * Time and memory are bounded by the bytes read and by the limits of machine.ts. Throws ModelError: `truncated`,
 * `malformed`, `limit` or `unsupported`, with the byte offset.
 */
export function readPickle(
  source: Source,
  options: { readonly format?: string; readonly start?: number; readonly end?: number } = {},
): { readonly value: Pickled; readonly end: number } {
  const bytes = new PickleBytes(source, options.start ?? 0, options.end ?? source.size, options.format ?? null);
  const machine = new Machine(bytes);
  for (;;) {
    const code = bytes.byte();
    if (code === STOP) return { value: machine.result(), end: bytes.offset };
    const opcode = OPCODES[code];
    if (opcode === undefined)
      throw bytes.error('malformed', `byte ${code} is not an opcode of a pickle`, bytes.offset - 1);
    opcode(machine, bytes);
  }
}

function call(m: Machine, made: 'call' | 'new'): void {
  const args = m.pop();
  m.object(made, m.pop(), args);
}

function byCode(table: Readonly<Record<string, Opcode>>): Record<number, Opcode> {
  return Object.fromEntries(Object.entries(table).map(([letter, opcode]) => [letter.charCodeAt(0), opcode]));
}
