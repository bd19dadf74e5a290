import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { problems } from './axe.js';
import { close, drop, FIXTURES, inBrowser, picture, shown, tab } from './browser.js';

inBrowser('the page measures', () => {
  test('an ONNX model, its operators beside their MACs, with the runtime of the page’s own files', async () => {
    const t = await tab();
    await drop(t.page, join(FIXTURES, 'measured/tiny.onnx'));
    await shown(t.page, 'tiny.onnx');
    await t.page.getByRole('tab', { name: 'Measure', exact: true }).click();
    await t.page.getByRole('button', { name: 'Measure here' }).click();
    const table = t.page.locator('table.kernels');
    await table.waitFor();
    const figures = await t.page.locator('dl.measured dt').allInnerTexts();
    expect(figures).toEqual(['latency', 'FPS', 'compute', 'memory', 'start']);
    const rows = await table.locator('tbody tr').allInnerTexts();
    expect(
      rows
        .filter((row) => /\bConv\b/.test(row))
        .map((row) => /\d+\.\d+ k/.exec(row)?.[0])
        .sort(),
    ).toEqual(['221.184 k', '589.824 k']);
    expect(await t.page.locator('.measure').innerText()).toMatch(/ONNX Runtime \d.*WebAssembly, 1 thread\b/);
    expect(await problems(t.page)).toEqual([]);
    await picture(t.page, 'measure');
    await close(t);
  });

  test('without its weights, at the sizes that are set, and a model of another kind has no such tab', async () => {
    const t = await tab();
    await drop(t.page, join(FIXTURES, 'onnx/mobilenet_v2.legacy17.dyn.onnx'));
    await shown(t.page, 'mobilenet_v2.legacy17.dyn.onnx');
    await t.page.getByLabel('batch', { exact: true }).fill('2');
    await t.page.getByRole('tab', { name: 'Measure', exact: true }).click();
    await t.page.getByRole('button', { name: 'Measure here' }).click();
    await t.page.locator('table.kernels').waitFor();
    const text = await t.page.locator('.measure').innerText();
    expect(text).toMatch(/76 weights are not in the file/);
    expect(text).toMatch(/2×3×224×224/);
    expect(text).toMatch(/601\.549 M MACs/);
    await close(t);
    const other = await tab('#m=resnet18');
    await shown(other.page, 'resnet18');
    expect(await other.page.getByRole('tab').allInnerTexts()).not.toContain('Measure');
    await close(other);
  });

  test('it can be stopped at each of its steps, and begun again', async () => {
    const t = await tab();
    await drop(t.page, join(FIXTURES, 'onnx/resnet50.legacy17.onnx'));
    await shown(t.page, 'resnet50.legacy17.onnx');
    await t.page.getByRole('tab', { name: 'Measure', exact: true }).click();
    for (const step of ['reading the model', 'fetching the runtime', 'this machine']) {
      const stopped = stopAt(t.page, step);
      await t.page.getByRole('button', { name: 'Measure here' }).click();
      await stopped;
      await t.page.getByRole('button', { name: 'Measure here' }).waitFor();
      expect(await t.page.getByRole('status').allInnerTexts()).not.toContain(`${step} …`);
    }
    expect(await t.page.locator('table.kernels').count()).toBe(0);
    expect(await t.page.getByRole('alert').count()).toBe(0);
    await close(t);
  });
});

/** Presses Stop as soon as the page says that it is at this step; from within the page, as some steps are short. */
function stopAt(page: Page, step: string): Promise<void> {
  return page.evaluate(
    (words) =>
      new Promise<void>((done) => {
        const press = (): boolean => {
          const said = document.querySelector('.measure-bar [role=status]')?.textContent ?? '';
          const stop = [...document.querySelectorAll<HTMLElement>('.measure-bar button')].find(
            (button) => button.textContent === 'Stop',
          );
          if (!said.startsWith(words) || stop === undefined) return false;
          stop.click();
          done();
          return true;
        };
        const seen = new MutationObserver(() => {
          if (press()) seen.disconnect();
        });
        seen.observe(document.body, { childList: true, subtree: true, characterData: true });
        if (press()) seen.disconnect();
      }),
    step,
  );
}
