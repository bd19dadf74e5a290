import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Download, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab } from './browser.js';

const fixture = (name: string): string => join(FIXTURES, name);

async function share(page: Page, button: string): Promise<Download> {
  if (!(await page.getByRole('dialog', { name: 'Share' }).isVisible()))
    await page.getByRole('button', { name: 'Share', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog', { name: 'Share' }).getByRole('button', { name: button, exact: true }).click(),
  ]);
  return download;
}

inBrowser('what is shared of a model', () => {
  test('the card: a picture of 1200 by 630', async () => {
    const t = await tab('#m=resnet50');
    await shown(t.page, 'resnet50');
    await t.page.locator('.strip li').first().waitFor();
    expect(await t.page.locator('.sentence').innerText()).toBe(
      'resnet50 at 1×3×224×224: 4.089 G MACs, 8.217 G FLOPs, 25.557 M parameters; layer3 is 35.8 %; thop would print 4.134 G.',
    );
    expect(await t.page.locator('.strip li', { hasText: 'ptflops-aten' }).count()).toBe(1);
    expect(await t.page.locator('.verdict').innerText()).toMatch(/5 × Bottleneck/);
    const file = await share(t.page, 'Card (PNG)');
    expect(file.suggestedFilename()).toBe('resnet50.card.png');
    const png = readFileSync(await file.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 630]);
    expect(png.length).toBeGreaterThan(20_000);
    await file.saveAs(join(FIXTURES, '../../test-results/page/card.png'));
    await close(t);
  });

  test('one file with the page and the counts opens from the disk, with sliders, and asks nobody for anything', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/resnet50.legacy17.dyn.onnx'));
    await shown(t.page, 'resnet50.legacy17.dyn.onnx');
    await t.page.locator('.strip li').first().waitFor();
    const file = await share(t.page, 'Web page (HTML)');
    expect(file.suggestedFilename()).toBe('resnet50.legacy17.dyn.html');
    const path = join(FIXTURES, '../../test-results/page/resnet50.html');
    await file.saveAs(path);
    expect(readFileSync(path).length).toBeLessThan(1_000_000);
    const page = await t.page.context().newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(pathToFileURL(path).href);
    await page.locator('.figures').waitFor();
    expect((await figure(page, 'MACs')).digits).toBe('4,089,184,256');
    expect(await page.getByRole('tab').allInnerTexts()).toEqual([
      'Layers',
      'Treemap',
      'Icicle',
      'Memory',
      'Roofline',
      'Graph',
    ]);
    const thop = async (): Promise<number> =>
      Number(
        await page.locator('.strip li', { hasText: 'thop' }).first().locator('b').first().innerText().then(parseFloat),
      );
    const before = await thop();
    await page.getByLabel('batch', { exact: true }).fill('2');
    expect((await figure(page, 'MACs')).digits).toBe('8,178,368,512');
    // The strip follows once the size has come to rest.
    await expect.poll(async () => (await thop()) / before).toBeCloseTo(2, 2);
    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.locator('[data-drawing=graph] g.tile').first().waitFor();
    await page.getByRole('tab', { name: 'Roofline' }).click();
    await page.locator('[data-drawing=roofline]').waitFor();
    await picture(page, 'one-file');
    expect(asked.filter((url) => !/^(file|blob|data):/.test(url))).toEqual([]);
    expect(said).toEqual([]);
    await close(t);
  });

  test('a small model is in the link itself; a link that was cut says so', async () => {
    const t = await tab('', { permissions: ['clipboard-read', 'clipboard-write'] });
    const { chain } = (await import('../../bench/models.mjs' as string)) as { chain(nodes: number): Uint8Array };
    await t.page
      .locator('input[type=file]')
      .first()
      .setInputFiles({
        name: 'small.onnx',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(chain(12)),
      });
    await shown(t.page, 'small.onnx');
    const macs = (await figure(t.page, 'MACs')).digits;
    await t.page.getByRole('button', { name: 'Share', exact: true }).click();
    const dialog = t.page.getByRole('dialog', { name: 'Share' });
    expect(await dialog.getByRole('button', { name: 'Copy link', exact: true }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Copy link with the model in it' }).click();
    await expect.poll(() => dialog.getByRole('status').innerText()).toMatch(/copied/);
    const link = await t.page.evaluate(() => navigator.clipboard.readText());
    expect(link.length).toBeLessThan(32_000);
    await close(t);
    const opened = await tab(link);
    await shown(opened.page, 'small.onnx');
    expect((await figure(opened.page, 'MACs')).digits).toBe(macs);
    await close(opened);
    const cut = await tab(link.slice(0, link.length >> 1));
    await cut.page.getByRole('alert').waitFor();
    expect(await cut.page.getByRole('alert').innerText()).toMatch(/cut off/);
    await close(cut);
  });

  test('drawings and tables bear the name, the totals and a legend', async () => {
    const t = await tab('#m=resnet18');
    await shown(t.page, 'resnet18');
    const svg = readFileSync(await (await share(t.page, 'SVG')).path(), 'utf8');
    expect(svg).toContain('resnet18');
    expect(svg).toContain('1.814 G MACs');
    expect(svg).toContain('moves data');
    for (const [button, name] of [
      ['PNG', 'resnet18.treemap.png'],
      ['CSV', 'resnet18.csv'],
      ['JSON', 'resnet18.json'],
      ['Markdown', 'resnet18.md'],
      ['LaTeX', 'resnet18.tex'],
      ['Report (HTML)', 'resnet18.report.html'],
    ] as const) {
      const file = await share(t.page, button);
      expect(file.suggestedFilename()).toBe(name);
      expect(readFileSync(await file.path()).length).toBeGreaterThan(400);
    }
    const netron = t.page.getByRole('dialog', { name: 'Share' }).getByRole('button', { name: 'For Netron (JSON)' });
    expect(await netron.isDisabled()).toBe(true);
    await close(t);
    // Of a graph all is saved, not what is in sight: ResNet-18 goes on below the edge.
    const g = await tab('#m=resnet18&v=graph');
    const drawing = g.page.locator('.drawing [data-drawing=graph]');
    await drawing.waitFor();
    expect(await drawing.locator('text').allTextContents()).not.toContain('output');
    const graph = readFileSync(await (await share(g.page, 'SVG')).path(), 'utf8');
    for (const part of ['input', 'layer4', 'avgpool', 'fc', 'output']) expect(graph).toContain(`>${part}<`);
    await close(g);
  });
});
