import { describe, expect, test } from 'vitest';
import { RunBudget } from '../../src/graph/budget.js';

const runs = (times: number, run: () => void) => (): void => {
  for (let i = 0; i < times; i++) run();
};
const limit = expect.objectContaining({ code: 'limit', format: 'onnx', at: { node: 'n' } });

describe('what bodies may run altogether', () => {
  test('nodes', () => {
    const budget = new RunBudget('onnx');
    const node = (): void => budget.step(3, false, 'n');
    expect(runs(2 ** 17 - 1, node)).not.toThrow();
    expect(budget.mayUnroll).toBe(true);
    node();
    expect(budget.mayUnroll).toBe(false);
    expect(runs(2 ** 17, node)).not.toThrow();
    expect(node).toThrow(limit);
  });

  test('nodes that are recorded, of which each takes memory', () => {
    const budget = new RunBudget('onnx');
    const node = (): void => budget.step(3, true, 'n');
    expect(runs(2 ** 17, node)).not.toThrow();
    expect(node).toThrow(limit);
  });

  test('bodies without nodes that hand thousands of values through', () => {
    const budget = new RunBudget('onnx');
    expect(runs(100_000, () => budget.body(15, 'n'))).not.toThrow();
    expect(runs(300, () => budget.body(20_000, 'n'))).toThrow(limit);
  });

  test('nodes that read or make thousands of values', () => {
    const budget = new RunBudget('onnx');
    expect(runs(300, () => budget.step(20_000, true, 'n'))).toThrow(limit);
  });

  test('items that lists hand on, and more of those that are only copied', () => {
    const budget = new RunBudget('onnx');
    expect(runs(1000, () => budget.items(4000, 'n'))).not.toThrow();
    expect(runs(1000, () => budget.items(4000, 'n'))).toThrow(limit);
    const made = new RunBudget('onnx');
    expect(runs(200, () => made.parts(4000, 'n'))).toThrow(limit);
    const copied = new RunBudget('onnx');
    expect(runs(14_000, () => copied.copies(4000, 'n'))).toThrow(limit);
  });

  test('loops, by what they carry', () => {
    const few = new RunBudget('onnx');
    expect(runs(8192, () => few.loop(4, 'n'))).not.toThrow();
    expect(() => few.loop(4, 'n')).toThrow(limit);
    const many = new RunBudget('onnx');
    expect(runs(100, () => many.loop(1600, 'n'))).toThrow(limit);
  });

  test('rounds one by one: fewer where loops are many, each of which is looked at before', () => {
    const few = new RunBudget('onnx');
    const many = new RunBudget('onnx');
    few.loop(1, 'n');
    runs(5000, () => many.loop(1, 'n'))();
    for (const [budget, expected] of [
      [few, true],
      [many, false],
    ] as const) {
      expect(budget.mayUnroll).toBe(true);
      runs(40_000, () => budget.step(3, false, 'n'))();
      expect(budget.mayUnroll).toBe(expected);
    }
  });

  test('what is recorded without a dry run, as with one', () => {
    const budget = new RunBudget('onnx');
    expect(budget.twice(() => runs(2 ** 16, () => budget.step(3, true, 'n'))() ?? 'made', 'n')).toBe('made');
    expect(budget.mayUnroll).toBe(false);
  });
});
