import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/source/memory.js';
import { openZip } from '../../src/wire/zip/index.js';
import { refusal } from '../refusal.js';
import { type BuildOptions, type Part, zipOf } from './zip-build.js';

const open = (parts: readonly Part[], options?: BuildOptions) => openZip(memorySource(zipOf(parts, options)), 'pt2');
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const PARTS: readonly Part[] = [
  { name: 'm/data.pkl', data: 'abc', padding: 13 },
  { name: 'm/code/x.py', data: 'y = x\n'.repeat(100), deflate: true },
  { name: 'm/data/0' },
  { name: 'm/été', data: new Uint8Array([1, 2, 3]) },
];

describe('what zips hold', () => {
  test.each([{ options: {} }, { options: { wide: true } }, { options: { comment: 'made by hand' } }])(
    'entries, contents and places: $options',
    ({ options }) => {
      const bytes = zipOf(PARTS, options);
      const zip = openZip(memorySource(bytes));
      expect(zip.entries.map((e) => [e.name, e.size])).toEqual([
        ['m/data.pkl', 3],
        ['m/code/x.py', 600],
        ['m/data/0', 0],
        ['m/été', 3],
      ]);
      expect(zip.entries.map((e) => zip.read(e).length)).toEqual([3, 600, 0, 3]);
      expect(textOf(zip.read(zip.get('m/code/x.py')!))).toBe('y = x\n'.repeat(100));
      const at = zip.offsetOf(zip.get('m/data.pkl')!);
      expect(textOf(bytes.subarray(at, at + 3))).toBe('abc');
      expect(refusal(() => zip.offsetOf(zip.get('m/code/x.py')!))).toBe('unsupported');
      expect(zip.get('data.pkl')).toBeUndefined();
    },
  );

  test('sizes behind the contents', () => {
    const zip = open([
      { name: 'a', data: 'hello', deflate: true, flags: 8 },
      { name: 'b', data: 'x', flags: 8 },
    ]);
    expect(zip.entries.map((e) => textOf(zip.read(e)))).toEqual(['hello', 'x']);
  });

  test('an empty archive', () => {
    expect(open([]).entries).toEqual([]);
  });

  test('only the directory is read until contents are asked for', () => {
    const source = memorySource(
      zipOf([
        { name: 'w', data: new Uint8Array(1 << 20) },
        { name: 'g', data: 'graph' },
      ]),
    );
    const zip = openZip(source);
    expect(source.bytesRead).toBeLessThan(500);
    zip.read(zip.get('g')!);
    expect(source.bytesRead).toBeLessThan(600);
  });
});

describe('what is refused', () => {
  const cases: [what: string, code: string, parts: readonly Part[], options?: BuildOptions][] = [
    [
      'two of one name',
      'malformed',
      [
        { name: 'a', data: '1' },
        { name: 'a', data: '2' },
      ],
    ],
    ['the parent folder', 'malformed', [{ name: 'm/../../x' }]],
    ['the parent folder, backwards', 'malformed', [{ name: 'm\\..\\x' }]],
    ['an absolute path', 'malformed', [{ name: '/etc/passwd' }]],
    ['a drive', 'malformed', [{ name: 'C:x' }]],
    ['a NUL in a name', 'malformed', [{ name: 'a\0b' }]],
    ['no name', 'malformed', [{ name: '' }]],
    ['encryption', 'unsupported', [{ name: 'a', data: '1', flags: 1 }]],
    ['several parts', 'unsupported', [{ name: 'a' }], { disk: 1 }],
    ['several parts, 64-bit', 'unsupported', [{ name: 'a' }], { disk: 1, wide: true }],
    ['more entries than the directory has room for', 'truncated', [{ name: 'a' }], { count: 1000 }],
    ['more entries than any model', 'limit', [{ name: 'a' }], { count: 10 ** 9, wide: true }],
    ['fewer entries than the directory has', 'malformed', [{ name: 'a' }, { name: 'b' }], { count: 1 }],
    ['a directory longer than the file', 'truncated', [{ name: 'a' }], { directorySize: 10_000 }],
    [
      'entries of the same bytes',
      'malformed',
      [
        { name: 'a', data: 'x'.repeat(99) },
        { name: 'b', data: 'x'.repeat(99), offset: 0 },
      ],
    ],
    [
      'an entry inside another',
      'malformed',
      [
        { name: 'a', data: 'x'.repeat(200) },
        { name: 'b', data: 'y', offset: 50 },
      ],
    ],
    [
      'an entry in the directory',
      'malformed',
      [
        { name: 'a', data: 'x' },
        { name: 'b', data: 'y', offset: 70 },
      ],
    ],
    ['an entry beyond the file', 'malformed', [{ name: 'a', data: 'x', offset: 2 ** 40 }], { wide: true }],
    [
      'a stored size beyond the file',
      'malformed',
      [{ name: 'a', data: 'x', storedSize: 2 ** 40, size: 2 ** 40 }],
      { wide: true },
    ],
  ];
  test.each(cases)('%s: %s', (_, code, parts, options) => {
    expect(refusal(() => open(parts, options))).toBe(code);
  });

  const contents: [what: string, code: string, part: Part][] = [
    ['a bomb by its announced size', 'malformed', { name: 'a', data: 'x', deflate: true, size: 100_000_000 }],
    ['more than is ever read at once', 'limit', { name: 'a', data: 'x', deflate: true, size: 2 ** 30 }],
    [
      'a bomb by what it inflates to',
      'malformed',
      { name: 'a', data: new Uint8Array(1 << 22), deflate: true, size: 100 },
    ],
    ['less than announced', 'malformed', { name: 'a', data: 'hello world '.repeat(9), deflate: true, size: 500 }],
    ['no DEFLATE at all', 'malformed', { name: 'a', data: 'xxxxxxxx', method: 8, size: 10 }],
    ['a wrong checksum', 'malformed', { name: 'a', data: 'x', crc: 1 }],
    ['another name in front', 'malformed', { name: 'a', data: 'x', localName: 'b' }],
    ['a method of its own', 'unsupported', { name: 'a', data: 'x', method: 12 }],
    ['stored in fewer bytes', 'malformed', { name: 'a', data: 'xyz', size: 4 }],
  ];
  test.each(contents)('contents: %s: %s', (_, code, part) => {
    const zip = open([part]);
    expect(refusal(() => zip.read(zip.entries[0]!))).toBe(code);
  });

  test('a limit of the caller', () => {
    const zip = open([{ name: 'a', data: 'hello' }]);
    expect(refusal(() => zip.read(zip.entries[0]!, 4))).toBe('limit');
  });

  test('every truncation has a reason', () => {
    const bytes = zipOf(PARTS, { wide: true });
    for (let n = 0; n < bytes.length; n++)
      expect(refusal(() => openZip(memorySource(bytes.subarray(0, n))))).toMatch(/truncated|malformed/);
  });
});

test('a changed byte gives the same contents, or a reason', () => {
  const whole = zipOf(PARTS, { wide: true });
  const contents = PARTS.map((p) => p.name);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bytes = whole.slice();
      bytes[at] = bytes[at]! ^ change;
      const code = refusal(() => {
        const zip = openZip(memorySource(bytes));
        for (const entry of zip.entries) zip.read(entry);
        expect(zip.entries.length).toBe(contents.length);
      });
      expect(code).toMatch(/read|truncated|malformed|unsupported|limit/);
    }),
  );
});
