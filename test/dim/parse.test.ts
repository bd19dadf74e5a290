import { describe, expect, test } from 'vitest';
import { type Dim, equal, format, parse, sym, toBigInt } from '../../src/dim/index.js';
import { isModelError, type ModelError } from '../../src/source/errors.js';

function failure(text: string): ModelError {
  try {
    parse(text);
  } catch (error) {
    if (isModelError(error)) return error;
    throw error;
  }
  throw new Error(`read ${text}`);
}

describe('parse', () => {
  // The first group stands in ONNX files that PyTorch's exporters wrote.
  test.each([
    ['(((s53 - 1)//4)) + 1', 'floor((s53 - 1)/4) + 1'],
    ['2*(((((s0//2)) - 1)//16)) + 2', '2*floor((s0 - 2)/32) + 2'],
    ['sequence*batch', 'batch*sequence'],
    ['32*s16', '32*s16'],
    ['past_sequence_length + 1', 'past_sequence_length + 1'],
    ['batch * heads', 'batch*heads'],
    ['onnx::Reshape_12', 'onnx::Reshape_12'],
    ['unk__6', 'unk__6'],
    ['floor(h/2 - 1/2) + 1', 'floor((h + 1)/2)'],
    ['floor(h/4 - 1/4) + 1', 'floor((h - 1)/4) + 1'],
    ['ceiling(s/2)', 'floor((s + 1)/2)'],
    ['ceil(h/2)', 'floor((h + 1)/2)'],
    ['Max(1, s - 2)', 'max(3, s) - 2'],
    ['Min(s, 512)', 'min(512, s)'],
    ['max(a, b, max(c, 3))', 'max(3, a, b, c)'],
    ['Mod(s, 2) + 2*(s//2)', 's'],
    ['FloorDiv(s, 2)', 'floor(s/2)'],
    ['CeilDiv(s, 2)', 'floor((s + 1)/2)'],
    ['h % 2 + 2*(h//2)', 'h'],
    ['h mod 2 + 2*floor(h/2)', 'h'],
    ['mod + mod mod mod', 'mod'],
    ['s·t', 's*t'],
    ['⌊(s−1)/2⌋ + ⌈t/2⌉', 'floor((s + 1)/2) + floor((t + 1)/2) - 1'],
    ['-s**2', '-s**2'],
    ['-7//2', '-4'],
    ['7 // 2 * 2', '6'],
    ['2**3**2', '512'],
    ['s^2', 's**2'],
    ['--s - -2', 's + 2'],
    ['floor(0.75*s)', 'floor(3*s/4)'],
    ['1.0*s', 's'],
    ['s/2*2', 's'],
    ['(b*s)/(2*b)*4', '2*s'],
    ['"a b" + 1', '"a b" + 1'],
    ['"max"', 'max'],
    ['"2x"*2', '2*"2x"'],
    ['größe*β', 'größe*β'],
    ['123456789012345678901234567890*s', '123456789012345678901234567890*s'],
    ['max - 1', 'max - 1'],
  ])('%s', (text, expected) => {
    expect(format(parse(text))).toBe(expected);
    expect(equal(parse(expected), parse(text))).toBe(true);
  });

  test('names of any kind survive', () => {
    for (const name of [
      'a b',
      'min',
      'floor',
      'mod',
      '3',
      '"',
      '\\',
      'a*b',
      'é',
      'x:y.z',
      '?',
      '{1,}',
      '\u{1f600}',
      'line\nbreak',
    ]) {
      const d = sym(name);
      expect(equal(parse(format(d)), d)).toBe(true);
    }
  });

  test('ranges are the caller’s', () => {
    const ranges = new Map([['past', { min: 0, max: 10 }]]);
    expect(parse('max(past, 0)', ranges)).toEqual(sym('past', { min: 0, max: 10 }));
    expect(parse('past//11', ranges)).toBe(0);
  });

  test.each<[string, number]>([
    ['', 0],
    ['s +', 3],
    ['s + * t', 4],
    ['s t', 2],
    ['(s', 2],
    ['s)', 1],
    ['s & t', 2],
    ['foo(s)', 0],
    ['toString(s)', 0],
    ['__proto__(s)', 0],
    ['floor(s, t)', 0],
    ['mod(s)', 0],
    ['s//0', 1],
    ['s % 0', 2],
    ['s/2', 0],
    ['2**s', 1],
    ['2**-1', 1],
    ['max(s/2, 1)', 0],
    ['""', 0],
    ['"a', 0],
    ['"\\x"', 0],
    ['3x', 1],
  ])('malformed, with the place: %s', (text, offset) => {
    const error = failure(text);
    expect(error.code).toBe('malformed');
    expect(error.at.offset).toBe(offset);
    expect(error.hint).not.toBeNull();
  });

  test('hostile texts end soon in a limit', () => {
    for (const text of [
      '('.repeat(100_000),
      `${'-('.repeat(5000)}s${')'.repeat(5000)}`,
      '2**'.repeat(5000),
      'x'.repeat(1_000_000),
      '9'.repeat(100_000),
      '9**9**9**9',
      `(${Array.from({ length: 60 }, (_, i) => `x${i}`).join('+')})**5`,
      Array.from({ length: 3000 }, () => '(a+b+c+d)**25').join('+'),
      Array.from({ length: 3000 }, () => '(a+b+c+d)').join('*'),
      Array.from({ length: 40_000 }, (_, i) => `a${i % 3000}/${i + 2}`)
        .join('+')
        .slice(0, 200_000),
      Array.from({ length: 60 }, () => '9'.repeat(4000)).join('*'),
      `floor((${Array.from({ length: 4000 }, (_, i) => `${i + 2}*x${i}`).join('+')})/((a+b+c+d)**9))`,
      `max(${Array.from({ length: 1000 }, (_, i) => `x${i}`).join(',')})`,
    ]) {
      expect(failure(text).code).toBe('limit');
    }
  });

  test('long and harmless is read: thousands of signs, terms and numbers', () => {
    expect(format(parse(`${'-'.repeat(100_000)}s`))).toBe('s');
    const many = Array.from({ length: 4000 }, (_, i) => `${i + 2}*x${i}`).join(' + ');
    const d: Dim = parse(many);
    expect(equal(parse(format(d)), d)).toBe(true);
    expect(toBigInt(parse(Array.from({ length: 50_000 }, () => '1').join('+')))).toBe(50_000n);
  });
});
