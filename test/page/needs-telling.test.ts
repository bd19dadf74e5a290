import { expect, test } from 'vitest';
import { needsTelling } from '../../app/views/open/needs-telling.js';

const source = { kind: 'files' as const, files: [], main: 'net.py' };
const failure = (message: string, hint: string | null) => ({
  message,
  hint,
  format: 'python',
  place: [],
  again: false,
});

test('a source that lacks a shape is a question; one that no shape helps is an error', () => {
  expect(needsTelling(source, failure('the inputs of the model are not known', 'give their shapes: --input 1x3'))).toBe(
    true,
  );
  expect(needsTelling(source, failure('net.py:5: RuntimeError: shapes do not match', null))).toBe(true);
  for (const [message, hint] of [
    ['net.py:2: SyntaxError: invalid syntax', null],
    ["ModuleNotFoundError: No module named 'detectron2'", null],
    ['Python is not beside this page', 'run `opcount view`; or export the model: .pt2, ONNX'],
    ['the program took more than 300 s', 'give it more time'],
  ] as const)
    expect(needsTelling(source, failure(message, hint)), message).toBe(false);
  expect(needsTelling({ ...source, main: 'net.onnx' }, failure('a node has no inputs', null))).toBe(false);
});
