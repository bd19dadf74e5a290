import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { close, inBrowser, tab } from './browser.js';

const PAGE = resolve(import.meta.dirname, '../../dist/app');
const MOST = 180_000;

inBrowser('the first load', () => {
  test('the page, its worker and the live example are at most 180 kB, served compressed', async () => {
    const t = await tab();
    const example = t.page.getByRole('region', { name: 'An example' });
    await example.locator('.strip li').first().waitFor();
    await example.getByText('Bound by memory').waitFor();
    await t.page.waitForLoadState('networkidle');
    const names = (): string[] => performance.getEntriesByType('resource').map(({ name }) => name);
    const [worker] = t.page.workers();
    if (worker === undefined) throw new Error('the page started no worker');
    const urls = [t.page.url(), worker.url(), ...(await t.page.evaluate(names)), ...(await worker.evaluate(names))];
    const paths = [...new Set(urls.map((url) => new URL(url).pathname))].map((path) =>
      path === '/' ? '/index.html' : path,
    );
    const files = paths.map((path) => join(PAGE, path)).filter((path) => existsSync(path));
    expect(files.length).toBeGreaterThan(4);
    expect(files.some((path) => path.endsWith('example.json'))).toBe(true);
    const bytes = files.reduce((n, path) => n + gzipSync(readFileSync(path)).length, 0);
    expect(bytes).toBeLessThanOrEqual(MOST);
    const response = await fetch(new URL('example.json', t.page.url()), { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    await close(t);
  });

  test('the example asks the worker only when something is asked of it', async () => {
    const t = await tab();
    const example = t.page.getByRole('region', { name: 'An example' });
    await example.locator('.strip').getByRole('button', { name: 'thop', exact: true }).click();
    await example.locator('.figure').filter({ hasText: 'thop' }).first().waitFor();
    expect(await example.locator('.figure').filter({ hasText: 'thop' }).first().innerText()).toContain('4,133,742,592');
    await t.page.getByRole('button', { name: 'Open it with all its views' }).click();
    await t.page.getByRole('treegrid').waitFor();
    expect(await t.page.getByRole('treegrid').innerText()).toContain('layer3');
    await close(t);
  });
});
