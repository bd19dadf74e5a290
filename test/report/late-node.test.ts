import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { read } from '../../src/node.js';
import { buildReport, render } from '../../src/report/index.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

test.each([
  'onnx/resnet18.legacy17.onnx',
  'safetensors/resnet18.safetensors',
  'safetensors/bert_base/model.safetensors.index.json',
])('%s: a screen shows the same of nodes that are made as they are looked at', async (name) => {
  const ledger = await read(fixture(name));
  const late = buildReport(ledger, { onScreen: true });
  const whole = buildReport(ledger);
  for (const format of ['tree', 'table', 'md', 'latex', 'html', 'csv'] as const)
    expect(render(late, format)).toBe(render(whole, format));
  expect(render(late, 'tree', { depth: 2 })).toBe(render(whole, 'tree', { depth: 2 }));
});
