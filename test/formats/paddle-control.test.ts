import { describe, expect, test } from 'vitest';
import { paddle } from '../../src/formats/paddle/index.js';
import { seen } from './layers.js';
import { branchProgram, listProgram, loopProgram, pirBranch, pirList, pirLoop } from './paddle-control-build.js';

const read = (bytes: Uint8Array | string, options = {}) => seen(paddle, bytes, 'inference.pdmodel', options);
/** A product of one row by a matrix of 8 × 8. */
const ONE = 64;

describe('.pdmodel', () => {
  test('a loop that counts to 5 runs its body five times', async () => {
    const { macs, outputs, gaps } = await read(loopProgram(5));
    expect([macs, outputs, gaps]).toEqual([String(5 * ONE), ['1x8'], []]);
  });

  test('one whose end is computed from data runs as often as a symbol says', async () => {
    const { macs, gaps } = await read(loopProgram(null));
    expect([macs, gaps]).toEqual([`${ONE}*while_1.trips`, []]);
    expect((await read(loopProgram(null), { bind: new Map([['while_1.trips', 7]]) })).macs).toBe(String(7 * ONE));
  });

  test('of two blocks, one for a condition and one for its opposite, exactly one runs', async () => {
    const { macs, outputs, gaps } = await read(branchProgram(null));
    // Two products where it holds, one where it does not.
    expect([macs, outputs, gaps]).toEqual([`${ONE}*c.then + ${ONE}`, ['1x8'], []]);
  });

  test.each([
    [true, 2 * ONE],
    [false, ONE],
  ])('a condition that is known: %s', async (holds, macs) => {
    expect((await read(branchProgram(holds))).macs).toBe(String(macs));
  });

  test('a list grows by one item a round; put together it has as many rows as there were rounds', async () => {
    const { macs, outputs, gaps } = await read(listProgram(4));
    expect([macs, outputs, gaps]).toEqual([String(4 * ONE), ['4x8'], []]);
  });
});

describe('PIR', () => {
  test('a loop', async () => {
    const { macs, outputs, gaps } = await read(pirLoop(6));
    expect([macs, outputs, gaps]).toEqual([String(6 * ONE), ['1x8'], []]);
  });

  test('a loop of unknown length', async () => {
    expect((await read(pirLoop(null))).macs).toBe(`${ONE}*while_20.trips`);
  });

  test('a branch', async () => {
    const { macs, outputs, gaps } = await read(pirBranch());
    expect([macs, outputs, gaps]).toEqual([`${ONE}*if_3.then + ${ONE}`, ['1x8'], []]);
  });

  test('a list that is changed in place, within a loop too', async () => {
    const { macs, outputs, gaps } = await read(pirList(3));
    expect([macs, outputs, gaps]).toEqual([String(3 * ONE), ['3x8'], []]);
  });
});
