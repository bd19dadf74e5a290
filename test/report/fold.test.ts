import { expect, test } from 'vitest';
import { profile, report } from '../../src/index.js';
import { foldedChildren } from '../../src/report/fold.js';
import { topLevelTerms } from '../../src/report/numbers.js';
import type { ReportNode } from '../../src/report/types.js';

const node = (name: string, kind: 'module' | 'op', macs: bigint, unknown = 0): ReportNode => ({
  kind,
  name,
  path: name,
  type: name,
  calls: 1,
  output: null,
  params: 0n,
  macs,
  flops: 2n * macs,
  readBytes: 0n,
  writeBytes: 0n,
  unknown,
  children: [],
});

test('a module of many operators is a screen: the largest, what was not counted, the rest in one line, the same sum', () => {
  const products = Array.from({ length: 40 }, (_, i) => node(`matmul${i}`, 'op', BigInt(1000 + i)));
  const moves = Array.from({ length: 300 }, (_, i) => node(`reshape${i}`, 'op', 0n));
  const children = [node('inner', 'module', 1n), ...moves, node('Odd', 'op', 0n, 1), ...products];
  const lines = foldedChildren({ ...node('', 'module', 0n), children });
  expect(lines).toHaveLength(17);
  expect(lines.map((l) => l.node.macs as bigint).reduce((a, b) => a + b, 0n)).toBe(
    children.map((c) => c.macs as bigint).reduce((a, b) => a + b, 0n),
  );
  expect(lines.slice(0, 2).map((l) => l.name)).toEqual(['inner', 'Odd']);
  expect(lines.at(-2)?.name).toBe('matmul39');
  expect(lines.at(-1)?.name).toBe('… 326 smaller operators');
});

test('formulas break between their terms only', () => {
  expect(topLevelTerms('9*b*floor((h - 1)/2) + 4*b - 3')).toEqual(['9*b*floor((h - 1)/2)', '+ 4*b', '- 3']);
  expect(topLevelTerms('-b*"x + y" + 1')).toEqual(['-b*"x + y"', '+ 1']);
});

test('no line is wider than a page, whatever the formula', async () => {
  const p = await profile('resnet50', { inputs: [['batch', 3, 'h', 'w']] });
  for (const formula of [false, true]) {
    const lines = report(p, 'tree', { formula }).split('\n');
    const long = lines.filter((l) => l.length > 140 && !l.startsWith('MACs are'));
    expect(long).toEqual([]);
  }
  expect(report(p, 'tree', { formula: true })).toContain('+ 14417920*batch*floor((h - 1)/32)*floor((w - 1)/32)');
});
