import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { close, inBrowser, shown, tab } from './browser.js';
import { DARK, LIGHT, terminalSvg } from './terminal.js';

// Pictures of README and docs. `UPDATE_GOLDENS=1` takes them anew.
const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/pictures');
const MOST = 300_000;
const SIZE = { width: 1280, height: 860 };

/** Views of the page, by the name of their picture. */
const VIEWS = { page: '#m=resnet50', serving: '#m=gpt2&v=language' } as const;

test('the picture of the terminal is what the command prints', () => {
  const text = execFileSync(process.execPath, [join(ROOT, 'dist/opcount.js'), 'resnet50', '--color', 'always'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100' },
  });
  const told = `$ opcount resnet50\n${text.slice(0, text.indexOf('\n\nAll '))}`;
  for (const [scheme, colours] of [
    ['light', LIGHT],
    ['dark', DARK],
  ] as const) {
    const path = join(FOLDER, `terminal-${scheme}.svg`);
    const svg = terminalSvg(told, colours);
    if (process.env['UPDATE_GOLDENS']) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(path, svg);
    }
    expect(readFileSync(path, 'utf8')).toBe(svg);
  }
});

inBrowser('pictures of the page', () => {
  test.each(Object.entries(VIEWS))('%s, light and dark', async (name, hash) => {
    for (const scheme of ['light', 'dark'] as const) {
      const t = await tab(hash, { viewport: SIZE, colorScheme: scheme });
      await shown(t.page, /m=(\w+)/.exec(hash)?.[1] ?? '');
      await t.page.locator('.strip li').first().waitFor();
      await t.page.getByText('Bound by memory').waitFor();
      if (name === 'serving') {
        await t.page.getByRole('table').first().waitFor();
        await t.page.locator('.tabs').evaluate((tabs) => tabs.scrollIntoView());
      }
      const session = await t.page.context().newCDPSession(t.page);
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 72 });
      const taken = Buffer.from(data, 'base64');
      const path = join(FOLDER, `${name}-${scheme}.webp`);
      if (process.env['UPDATE_GOLDENS']) writeFileSync(path, taken);
      // Pixels differ with the fonts of a machine; the picture that is kept has the size of what is on show.
      expect(sizeOf(readFileSync(path))).toEqual(sizeOf(taken));
      await close(t);
    }
  });
});

test('README and docs show every picture in both colours, under 300 kB together', () => {
  const files = readdirSync(FOLDER).sort();
  const names = ['page', 'serving', 'terminal'];
  expect(files).toEqual(
    names.flatMap((name) =>
      ['dark', 'light'].map((scheme) => `${name}-${scheme}.${name === 'terminal' ? 'svg' : 'webp'}`),
    ),
  );
  expect(files.reduce((n, file) => n + statSync(join(FOLDER, file)).size, 0)).toBeLessThan(MOST);
  const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))];
  const texts = pages.map((name) => readFileSync(join(ROOT, name === 'README.md' ? '' : 'docs', name), 'utf8'));
  for (const file of files) {
    const shownBy = texts.filter((text) => text.includes(`pictures/${file}`));
    expect(shownBy, file).not.toEqual([]);
    for (const text of shownBy) expect(text).toContain('(prefers-color-scheme: dark)');
  }
});

/** Width and height of a lossy WebP: in the header of its only frame. */
function sizeOf(webp: Buffer): { readonly width: number; readonly height: number } {
  const at = webp.indexOf('VP8 ', 8, 'latin1') + 8 + 6;
  return { width: webp.readUInt16LE(at) & 0x3fff, height: webp.readUInt16LE(at + 2) & 0x3fff };
}
