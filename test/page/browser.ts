import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
export const FIXTURES: string = join(ROOT, 'test/fixtures');

const executable = findChromium();

/** Milliseconds for a state of the page, and for a test: what an honest machine takes when it is several times too busy. */
const [STATE_LIMIT, TEST_LIMIT] = [60_000, 240_000];

/** Tests of the page; skipped where there is no Chromium (`npm test` says so, and fails for it in CI). */
export function inBrowser(title: string, tests: () => void): void {
  describe.skipIf(executable === null)(title, { timeout: TEST_LIMIT }, () => {
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: executable as string,
        args: CHROMIUM_FLAGS,
      });
      origin = (await view()).url;
    }, STATE_LIMIT);
    afterAll(async () => {
      await browser?.close();
      endViews();
    });
    tests();
  });
}

let browser: Browser | undefined;
let origin = '';
const children: ChildProcess[] = [];

/** Ends what `view` has started. */
export function endViews(): void {
  for (const child of children.splice(0)) child.kill();
}

/** Runs `opcount view` and gives the address that it prints. */
export function view(...args: string[]): Promise<{ readonly url: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/opcount.js'), 'view', '--no-open', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return new Promise((done, fail) => {
    let said = '';
    child.stderr?.on('data', (data) => {
      said += data;
    });
    child.stdout?.once('data', (data) => done({ url: String(data).trim() }));
    child.once('exit', (code) => fail(new Error(`opcount view ended with ${code}: ${said}`)));
  });
}

/** A page that must not have complained by the time it is closed. */
export interface Tab {
  readonly page: Page;
  /** What the page wrote to its console, and what it threw. */
  readonly complaints: string[];
  /** Requests that left the loopback: there must never be one. */
  readonly outside: string[];
}

/** `before` runs in it before the page's own script. */
export async function tab(hash = '', options: BrowserContextOptions = {}, before?: () => void): Promise<Tab> {
  const context = await (browser as Browser).newContext({ viewport: { width: 1360, height: 900 }, ...options });
  if (before !== undefined) await context.addInitScript(before);
  context.setDefaultTimeout(STATE_LIMIT);
  const page = await context.newPage();
  const complaints: string[] = [];
  const outside: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|blob:http:\/\/127|blob:null\/|data:)/.test(request.url()))
      outside.push(request.url());
  });
  await page.goto(hash.startsWith('http') ? hash : `${origin}${hash}`);
  return { page, complaints, outside };
}

/** Ends a tab: it said nothing, and asked nobody. */
export async function close({ page, complaints, outside }: Tab): Promise<void> {
  await page.context().close();
  expect(complaints).toEqual([]);
  expect(outside).toEqual([]);
}

/** Drops files or folders as the desktop does, by their paths. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  await session.detach();
}

/** The figure of that label: `4.089 G`, and all its digits. */
export async function figure(page: Page, label: string): Promise<{ readonly short: string; readonly digits: string }> {
  const box = page.locator('.figure').filter({ has: page.locator('.label', { hasText: new RegExp(`^${label}$`) }) });
  return {
    short: (await box.locator('strong').innerText()).trim(),
    digits: (await box.locator('.digits').innerText()).trim(),
  };
}

/** Waits until a model is on show. */
export async function shown(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await page.locator('.opening').waitFor({ state: 'detached' });
}

/** A picture of the page for those who look at a run: test-results/page/NAME.png. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, 'test-results/page');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
