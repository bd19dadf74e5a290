import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileDims, type Dim, parse, runDims, substitute, symbols } from '../../src/dim/index.js';

test('a program gives what substitution gives, floors and extremes shared among formulas', () => {
  const texts = [
    '9408*batch*floor((h + 1)/2)*floor((w + 1)/2) + 7',
    'max(h, 3*w) - min(batch, 5)',
    'floor(floor((h - 1)/4)/2)**2*batch**3',
    '12',
  ];
  const dims = texts.map((text) => parse(text));
  const program = compileDims(dims);
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), fc.nat(64), (h, w, batch) => {
      const at = new Map<string, Dim>(Object.entries({ h: h + 1, w: w + 1, batch: batch + 1 }));
      const values = runDims(
        program,
        program.symbols.map(({ name }) => Number(at.get(name))),
      );
      expect([...values]).toEqual(dims.map((d) => Number(substitute(d, at))));
    }),
  );
  expect(program.symbols.map(({ name }) => name).sort()).toEqual([...new Set(dims.flatMap((d) => symbols(d)))].sort());
});

test('a program is plain data, with the range of each symbol', () => {
  const program = compileDims([parse('2*n')]);
  expect(structuredClone(program)).toEqual(program);
  expect(program.symbols).toEqual([{ name: 'n', min: 1, max: null }]);
});
