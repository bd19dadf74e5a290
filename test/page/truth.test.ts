import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { model, node, tensorType, valueInfo } from '../formats/onnx-build.js';
import { join as bytes, int, len } from '../wire/encode.js';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab } from './browser.js';

let scratch = '';
const fixture = (name: string): string => join(FIXTURES, name);

inBrowser('nothing shown is wrong', () => {
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'opcount-page-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('a total that leaves something out looks like it everywhere', async () => {
    const t = await tab('', { viewport: { width: 1440, height: 900 } });
    const path = join(scratch, 'partial.onnx');
    writeFileSync(path, partialModel());
    await drop(t.page, path);
    await shown(t.page, 'partial.onnx');
    expect(await figure(t.page, 'MACs')).toEqual({ short: '≥ 512 + ?', digits: 'at least 512' });
    expect(await t.page.locator('.sentence').innerText()).toContain('≥ 512 + ? MACs');
    expect(await t.page.locator('[data-drawing=card] .uncounted-tile').count()).toBe(1);
    // The part without a formula is in the drawing, hatched, and takes nothing from the others' areas.
    await t.page.getByRole('tab', { name: 'Treemap', exact: true }).click();
    const gap = t.page.locator('[data-drawing=treemap] .uncounted-tile');
    await expect.poll(() => gap.count()).toBe(1);
    expect(await gap.textContent()).toContain('?');
    const table = t.page.getByRole('treegrid');
    expect(await table.getByRole('columnheader', { name: 'known share' }).count()).toBe(1);
    const cell = table.locator('.row').first().locator('.c-macs');
    expect(await cell.innerText()).toBe('≥ 512 + ?');
    expect(await cell.evaluate((span) => span.scrollWidth <= span.clientWidth)).toBe(true);
    // What a formula may speak of is named, and the formulas are saved as the file that is read.
    const box = t.page.locator('.uncounted');
    expect(await box.innerText()).toContain('in, in.0, in.1');
    await box.getByLabel('MACs').fill('in*4');
    await box.getByRole('button', { name: /^Count / }).click();
    await box.waitFor({ state: 'detached' });
    expect((await figure(t.page, 'MACs')).short).toBe('576');
    const saved = t.page.waitForEvent('download');
    await t.page.getByRole('button', { name: 'Save them as a file' }).click();
    expect(Object.values(JSON.parse(readFileSync(await (await saved).path(), 'utf8')))).toEqual([
      { macs: 'in*4', flops: '' },
    ]);
    await t.page.getByRole('button', { name: 'Take them back' }).click();
    await box.waitFor();
    expect((await figure(t.page, 'MACs')).short).toBe('≥ 512 + ?');
    // Beside another model it is as partial, and no difference is made of what is not known.
    await t.page.getByRole('tab', { name: 'Compare', exact: true }).click();
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    const totals = t.page.getByRole('table', { name: 'Totals of both models' });
    await totals.waitFor();
    expect(await totals.getByRole('row', { name: /^MACs/ }).innerText()).toMatch(/≥ 512 \+ \?\s+1\.814 G\s+\?\s+–/);
    expect(await t.page.locator('.maps figcaption').first().innerText()).toContain('≥ 512 + ? MACs');
    await picture(t.page, 'partial');
    await close(t);
  });

  test('areas of the treemap are the numbers, to a hundredth', async () => {
    for (const name of ['resnet50', 'vit_b_16']) {
      const t = await tab(`#m=${name}&v=treemap`);
      await shown(t.page, name);
      for (const drawing of ['treemap', 'card']) {
        const leaves = await areas(t.page, drawing);
        expect(leaves.length).toBeGreaterThan(2);
        const perUnit = leaves.map(({ area, share }) => area / share);
        // Shares are written with one decimal: only those that are not blurred by it are measured.
        expect(Math.max(...perUnit) / Math.min(...perUnit)).toBeLessThan(1.03);
      }
      await close(t);
    }
  });

  test('a long formula ends with an ellipsis, a short one is whole, in one style', async () => {
    const t = await tab('#m=resnet50');
    await shown(t.page, 'resnet50');
    expect(await t.page.locator('.formula summary code').innerText()).toMatch(/^9\.408 k · batch · .* \+ …$/);
    await t.page.locator('.formula summary').click();
    expect(await t.page.locator('.formula p code').innerText()).toMatch(/· batch$|\)$|[a-z\d]$/);
    await t.page.goto(`${t.page.url().replace(/#.*/, '')}#m=swin_t`);
    await shown(t.page, 'swin_t');
    expect(await t.page.locator('.formula code').innerText()).toBe('4,490,566,656 · batch');
    await close(t);
  });

  test('a module that is called three times is three parts, and nothing flows back', async () => {
    const t = await tab('#m=resnet50&v=graph&z=layer1.0');
    await shown(t.page, 'resnet50');
    await t.page.locator('[data-drawing=graph] g.tile').first().waitFor();
    await t.page.getByRole('button', { name: 'Fit', exact: true }).click();
    const texts = await t.page.locator('[data-drawing=graph] g.tile text:first-of-type').allTextContents();
    expect(texts.filter((text) => text.startsWith('relu'))).toEqual([
      'relu (1 of 3)',
      'relu (2 of 3)',
      'relu (3 of 3)',
    ]);
    const up = await t.page.locator('[data-drawing=graph] .edge').evaluateAll(
      (paths) =>
        paths.filter((path) => {
          const line = path as unknown as SVGPathElement;
          return line.getPointAtLength(0).y > line.getPointAtLength(line.getTotalLength()).y;
        }).length,
    );
    expect(up).toBe(0);
    await close(t);
  });

  test('a graph of five hundred parts is drawn, moved, searched, and has a map of itself', async () => {
    const t = await tab();
    const { chain } = (await import('../../bench/models.mjs' as string)) as { chain(nodes: number): Uint8Array };
    await t.page
      .locator('input[type=file]')
      .first()
      .setInputFiles({
        name: 'chain.onnx',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(chain(8_000)),
      });
    await shown(t.page, 'chain.onnx');
    await t.page.getByRole('tab', { name: 'Graph', exact: true }).click();
    const graph = t.page.locator('[data-drawing=graph]');
    await graph.waitFor();
    expect(await t.page.locator('.minimap').count()).toBe(1);
    expect(await graph.locator('g.tile').count()).toBeLessThan(100);
    await t.page.locator('.canvas').scrollIntoViewIfNeeded();
    const before = await graph.getAttribute('viewBox');
    const box = await t.page.locator('.canvas').boundingBox();
    const [x, y] = [(box?.x ?? 0) + 200, (box?.y ?? 0) + 200];
    await t.page.mouse.move(x, y);
    await t.page.mouse.down();
    await t.page.mouse.move(x - 40, y - 120, { steps: 4 });
    await t.page.mouse.up();
    const moved = await graph.getAttribute('viewBox');
    expect(moved).not.toBe(before);
    await t.page.mouse.wheel(0, 300);
    await expect.poll(() => graph.getAttribute('viewBox')).not.toBe(moved);
    const search = t.page.getByLabel('Find a part of the graph');
    await search.fill('block321');
    await search.press('Enter');
    await t.page.locator('[data-drawing=graph] g.chosen').waitFor();
    await picture(t.page, 'graph-of-hundreds');
    await close(t);
  });

  test('a value that is not a size is refused in its place, and the numbers stay', async () => {
    const t = await tab('#m=resnet18');
    await shown(t.page, 'resnet18');
    const field = t.page.getByLabel('batch', { exact: true });
    for (const wrong of ['-5', '0', '1.5', 'many', '']) {
      await field.fill(wrong);
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await t.page.locator('.slider [role=alert]').innerText()).toMatch(/batch is a whole number from 1/);
      expect((await figure(t.page, 'MACs')).digits).toBe('1,814,073,344');
    }
    await field.fill('2');
    expect(await field.getAttribute('aria-invalid')).toBe('false');
    expect((await figure(t.page, 'MACs')).digits).toBe('3,628,146,688');
    await close(t);
  });

  test('a convention changes every number of its kind, in the comparison too', async () => {
    const t = await tab('#m=resnet50&as=thop&c=resnet18', { viewport: { width: 1900, height: 1000 } });
    await shown(t.page, 'resnet50');
    await expect.poll(async () => (await figure(t.page, 'thop macs')).digits).toBe('4,133,742,592');
    const table = t.page.getByRole('treegrid');
    expect(await table.getByRole('columnheader', { name: 'thop macs' }).count()).toBe(1);
    expect(await table.getByRole('columnheader', { name: 'exact FLOPs' }).count()).toBe(1);
    expect(await table.locator('.row').first().locator('.c-macs').innerText()).toBe('4.134 G');
    await t.page.getByRole('tab', { name: 'Compare', exact: true }).click();
    const totals = t.page.getByRole('table', { name: 'Totals of both models' });
    await totals.getByRole('row', { name: /thop macs/ }).waitFor();
    expect(await totals.getByRole('row', { name: /thop macs/ }).innerText()).toMatch(/4\.134 G\s+1\.82\d G/);
    expect(await totals.getByRole('row', { name: /Peak memory/ }).count()).toBe(1);
    await close(t);
  });

  test('the address follows what is open; Back and Forward show it again, dropped files too', async () => {
    const t = await tab('#m=resnet18');
    await shown(t.page, 'resnet18');
    await t.page.getByLabel('Filter rows by name or type').fill('conv1');
    await t.page.locator('.choice').getByText('layers', { exact: true }).click();
    await expect.poll(() => t.page.url()).toContain('f=conv1');
    await expect.poll(() => t.page.url()).toContain('g=layers');
    await drop(t.page, fixture('onnx/mobilenet_v3_large.dynamo.onnx'));
    await shown(t.page, 'mobilenet_v3_large.dynamo.onnx');
    // A dropped file has no address: the one of the model before is gone.
    await expect.poll(() => t.page.url()).not.toContain('resnet18');
    const memory = await t.page.evaluate(() => (history.state as { opcount: number }).opcount);
    await t.page.getByRole('tab', { name: 'Memory', exact: true }).click();
    await expect.poll(() => t.page.evaluate(() => (history.state as { opcount: number }).opcount)).toBe(memory + 1);
    await t.page.goBack();
    await t.page.locator('[role=tab][aria-selected=true]', { hasText: 'Layers' }).waitFor();
    await shown(t.page, 'mobilenet_v3_large.dynamo.onnx');
    await t.page.goBack();
    await shown(t.page, 'resnet18');
    expect(await t.page.getByLabel('Filter rows by name or type').inputValue()).toBe('conv1');
    await t.page.goForward();
    await shown(t.page, 'mobilenet_v3_large.dynamo.onnx');
    await close(t);
  });

  test('sizes to begin with are named, and a batch is 1 whatever it is called', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/swin_t.legacy17.dyn.onnx'));
    await shown(t.page, 'swin_t.legacy17.dyn.onnx');
    const first = t.page.locator('.slider').first();
    expect(await first.locator('input[type=text]').inputValue()).toBe('1');
    await t.page.goto(`${t.page.url().replace(/#.*/, '')}#m=resnet18`);
    await shown(t.page, 'resnet18');
    expect(await t.page.locator('.start').innerText()).toMatch(/height 224, width 224/);
    await close(t);
  });
});

/** Leaves of a drawing that say their share: its points of a hundred, and the area. */
function areas(page: Page, drawing: string): Promise<{ readonly area: number; readonly share: number }[]> {
  return page.locator(`[data-drawing=${drawing}] g.leaf`).evaluateAll((groups) =>
    groups.flatMap((group) => {
      const share = /([\d.]+) %/.exec(group.querySelector('.second')?.textContent ?? '')?.[1];
      const rect = group.querySelector('rect');
      if (share === undefined || rect === null || Number(share) < 2.4) return [];
      return [{ area: Number(rect.getAttribute('width')) * Number(rect.getAttribute('height')), share: Number(share) }];
    }),
  );
}

/** A product of 2×8 by 8×32, and an operator of which nothing is known. */
function partialModel(): Uint8Array {
  const weight = bytes(int(1, 8), int(1, 32), int(2, 1), len(8, 'w'), len(9, new Uint8Array(8 * 32 * 4)));
  const graph = bytes(
    len(1, node('Twist', ['x'], ['a'], len(3, 'twist'), len(7, 'com.example'))),
    len(1, node('MatMul', ['x', 'w'], ['y'], len(3, 'product'))),
    len(2, 'g'),
    len(5, weight),
    len(11, valueInfo('x', tensorType(1, [2, 8]))),
    len(12, valueInfo('y', tensorType(1, [2, 32]))),
    len(12, valueInfo('a', tensorType(1, [2, 8]))),
  );
  return model(graph);
}
