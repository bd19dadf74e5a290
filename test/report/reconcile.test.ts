import { describe, expect, test } from 'vitest';
import { type Dim, parse, sub, sum } from '../../src/dim/index.js';
import { reconcile, whoPrints } from '../../src/index.js';
import { parseQuotedNumber } from '../../src/report/find-tool.js';
import { PLAIN, reconcileMarkdown, reconcileText } from '../../src/report/index.js';
import * as nn from '../../src/torch/nn/index.js';

const dim = (n: bigint | string): Dim => (typeof n === 'string' ? parse(n) : n);
const resnet = await reconcile('resnet50');
const printed = (text: string) => {
  const { exact, rounded, cut, doubled, halved, nearest } = whoPrints(resnet, text);
  const ids = (found: typeof exact): string[] => found.map((p) => `${p.id} ${p.name}`);
  return {
    exact: ids(exact),
    rounded: ids(rounded),
    cut: ids(cut),
    doubled: ids(doubled),
    halved: ids(halved),
    nearest: ids(nearest),
  };
};

test('terms of thop on ResNet-50', () => {
  const thop = resnet.tools.find((t) => t.id === 'thop');
  expect(thop?.counts).toEqual([
    {
      name: 'macs',
      unit: 'mac',
      value: 4133742592n,
      terms: [
        { term: 'batch-norm', words: 'batch norm', amount: 44455936n, on: { BatchNorm2d: 53 } },
        { term: 'pooling', words: 'pooling', amount: 102400n, on: { AdaptiveAvgPool2d: 1 } },
      ],
    },
  ]);
});

test('attention that a tool does not see is called so, whether a layer does it or a model spells it out', async () => {
  const unseen = async (name: string, tool: string) =>
    (await reconcile(name, { conventions: [tool] })).tools[0]?.counts[0]?.terms.find(
      (t) => t.term === 'attention-unseen',
    );
  expect((await unseen('vit_b_16', 'thop'))?.amount).toBe(-715327488n);
  expect((await unseen('swin_t', 'torchinfo'))?.on).toEqual({ 'torch.matmul': 24 });
});

test('in free dimensions the terms are formulas, and sum to the difference as formulas', async () => {
  const report = await reconcile('resnet18', { inputs: [['batch', 3, 224, 224]] });
  for (const tool of report.tools)
    for (const { value, terms } of tool.counts)
      expect(String(sum(terms.map((t) => dim(t.amount))))).toBe(String(sub(dim(value), dim(report.exact.macs))));
  expect(report.tools.find((t) => t.id === 'thop')?.counts[0]?.terms[0]?.amount).toBe('9934848*batch');
  expect(reconcileText(report, PLAIN)).toContain('9,934,848·batch');
});

test('one’s own rule is a term of its own', async () => {
  const model = new nn.Sequential(new nn.Linear(4, 2), new nn.ReLU());
  const report = await reconcile(model as unknown as nn.AnyModule, {
    inputs: [[3, 4]],
    conventions: ['thop'],
    customOps: { 'torch.nn.Linear': () => 100, 'torch.nn.ReLU': () => 1 },
  });
  expect(report.tools[0]?.counts[0]).toMatchObject({ value: 101n, terms: [{ term: 'custom', amount: 77n }] });
});

test('a tool that fails says why; a file of weights alone is refused', async () => {
  const report = await reconcile('vit_b_16', { conventions: ['torchstat'] });
  expect(report.tools[0]?.fails).toMatch(/torchstat/);
  expect(reconcileText(report, PLAIN)).toMatch(/torchstat 0\.0\.7 +no number\n +torchstat asserts|expects/);
});

test('the account stays on a page, and every amount stands under the number that it leads to', () => {
  const lines = reconcileText(resnet, PLAIN).split('\n');
  expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(90);
  const at = lines.findIndex((l) => l.startsWith('thop (Lyken17)'));
  expect(lines.slice(at, at + 3).map((l) => l.replace(/ {2,}/g, ' ').trim())).toEqual([
    'thop (Lyken17) 0.1.1, macs 4,133,742,592 MACs',
    '+ batch norm (BatchNorm2d ×53) 44,455,936',
    '+ pooling (AdaptiveAvgPool2d) 102,400',
  ]);
  expect(reconcileMarkdown(resnet)).toContain(
    '| thop (Lyken17) 0.1.1 | `macs` | 4,133,742,592 | MACs | + 44,455,936 batch norm (BatchNorm2d ×53)<br>+ 102,400 pooling (AdaptiveAvgPool2d) | 25,557,032 |',
  );
});

describe('who prints a number', () => {
  test('to the last digit', () => {
    for (const text of ['4,133,742,592', '4133742592', '4133742592 MACs'])
      expect(printed(text).exact).toEqual(['thop macs', 'ultralytics-thop macs']);
    expect(printed('25557032').exact).toContain('exact params');
    expect(printed('4133742593')).toMatchObject({ exact: [], rounded: [] });
  });

  test('rounded to the digits that are written, with a prefix or without', () => {
    for (const text of ['4.134G', '4.134', '4.134 GMACs', '4.134e9', '4133.743M', '4.134 GFLOPs'])
      expect(printed(text).rounded).toEqual(['thop macs', 'ultralytics-thop macs']);
    expect(printed('25.6M params').rounded).toContain('thop params');
    expect(printed('25.6M FLOPs').rounded).toEqual([]);
    expect(printed('4.1').rounded.length).toBeGreaterThan(4);
  });

  test('cut off, twice and half', () => {
    expect(printed('4.133G').cut).toEqual(['thop macs', 'ultralytics-thop macs']);
    expect(printed('8.267G').doubled).toEqual(['thop macs', 'ultralytics-thop macs']);
    expect(printed('4.109G').halved).toEqual(['exact flops']);
  });

  test('where nobody does, the nearest', () => {
    expect(printed('5.2G')).toMatchObject({ rounded: [], cut: [], doubled: [], halved: [] });
    expect(printed('5.2G').nearest[0]).toBe('thop macs');
  });

  test.each(['', 'G', '4.1.2', '-4G', '4 apples', '1e999999'])('"%s" is not a number', (text) => {
    expect(() => parseQuotedNumber(text)).toThrow(/is not a number that a tool prints/);
  });
});
