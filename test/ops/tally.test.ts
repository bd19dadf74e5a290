import { describe, expect, test } from 'vitest';
import { add, type Dim, equal, mul, sym } from '../../src/dim/index.js';
import { NOTHING, TallySum, tally, type Work } from '../../src/ops/index.js';

const n = sym('n');
const contraction = (products: Dim, unpadded: Dim | null, bias = false): Work => ({
  kind: 'contraction',
  products,
  outputs: 7,
  bias,
  unpadded,
});
const map = (elements: Dim): Work => ({ kind: 'map', elements, each: { mul: 2, exp: 1 } });
const reduction = (elements: Dim, outputs: Dim): Work => ({ kind: 'reduction', elements, outputs, by: 'add' });
const move: Work = { kind: 'move', bytes: 64, how: 'copy' };
const LISTS: readonly (readonly [name: string, work: readonly Work[]])[] = [
  ['nothing', []],
  ['moves', [move, move]],
  ['numbers', [contraction(100, 90, true), map(10), reduction(10, 2), move]],
  ['a reduction of nothing', [reduction(0, 5)]],
  ['beyond 2^53', [contraction(2 ** 53 - 1, 2 ** 53 - 1), contraction(2 ** 53 - 1, 1), map(2 ** 53 - 1)]],
  ['padding that is not known', [contraction(100, null)]],
  ['a formula', [contraction(mul(n, 3), n), map(n), map(5)]],
  ['a loop', [{ kind: 'loop', times: 4, body: [contraction(10, 9, true), reduction(8, 1)] }, map(3)]],
  ['a loop of free length', [{ kind: 'loop', times: n, body: [map(3)] }]],
];
const asText = ({ macs, macsUnpadded, flops, primitives }: ReturnType<typeof tally>) => ({
  macs: String(macs),
  macsUnpadded: String(macsUnpadded),
  flops: String(flops),
  primitives: Object.entries(primitives).map(([name, count]) => `${name} ${String(count)}`),
});

describe('a sum of work', () => {
  test.each(LISTS)('of %s is that of its tally', (_, work) => {
    for (const copies of [1, 3]) {
      const [ofWork, ofTallies] = [new TallySum(), new TallySum()];
      for (let i = 0; i < 2; i++) {
        expect(equal(ofWork.addWork(work, copies), tally(work).macs)).toBe(true);
        ofTallies.add(tally(work), copies);
      }
      expect(asText(ofWork.total())).toEqual(asText(ofTallies.total()));
    }
  });

  test('is what it should be by hand', () => {
    const all = new TallySum();
    for (const [, work] of LISTS.slice(0, 4)) all.addWork(work);
    expect(all.total()).toEqual({
      macs: 100,
      macsUnpadded: 90,
      flops: 200 + 7 + 30 + 8,
      primitives: { add: 7 + 8, mul: 20, exp: 10 },
    });
    all.addWork([contraction(mul(n, 3), n)]);
    expect(String(all.total().macs)).toBe(String(add(100, mul(n, 3))));
    all.addWork([contraction(1, null)]);
    expect(all.total().macsUnpadded).toBeNull();
    expect(tally([move])).toBe(NOTHING);
  });
});
