import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import * as nn from '../../src/torch/nn/index.js';

const F = nn.functional;
type Fn = (x: nn.Tensor) => nn.Tensor;

function totals(fn: Fn, shape: readonly number[]): { macs: unknown; flops: unknown } {
  class Net extends nn.Module {
    override forward(x: nn.Tensor): nn.Tensor {
      return fn(x);
    }
  }
  const { macs, flops } = totalsOf(nn.readModule(new Net() as nn.AnyModule, [{ shape }]));
  return { macs: BigInt(macs as number), flops: BigInt(flops as number) };
}

const last = (x: nn.Tensor): number => Number(x.shape.at(-1));
const weight = (...shape: number[]): nn.Parameter => new nn.Parameter(shape);

/** The same mathematics in one operator and in several: one number, whatever the exporter or the optimiser chose. */
const PAIRS: Readonly<Record<string, readonly [fused: Fn, spelled: Fn]>> = {
  gelu: [(x) => F.gelu(x), (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1))],
  'tanh gelu': [
    (x) => F.gelu(x, { approximate: 'tanh' }),
    (x) => x.mul(0.5).mul(x.mul(x).mul(x).mul(0.044715).add(x).mul(0.798).tanh().add(1)),
  ],
  silu: [(x) => F.silu(x), (x) => x.mul(x.sigmoid())],
  sigmoid: [(x) => x.sigmoid(), (x) => x.neg().exp().add(1).rdiv(1)],
  softplus: [(x) => F.softplus(x), (x) => x.exp().add(1).log()],
  mish: [(x) => F.mish(x), (x) => x.mul(F.softplus(x).tanh())],
  tanhshrink: [(x) => F.tanhshrink(x), (x) => x.sub(x.tanh())],
  softsign: [(x) => F.softsign(x), (x) => x.div(x.abs().add(1))],
  rsqrt: [(x) => x.rsqrt(), (x) => x.sqrt().rdiv(1)],
  softmax: [
    (x) => x.softmax(-1),
    (x) => {
      const e = x.sub(x.amax(-1, true)).exp();
      return e.div(e.sum(-1, true));
    },
  ],
  'log softmax': [
    (x) => x.log_softmax(-1),
    (x) => {
      const centred = x.sub(x.amax(-1, true));
      return centred.sub(centred.exp().sum(-1, true).log());
    },
  ],
  'layer norm': [
    (x) => F.layer_norm(x, [last(x)], { weight: weight(last(x)), bias: weight(last(x)) }),
    (x) => {
      const centred = x.sub(x.mean(-1, true));
      const deviation = centred.mul(centred).mean(-1, true).add(1e-5).sqrt();
      return centred
        .div(deviation)
        .mul(weight(last(x)))
        .add(weight(last(x)));
    },
  ],
  'rms norm': [
    (x) => F.rms_norm(x, [last(x)], weight(last(x))),
    (x) => x.div(x.mul(x).mean(-1, true).add(1e-5).sqrt()).mul(weight(last(x))),
  ],
  'linear with bias': [
    (x) => F.linear(x, weight(7, last(x)), weight(7)),
    (x) => x.matmul(weight(last(x), 7)).add(weight(7)),
  ],
  attention: [
    (x) => F.scaled_dot_product_attention(x, x, x),
    (x) => x.matmul(x.transpose(-2, -1)).mul(0.125).softmax(-1).matmul(x),
  ],
};

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 });

describe('fused and unfused spellings count the same', () => {
  test.each(Object.entries(PAIRS))('%s', (_, [fused, spelled]) => {
    fc.assert(
      fc.property(shapes, (shape) => {
        expect(totals(fused, shape)).toEqual(totals(spelled, shape));
      }),
      { numRuns: 25 },
    );
  });
});
