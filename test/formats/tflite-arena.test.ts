import { describe, expect, test } from 'vitest';
import { readTflite } from '../../src/formats/tflite/read.js';
import type { ReadOptions } from '../../src/formats/types.js';
import { type Ledger, totalsOf } from '../../src/ledger/index.js';
import { buildReport } from '../../src/report/build.js';
import { summaryLines } from '../../src/report/summary.js';
import { memorySource } from '../../src/source/memory.js';
import { type G, int32, type Metadata, tfliteFile, zeros } from './tflite-build.js';

/** x of 64 bytes → a of 80 → y of 80, with a weight of 80. */
const TENSORS = [
  { name: 'x', shape: [4, 4] },
  { name: 'w', shape: [5, 4], data: zeros(20) },
  { name: 'a', shape: [4, 5] },
  { name: 'y', shape: [4, 5] },
];
const MAIN: G = {
  tensors: TENSORS,
  nodes: [
    { op: 'FULLY_CONNECTED', in: ['x', 'w', ''], out: ['a'] },
    { op: 'LOGISTIC', in: ['a'], out: ['y'] },
  ],
  inputs: ['x'],
  outputs: ['y'],
};
const plan = (...numbers: number[]): Metadata => ({ OfflineMemoryAllocation: int32(...numbers) });
const read = (metadata: Metadata, graphs: readonly G[] = [MAIN], options: ReadOptions = {}): Ledger =>
  readTflite(memorySource(tfliteFile(graphs, metadata), { name: 'x.tflite' }), options);
const codes = (ledger: Ledger): string[] => ledger.notes.map(({ code }) => code);

describe('the plan of memory in a file', () => {
  test('a plan that places all tensors: the arena ends where the last of them does', () => {
    const ledger = read(plan(1, 0, 4, 0, -1, 64, 0));
    expect(ledger.arena).toEqual({
      bytes: 144,
      last: 'a',
      placed: [
        { name: 'x', offset: 0, bytes: 64 },
        { name: 'a', offset: 64, bytes: 80 },
        { name: 'y', offset: 0, bytes: 80 },
      ],
      atLoad: [],
    });
    // x and a beside each other, then a and y: with the memory of x used again the plan takes less.
    expect(totalsOf(ledger).peak.bytes).toBe(160);
    expect(codes(ledger)).toEqual([]);
  });

  test('what is placed at load is named, what is stored takes no room', () => {
    const { arena } = read(plan(1, 0, 4, 0, 4096, -1, 128));
    expect(arena).toMatchObject({ bytes: 208, last: 'y', atLoad: ['a'] });
    expect(arena?.placed.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  test('of several graphs all tensors follow each other, or those of the graph that it names', () => {
    const body: G = { ...MAIN, tensors: TENSORS.slice(0, 3), nodes: MAIN.nodes.slice(0, 1), outputs: ['a'] };
    const all = read(plan(1, 2, 7, 0, -1, 64, 0, 512, -1, 1024), [MAIN, body]);
    expect(all.arena).toMatchObject({ bytes: 1104, last: 'a' });
    expect(all.arena?.placed).toHaveLength(5);
    expect(read(plan(1, 1, 3, 512, -1, 1024), [MAIN, body]).arena?.placed).toHaveLength(2);
  });

  test('a file without a plan has no arena', () => {
    expect(read({ min_runtime_version: [49, 46, 53] })).not.toHaveProperty('arena');
  });

  test.each([
    ['other sizes', plan(1, 0, 4, 0, -1, 64, 0), 'plan-of-other-sizes', { inputs: [{ shape: [8, 4] }] }],
    ['an offset between multiples of 16', plan(1, 0, 4, 0, -1, 68, 0), 'plan-unaligned', {}],
  ])('%s: the arena and a note', (_, metadata, code, options) => {
    const ledger = read(metadata, [MAIN], options);
    expect(ledger.arena?.placed).toHaveLength(3);
    expect(codes(ledger)).toContain(code);
  });

  test.each([
    ['too few offsets for the tensors', plan(1, 0, 3, 0, -1, 64), 'it has 3 offsets, and the file 4 tensors'],
    ['fewer offsets than it says', plan(1, 0, 4, 0, -1), 'it says 4 offsets and holds 2'],
    ['a count below 0', plan(1, 0, -4), 'it has -4 offsets, and the file 4 tensors'],
    ['no head', { OfflineMemoryAllocation: [1, 0] }, 'its buffer 5 has no 3 numbers'],
    ['a place in front of the arena', plan(1, 0, 4, 0, -1, -64, 0), 'it places a at -64'],
  ])('%s: a note, and the model is read', (_, metadata, why) => {
    const ledger = read(metadata);
    expect(ledger).not.toHaveProperty('arena');
    expect(ledger.notes.map(({ message }) => message).join()).toContain(why);
    expect(totalsOf(ledger).macs).toBe(80);
  });

  test('a tensor of more bytes than any memory has: a note', () => {
    const huge: G = {
      tensors: [{ name: 'x', shape: [2 ** 30, 2 ** 30] }],
      nodes: [],
      inputs: ['x'],
      outputs: ['x'],
    };
    expect(codes(read(plan(1, 0, 1, 0), [huge]))).toContain('plan-unusable');
  });

  test('the report has it, and says it in a line of its own', () => {
    const report = buildReport(read(plan(1, 0, 4, 0, -1, -1, 128)));
    expect(report.arena).toMatchObject({ bytes: 208, atLoad: ['a'] });
    expect(summaryLines(report, 'auto', false).at(-1)).toEqual({
      label: 'Arena',
      short: '208 B',
      exact: '208',
      words: 'by the plan in the file: 2 tensors, up to the end of y; 1 tensor placed at load: a',
    });
  });
});
