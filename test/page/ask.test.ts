import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ints, modelOf, node, tensor } from '../formats/onnx-build.js';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab } from './browser.js';

const fixture = (name: string): string => join(FIXTURES, name);
const number = (text: string): number => Number(text.replaceAll(',', ''));

inBrowser('what the page is asked', () => {
  test('a slider moves every number and drawing, by the formula that is shown', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/resnet50.legacy17.dyn.onnx'));
    await shown(t.page, 'resnet50.legacy17.dyn.onnx');
    const names = await t.page.locator('.slider label').allInnerTexts();
    expect(names.length).toBeGreaterThan(0);
    const [batch = ''] = names;
    const before = number((await figure(t.page, 'MACs')).digits);
    await t.page.locator('.slider input[type=range]').first().focus();
    for (let i = 0; i < 12; i++) await t.page.keyboard.press('ArrowRight');
    const n = Number(await t.page.getByLabel(batch, { exact: true }).inputValue());
    expect(n).toBe(13);
    expect(number((await figure(t.page, 'MACs')).digits)).toBe(before * n);
    expect(await t.page.locator('.formula').innerText()).toContain(batch);
    // Within a frame: what a person sees after the frame in which the slider moved.
    const late = await t.page.evaluate(async () => {
      const slider = document.querySelector('.slider input[type=range]') as HTMLInputElement;
      const shownNow = (): string => document.querySelector('.figure .digits')?.textContent ?? '';
      let late = 0;
      for (let at = 20; at < 40; at++) {
        const before = shownNow();
        slider.value = String(at);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        if (shownNow() === before) late++;
      }
      return late;
    });
    expect(late).toBe(0);
    await close(t);
  });

  test('at a size that the model refuses nothing is worked out, and why is said', async () => {
    const t = await tab();
    const path = join(mkdtempSync(join(tmpdir(), 'opcount-')), 'rows-of-84.onnx');
    const nodes = [node('Reshape', ['x', 'shape'], ['h']), node('MatMul', ['h', 'w'], ['y'])];
    const initializers = [ints('shape', [2], [-1, 84]), tensor('w', [84, 5], 1)];
    writeFileSync(path, modelOf({ nodes, inputs: { x: ['batch', 'width'] }, outputs: ['y'], initializers }));
    await drop(t.page, path);
    await shown(t.page, 'rows-of-84.onnx');
    const field = t.page.locator('#dim-width');
    const before = (await figure(t.page, 'MACs')).digits;
    expect(Number(await field.inputValue()) % 84).toBe(0);
    await field.fill('85');
    await t.page.getByRole('alert').filter({ hasText: 'cannot run at these sizes' }).waitFor();
    expect((await figure(t.page, 'MACs')).digits).toBe(before);
    await field.fill('840');
    await t.page.getByRole('alert').waitFor({ state: 'detached' });
    expect(number((await figure(t.page, 'MACs')).digits)).toBe(840 * 5);
    await close(t);
  });

  test('counts past 2^53 are shown to the last digit', async () => {
    const t = await tab('#m=resnet50&b=batch:1000000;height:4096;width:4096');
    await shown(t.page, 'resnet50');
    await t.page.waitForFunction(() => !document.querySelector('.figure .digits')?.textContent?.includes('≈'));
    const digits = (await figure(t.page, 'MACs')).digits;
    const per = await tab('#m=resnet50&b=batch:1;height:4096;width:4096');
    await shown(per.page, 'resnet50');
    expect(digits.replaceAll(',', '')).toBe(`${(await figure(per.page, 'MACs')).digits.replaceAll(',', '')}000000`);
    await close(per);
    await close(t);
  });

  test('the formula of a layer has its numbers put in, and multiplies out', async () => {
    const t = await tab('#m=resnet50');
    await shown(t.page, 'resnet50');
    await t.page.locator('.row', { hasText: 'conv1' }).first().click();
    const factors = await t.page.locator('.inspector .factor:not(.sum) b').allInnerTexts();
    const labels = await t.page.locator('.inspector .factor:not(.sum) small').allInnerTexts();
    expect(labels).toEqual(['batch', 'C_out', 'C_in', 'kernel', 'kernel', 'out height', 'out width']);
    expect(factors).toEqual(['1', '64', '3', '7', '7', '112', '112']);
    expect(await t.page.locator('.inspector .factor.sum b').innerText()).toBe('118,013,952');
    await t.page.getByLabel('height', { exact: true }).fill('448');
    expect(await t.page.locator('.inspector .factor.sum b').innerText()).toBe('236,027,904');
    await picture(t.page, 'formula');
    await close(t);
  });

  test('another tool’s convention takes over numbers, drawings and table', async () => {
    const t = await tab('#m=resnet50');
    await shown(t.page, 'resnet50');
    await t.page.getByLabel(/^Convention/).selectOption('thop');
    await t.page.locator('.lens-words').waitFor();
    expect((await figure(t.page, 'thop macs')).digits).toBe('4,133,742,592');
    await t.page.getByLabel('batch', { exact: true }).fill('2');
    expect((await figure(t.page, 'thop macs')).digits).toBe((2 * 4_133_742_592).toLocaleString('en-US'));
    await t.page.getByLabel(/^Convention/).selectOption('torchstat');
    await t.page.locator('.figure', { hasText: 'madd' }).waitFor();
    await picture(t.page, 'convention');
    await close(t);
  });

  test('which published number is this: every tool’s number with its terms, and who prints one', async () => {
    const t = await tab('#m=resnet50&v=conventions');
    await shown(t.page, 'resnet50');
    const table = t.page.locator('.tools');
    await table.waitFor();
    expect(await table.innerText()).toMatch(/thop[\s\S]*4,133,742,592[\s\S]*44\.456 M batch norm/);
    await t.page.getByLabel('Which published number is this?').fill('4.134G');
    await t.page.getByText(/thop macs/).waitFor();
    await t.page.getByLabel('Which published number is this?').fill('nonsense');
    await t.page.getByText(/is not a number/).waitFor();
    await picture(t.page, 'conventions');
    await close(t);
  });

  test('two models side by side: layers aligned, differences signed and coloured', async () => {
    const t = await tab('#m=resnet50&c=resnet18&v=compare');
    await shown(t.page, 'resnet50');
    const totals = t.page.getByRole('table', { name: 'Totals of both models' });
    await totals.waitFor();
    expect(await totals.getByRole('row', { name: /^MACs/ }).innerText()).toMatch(
      /4\.089 G\s+1\.814 G\s+−2\.275 G\s+0\.444 ×/,
    );
    const layer = t.page.locator('.pairs tr', { has: t.page.getByRole('rowheader', { name: 'layer1', exact: true }) });
    expect(await layer.getAttribute('class')).toBe('less');
    expect(await layer.innerText()).toMatch(/667\.943 M[\s\S]*462\.422 M[\s\S]*−205\.521 M/);
    const gone = t.page.locator('.pairs tr.gone').first();
    expect(await gone.innerText()).toContain('not there');
    const colour = (row: string): Promise<string> =>
      t.page
        .locator(`.pairs tr.${row} .delta`)
        .first()
        .evaluate((cell) => getComputedStyle(cell).color);
    expect(await colour('less')).not.toBe(await colour('same'));
    await picture(t.page, 'compare');
    await close(t);
  });
});

inBrowser('what is taken away', () => {
  test('reports, drawings and Netron’s attachment are saved; a file has no link', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await shown(t.page, 'resnet18.legacy17.onnx');
    await t.page.getByRole('button', { name: 'Share', exact: true }).click();
    const dialog = t.page.getByRole('dialog', { name: 'Share' });
    const save = async (name: string): Promise<{ name: string; bytes: Buffer }> => {
      const [file] = await Promise.all([
        t.page.waitForEvent('download'),
        dialog.getByRole('button', { name, exact: true }).click(),
      ]);
      return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
    };
    const json = await save('JSON');
    expect(json.name).toBe('resnet18.legacy17.json');
    expect(JSON.parse(json.bytes.toString())).toMatchObject({ schema: 1, totals: { macs: 1814073344 } });
    const csv = (await save('CSV')).bytes.toString().trim().split('\r\n');
    expect(csv.length).toBeGreaterThan(20);
    expect((await save('Markdown')).bytes.toString()).toMatch(/^### resnet18\.legacy17\.onnx/);
    const html = (await save('Report (HTML)')).bytes.toString();
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/<script|src=|href="http/);
    const netron = JSON.parse((await save('For Netron (JSON)')).bytes.toString()) as {
      signature: string;
      metrics: { kind: string; target: string; name: string; value: number }[];
    };
    expect(netron.signature).toBe('netron:attachment');
    const nodes = netron.metrics.filter((m) => m.kind === 'node' && m.name === 'MACs');
    expect(nodes.reduce((sum, m) => sum + m.value, 0)).toBe(1_814_073_344);
    expect(nodes.map((m) => m.target)).toContain('/layer1/layer1.0/conv1/Conv');
    const svg = (await save('SVG')).bytes.toString();
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toMatch(/fill="(rgb|oklab|color)\(/);
    expect(svg).toContain('layer4');
    const png = (await save('PNG')).bytes;
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThan(800);
    expect(await dialog.getByRole('button', { name: 'Copy link', exact: true }).isDisabled()).toBe(true);
    await close(t);
  });

  test('a link brings back model, sizes, convention, view, zoom and what was given', async () => {
    const t = await tab('#m=resnet50');
    await shown(t.page, 'resnet50');
    await t.page.getByLabel('batch', { exact: true }).fill('8');
    await t.page.getByLabel(/^Convention/).selectOption('thop');
    await t.page.locator('.row', { hasText: 'layer2' }).first().dblclick();
    await t.page.getByRole('tab', { name: 'Icicle' }).click();
    await t.page.waitForFunction(
      () => /v=icicle/.test(location.hash) && /batch/.test(decodeURIComponent(location.hash)),
    );
    const again = await tab(t.page.url());
    await shown(again.page, 'resnet50');
    expect(await again.page.getByLabel('batch', { exact: true }).inputValue()).toBe('8');
    expect(await again.page.getByLabel(/^Convention/).inputValue()).toBe('thop');
    expect(await again.page.getByRole('tab', { name: 'Icicle' }).getAttribute('aria-selected')).toBe('true');
    expect(await again.page.locator('.crumbs [aria-current]').innerText()).toBe('layer2');
    await close(again);
    await close(t);
  });
});
