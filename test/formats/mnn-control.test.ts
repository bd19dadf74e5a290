import { expect, test } from 'vitest';
import { mnn } from '../../src/formats/mnn/index.js';
import { seen } from './layers.js';
import { branchFile, commandFile, countedFile, loopFile } from './mnn-control-build.js';

const read = (bytes: Uint8Array, options = {}) => seen(mnn, bytes, 'net.mnn', options);
/** A product of one row by a matrix of 8 × 8. */
const ONE = 64;

test('a loop of two graphs that counts to 5', async () => {
  const { macs, outputs, gaps } = await read(loopFile(5));
  expect([macs, outputs, gaps]).toEqual([String(5 * ONE), ['1x8'], []]);
});

test('one whose end is computed from data runs as often as a symbol says', async () => {
  const { macs, outputs, gaps } = await read(loopFile(null));
  expect([macs, outputs, gaps]).toEqual([`${ONE}*loop.trips`, ['1x8'], []]);
  expect((await read(loopFile(null), { bind: new Map([['loop.trips', 7]]) })).macs).toBe(String(7 * ONE));
});

test('the loop of ONNX: its limit, and outputs with a row for each round', async () => {
  const { macs, outputs, gaps } = await read(countedFile(6));
  expect([macs, outputs, gaps]).toEqual([String(6 * ONE), ['6x1x8'], []]);
});

test('a branch: two products or one', async () => {
  const { macs, outputs, gaps } = await read(branchFile());
  expect([macs, outputs, gaps]).toEqual([`${ONE}*choice.then + ${ONE}`, ['1x8'], []]);
});

test('commands over regions of memory, as often as the loop says', async () => {
  const { macs, outputs, gaps } = await read(commandFile());
  expect([macs, outputs, gaps]).toEqual([String(5 * 2 * 3 * 4), ['5x2x4'], []]);
});

test.each([
  ['no rounds', 0, [2, 3, 4]],
  ['an empty product', 5, [2, 0, 4]],
  ['too few sizes', 5, [2, 3]],
])('commands with %s are a gap, not a zero', async (_, rounds, size) => {
  const { gaps, outputs } = await read(commandFile(rounds, size));
  expect([gaps.length, outputs]).toEqual([1, [undefined]]);
});
