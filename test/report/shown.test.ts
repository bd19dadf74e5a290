import { expect, test } from 'vitest';
import { profile, reconcile, report, toJson, whoPrints } from '../../src/index.js';
import { csvField, markdownText } from '../../src/report/escape.js';
import {
  compareReports,
  compareText,
  FORMATS,
  notesText,
  PLAIN,
  reconcileMarkdown,
  reconcileText,
  whoPrintsText,
} from '../../src/report/index.js';
import { shown, shownMessage, visibleOutput } from '../../src/report/shown.js';
import { shownData } from '../../src/report/shown-data.js';
import { escapeHidden } from '../../src/wire/hidden.js';
import { MARKUP, NASTY, nastyModel, RAW } from './hostile.js';

const open = (bind?: Record<string, number>) =>
  profile(nastyModel(), {
    conventions: ['all'],
    ...(bind === undefined ? {} : { bind }),
    name: `m${NASTY}`,
    devices: ['t4'],
  });

/** The first raw character or forged line with what is around it; null where there is none. */
function rawIn(text: string): string | null {
  const found = RAW.exec(text) ?? /^ {0,3}error: forged/m.exec(text);
  return found === null ? null : JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 60));
}

test('a name is one line, what steers or hides is written out, and the middle of a long one is left out', () => {
  expect(shown('a\u001b[31m\n\u202eb')).toBe('a\\u001b[31m\\n\\u202eb');
  expect(shown('\u{e0041}')).toBe('\\udb40\\udc41');
  expect(shown('\ud800x')).toBe('\\ud800x');
  expect(shown('層 ü é 👩')).toBe('層 ü é 👩');
  const long = shown(`${'a'.repeat(10_000)}end`);
  expect(long).toHaveLength(240);
  expect(long).toMatch(/^a+…a+end$/);
  expect(shown('👩'.repeat(1000))).not.toMatch(RAW);
  expect(shown(`ê\u0323 Z${'\u0301\u20dd'.repeat(4)}`)).toBe(
    `ê\u0323 Z${'\u0301\u20dd'.repeat(2)}\u0301\\u20dd\\u0301\\u20dd`,
  );
});

test('lines of a message cannot pass for ours, and are counted', () => {
  expect(shownMessage('first\nerror: second')).toBe('first\n    error: second');
  expect(shownMessage('x\n'.repeat(10_000)).split('\n').length).toBeLessThan(80);
  expect(shownMessage('x'.repeat(100_000)).length).toBeLessThan(5000);
});

test('data without anything to hide is not copied; a dimension may be called __proto__', () => {
  const plain = { a: ['x', { b: 1n }] };
  expect(shownData(plain)).toBe(plain);
  const odd = shownData(JSON.parse('{"__proto__": "a\\u001b", "b": 1}'));
  expect(Object.entries(odd)).toEqual([
    ['__proto__', 'a\\u001b'],
    ['b', 1],
  ]);
});

test.each(FORMATS)('%s: nothing raw of hostile names, with free and with bound dimensions', async (format) => {
  const free = await open();
  const bind = Object.fromEntries(Object.keys(free.symbols).map((name) => [name, 8]));
  for (const found of [free, await open(bind)])
    for (const by of [{}, { formula: true }, { units: 'raw' as const, top: 3, sort: 'macs' as const }]) {
      const text = report(found, format, by).replaceAll(format === 'csv' ? '\r\n' : '\n', '\n');
      expect(rawIn(text)).toBeNull();
      expect(text).toMatch(/(?:\\|textbackslash\{\})u001b\\?\[2J/);
    }
});

test('JSON says the true text, in escapes; halves of pairs are valid JSON', async () => {
  const found = await open();
  const data = JSON.parse(report(found, 'json'));
  expect(data.model.name).toBe(`m${NASTY}`);
  expect(data.model.producer).toContain('\u202eevil');
  expect(Object.keys(data.symbols)[0]).toContain(NASTY);
  expect(JSON.parse(toJson({ '\ud800': '\udc00' }))).toEqual({ '\ud800': '\udc00' });
  expect(toJson({ '\ud800': '\udc00\u202e' })).toMatch(/^[\x20-\x7e\n]+$/);
});

test('CSV: no cell is a formula, in any spelling of its signs', async () => {
  for (const text of [
    '=1',
    '+a',
    '-a',
    '@a',
    '＝1',
    '＋a',
    '－a',
    '＠a',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '"=1',
    '−1+2',
    '+2.5',
    '－1',
    '＋1',
  ])
    expect(csvField(text).replace(/^"/, ''), JSON.stringify(text)).toMatch(/^'/);
  for (const text of ['-1', '-1.5e-7', '12', 'a=b', '']) expect(csvField(text)).toBe(text);
  expect(csvField('a;=1')).toBe('"a;=1"');
  const cells = report(await open(), 'csv').split('\r\n');
  expect(cells.some((line) => line.includes("'=1+1"))).toBe(true);
});

test('Markdown: rows have as many cells as their head, and nothing is markup', async () => {
  const bars = (line: string): number => line.replace(/\\[\\|]/g, '').split('|').length;
  for (const text of [report(await open(), 'md'), reconcileMarkdown(await reconcile(nastyModel(), { name: MARKUP }))]) {
    const lines = text.split('\n');
    let head = 0;
    for (const line of lines) {
      if (!line.startsWith('|')) head = 0;
      else if (head === 0) head = bars(line);
      else expect(bars(line), line).toBe(head);
    }
    expect(text).not.toMatch(/<(?!br>)|https?:\/\/evil|(?<!\\)`x|(?<!\\)\[a|@team/);
  }
});

test('Markdown: code hosts find no mention, reference or formula in the rendered text', () => {
  const text = markdownText('@team #1 !2 %3 $4 GH-5 $x^2$ 50 %');
  const rendered = text
    .replace(/\\(?=[$_])/g, '')
    .replaceAll('&#64;', '@')
    .replaceAll('&#8203;', '\u200b');
  expect(rendered).toBe('@\u200bteam #\u200b1 !\u200b2 %\u200b3 $\u200b4 GH-\u200b5 $x^2$ 50 %');
  expect(text).not.toMatch(/(?<!\\)\$/);
});

test('HTML: names are text', async () => {
  const text = report(await open(), 'html');
  expect(text).not.toMatch(/<img|<script|onerror="/);
  expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&amp;lt;@team');
});

test('accounts, comparisons, notes and answers to a number', async () => {
  const found = await open();
  const account = await reconcile(nastyModel(), { name: `m${NASTY}${MARKUP}` });
  const texts = [
    reconcileText(account, PLAIN),
    reconcileMarkdown(account),
    whoPrintsText(account, whoPrints(account, '4.1G'), PLAIN),
    compareText(found, found, 3, 'auto', PLAIN),
    toJson(compareReports(found, found, 3)),
    toJson(account),
    ...notesText({ ...found, notes: [{ code: 'x', message: `note${NASTY}` } as never] }, PLAIN),
  ];
  for (const text of texts) {
    expect(rawIn(text)).toBeNull();
  }
});

test('what is taken for harmless at a glance is harmless', () => {
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;
  for (let code = 0; code <= 0xffff; code++) {
    const text = String.fromCharCode(code);
    expect(escapeHidden(text) === text, code.toString(16)).toBe(!hidden.test(text));
    expect(escapeHidden(text.repeat(6)) === text.repeat(6), code.toString(16)).toBe(
      !/[\p{M}]/u.test(text) && !hidden.test(text),
    );
  }
});

test('what a program prints reaches a screen with colours and line ends, and steers nothing', () => {
  const visible = visibleOutput();
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(visible(bytes('\u001b[1;31mred\u001b[0m\r50 %\tdone\n'))).toBe('\u001b[1;31mred\u001b[0m\r50 %\tdone\n');
  expect(visible(bytes('\u001b[2J\u001b]0;title\u0007\u202eabc\u009b31m'))).toBe(
    '\\u001b[2J\\u001b]0;title\\u0007\\u202eabc\\u009b31m',
  );
  // Cut anywhere.
  const text = 'é\u001b[31mx\u001b[2Jy';
  const pieces = visibleOutput();
  expect([...bytes(text)].map((byte) => pieces(Uint8Array.of(byte))).join('')).toBe('é\u001b[31mx\\u001b[2Jy');
});
