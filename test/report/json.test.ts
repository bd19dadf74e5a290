import { expect, test } from 'vitest';
import { profile } from '../../src/index.js';
import { jsonChunks, toJson, whole } from '../../src/report/json.js';
import { isModelError } from '../../src/source/errors.js';

test('the pieces of a report are its text, and none is much longer than is written at once', async () => {
  const report = await profile('resnet152');
  const pieces = [...jsonChunks(report)];
  expect(pieces.length).toBeGreaterThan(2);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1 << 17);
  expect(pieces.join('')).toBe(toJson(report));
  expect(JSON.parse(pieces.join(''))).toEqual(JSON.parse(JSON.stringify(report)));
});

test('what is empty, absent or plain is written on a line', () => {
  const value = {
    none: {},
    list: [],
    gone: undefined,
    big: 2n ** 70n,
    shape: [1, null, 'n\u0000'],
    deep: [[1], { a: [] }],
  };
  expect(toJson(value)).toBe(`{
  "none": {},
  "list": [],
  "big": 1180591620717411303424,
  "shape": [1, null, "n\\u0000"],
  "deep": [
    [1],
    {
      "a": []
    }
  ]
}
`);
  expect(toJson(7)).toBe('7\n');
});

test('what is longer than a text can be is refused as such', () => {
  const piece = 'x'.repeat(1 << 24);
  let refused: unknown;
  try {
    whole(Array.from({ length: 200 }, () => piece));
  } catch (error) {
    refused = error;
  }
  expect(isModelError(refused) && refused.code).toBe('limit');
});
