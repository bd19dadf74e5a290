import { describe, expect, test } from 'vitest';
import { profile } from '../../src/node.js';
import type { ReportNode } from '../../src/report/index.js';
import * as nn from '../../src/torch/nn/index.js';

// Functions, methods and losses of opcount/nn beside the same lines of Python: one tally, one shape.

const F = nn.functional;
type Case = readonly [
  python: string,
  ported: (...x: nn.Tensor[]) => unknown,
  ...inputs: readonly (readonly [readonly number[], string?])[],
];
const X = [[2, 6, 8, 8]] as const;
const V = [[4, 10]] as const;
const LABELS = [[4], 'int64'] as const;
const MARKS = [[4, 10], 'float32'] as const;

const CASES: readonly Case[] = [
  ['F.mse_loss(a, b)', (a, b) => F.mse_loss(a!, b!), V, V],
  ['F.l1_loss(a, b, reduction="sum")', (a, b) => F.l1_loss(a!, b!, { reduction: 'sum' }), V, V],
  ['F.smooth_l1_loss(a, b)', (a, b) => F.smooth_l1_loss(a!, b!), V, V],
  ['F.huber_loss(a, b, reduction="none")', (a, b) => F.huber_loss(a!, b!, { reduction: 'none' }), V, V],
  ['F.soft_margin_loss(a, b)', (a, b) => F.soft_margin_loss(a!, b!), V, V],
  ['F.kl_div(a, b)', (a, b) => F.kl_div(a!, b!), V, V],
  ['F.binary_cross_entropy(a, b)', (a, b) => F.binary_cross_entropy(a!, b!), V, V],
  ['F.binary_cross_entropy_with_logits(a, b)', (a, b) => F.binary_cross_entropy_with_logits(a!, b!), V, V],
  ['F.cross_entropy(a, b)', (a, b) => F.cross_entropy(a!, b!), V, LABELS],
  ['F.nll_loss(a, b)', (a, b) => F.nll_loss(a!, b!), V, LABELS],
  ['F.poisson_nll_loss(a, b)', (a, b) => F.poisson_nll_loss(a!, b!), V, V],
  [
    'F.poisson_nll_loss(a, b, log_input=False, full=True)',
    (a, b) => F.poisson_nll_loss(a!, b!, { log_input: false, full: true }),
    V,
    V,
  ],
  ['F.gaussian_nll_loss(a, b, c)', (a, b, c) => F.gaussian_nll_loss(a!, b!, c!), V, V, V],
  ['F.margin_ranking_loss(a, b, c)', (a, b, c) => F.margin_ranking_loss(a!, b!, c!), LABELS, LABELS, [[4]]],
  ['F.hinge_embedding_loss(a, b)', (a, b) => F.hinge_embedding_loss(a!, b!), V, V],
  ['F.cosine_embedding_loss(a, b, c)', (a, b, c) => F.cosine_embedding_loss(a!, b!, c!), V, V, [[4]]],
  ['F.triplet_margin_loss(a, b, c)', (a, b, c) => F.triplet_margin_loss(a!, b!, c!), V, V, V],
  [
    'F.triplet_margin_loss(a, b, c, swap=True)',
    (a, b, c) => F.triplet_margin_loss(a!, b!, c!, { swap: true }),
    V,
    V,
    V,
  ],
  ['F.multi_margin_loss(a, b)', (a, b) => F.multi_margin_loss(a!, b!), V, LABELS],
  ['F.multilabel_soft_margin_loss(a, b)', (a, b) => F.multilabel_soft_margin_loss(a!, b!), V, MARKS],
  ['nn.CrossEntropyLoss()(a, b)', (a, b) => F.cross_entropy(a!, b!), V, LABELS],
  ['F.batch_norm(a, None, None, training=True)', (a) => F.batch_norm(a!, null, null, { training: true }), X],
  ['F.instance_norm(a)', (a) => F.instance_norm(a!), X],
  ['F.local_response_norm(a, 5)', (a) => F.local_response_norm(a!, 5), X],
  ['F.pixel_unshuffle(a, 2)', (a) => F.pixel_unshuffle(a!, 2), X],
  ['F.pixel_shuffle(a, 2)', (a) => F.pixel_shuffle(a!, 2), [[2, 8, 4, 4]]],
  ['F.channel_shuffle(a, 3)', (a) => F.channel_shuffle(a!, 3), X],
  ['F.unfold(a, 3, padding=1, stride=2)', (a) => F.unfold(a!, 3, { padding: 1, stride: 2 }), X],
  ['F.fold(a, (8, 8), (2, 2), stride=2)', (a) => F.fold(a!, [8, 8], [2, 2], { stride: 2 }), [[2, 24, 16]]],
  ['F.grid_sample(a, b, align_corners=False)', (a, b) => F.grid_sample(a!, b!), X, [[2, 5, 7, 2]]],
  [
    'F.grid_sample(a, b, mode="nearest", align_corners=False)',
    (a, b) => F.grid_sample(a!, b!, { mode: 'nearest' }),
    X,
    [[2, 5, 7, 2]],
  ],
  ['F.affine_grid(a, (2, 6, 5, 7), align_corners=False)', (a) => F.affine_grid(a!, [2, 6, 5, 7]), [[2, 2, 3]]],
  ['F.one_hot(a, 7)', (a) => F.one_hot(a!, 7), LABELS],
  [
    'F.embedding_bag(a, b, c)',
    (a, b, c) => F.embedding_bag(a!, b!, { offsets: c! }),
    [[12], 'int64'],
    [[30, 8]],
    [[3], 'int64'],
  ],
  ['F.cosine_similarity(a, b)', (a, b) => F.cosine_similarity(a!, b!), V, V],
  ['F.upsample(a, scale_factor=2)', (a) => F.upsample(a!, null, 2), X],
  ['F.threshold(a, 0.1, 20)', (a) => F.threshold(a!, 0.1, 20), X],
  ['F.softmin(a, dim=1)', (a) => F.softmin(a!, 1), V],
  ['F.gumbel_softmax(a)', (a) => F.gumbel_softmax(a!), V],
  ['F.pairwise_distance(a, b)', (a, b) => F.pairwise_distance(a!, b!), V, V],
  ['a.tril()', (a) => a!.tril(), V],
  ['a.triu(1)', (a) => a!.triu(1), V],
  ['a.gather(1, b)', (a, b) => a!.gather(1, b!), V, [[4, 3], 'int64']],
  ['a.scatter(1, b, c)', (a, b, c) => a!.scatter(1, b!, c!), V, [[4, 3], 'int64'], [[4, 3]]],
  ['a.scatter_add(1, b, c)', (a, b, c) => a!.scatter_add(1, b!, c!), V, [[4, 3], 'int64'], [[4, 3]]],
  ['a.sort(-1)', (a) => a!.sort(-1), V],
  ['a.argsort(0)', (a) => a!.argsort(0), V],
  ['a.max()', (a) => a!.max(), V],
  ['a.max(1, True)', (a) => a!.max(1, true), V],
  ['a.min(b)', (a, b) => a!.min(b!), V, V],
  ['a.logsumexp(1)', (a) => a!.logsumexp(1), V],
  ['a.cumprod(0)', (a) => a!.cumprod(0), V],
  ['a.repeat_interleave(3, 1)', (a) => a!.repeat_interleave(3, 1), V],
  ['a.repeat_interleave(2)', (a) => a!.repeat_interleave(2), V],
  ['a.movedim(1, -1)', (a) => a!.movedim(1, -1), X],
  ['a.movedim((0, 1), (2, 0))', (a) => a!.movedim([0, 1], [2, 0]), X],
  ['a.unfold(2, 3, 2)', (a) => a!.unfold(2, 3, 2), X],
  ['a.log1p()', (a) => a!.log1p(), V],
  ['a.fmod(3)', (a) => a!.fmod(3), V],
  ['a.half()', (a) => a!.half(), V],
  ['torch.kron(a, b)', (a, b) => nn.aten('kron', [a!, b!])[0], V, V],
];
const NAMES = ['a', 'b', 'c'];

class Ported extends nn.Module<nn.Tensor[], unknown> {
  readonly run: Case[1];
  constructor(run: Case[1]) {
    super();
    this.run = run;
  }
  forward(...x: nn.Tensor[]): unknown {
    return this.run(...x);
  }
}
class Whole extends nn.Module<[nn.Tensor], nn.Tensor> {
  cases = new nn.ModuleList(CASES.map(([, run]) => new Ported(run)));
  forward(x: nn.Tensor): nn.Tensor {
    for (const [i, [, , ...inputs]] of CASES.entries())
      this.cases.at(i)(...inputs.map(([shape, dtype = 'float32']) => nn.tensor(shape, dtype)));
    return x.relu();
  }
}

const python = `
import torch
from torch import nn
import torch.nn.functional as F
${CASES.map(([line, , ...inputs], i) => `class C${i}(nn.Module):\n    def forward(self, ${NAMES.slice(0, inputs.length).join(', ')}):\n        return ${line}`).join('\n')}
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.cases = nn.ModuleList([${CASES.map((_, i) => `C${i}()`).join(', ')}])
    def forward(self, x):
${CASES.map(([, , ...inputs], i) => `        self.cases[${i}](${inputs.map(([shape, dtype = 'float32']) => `torch.zeros(${JSON.stringify(shape)}, dtype=torch.${dtype})`).join(', ')})`).join('\n')}
        return x.relu()
`;

const told = (node: ReportNode): unknown => ({
  macs: node.macs,
  flops: node.flops,
  output: node.output?.map(String) ?? null,
  unknown: node.unknown,
});
const casesOf = (node: ReportNode): readonly ReportNode[] =>
  /^cases\.\d+$/.test(node.path) ? [node] : node.children.flatMap(casesOf);

describe('functions of opcount/nn count what the same Python counts', async () => {
  const inputs = [[1, 4]];
  const ported = casesOf((await profile(new Whole() as never, { inputs })).modules);
  const source = casesOf(
    (await profile(new File([python], 'whole.py'), { inputs, python: { target: 'Whole' } })).modules,
  );

  test.each(CASES.map(([line], i) => [line, i] as const))('%s', (_, i) => {
    const [own, theirs] = [ported[i] as ReportNode, source[i] as ReportNode];
    expect([own.path, theirs.path]).toEqual([`cases.${i}`, `cases.${i}`]);
    expect(told(own)).toEqual(told(theirs));
    expect(own.unknown).toBe(0);
  });
});
