import { describe, expect, test } from 'vitest';
import { sym } from '../../src/dim/index.js';
import { profile } from '../../src/node.js';
import { isModelError } from '../../src/source/errors.js';
import * as nn from '../../src/torch/nn/index.js';

const F = nn.functional;
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return isModelError(error) ? error.code : String(error);
  }
  return 'nothing thrown';
};

describe('containers', () => {
  test('are iterated and indexed with the types of what they hold', () => {
    const list = new nn.ModuleList([new nn.Linear(2, 3), new nn.Linear(3, 4)]).extend([new nn.Linear(4, 5)]);
    expect([...list].map((layer) => layer.out_features)).toEqual([3, 4, 5]);
    expect(list[1]?.in_features).toBe(3);
    const dict = new nn.ModuleDict({ a: new nn.Linear(1, 2), b: new nn.Linear(2, 2) });
    expect([...dict].map(([name, layer]) => [name, layer.in_features])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect([dict.has('b'), dict.has('c'), dict.keys()]).toEqual([true, false, ['a', 'b']]);
    expect([...new nn.Sequential(new nn.ReLU(), new nn.Tanh())].map((m) => m instanceof nn.ReLU)).toEqual([
      true,
      false,
    ]);
  });

  test('parameters in lists and dictionaries are the model’s', async () => {
    class Net extends nn.Module {
      scales = new nn.ParameterList([new nn.Parameter([4]), new nn.Parameter([4, 4])]);
      named = new nn.ParameterDict({ bias: new nn.Parameter([4]) });
      forward(x: nn.Tensor): nn.Tensor {
        return x.mul(this.scales.at(0)).matmul(this.scales.at(-1)).add(this.named.get('bias'));
      }
    }
    const { params, macs } = await profile(new Net(), { inputs: [[3, 4]] });
    expect([params, macs]).toEqual([24n, 48n]);
    expect(codeOf(() => new nn.ParameterList().at(0))).toBe('argument');
    expect(codeOf(() => new nn.ParameterDict().get('x'))).toBe('argument');
  });
});

describe('fields', () => {
  test('may be called name and length, in layers of one’s own and where the name is given', async () => {
    class Named extends nn.Linear {
      override name: string;
      override length: number;
      constructor(name: string, length: number) {
        super(2, length);
        this.name = name;
        this.length = length;
      }
    }
    class Net extends nn.Module {
      all = new nn.ModuleDict({ name: new Named('first', 4), length: new nn.Linear(4, 5) });
      forward(x: nn.Tensor): nn.Tensor {
        return this.all.get('length')(this.all.get('name')(x));
      }
    }
    const net = new Net();
    const { name, length } = net.all.get('name') as Named;
    expect([name, length]).toEqual(['first', 4]);
    expect(net.named_modules().map(([path]) => path)).toEqual(['', 'all', 'all.name', 'all.length']);
    expect((await profile(net, { inputs: [[1, 2]] })).params).toBe(12n + 25n);

    const layer = new nn.Linear(1, 1);
    layer.add_module('name', new nn.ReLU());
    layer.register_buffer('length', new nn.Buffer([1]));
    expect(layer.named_children().map(([name]) => name)).toEqual(['name']);
  });
});

describe('the mode of a module', () => {
  test('is training until it is told otherwise, and after a profile what it was before', async () => {
    const seen: boolean[] = [];
    class Net extends nn.Module {
      told = new nn.Dropout(0.5).eval();
      drop = new nn.Dropout(0.5);
      forward(x: nn.Tensor): nn.Tensor {
        seen.push(this.training, this.told.training, this.drop.training);
        this.drop.eval();
        return this.drop(this.told(x));
      }
    }
    const net = new Net();
    const modes = () => [net.training, net.told.training, net.drop.training];
    expect(modes()).toEqual([true, false, true]);
    await profile(net, { inputs: [[1, 2]] });
    await profile(net, { inputs: [[1, 2]], train: true });
    expect(seen).toEqual([false, false, false, true, true, true]);
    expect(modes()).toEqual([true, false, true]);
    expect(new nn.Linear(1, 1).training).toBe(true);
  });
});

describe('JavaScript’s own signs', () => {
  const x = nn.tensor([2, 2]);
  const n = sym('n');
  // Without types, as in plain JavaScript.
  const raw = (value: unknown): number => value as number;
  test('are an error on tensors and on free sizes, never a silent NaN', () => {
    expect(codeOf(() => raw(x) + 1)).toBe('argument');
    expect(codeOf(() => raw(x) < 1)).toBe('argument');
    expect(codeOf(() => raw(n) + 1)).toBe('free-symbol');
    expect(codeOf(() => x.view(raw(n) * 2, 2))).toMatch(/shape|argument|malformed/);
    expect(`${n}`).toBe('n');
  });
  test('have functions in their place', () => {
    const { add, mul, floordiv, max, lessEqual, equal } = nn.dims;
    expect(String(add(mul(n, 2), 1))).toBe('2*n + 1');
    expect(String(floordiv(mul(n, 4), 2))).toBe('2*n');
    expect([floordiv(7, 2), max(3, 5)]).toEqual([3, 5]);
    expect([lessEqual(1, n), equal(add(n, 0), n)]).toEqual([true, true]);
  });
});

describe('losses', () => {
  test('as layers, with options checked', async () => {
    const LOSSES = [
      new nn.MSELoss(),
      new nn.L1Loss(),
      new nn.SmoothL1Loss(),
      new nn.HuberLoss(),
      new nn.SoftMarginLoss(),
      new nn.KLDivLoss(),
      new nn.BCELoss(),
      new nn.BCEWithLogitsLoss(),
      new nn.PoissonNLLLoss(),
      new nn.MultiLabelSoftMarginLoss(),

      new nn.HingeEmbeddingLoss(),
    ];
    class All extends nn.Module {
      losses = new nn.ModuleList<nn.Module<[nn.Tensor, nn.Tensor]>>(LOSSES);
      forward(x: nn.Tensor): nn.Tensor {
        return F.stack([...this.losses].map((loss) => loss(x, x)));
      }
    }
    const report = await profile(new All(), { inputs: [[4, 10]] });
    expect(report.outputs[0]?.shape).toEqual([LOSSES.length]);
    expect(report.coverage.unknown).toEqual([]);
    expect(codeOf(() => F.cross_entropy(nn.tensor([2, 3]), nn.tensor([2], 'int64'), { weigth: null } as never))).toBe(
      'argument',
    );
    expect(codeOf(() => F.mse_loss(nn.tensor([2]), nn.tensor([2]), { reduction: 'avg' as never }))).toBe('argument');
  });

  test('called on their own they say what they give', () => {
    const x = nn.tensor([8, 5]);
    expect(F.cross_entropy(x, nn.tensor([8], 'int64')).shape).toEqual([]);
    expect(F.cross_entropy(x, nn.tensor([8], 'int64'), { reduction: 'none' }).shape).toEqual([8]);
    expect(new nn.TripletMarginLoss({ margin: 2, swap: true })(x, x, x).shape).toEqual([]);
    expect(
      new nn.CTCLoss()(
        nn.tensor([50, 16, 20]),
        nn.tensor([16, 30], 'int64'),
        nn.tensor([16], 'int64'),
        nn.tensor([16], 'int64'),
      ).shape,
    ).toEqual([]);
  });
});

test('any operator of PyTorch by its name; one without a rule, or arguments without sense, are an error', () => {
  const x = nn.tensor([3, 4]);
  expect(nn.aten('kron', [x, x]).map((t) => t.shape)).toEqual([[9, 16]]);
  expect(nn.aten('topk', [x, 2, -1], { type: 'torch.topk' }).map((t) => [t.shape, t.dtype])).toEqual([
    [[3, 2], 'float32'],
    [[3, 2], 'int64'],
  ]);
  expect(codeOf(() => nn.aten('no_such_operator', [x]))).toBe('unsupported');
  expect(codeOf(() => nn.aten('kron', []))).toBe('unsupported');
});

describe('padding masks', () => {
  const source = `
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
        self.dec = nn.TransformerDecoderLayer(16, 4, 32, batch_first=True)
        self.att = nn.MultiheadAttention(16, 4, batch_first=True, add_bias_kv=True)
        self.train()
    def forward(self, x, m):
        pad = torch.zeros(2, 7)
        pairs = torch.zeros(7, 7)
        memory = self.enc(m, src_mask=pairs, src_key_padding_mask=pad)
        y = self.dec(x, memory, tgt_key_padding_mask=torch.zeros(2, 5), memory_key_padding_mask=pad)
        return self.att(y, memory, memory, key_padding_mask=pad)[0]
`;
  class Net extends nn.Module<[nn.Tensor, nn.Tensor], nn.Tensor> {
    enc = new nn.TransformerEncoderLayer(16, 4, 32, { batch_first: true });
    dec = new nn.TransformerDecoderLayer(16, 4, 32, { batch_first: true });
    att = new nn.MultiheadAttention(16, 4, { batch_first: true, add_bias_kv: true });
    forward(x: nn.Tensor, m: nn.Tensor): nn.Tensor {
      const pad = nn.tensor([2, 7]);
      const memory = this.enc(m, { mask: nn.tensor([7, 7]), src_key_padding_mask: pad });
      const y = this.dec(x, memory, {
        tgt_key_padding_mask: nn.tensor([2, 5]),
        memory_key_padding_mask: pad,
      });
      return this.att(y, memory, memory, { key_padding_mask: pad })[0];
    }
  }
  test('count as the same source in Python', async () => {
    const inputs = [
      [2, 5, 16],
      [2, 7, 16],
    ];
    const own = await profile(new Net(), { inputs, train: true });
    const python = await profile(new File([source], 'net.py'), { inputs, train: true, python: { target: 'Net' } });
    expect([own.macs, own.params, own.outputs[0]?.shape]).toEqual([
      python.macs,
      python.params,
      python.outputs[0]?.shape,
    ]);
  });
});

test('an image is not resized to less than nothing', () => {
  expect(codeOf(() => F.interpolate(nn.tensor([1, 3, 8, 8]), { size: [-4, 4] }))).toBe('shape');
  expect(codeOf(() => F.interpolate(nn.tensor([1, 3, 8, 8]), { size: [4, 4] }))).toBe('nothing thrown');
});

describe('pooling with places and powers, distances of pairs', () => {
  const cost = async (
    shape: readonly number[],
    forward: (x: nn.Tensor, layer: nn.Module) => nn.Tensor,
    layer: nn.Module = new nn.Identity(),
  ) => {
    class Net extends nn.Module {
      layer = layer;
      override forward = (x: nn.Tensor): nn.Tensor => forward(x, this.layer);
    }
    const { totals, outputs } = await profile(new Net(), { inputs: [shape] });
    return { flops: totals.flops, shape: outputs[0]?.shape };
  };

  test('values go back to where a max pool took them from', async () => {
    for (const [shape, out, forward] of [
      [[1, 2, 9], [1, 2, 8], (x) => F.max_unpool1d(...F.max_pool1d_with_indices(x, 2), 2)],
      [[1, 2, 8, 8], [1, 2, 8, 8], (x) => F.max_unpool2d(...F.max_pool2d_with_indices(x, 2), 2)],
      [[2, 9, 9], [2, 9, 9], (x) => F.max_unpool2d(...F.max_pool2d_with_indices(x, 2), 2, { output_size: [9, 9] })],
      [[1, 1, 4, 6, 8], [1, 1, 4, 6, 8], (x) => F.max_unpool3d(...F.max_pool3d_with_indices(x, [2, 3, 4]), [2, 3, 4])],
    ] as readonly [readonly number[], readonly number[], (x: nn.Tensor) => nn.Tensor][])
      expect((await cost(shape, forward)).shape).toEqual(out);
    class Net extends nn.Module {
      unpool = new nn.MaxUnpool2d(3, { stride: 2, padding: 1 });
      forward(x: nn.Tensor): nn.Tensor {
        return this.unpool(...F.max_pool2d_with_indices(x, 3, { stride: 2, padding: 1 }));
      }
    }
    expect((await profile(new Net(), { inputs: [[1, 2, 7, 7]] })).outputs[0]?.shape).toEqual([1, 2, 7, 7]);
    const [maxima, indices] = F.adaptive_max_pool2d_with_indices(nn.tensor([1, 3, 8, 8]), [2, 4]);
    expect([maxima.shape, indices.dtype]).toEqual([[1, 3, 2, 4], 'int64']);
    expect(codeOf(() => F.max_unpool2d(maxima, indices, 2, { output_size: [4] }))).toBe('argument');
    expect(codeOf(() => F.max_unpool3d(nn.tensor([4, 4]), nn.tensor([4, 4]), 2))).toBe('shape');
  });

  test('powers over windows: as a function what the layer is', async () => {
    const layers = [nn.LPPool1d, nn.LPPool2d, nn.LPPool3d] as const;
    for (const [i, pool] of [F.lp_pool1d, F.lp_pool2d, F.lp_pool3d].entries()) {
      const shape = [2, 3, ...new Array<number>(i + 1).fill(8)];
      const Layer = layers[i] as typeof nn.LPPool2d;
      const own = await cost(shape, (x) => pool(x, 2, 2));
      expect(own).toEqual(await cost(shape, (x, layer) => layer(x), new Layer(2, 2)));
      expect(own.shape).toEqual([2, 3, ...new Array<number>(i + 1).fill(4)]);
    }
    // The largest of four magnitudes: 64 of them, and three compares for each of 16 results.
    expect((await cost([1, 1, 8, 8], (x) => F.lp_pool2d(x, Number.POSITIVE_INFINITY, 2))).flops).toBe(64n + 48n);
  });

  test('each pair of rows once', async () => {
    // 10 pairs of rows of 7: differences, squares, sums, a root.
    expect(await cost([5, 7], (x) => F.pdist(x))).toEqual({ flops: BigInt(10 * (7 + 7 + 6 + 1)), shape: [10] });
    expect(codeOf(() => F.pdist(nn.tensor([2, 3, 4])))).toBe('shape');
  });

  test('into their input', async () => {
    expect((await cost([4, 4], (x) => F.threshold_(x, 1, 0))).flops).toBe(16n);
    const layer = await cost([4, 4], (x, own) => own(x), new nn.RReLU());
    expect((await cost([4, 4], (x) => F.rrelu_(x))).flops).toBe(layer.flops);
  });
});
