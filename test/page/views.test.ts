import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { problems } from './axe.js';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab } from './browser.js';

const fixture = (name: string): string => join(FIXTURES, name);

/** Every view by day; by night those that have colours of their own. */
const VIEWS = {
  light: [
    'Layers',
    'Treemap',
    'Icicle',
    'Memory',
    'Roofline',
    'Graph',
    'Cost by size',
    'Training',
    'Conventions',
    'Compare',
  ],
  dark: ['Treemap', 'Memory', 'Roofline', 'Graph', 'Training', 'Conventions'],
} as const;

async function go(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name, exact: true }).click();
}

async function setDim(page: Page, name: string, value: number): Promise<void> {
  await page.getByLabel(name, { exact: true }).fill(String(value));
}

inBrowser('what the page shows', () => {
  test('drawings and table are one selection; zoom goes in and out by mouse and by keys', async () => {
    const t = await tab('#m=resnet50&v=treemap');
    await shown(t.page, 'resnet50');
    const tile = t.page.locator('[data-drawing=treemap] g.leaf').first();
    await tile.click();
    const row = t.page.locator('.row.chosen');
    await row.waitFor();
    const name = await tile
      .locator('text')
      .first()
      .evaluate((text) => text.firstChild?.textContent ?? '');
    expect(await row.locator('.c-name').innerText()).toContain(name.replace('…', ''));
    // Zoom into layer3 by its row, back by key.
    await t.page.locator('.row', { hasText: 'layer3' }).first().dblclick();
    expect(await t.page.locator('.crumbs [aria-current]').innerText()).toBe('layer3');
    const inside = await t.page.locator('[data-drawing=treemap] text').allTextContents();
    expect(inside.some((text) => text.startsWith('layer1'))).toBe(false);
    await t.page.locator('.canvas').focus();
    await t.page.keyboard.press('Backspace');
    expect(await t.page.locator('.crumbs [aria-current]').innerText()).toBe('resnet50');
    await t.page.keyboard.press('Home');
    await t.page.keyboard.press('ArrowRight');
    await t.page.keyboard.press('Enter');
    expect(await t.page.locator('.crumbs [aria-current]').innerText()).not.toBe('resnet50');
    await go(t.page, 'Icicle');
    expect(await t.page.locator('[data-drawing=icicle] g').count()).toBeGreaterThan(3);
    await picture(t.page, 'icicle');
    await close(t);
  });

  test('the table sorts, filters and is walked by keys; areas follow the figure that is chosen', async () => {
    const t = await tab('#m=resnet50&v=treemap');
    await shown(t.page, 'resnet50');
    const table = t.page.getByRole('treegrid');
    await t.page.locator('.choice').getByText('layers', { exact: true }).click();
    await table.getByRole('columnheader', { name: 'params' }).getByRole('button').click();
    const first = async (column: string): Promise<string> =>
      (await table.locator(`.row .c-${column}`).first().innerText()).trim();
    expect(await first('params')).toBe('2.359 M');
    expect(await table.getByRole('columnheader', { name: 'params' }).getAttribute('aria-sort')).toBe('descending');
    await t.page.getByLabel('Filter rows by name or type').fill('layer1 bn2');
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('4');
    expect(await table.locator('.row .c-name').allInnerTexts()).toEqual([
      'layer1.0.bn2',
      'layer1.1.bn2',
      'layer1.2.bn2',
    ]);
    await t.page.getByLabel('Filter rows by name or type').fill('');
    await t.page.locator('.choice').getByText('modules', { exact: true }).click();
    await table.getByRole('columnheader', { name: 'params' }).getByRole('button').click();
    await table.getByRole('columnheader', { name: 'params' }).getByRole('button').click();
    await table.focus();
    await t.page.keyboard.press('Home');
    await t.page.keyboard.press('ArrowDown');
    await t.page.keyboard.press('ArrowDown');
    expect(await table.locator('.row.chosen .c-name').innerText()).toBe('bn1');
    await t.page.keyboard.press('Home');
    await t.page.keyboard.press('ArrowLeft');
    expect(await table.getAttribute('aria-rowcount')).toBe('2');
    await t.page.keyboard.press('ArrowRight');
    // By parameters the last stage is the largest, by MACs it is not.
    const area = async (label: string): Promise<number> => {
      const group = t.page
        .locator('[data-drawing=treemap] g.group', {
          has: t.page.locator('text', { hasText: new RegExp(`^${label}`) }),
        })
        .first();
      const box = await group.locator('rect').first().boundingBox();
      return (box?.width ?? 0) * (box?.height ?? 0);
    };
    const [macs3, macs4] = [await area('layer3'), await area('layer4')];
    await t.page.locator('.figure', { hasText: 'Params' }).click();
    const [params3, params4] = [await area('layer3'), await area('layer4')];
    expect(macs4 / macs3).toBeCloseTo(809.239 / 1464, 1);
    expect(params4 / params3).toBeCloseTo(14.965 / 7.098, 0);
    await close(t);
  });

  test('ten thousand rows scroll to their end, few of them drawn', async () => {
    const t = await tab();
    const { chain } = (await import('../../bench/models.mjs' as string)) as { chain(nodes: number): Uint8Array };
    const input = t.page.locator('input[type=file]').first();
    await input.setInputFiles({
      name: 'chain.onnx',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(chain(10_000)),
    });
    await shown(t.page, 'chain.onnx');
    await t.page.locator('.choice').getByText('operators', { exact: true }).click();
    const table = t.page.getByRole('treegrid');
    expect(Number(await table.getAttribute('aria-rowcount'))).toBeGreaterThan(9_999);
    await table.focus();
    await t.page.keyboard.press('End');
    const last = table.locator('.row.chosen');
    await last.waitFor();
    expect(Number(await last.getAttribute('aria-rowindex'))).toBeGreaterThan(9_999);
    expect(await table.locator('.row').count()).toBeLessThan(120);
    await close(t);
  });

  test('memory over the schedule: the peak, the tensors alive at it, and at any other moment', async () => {
    const t = await tab('#m=resnet50&v=memory');
    await shown(t.page, 'resnet50');
    expect((await figure(t.page, 'Peak memory')).digits).toBe('9,633,792');
    const alive = t.page.getByRole('region', { name: 'Tensors in memory' });
    expect(await alive.innerText()).toMatch(/At the peak: 9\.2 MiB in 3 tensors/);
    expect(await alive.innerText()).toContain('layer1.0.downsample.1');
    expect(await alive.locator('li').count()).toBe(3);
    expect(await alive.locator('li').first().innerText()).toContain('1×256×56×56 float32');
    await t.page.locator('.moment input[type=range]').fill('0');
    expect(await alive.innerText()).toMatch(/At operator 1/);
    await setDim(t.page, 'batch', 4);
    await t.page.getByRole('button', { name: 'To the peak' }).click();
    expect(await alive.innerText()).toMatch(/At the peak: 36\.8 MiB/);
    expect(await alive.locator('li').first().innerText()).toContain('4×256×56×56');
    await picture(t.page, 'memory');
    await close(t);
  });

  test('roofline: dense and sparse apart, dtype explicit, a device of one’s own', async () => {
    const t = await tab('#m=resnet50&v=roofline');
    await shown(t.page, 'resnet50');
    const bound = t.page.locator('.bound');
    await bound.waitFor();
    expect(await bound.innerText()).toMatch(/At best \d+ µs on A100 SXM4 80 GB, fp32, dense/);
    const peaks = await t.page.getByLabel('peak').locator('option').allInnerTexts();
    expect(peaks).toContain('fp16 — dense: 312 TFLOP/s');
    expect(peaks).toContain('fp16 — sparse (2:4): 624 TFLOP/s');
    await t.page.getByLabel('peak').selectOption({ label: 'fp16 — sparse (2:4): 624 TFLOP/s' });
    expect(await bound.innerText()).toMatch(/fp16 sparse/);
    await t.page.getByRole('button', { name: 'A device of your own' }).click();
    for (const [field, value] of [
      ['name', 'board'],
      ['memory, GB/s', '10'],
      ['dtype', 'int8'],
      ['dense, TFLOP/s', '1'],
    ] as const)
      await t.page.locator('.own-device').getByLabel(field).fill(value);
    await t.page.getByRole('button', { name: 'Use it' }).click();
    // All bytes at 10 GB/s are a floor: 425,995,840 B take 42.6 ms.
    const time = /At best ([\d.]+) ms on board, int8, dense/.exec(await bound.innerText());
    expect(Number(time?.[1])).toBeGreaterThanOrEqual(42.6);
    expect(Number(time?.[1])).toBeLessThan(60);
    await t.page.getByRole('region', { name: 'Layers that take longest at best' }).getByRole('button').first().click();
    await t.page.locator('.point-chosen').waitFor();
    await picture(t.page, 'roofline');
    await close(t);
  });

  test('the graph of a module: its parts and what flows between them', async () => {
    const t = await tab('#m=resnet50&v=graph&z=layer1.0');
    await shown(t.page, 'resnet50');
    const graph = t.page.locator('[data-drawing=graph]');
    await graph.waitFor();
    await t.page.getByRole('button', { name: 'Fit', exact: true }).click();
    const labels = await graph.locator('text').allTextContents();
    expect(labels).toEqual(expect.arrayContaining(['in', 'conv1', 'conv2', 'conv3', 'downsample', 'add', 'out']));
    // Eleven parts in a chain with one branch: every part but the first is reached.
    expect(await graph.locator('.edge').count()).toBeGreaterThanOrEqual(12);
    await picture(t.page, 'graph');
    await graph.locator('g.tile', { hasText: 'downsample' }).dblclick();
    await t.page.locator('.crumbs [aria-current]', { hasText: 'downsample' }).waitFor();
    await close(t);
  });

  test('a plain ONNX file without free dimensions: its size is freed, or set, on the page', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await shown(t.page, 'resnet18.legacy17.onnx');
    expect(await t.page.locator('.slider').count()).toBe(0);
    await t.page.getByRole('button', { name: 'free its size' }).click();
    await t.page.locator('.slider').first().waitFor();
    expect((await figure(t.page, 'MACs')).digits).toBe('1,814,073,344');
    await setDim(t.page, 'batch', 3);
    expect((await figure(t.page, 'MACs')).digits).toBe((3 * 1_814_073_344).toLocaleString('en-US'));
    await close(t);
  });

  test.each([
    ['light', { width: 1360, height: 900 }],
    ['dark', { width: 390, height: 844 }],
  ] as const)(
    'axe finds nothing in any view, %s; nothing is wider than the screen',
    async (scheme, viewport) => {
      const found: string[] = [];
      const t = await tab('', { colorScheme: scheme, viewport });
      await t.page.getByRole('button', { name: 'resnet18', exact: true }).waitFor();
      const look = async (what: string): Promise<void> => {
        found.push(...(await problems(t.page)).map((problem) => `${scheme} ${what}: ${problem}`));
        const over = await t.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${scheme} ${what}: ${over} px wider than the screen`);
        await picture(t.page, `${scheme}-${what}`);
      };
      await look('welcome');
      await t.page.getByRole('button', { name: 'resnet18', exact: true }).click();
      await shown(t.page, 'resnet18');
      await t.page.locator('.row', { hasText: 'conv1' }).first().click();
      for (const name of VIEWS[scheme]) {
        await go(t.page, name);
        await t.page.locator('.work .canvas svg, .work.table .row, .tools, .compare-empty, .stack').first().waitFor();
        await look(name.toLowerCase());
      }
      await t.page.getByRole('button', { name: 'Share', exact: true }).click();
      await look('share');
      await close(t);
      expect(found).toEqual([]);
    },
    240_000,
  );

  test('the colours can be chosen and stay chosen', async () => {
    const t = await tab();
    const paper = (): Promise<string> =>
      t.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await t.page.getByRole('button', { name: /^Colours/ }).click();
    await t.page.getByRole('button', { name: /^Colours: light/ }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await t.page.reload();
    expect(await paper()).toBe(dark);
    await close(t);
  });
});

inBrowser('what it weighs', () => {
  test('the first load is under 300 kB compressed', async () => {
    const { gzipSync } = await import('node:zlib');
    const t = await tab();
    await t.page.getByRole('button', { name: 'resnet18', exact: true }).waitFor();
    const urls = await t.page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
    const workers = t.page.workers().map((worker) => worker.url());
    const names = [...new Set([...urls, ...workers])].map((url) => new URL(url).pathname);
    expect(names.some((name) => name.endsWith('.js'))).toBe(true);
    const dist = join(FIXTURES, '../../dist/app');
    const size = names.reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name))).length, 0);
    expect(size).toBeLessThan(300_000);
    await close(t);
  });
});
