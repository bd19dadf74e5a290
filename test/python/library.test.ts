import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { read, runScript } from '../../src/node.js';

const fixture = (name: string): string => resolve(import.meta.dirname, '../fixtures/python', name);
const open = (name: string, inputs: (number | string)[][], bind: Record<string, number> = {}) =>
  read(fixture(name), { inputs, bind });

/** What a script prints. */
async function printed(name: string): Promise<string> {
  const decoder = new TextDecoder();
  let out = '';
  await runScript(fixture(name), {
    output: { stdout: (bytes) => (out += decoder.decode(bytes, { stream: true })) },
  });
  return out;
}

// The texts beside the scripts are what PyTorch 2.13 and the tools themselves printed for them.

test('counters print what the tools print, to the character', async () => {
  expect(await printed('printed.py')).toBe(await readFile(fixture('printed.txt'), 'utf8'));
}, 120_000);

test('functions and layers have the shapes, dtypes, names and counts of PyTorch', async () => {
  expect(await printed('names.py')).toBe(await readFile(fixture('names.txt'), 'utf8'));
}, 120_000);

test('a guarded kernel is there where its author has no other way', async () => {
  const ledger = await open('kernels.py:Scan', [
    [2, 6, 10],
    [2, 6, 10],
    [6, 4],
    [2, 4, 10],
    [2, 4, 10],
  ]);
  // y sums over the 4 states alone; all else of the scan is element by element.
  expect(totalsOf(ledger).macs).toBe(2 * 6 * 10 * 4);
  const other = await open('kernels.py:Unlooked', [
    [2, 6, 10],
    [6, 4],
  ]);
  // Three steps of padding before and after, of which those after are cut off again.
  expect(totalsOf(other).macs).toBe(2 * 6 * 13 * 4);
});

test('sparse convolutions count in their active sites, a free size where a convolution makes new ones', async () => {
  const shapes = [
    ['n', 4],
    ['n', 4],
  ];
  const ledger = await open('kernels.py:Voxels', shapes, { n: 7, sites_1: 5 });
  expect(totalsOf(ledger)).toMatchObject({
    macs: 27 * (4 * 8 * 7 + 2 * 8 * 16 * 5),
    params: 27 * (4 * 8 + 2 * 8 * 16) + (8 + 16 + 8) + 16,
  });
  expect(ledger.outputs[0]?.value.type?.shape).toEqual([1, 8, 8, 8, 8]);
  expect(ledger.notes.map((n) => n.code)).toContain('assumed');
});

test('flex_attention is counted as attention over all places, and says what that leaves out', async () => {
  const ledger = await open('kernels.py:Flex', [[1, 2, 8, 4]]);
  expect(totalsOf(ledger).macs).toBe(2 * 2 * 8 * 8 * 4);
  expect(ledger.notes.map((n) => n.code)).toEqual(expect.arrayContaining(['assumed', 'left-out-of-flops']));
});

test('a program that writes files is told to leave it out', async () => {
  await expect(open('kernels.py:Saves', [[1, 3]])).rejects.toMatchObject({
    message: expect.stringMatching(/^kernels\.py:\d+: \w+Error/),
    hint: expect.stringContaining('nothing is written'),
  });
});
