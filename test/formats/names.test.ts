import { describe, expect, test } from 'vitest';
import { memorySource, profile, read, reconcile, report as render, toJson } from '../../src/index.js';
import { attributes, modelOf, node, tensor } from './onnx-build.js';

/** Names that JavaScript gives every object: a file may use them for anything, and they mean nothing. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf', 'length'];

describe.each(NAMES)('a model that calls everything %s', (name) => {
  const bytes = modelOf({
    inputs: { [`${name}.in`]: [name, 8] },
    nodes: [
      node('Gemm', [`${name}.in`, name], ['hidden'], attributes({ alpha: 1 })),
      node(name, ['hidden'], [`${name}.out`]),
      node('Relu', ['hidden'], ['y']),
    ],
    outputs: ['y', `${name}.out`],
    initializers: [tensor(name, [8, 4], 1)],
  });
  const source = memorySource(bytes, { name: `${name}.onnx` });

  test('has its dimension in the report, and its operator among those that are not counted', async () => {
    const report = await profile(source, { conventions: ['thop', 'torchstat', 'fvcore', 'ptflops', 'torchinfo'] });
    expect(report.coverage.unknown.map((u) => [u.op, u.nodes])).toEqual([[name, 1]]);
    expect(Object.keys(report.symbols)).toEqual([name]);
    expect(report.macs).toBe(`32*${name}`);
    const json = JSON.parse(toJson(report));
    expect(Object.getOwnPropertyDescriptor(json.symbols, name)?.value).toBeNull();
    expect(json.inputs[0].shape).toEqual([name, 8]);
    for (const format of ['tree', 'table', 'csv', 'md', 'html'] as const)
      expect(render(report, format)).toContain(name.replaceAll('_', format === 'md' ? '\\_' : '_'));
  });

  test('takes a number for its dimension', async () => {
    const bind = Object.fromEntries([[name, 3]]);
    const report = await profile(source, { bind });
    expect(report.macs).toBe(96n);
    const json = JSON.parse(toJson(report));
    expect(Object.getOwnPropertyDescriptor(json.symbols, name)?.value).toBe(3);
  });

  test('has its weights counted once, and an account of every tool', async () => {
    const ledger = await read(source);
    expect(ledger.weights.map((w) => w.name)).toEqual([name]);
    const report = await reconcile(ledger);
    expect(report.tools.length).toBeGreaterThan(5);
  });
});
