import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findFirefox } from '../../scripts/firefox.mjs';
import { endViews, FIXTURES, view } from './browser.js';
import { type Firefox, firefox } from './marionette.js';

const executable = findFirefox();

/** Skipped where there is no Firefox (`npm test` says so, and fails for it in CI). */
describe.skipIf(executable === null)('the page in Firefox', () => {
  let browser: Firefox | undefined;
  afterAll(async () => {
    await browser?.close();
    endViews();
  });

  test('opens a file, shows it, follows a slider, and exports', async () => {
    const fox = await firefox(executable as string);
    browser = fox;
    const { url } = await view();
    await fox.open(url);
    await fox.run(
      "window.complaints = []; for (const type of ['error', 'unhandledrejection']) addEventListener(type, (event) => complaints.push(String(event.message ?? event.reason)))",
    );
    const text = (css: string): Promise<string> =>
      fox.run('return document.querySelector(args[0])?.textContent ?? ""', css);
    const macs = (): Promise<string> => text('main .figure .digits');

    // The first page: the example is live.
    await fox.until("return document.querySelectorAll('.example .strip li').length > 5");
    expect(await macs()).toBe('4,089,184,256');

    // A file is opened and shown.
    await fox.type('input[type=file]:not([webkitdirectory])', join(FIXTURES, 'onnx/resnet50.legacy17.dyn.onnx'));
    await fox.until("return document.querySelector('.top h1')?.textContent === 'resnet50.legacy17.dyn.onnx'");
    await fox.until("return document.querySelectorAll('[data-drawing=card] .leaf').length > 10");
    await fox.until("return document.querySelectorAll('.row').length > 10");
    const one = await macs();

    // A slider is moved: everything follows in proportion to the batch.
    const batch = await fox.run<string>("return document.querySelector('.slider input[type=text]').id");
    const before = Number(await fox.run("return document.querySelector('.slider input[type=text]').value"));
    await fox.run(
      "const slider = document.querySelector('.slider input[type=range]'); slider.value = Number(slider.value) + 3; slider.dispatchEvent(new Event('input', { bubbles: true }))",
    );
    await fox.until('return document.getElementById(args[0]).value !== args[1]', batch, String(before));
    const after = Number(await fox.run('return document.getElementById(args[0]).value', batch));
    const plain = (digits: string): bigint => BigInt(digits.replaceAll(',', ''));
    expect(plain(await macs()) * BigInt(before)).toBe(plain(one) * BigInt(after));

    // Another view, a layer with its formula.
    await fox.click('#tab-memory');
    await fox.until("return document.querySelector('[data-drawing=memory]') !== null");
    await fox.click('.row:nth-of-type(3)');
    await fox.until("return (document.querySelector('.inspector')?.textContent ?? '').length > 60");

    // Numbers are saved as a file.
    await fox.run("[...document.querySelectorAll('.top-tools button')].find((b) => b.textContent === 'Share').click()");
    await fox.until(
      "return [...document.querySelectorAll('dialog[open] button')].some((b) => b.textContent === 'CSV')",
    );
    await fox.run("[...document.querySelectorAll('dialog[open] button')].find((b) => b.textContent === 'CSV').click()");
    const csv = join(fox.downloads, 'resnet50.legacy17.dyn.csv');
    await expect.poll(() => existsSync(csv) && readFileSync(csv, 'utf8').length > 0, { timeout: 60_000 }).toBe(true);
    expect(readFileSync(csv, 'utf8')).toMatch(/layer3/);

    const folder = resolve(import.meta.dirname, '../../test-results/page');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'firefox.png'), await fox.picture());
    expect(await fox.run('return window.complaints')).toEqual([]);
  }, 300_000);
});
