import { describe, expect, test } from 'vitest';
import { profile } from '../../src/index.js';
import * as nn from '../../src/torch/nn/index.js';

class Attend extends nn.Module<[nn.Tensor, nn.Tensor]> {
  readonly causal: boolean;
  constructor(causal: boolean) {
    super();
    this.causal = causal;
  }
  override forward(q: nn.Tensor, k: nn.Tensor): nn.Tensor {
    return nn.functional.scaled_dot_product_attention(q, k, k, { is_causal: this.causal });
  }
}
const heads = 3;
const depth = 8;
/** Pairs of a query and a key that it may see, one by one. */
function pairs(lq: number, lk: number): number {
  let n = 0;
  for (let i = 0; i < lq; i++) for (let j = 0; j < lk; j++) if (j <= i) n++;
  return n;
}
const run = async (causal: boolean, how: 'full' | 'half', lq: number | string, lk: number | string) =>
  profile(new Attend(causal) as unknown as nn.AnyModule, {
    inputs: [
      [1, heads, lq, depth],
      [1, heads, lk, depth],
    ],
    causal: how,
  });

describe('causal attention', () => {
  test.each([
    [5, 5],
    [1, 9],
    [7, 3],
    [4, 6],
  ])('%i queries, %i keys: the pairs that the mask leaves', async (lq, lk) => {
    expect((await run(true, 'half', lq, lk)).macs).toBe(BigInt(2 * heads * depth * pairs(lq, lk)));
    expect((await run(true, 'full', lq, lk)).macs).toBe(BigInt(2 * heads * depth * lq * lk));
    await expect(run(false, 'half', lq, lk)).rejects.toMatchObject({ code: 'argument' }); // nothing to halve: said
    expect((await run(true, 'half', lq, lk)).totals.flops).toBeLessThan(
      (await run(true, 'full', lq, lk)).totals.flops as bigint,
    );
  });

  test('as a formula, rows and totals alike', async () => {
    const p = await run(true, 'half', 'n', 'n');
    expect(p.macs).toBe('48*floor((n**2 + n)/2)');
    expect(p.layers.map((row) => row.macs).filter((macs) => macs !== 0n)).toEqual([p.macs]);
  });
});
