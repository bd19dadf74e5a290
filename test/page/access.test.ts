import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problems } from './axe.js';
import { close, inBrowser, picture, shown, tab } from './browser.js';

const COMMAND = resolve(import.meta.dirname, '../../dist/opcount.js');
let scratch = '';

/** The least contrast of a tile's colour with the text on it. */
function leastContrast(page: Page): Promise<number> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const light = (colour: string): number => {
      if (context === null) return 0;
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0] = [...context.getImageData(0, 0, 1, 1).data]
        .map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const drawing = document.querySelector('[data-drawing=treemap]');
    let least = Number.POSITIVE_INFINITY;
    for (const style of ['heat', 'part'])
      for (let i = 0; i < 8; i++) {
        const tile = document.createElementNS('http://www.w3.org/2000/svg', 'g');
        tile.setAttribute('class', `tile leaf ${style}${i}`);
        const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
        const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
        tile.append(rect, text);
        drawing?.append(tile);
        const [a, b] = [light(getComputedStyle(rect).fill), light(getComputedStyle(text).fill)];
        least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
        tile.remove();
      }
    return least;
  });
}

inBrowser('the page for everyone', () => {
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'opcount-page-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test.each(['light', 'dark'] as const)(
    'axe finds nothing in serving, in training, in a comparison, in a graph and in a report, %s',
    async (colorScheme) => {
      const found: string[] = [];
      const t = await tab('#m=gpt2&v=language', { colorScheme });
      const look = async (what: string, page: Page): Promise<void> => {
        found.push(...(await problems(page)).map((problem) => `${what}: ${problem}`));
      };
      await shown(t.page, 'gpt2');
      await t.page.locator('.serving .figure').first().waitFor();
      // Where a part has nothing there is one dash, and no share of it.
      expect(await t.page.getByRole('region', { name: 'Parts of the model' }).innerText()).not.toMatch(/– +–/);
      await look('serving', t.page);
      await t.page.getByRole('tab', { name: 'Training', exact: true }).click();
      await t.page.locator('[data-drawing=training]').waitFor();
      await look('training', t.page);
      const other = await tab('#m=resnet50&c=resnet18&v=compare', { colorScheme });
      await shown(other.page, 'resnet50');
      await other.page.getByRole('table', { name: 'Totals of both models' }).waitFor();
      await look('compare', other.page);
      await other.page.getByRole('tab', { name: 'Graph', exact: true }).click();
      await other.page.locator('[data-drawing=graph] g.leaf').first().waitFor();
      await look('graph', other.page);
      const path = join(scratch, `report-${colorScheme}.html`);
      writeFileSync(
        path,
        execFileSync(process.execPath, [COMMAND, 'resnet18', '--format', 'html'], { encoding: 'utf8' }),
      );
      await t.page.goto(pathToFileURL(path).href);
      await t.page.getByRole('table').first().waitFor();
      await look('report', t.page);
      await picture(t.page, `${colorScheme}-report`);
      await t.page.context().close();
      await close(other);
      expect(found).toEqual([]);
    },
    180_000,
  );

  test('where one colour of intensity would have all tiles, they are coloured by part; the legend says which, and a click changes it', async () => {
    const t = await tab('#m=gpt2&v=treemap');
    await shown(t.page, 'gpt2');
    const colours = (): Promise<number> =>
      t.page
        .locator('[data-drawing=treemap] g.leaf > rect:first-child')
        .evaluateAll((tiles) => new Set(tiles.map((tile) => getComputedStyle(tile).fill)).size);
    expect(await colours()).toBeGreaterThanOrEqual(5);
    expect(await t.page.locator('.legend').innerText()).toMatch(/mlp\.c_fc[\s\S]*attn\.c_attn/);
    await t.page.getByRole('button', { name: 'colour by FLOPs a byte' }).click();
    expect(await colours()).toBeLessThan(4);
    await t.page.getByRole('button', { name: 'colour by part' }).click();
    expect(await colours()).toBeGreaterThanOrEqual(5);
    expect(await leastContrast(t.page)).toBeGreaterThanOrEqual(4.5);
    await t.page.emulateMedia({ colorScheme: 'dark' });
    expect(await leastContrast(t.page)).toBeGreaterThanOrEqual(4.5);
    await close(t);
  });

  test('a graph is coloured by class, a comparison by parts of the same name in both; legends say what colours are', async () => {
    const t = await tab('#m=resnet50&v=graph&z=layer1.0');
    await shown(t.page, 'resnet50');
    const legend = t.page.locator('.drawing .legend, .compare .legend');
    const swatches = (): Promise<string[]> => legend.locator('span:has(> i[class^=part])').allInnerTexts();
    await t.page.locator('[data-drawing=graph] g.leaf').first().waitFor();
    const classes = (await swatches()).map((text) => text.trim());
    expect(classes).toContain('Conv2d');
    expect(classes).toContain('BatchNorm2d');
    const styles = await t.page
      .locator('[data-drawing=graph] g.leaf')
      .evaluateAll((all) =>
        all.map((g) => [
          g.lastElementChild?.textContent?.split(' ')[0] ?? '',
          /part\d/.exec(g.getAttribute('class') ?? '')?.[0] ?? '',
        ]),
      );
    for (const name of ['Conv2d', 'BatchNorm2d'])
      expect(new Set(styles.filter(([text]) => text === name).map(([, style]) => style)).size, name).toBe(1);
    expect(new Set(styles.map(([, style]) => style)).size).toBeGreaterThan(2);
    await t.page.getByRole('button', { name: 'colour by FLOPs a byte' }).click();
    await expect.poll(swatches).toEqual([]);
    await t.page.getByRole('button', { name: 'colour by class' }).click();
    await t.page.goto(t.page.url().replace(/#.*/, '#m=resnet50&c=resnet18&v=compare'));
    await t.page.locator('[data-drawing=compare-with] g.leaf').first().waitFor();
    expect((await swatches()).map((text) => text.trim())).toEqual(expect.arrayContaining(['conv1', 'conv2', 'conv3']));
    const colours = (drawing: string, text: RegExp): Promise<string[]> =>
      t.page
        .locator(`[data-drawing=${drawing}] g.leaf`, { hasText: text })
        .locator('rect:first-child')
        .evaluateAll((tiles) => [...new Set(tiles.map((tile) => getComputedStyle(tile).fill))]);
    const left = await colours('compare', /^conv2/);
    expect(left).toHaveLength(1);
    expect(await colours('compare-with', /^conv2/)).toEqual(left);
    await close(t);
  });

  test('the icicle shows equal modules as one, so that the names of their layers can be read; each of them, where one asks', async () => {
    const t = await tab('#m=gpt2&v=icicle');
    await shown(t.page, 'gpt2');
    const names = (): Promise<string[]> =>
      t.page.locator('[data-drawing=icicle] text').evaluateAll((all) => all.map((text) => text.textContent ?? ''));
    const [all, first] = [expect.stringMatching(/^0–11/), expect.stringMatching(/^0(?!–)/)];
    await expect.poll(names).toEqual(expect.arrayContaining([all, expect.stringMatching(/^c_fc/)]));
    expect(await names()).not.toEqual(expect.arrayContaining([first]));
    await t.page.getByLabel('equal modules as one').uncheck();
    await expect.poll(names).toEqual(expect.arrayContaining([first, expect.stringMatching(/^11/)]));
    expect(await names()).not.toEqual(expect.arrayContaining([all]));
    await close(t);
  });

  test('the roofline names its longest layers, none over another, and keys go from dot to dot', async () => {
    const t = await tab('#m=resnet50&v=roofline');
    await shown(t.page, 'resnet50');
    const labels = t.page.locator('.dot-label text');
    await labels.first().waitFor();
    const boxes = await labels.evaluateAll((all) =>
      all.map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return { left, right, top, bottom };
      }),
    );
    expect(boxes.length).toBeGreaterThan(3);
    const clashes = boxes.flatMap((a, i) =>
      boxes
        .slice(i + 1)
        .filter((b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom),
    );
    expect(clashes).toEqual([]);
    await t.page.getByRole('application', { name: /^Roofline of/ }).focus();
    await t.page.keyboard.press('Home');
    const longest = t.page.getByRole('region', { name: 'Layers that take longest at best' }).getByRole('button');
    const at = t.page.locator('#roofline-at');
    await expect.poll(() => at.innerText()).toContain(`${await longest.nth(0).innerText()}: at best`);
    await t.page.keyboard.press('ArrowRight');
    await expect.poll(() => at.innerText()).toContain(`${await longest.nth(1).innerText()}: at best`);
    await t.page.locator('.point-chosen').waitFor();
    await close(t);
  });

  test('in the system’s colours text stays readable, and colours that are data stay', async () => {
    const t = await tab('#m=gpt2&v=treemap');
    await shown(t.page, 'gpt2');
    const fills = (): Promise<string[]> =>
      t.page
        .locator('[data-drawing=treemap] g.leaf > rect:first-child')
        .evaluateAll((tiles) => [...new Set(tiles.map((tile) => getComputedStyle(tile).fill))]);
    const before = await fills();
    await t.page.emulateMedia({ forcedColors: 'active' });
    expect(await t.page.evaluate(() => matchMedia('(forced-colors: active)').matches)).toBe(true);
    expect(await fills()).toEqual(before);
    // Black on a white rim, whatever the tile's own colour is.
    const looks = await t.page.locator('[data-drawing=treemap] g.leaf text').evaluateAll((texts) =>
      texts.map((text) => {
        const { paintOrder, fill, stroke } = getComputedStyle(text);
        return `${paintOrder.split(' ')[0]} ${fill} ${stroke}`;
      }),
    );
    expect([...new Set(looks)]).toEqual(['stroke rgb(0, 0, 0) rgb(255, 255, 255)']);
    const found = await problems(t.page);
    await t.page.getByRole('tab', { name: 'Training', exact: true }).click();
    await t.page.locator('[data-drawing=training]').waitFor();
    const bands = await t.page
      .locator('[data-drawing=training] [class^=span-]')
      .evaluateAll((paths) => new Set(paths.map((path) => getComputedStyle(path).fill)).size);
    expect(bands).toBe(3);
    expect([...found, ...(await problems(t.page))]).toEqual([]);
    await picture(t.page, 'forced-colours');
    await close(t);
  }, 60_000);

  test('who wants less motion has none', async () => {
    const t = await tab('#m=resnet18', { reducedMotion: 'reduce' });
    await shown(t.page, 'resnet18');
    const moving = (): Promise<number> =>
      t.page.evaluate(
        () =>
          [...document.querySelectorAll('*')].filter((element) => {
            const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
            const changes = transitionDuration.split(',').some((time) => Number.parseFloat(time) > 0);
            return changes || animationName !== 'none' || scrollBehavior === 'smooth';
          }).length,
      );
    expect(await moving()).toBe(0);
    await t.page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await moving()).toBeGreaterThan(0);
    await close(t);
  });

  test('on paper the whole view is there: every row, drawings no wider than the sheet, without controls', async () => {
    const t = await tab('#m=resnet50', { colorScheme: 'dark' });
    await shown(t.page, 'resnet50');
    await t.page.locator('.choice').getByText('operators', { exact: true }).click();
    const table = t.page.getByRole('treegrid');
    const rows = Number(await table.getAttribute('aria-rowcount')) - 1;
    expect(rows).toBeGreaterThan(150);
    expect(await t.page.locator('.row').count()).toBeLessThan(rows);
    const sheets = async (): Promise<number> =>
      (await t.page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    // 175 rows of 20 px at least, on sheets of some 1,100.
    expect(await sheets()).toBeGreaterThanOrEqual(4);
    await t.page.setViewportSize({ width: 794, height: 1123 });
    await t.page.emulateMedia({ media: 'print' });
    await t.page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await expect.poll(() => t.page.locator('.row').count()).toBe(rows);
    expect(await t.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(794);
    const paper = await t.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    expect(paper).toBe('light');
    expect(await t.page.locator('.tabs').isVisible()).toBe(false);
    const bodies = await t.page
      .locator('.row')
      .evaluateAll((all) => all.map((row) => Math.round(row.getBoundingClientRect().top)));
    expect(new Set(bodies).size).toBe(rows);
    await picture(t.page, 'print');
    await t.page.emulateMedia({ media: 'screen' });
    await t.page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await expect.poll(() => t.page.locator('.row').count()).toBeLessThan(rows);
    await close(t);
  }, 60_000);
});
