import { expect, test } from 'vitest';
import { encodingOf } from '../../src/formats/onnx/encoding.js';
import { kindOf } from '../../src/formats/tensorflow/detect.js';

/** Spaces and comments in front of what would say the format: patterns with several readings of a run do not end. */
test.each([
  ['line ends', '\n'.repeat(100_000)],
  ['spaces', ' '.repeat(100_000)],
  ['empty comments', '#\n'.repeat(50_000)],
  ['comments', `\n${'# x\n // y\n'.repeat(10_000)}`],
])('a text that begins with a run of %s is told in one pass', (_, lead) => {
  const head = (text: string): Uint8Array => new TextEncoder().encode(lead + text);
  expect(encodingOf(head(''))).toBe('binary');
  expect(encodingOf(head('nothing known'))).toBe('binary');
  expect(encodingOf(head('<ir_version: 8>'))).toBe('syntax');
  expect(kindOf(head('nothing known'))).toBeNull();
  if (lead.includes('/')) return;
  expect(encodingOf(head('ir_version: 8'))).toBe('text');
  expect(kindOf(head('versions {'))).toMatchObject({ of: 'graph', text: true });
});
