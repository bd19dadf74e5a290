import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { profile } from '../../src/node.js';
import { notesText, PLAIN, render } from '../../src/report/index.js';
import { ROOT, settle } from '../docs.js';

const FIXTURES = join(ROOT, 'test/fixtures');
const WIDTHS = [80, 100, 120, 200];

/** What each shows: a tree, a table with what tools print, bounds of time, formulas, weights alone, long names. */
const SCREENS = {
  resnet50: () => profile('resnet50', { conventions: ['thop'], devices: ['rtx-4090'] }),
  gpt2: () => profile(join(FIXTURES, 'onnx/gpt2.legacy17.onnx')),
  free: () => profile('resnet18', { inputs: [['batch', 3, 'h', 'w']] }),
  llama: () => profile('llama-3.2-1b', { context: 4096 }),
  partial: () => profile(join(FIXTURES, 'onnx/lstm.legacy17.dyn.onnx')),
};

describe.each(Object.keys(SCREENS) as (keyof typeof SCREENS)[])('%s', (name) => {
  test('fits the screen, whatever its width', async () => {
    const report = await SCREENS[name]();
    for (const columns of WIDTHS)
      for (const format of ['tree', 'table'] as const) {
        const text = render(report, format, { style: { ...PLAIN, columns }, top: 20 });
        const tooLong = text.split('\n').filter((line) => [...line].length > columns);
        expect([columns, format, tooLong]).toEqual([columns, format, []]);
      }
  });
});

test.each(WIDTHS)('screens of %i columns are as they were looked at', async (columns) => {
  const style = { ...PLAIN, columns };
  const texts = [
    render(await SCREENS.resnet50(), 'tree', { style, depth: 1 }),
    render(await SCREENS.resnet50(), 'table', { style, top: 5 }),
    render(await SCREENS.free(), 'tree', { style, depth: 1 }),
  ];
  const settled = settle(`test/fixtures/screens/${columns}.txt`, texts.join('\n'));
  expect(settled.is).toBe(settled.should);
});

test('columns are left out in their order, and what was asked for stays', async () => {
  const report = await profile('resnet18');
  const head = (columns: number, ids?: readonly string[]): string[] =>
    (
      render(report, 'tree', { style: { ...PLAIN, columns }, depth: 1, ...(ids === undefined ? {} : { columns: ids }) })
        .split('\n')
        .find((line) => line.startsWith('module')) ?? ''
    )
      .split(/\s+/)
      .filter((word) => word !== '');
  expect(head(200)).toEqual(['module', 'type', 'output', 'params', 'MACs', 'FLOPs', 'share']);
  expect(head(80)).toEqual(['module', 'type', 'params', 'MACs', 'FLOPs', 'share']);
  expect(head(66)).toEqual(['module', 'type', 'params', 'MACs', 'share']);
  expect(head(44)).toEqual(['module', 'params', 'MACs', 'share']);
  expect(head(44, ['type', 'output', 'flops'])).toEqual(['module', 'type', 'output', 'FLOPs']);
});

test('long names are cut in the middle, and keep beginning and end', async () => {
  const report = await profile('resnet18');
  const path = `backbone.${'stage.'.repeat(20)}last`;
  const long = { ...report, layers: report.layers.map((row) => ({ ...row, path })) };
  const row = render(long, 'table', { style: { ...PLAIN, columns: 80 }, top: 1 })
    .split('\n')
    .find((line) => line.startsWith('backbone'));
  expect(row).toMatch(/^backbone\.stage[\w.]*…[\w.]*stage\.last /);
});

test('two notes, the weightier first; all where they are asked for', async () => {
  const report = await profile('resnet18');
  const notes = (['import-root', 'dtype', 'copies', 'not-counted', 'pinned'] as const).map((code) => ({
    code,
    message: `of ${code}`,
  }));
  const some = notesText({ ...report, notes }, { ...PLAIN, columns: 80 }, 2);
  expect(some).toEqual(['note of not-counted', 'note of dtype', '     and 3 more notes: --notes shows them']);
  expect(notesText({ ...report, notes }, PLAIN)).toHaveLength(5);
});
