import { join } from 'node:path';
import { expect, test } from 'vitest';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab } from './browser.js';

const fixture = (name: string): string => join(FIXTURES, name);

inBrowser('the first page', () => {
  test('a live card under the drop zone, examples of each kind, room for source; what is dropped takes its place', async () => {
    const t = await tab('', { viewport: { width: 1440, height: 900 } });
    const example = t.page.getByRole('region', { name: 'An example' });
    await example.locator('.strip li').first().waitFor();
    expect(await t.page.locator('h1').innerText()).toMatch(/^What a neural network costs/);
    expect(await t.page.getByLabel(/^Paste PyTorch source/).isVisible()).toBe(true);
    expect(await t.page.locator('.examples button').count()).toBeGreaterThan(4);
    // It is live, and it is not the page's model: the address names none.
    await example.getByLabel('batch', { exact: true }).fill('2');
    expect((await figure(t.page, 'MACs')).digits).toBe('8,178,368,512');
    await t.page.waitForTimeout(400);
    expect(t.page.url()).not.toContain('#');
    await picture(t.page, 'first-1440');
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await shown(t.page, 'resnet18.legacy17.onnx');
    expect((await figure(t.page, 'MACs')).digits).toBe('1,814,073,344');
    await close(t);
  });

  test('two models that are dropped together are compared; one that is dropped where the other is missing, too', async () => {
    const t = await tab();
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'), fixture('onnx/mobilenet_v3_large.dynamo.onnx'));
    const totals = t.page.getByRole('table', { name: 'Totals of both models' });
    await totals.waitFor();
    expect(await totals.innerText()).toMatch(/resnet18\.legacy17\.onnx\s+mobilenet_v3_large\.dynamo\.onnx/);
    expect(await t.page.locator('.maps svg').count()).toBe(2);
    await t.page.getByRole('button', { name: 'End the comparison' }).click();
    await drop(t.page, fixture('onnx/vit_b_16.legacy17.onnx'));
    await totals.waitFor();
    expect(await totals.innerText()).toMatch(/resnet18\.legacy17\.onnx\s+vit_b_16\.legacy17\.onnx/);
    await picture(t.page, 'compared');
    await close(t);
  });

  test('a slash goes to the search, which also fades tiles', async () => {
    const t = await tab('#m=resnet18&v=treemap');
    await shown(t.page, 'resnet18');
    await t.page.keyboard.press('/');
    await t.page.keyboard.type('layer4');
    const tiles = t.page.locator('[data-drawing=treemap] g.leaf');
    await expect.poll(() => t.page.locator('[data-drawing=treemap] g.leaf.faint').count()).toBeGreaterThan(0);
    expect(await t.page.locator('[data-drawing=treemap] g.leaf:not(.faint)').count()).toBeLessThan(await tiles.count());
    await close(t);
  });
});
