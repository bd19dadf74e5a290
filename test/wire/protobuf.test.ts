import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/source/memory.js';
import { windowed } from '../../src/source/window.js';
import type { Int64 } from '../../src/wire/cursor.js';
import {
  DEPTH_LIMIT,
  decode,
  type Message,
  NAME_LIMIT,
  type Payload,
  type Run,
  TEXT_LIMIT,
  type Text,
} from '../../src/wire/protobuf.js';
import { decodeRuns, scan } from '../../src/wire/scan.js';
import { type Bytes, double, float, int, join, key, len, varint } from './encode.js';

interface Sample {
  readonly name: string;
  readonly big: Int64;
  readonly huge: Int64;
  readonly small: number;
  readonly flag: boolean;
  readonly ratio: number;
  readonly exact: number;
  readonly dims: readonly Int64[];
  readonly ratios: readonly number[];
  readonly note?: Text;
  readonly blob?: Payload;
  readonly values: readonly Run[];
  readonly words: readonly Run[];
  readonly inner?: Sample;
  readonly list: readonly Sample[];
}

interface Tree {
  readonly child: readonly Tree[];
}

const SAMPLE: Message<Sample> = {
  name: 'Sample',
  fields: {
    name: { at: 1, kind: 'string' },
    big: { at: 2, kind: 'int64' },
    huge: { at: 3, kind: 'uint64' },
    small: { at: 4, kind: 'int32' },
    flag: { at: 5, kind: 'bool' },
    ratio: { at: 6, kind: 'float' },
    exact: { at: 7, kind: 'double' },
    dims: { at: 8, kind: 'int64', repeated: true },
    ratios: { at: 9, kind: 'float', repeated: true },
    note: { at: 10, kind: 'text', optional: true },
    blob: { at: 11, kind: 'payload', optional: true },
    values: { at: 12, kind: 'runs' },
    words: { at: 13, kind: 'texts' },
    inner: { at: 200, kind: 'message', of: () => SAMPLE, optional: true },
    list: { at: 15, kind: 'message', of: () => SAMPLE, repeated: true },
  },
};

const EMPTY = {
  name: '',
  big: 0,
  huge: 0,
  small: 0,
  flag: false,
  ratio: 0,
  exact: 0,
  dims: [],
  ratios: [],
  values: [],
  words: [],
  list: [],
};
const read = (...parts: Bytes[]): Sample => decode(memorySource(join(...parts)), SAMPLE);
const sized = (value: bigint): Int64 =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
const modelError = (code: string, offset?: number) =>
  expect.objectContaining({
    kind: 'ModelError',
    code,
    hint: expect.any(String),
    at: expect.objectContaining({ offset: offset ?? expect.any(Number) }),
  });

describe('values', () => {
  test('nothing is the defaults', () => {
    expect(read()).toEqual(EMPTY);
  });

  test('64-bit integers are exact: numbers to 2^53, bigints beyond', () => {
    const edges = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const any = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(...edges, ...edges.map((edge) => -edge - 1n), -(2n ** 53n) + 1n),
    );
    fc.assert(
      fc.property(any, (value) => {
        expect(read(int(2, value)).big).toBe(sized(value));
        expect(read(int(3, value)).huge).toBe(sized(BigInt.asUintN(64, value)));
        expect(read(int(4, value)).small).toBe(Number(BigInt.asIntN(32, value)));
        expect(read(int(5, value)).flag).toBe(value !== 0n);
      }),
    );
  });

  test('floating point', () => {
    fc.assert(
      fc.property(fc.float(), fc.double(), (f, d) => {
        const sample = read(float(6, f), double(7, d));
        expect(sample.ratio).toBe(f);
        expect(sample.exact).toBe(d);
      }),
    );
  });

  test('lists come packed, one by one, or both', () => {
    const sample = read(
      int(8, 1),
      len(8, varint(2), varint(-3)),
      int(8, 4),
      float(9, 0.5),
      len(9, float(9, 1.5).subarray(1)),
    );
    expect(sample.dims).toEqual([1, 2, -3, 4]);
    expect(sample.ratios).toEqual([0.5, 1.5]);
  });

  test('text of any script; what is not UTF-8 stays distinct', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(read(len(1, text)).name).toBe(text);
      }),
    );
    const [a, b] = [read(len(1, [0x61, 0xff])).name, read(len(1, [0x61, 0xfe])).name];
    expect(a).not.toBe(b);
  });

  test('a message in two pieces is merged, a number given twice is the last one', () => {
    const sample = read(len(200, int(2, 1), int(8, 1)), len(200, int(2, 2), len(1, 'x'), int(8, 2)));
    expect(sample.inner).toEqual({ ...EMPTY, big: 2, name: 'x', dims: [1, 2] });
  });

  test('unknown fields of any wire type are stepped over', () => {
    expect(read(int(99, 5), float(98, 1), double(97, 1), len(96, 'abc'), len(1, 'here')).name).toBe('here');
    expect(read(int(2 ** 29 - 1, 5), len(1, 'here')).name).toBe('here');
  });
});

describe('what stays in the file', () => {
  test('payloads and long texts are ranges', () => {
    const long = 'x'.repeat(TEXT_LIMIT + 1);
    expect(read(len(10, 'short')).note).toBe('short');
    expect(read(len(10, long)).note).toEqual({ offset: 4, length: TEXT_LIMIT + 1 });
    expect(read(len(11, 'abc'))).toEqual({
      ...EMPTY,
      blob: { offset: 2, length: 3, bytes: new TextEncoder().encode('abc') },
    });
  });

  test('runs of numbers: packed, or one by one and joined', () => {
    const bytes = join(len(12, varint(300), varint(1)), int(12, 2), int(12, -3), len(1, 'between'), int(12, 4));
    const source = memorySource(bytes);
    const { values, name } = decode(source, SAMPLE);
    expect(name).toBe('between');
    expect(values).toEqual([
      { offset: 2, length: 3, packed: true, bytes: join(varint(300), varint(1)) },
      { offset: 5, length: 2 + 11, packed: false },
      { offset: 27, length: 2, packed: false },
    ]);
    expect(decodeRuns(source, values, 'int64', 5)).toEqual([300, 1, 2, -3, 4]);
    expect(decodeRuns(source, values, 'int64', 4)).toBeUndefined();
  });

  test('texts are stepped over, joined', () => {
    expect(read(len(13, 'a'), len(13, 'bc')).words).toEqual([{ offset: 0, length: 7, packed: false }]);
  });

  test('a payload is not fetched', () => {
    const bytes = join(len(1, 'head'), len(11, new Uint8Array(1_000_000)), int(4, 5));
    const source = windowed(memorySource(bytes));
    expect(decode(source, SAMPLE).small).toBe(5);
    expect(source.bytesRead).toBeLessThan(1000);
  });
});

/** A sample and its bytes. */
interface Written {
  readonly bytes: Uint8Array;
  readonly value: Record<string, unknown>;
}

const lists = (item: fc.Arbitrary<Written>): fc.Arbitrary<readonly Written[]> =>
  fc.oneof({ maxDepth: 3, depthIdentifier: 'sample' }, fc.constant([]), fc.array(item, { maxLength: 3 }));

const samples: fc.Arbitrary<Written> = fc.letrec<{ sample: Written }>((tie) => ({
  sample: fc
    .record({
      name: fc.string({ maxLength: 80 }),
      big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      exact: fc.double(),
      dims: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 }),
      list: lists(tie('sample')),
      unknown: fc.uint8Array({ maxLength: 300 }),
    })
    .map(({ name, big, exact, dims, list, unknown }) => ({
      bytes: join(
        len(1, name),
        len(50, unknown),
        int(2, big),
        double(7, exact),
        ...dims.map((dim, i) => (i % 2 === 0 ? int(8, dim) : len(8, varint(dim)))),
        ...list.map((item) => len(15, item.bytes)),
      ),
      value: { ...EMPTY, name, big: sized(big), exact, dims: dims.map(sized), list: list.map((item) => item.value) },
    })),
})).sample;

describe('laws', () => {
  test('what is written is read, however the bytes are fetched', () => {
    const policies = fc.record({
      first: fc.integer({ min: 1, max: 64 }),
      least: fc.integer({ min: 1, max: 16 }),
      most: fc.integer({ min: 1, max: 200 }),
      share: fc.double({ min: 0, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(samples, policies, ({ bytes, value }, policy) => {
        expect(decode(memorySource(bytes), SAMPLE)).toEqual(value);
        expect(decode(windowed(memorySource(bytes), policy), SAMPLE)).toEqual(value);
      }),
    );
  });

  test('cut short or altered, it is read or refused with an offset: nothing else', () => {
    fc.assert(
      fc.property(
        samples,
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        (sample, cut, edits) => {
          const bytes = sample.bytes.slice(0, 1 + (cut % sample.bytes.length));
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          for (const run of [() => decode(memorySource(bytes), SAMPLE), () => [...scan(memorySource(bytes))]]) {
            try {
              run();
            } catch (error) {
              expect(error).toMatchObject({ kind: 'ModelError', at: { offset: expect.any(Number) } });
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('hostile bytes', () => {
  test('lengths beyond the file or beyond the parent', () => {
    expect(() => read(key(1, 2), varint(10 ** 10), [1, 2, 3])).toThrow(modelError('truncated', 6));
    expect(() => read(key(99, 2), varint(10 ** 10))).toThrow(/length overruns the file/);
    expect(() => read(key(1, 2), varint(2n ** 63n))).toThrow(modelError('malformed'));
    expect(() => read(len(200, key(1, 2), varint(100)), len(1, 'x'.repeat(200)))).toThrow(/length overruns parent/);
    // A number that begins in one message and ends in the next.
    expect(() => read(len(200, key(2, 0), [0x80]), int(4, 5))).toThrow(modelError('malformed'));
    expect(() => read(len(8, [0x80]), int(4, 5))).toThrow(modelError('malformed'));
    expect(() => read(len(9, [1, 2, 3]), int(4, 5))).toThrow(modelError('malformed'));
  });

  test('the file ends within a number', () => {
    expect(() => read([0x08])).toThrow(modelError('malformed'));
    expect(() => read(key(2, 0))).toThrow(modelError('truncated'));
    expect(() => read(key(2, 0), [0x80, 0x80])).toThrow(modelError('truncated'));
    expect(() => read(key(6, 5), [1, 2])).toThrow(modelError('truncated'));
    expect(() => read(key(77, 1), [1, 2])).toThrow(modelError('truncated'));
  });

  test('numbers of more than 64 bits, groups, field 0, wrong wire types', () => {
    expect(() => read(key(2, 0), Array(10).fill(0xff), [1])).toThrow(modelError('malformed'));
    expect(() => read(key(2, 0), Array(9).fill(0xff), [2])).toThrow(modelError('malformed'));
    for (const wire of [3, 4, 6, 7]) expect(() => read(key(77, wire))).toThrow(modelError('malformed', 0));
    expect(() => read(int(0, 1))).toThrow(modelError('malformed', 0));
    expect(() => read(int(1, 1))).toThrow(/Sample\.name should be length-delimited, found varint/);
    expect(() => read(len(200, len(2, 'x')))).toThrow(/Sample\.big should be varint, found length-delimited/);
  });

  test('nesting is bounded, and so is what two bytes can become', () => {
    let nested: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < DEPTH_LIMIT; i++) nested = len(200, nested);
    expect(() => read(nested)).toThrow(modelError('limit'));
    expect(() => read(nested.subarray(nested.length - 100))).not.toThrow(RangeError);
    const node: Message<Tree> = {
      name: 'Tree',
      fields: { child: { at: 1, kind: 'message', of: () => node, repeated: true } },
    };
    const bomb = new Uint8Array(20_000_000);
    for (let i = 0; i < bomb.length; i += 2) bomb[i] = key(1, 2)[0]!;
    expect(() => decode(memorySource(bomb), node)).toThrow(modelError('limit'));
    expect(() => read(len(1, new Uint8Array(NAME_LIMIT + 1)))).toThrow(modelError('limit'));
  });

  test('ten gigabytes of length in a kilobyte are refused', () => {
    for (const field of [1, 8, 9, 10, 11, 12, 13, 200, 15, 77]) {
      expect(() => read(key(field, 2), varint(10 ** 10), new Uint8Array(1000))).toThrow(modelError('truncated'));
    }
  });
});

describe('scan', () => {
  test('gives the fields with their places', () => {
    const source = memorySource(join(int(1, 300), len(2, 'abc'), float(3, 1), double(4, 1)));
    expect([...scan(source)]).toEqual([
      { number: 1, wire: 0, start: 1, end: 3, value: 300 },
      { number: 2, wire: 2, start: 5, end: 8 },
      { number: 3, wire: 5, start: 9, end: 13 },
      { number: 4, wire: 1, start: 14, end: 22 },
    ]);
    expect([...scan(source, { start: 3, end: 8 })].map((field) => field.number)).toEqual([2]);
  });

  test('of a head, it gives what begins there', () => {
    const head = memorySource(join(int(1, 3), len(2, new Uint8Array(500))).subarray(0, 100));
    expect([...scan(head, { partial: true })].at(-1)).toEqual({ number: 2, wire: 2, start: 5, end: 100 });
    expect(() => [...scan(head)]).toThrow(modelError('truncated'));
  });
});
