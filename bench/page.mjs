// The page in a real Chromium: from drop to summary, bytes read, frames of a slider, weight of the first load. Figures vary
// with the machine; nothing here is a test.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/chromium.mjs';
import { chain, withZeroWeights } from './models.mjs';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'dist/opcount.js');
const executablePath = findChromium();
if (!existsSync(cli) || executablePath === null) {
  console.error(
    executablePath === null
      ? 'there is no Chromium here (CHROMIUM=/path/to/it)'
      : 'dist/ is not built: run `npm ci` first',
  );
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'opcount-bench-page-'));
const server = spawn(process.execPath, [cli, 'view', '--no-open'], { stdio: ['ignore', 'pipe', 'ignore'] });
const url = await new Promise((done) => server.stdout.once('data', (data) => done(String(data).trim())));
const browser = await chromium.launch({
  executablePath,
  args: CHROMIUM_FLAGS,
});
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

try {
  const fixture = readFileSync(join(root, 'test/fixtures/onnx/resnet50.legacy17.onnx'));
  const small = join(scratch, 'small.onnx');
  writeFileSync(small, fixture);
  const full = join(scratch, 'full.onnx');
  withZeroWeights(fixture, full);
  const huge = join(scratch, 'huge.safetensors');
  sparseSafetensors(huge, 2 ** 31);

  console.log('From drop to summary, median of 5:');
  for (const path of [small, full, huge]) {
    const runs = [];
    let about = '';
    for (let i = 0; i < 5; i++) {
      const page = await open();
      const start = performance.now();
      await drop(page, path);
      await page.locator('.figures').waitFor();
      runs.push(performance.now() - start);
      about = await page.locator('.about').innerText();
      await page.context().close();
    }
    console.log(
      `  ${(statSync(path).size / 1e6).toFixed(1).padStart(8)} MB  ${median(runs).toFixed(0).padStart(6)} ms   ${about}`,
    );
  }

  console.log('\nA slider dragged, time to the next frame (median, 95th of a hundred):');
  const deep = join(scratch, 'chain.onnx');
  writeFileSync(deep, chain(5000));
  for (const [name, start] of [
    ['resnet50, treemap', (page) => page.goto(`${url}#m=resnet50`)],
    ['5,000 nodes, treemap', (page) => drop(page, deep)],
  ]) {
    const page = await open();
    await start(page);
    if (name.startsWith('resnet')) await page.reload();
    await page.locator('.figures').waitFor();
    if ((await page.locator('.slider').count()) === 0) {
      await page.getByRole('button', { name: 'free its size' }).first().click();
      await page.locator('.slider').first().waitFor({ timeout: 20_000 });
    }
    const frames = await page.evaluate(async () => {
      const slider = document.querySelector('.slider input[type=range]');
      const times = [];
      for (let i = 1; i <= 100; i++) {
        slider.value = String(i % Number(slider.max));
        const start = performance.now();
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b);
    });
    console.log(`  ${name.padEnd(24)} ${frames[50].toFixed(1)} ms, ${frames[95].toFixed(1)} ms`);
    await page.context().close();
  }

  const page = await open();
  const urls = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  const names = new Set(
    [...urls, ...page.workers().map((worker) => worker.url()), `${url}index.html`].map((u) => new URL(u).pathname),
  );
  const kept = [...names].filter((name) => existsSync(join(root, 'dist/app', name)) && name !== '/');
  const sizes = kept.map((name) => gzipSync(readFileSync(join(root, 'dist/app', name))).length);
  console.log(
    `\nFirst load: ${(sizes.reduce((a, b) => a + b, 0) / 1000).toFixed(0)} kB compressed in ${kept.length} files`,
  );
} finally {
  await browser.close();
  server.kill();
  rmSync(scratch, { recursive: true, force: true });
}

async function open() {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('button', { name: 'resnet18', exact: true }).waitFor();
  return page;
}

async function drop(page, path) {
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', {
      type,
      x: 300,
      y: 300,
      data: { items: [], files: [path], dragOperationsMask: 1 },
    });
}

/** A checkpoint of that many bytes whose weights are a hole in the file. */
function sparseSafetensors(path, size) {
  const tensors = {};
  const each = 2 ** 24;
  for (let at = 0, i = 0; at + each <= size; at += each, i++)
    tensors[`layers.${i}.weight`] = { dtype: 'F32', shape: [2048, 2048], data_offsets: [at, at + each] };
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header]));
  const fd = openSync(path, 'r+');
  ftruncateSync(fd, 8 + header.length + size);
  closeSync(fd);
}
