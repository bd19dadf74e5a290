import { expect, test } from 'vitest';
import { sym } from '../../src/dim/index.js';
import { imageOf } from '../../src/python/image.js';
import { assumed } from '../../src/python/sizes.js';

test('an image is read straight into the memory that it is of: all but its head', () => {
  const file = Uint8Array.from({ length: 96 }, (_, i) => i);
  new DataView(file.buffer).setUint32(4, 32, true); // the memory begins there
  const memory = new ArrayBuffer(80);
  const image = imageOf(
    { size: file.length, read: (into, at) => into.set(file.subarray(at, at + into.length)) },
    () => memory,
  );
  expect(image.length).toBe(96);
  expect([...image.subarray(8, 32)]).toEqual([...file.subarray(8, 32)]);
  expect(new Uint8Array(memory)[0]).toBe(0);
  // As Pyodide copies it: whatever lies behind the head.
  new Int8Array(memory).set(image.subarray(32));
  expect([...new Uint8Array(memory)]).toEqual([...file.subarray(32), ...new Array(16).fill(0)]);
});

test('a comparison that data decides is answered as for a few rows, with what that takes for granted', () => {
  const rows = sym('rows', { min: 0 });
  const batch = sym('batch');
  const byData = (name: string): boolean => name === 'rows';
  const told = (sign: string, a: Parameters<typeof assumed>[1], b: Parameters<typeof assumed>[1]) => {
    const answer = assumed(sign, a, b, byData);
    return answer === null ? null : { holds: answer.holds, text: answer.text, constraint: answer.constraint('so') };
  };
  expect(told('==', rows, 0)).toEqual({
    holds: false,
    text: 'rows != 0',
    constraint: { kind: 'at-least', value: rows, least: 1, message: 'so' },
  });
  expect(told('>', rows, 1000)).toMatchObject({
    holds: false,
    text: 'rows <= 1000',
    constraint: { kind: 'at-least', value: 1000 },
  });
  expect(told('<', rows, 1000)).toMatchObject({ holds: true, constraint: { kind: 'at-least', value: 1000 } });
  // The sizes of the inputs are for the user to give.
  expect(told('>', batch, 4)).toBeNull();
  expect(told('>', rows, batch)).toBeNull();
});
