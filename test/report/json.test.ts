import { expect, test } from 'vitest';
import { profile } from '../../src/index.js';
import { inPassing } from '../../src/report/index.js';
import { jsonChunks, LateList, toJson, whole } from '../../src/report/json.js';
import { isModelError } from '../../src/source/errors.js';

test('the pieces of a report are its text, and none is much longer than is written at once', async () => {
  const report = await profile('resnet152');
  const pieces = [...jsonChunks(report)];
  expect(pieces.length).toBeGreaterThan(2);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1 << 17);
  expect(pieces.join('')).toBe(toJson(report));
  expect(JSON.parse(pieces.join(''))).toEqual(JSON.parse(JSON.stringify(report)));
});

test('rows and nodes are made as they are written, and the text is the same', async () => {
  const all = toJson(await profile('resnet152', { by: 'op' }));
  expect([...jsonChunks(inPassing(await profile('resnet152', { by: 'op' })))].join('')).toBe(all);
  let made = 0;
  const rows = new LateList(
    () => Array.from({ length: 50_000 }, (_, i) => i),
    (i) => {
      made++;
      return { path: `layer.${i}`, shape: [i] };
    },
  );
  const pieces = jsonChunks({ rows, none: new LateList(() => [], String) });
  const first = pieces.next().value as string;
  expect(made * 30).toBeLessThan(first.length); // no more than this piece has
  expect(JSON.parse(first + [...pieces].join(''))).toEqual({
    rows: Array.from({ length: 50_000 }, (_, i) => ({ path: `layer.${i}`, shape: [i] })),
    none: [],
  });
  expect(made).toBe(50_000);
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
