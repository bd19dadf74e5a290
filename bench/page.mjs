// The page in a real Chromium: from drop to summary, frames of a slider and of a table that scrolls, weight of the first load,
// the first answer of Python; each beside what it should take. Figures vary with the machine and what else it does; nothing
// here is a test.
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
import { availableParallelism, loadavg, tmpdir } from 'node:os';
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
const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const at = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
const ms = (n) => `${n.toFixed(n < 100 ? 1 : 0)} ms`;

/** Prints a row: what was measured, and what it should be at most. */
function row(name, text, value, goal) {
  const verdict = goal === undefined ? '' : value <= goal ? 'within' : 'over';
  const aim = goal === undefined ? '' : `goal ${goal >= 10_000 ? `${goal / 1000} kB` : `${goal} ms`}`;
  console.log(`  ${name.padEnd(44)} ${text.padEnd(44)} ${aim.padEnd(14)} ${verdict}`);
}

try {
  const fixture = readFileSync(join(root, 'test/fixtures/onnx/resnet50.legacy17.onnx'));
  const small = join(scratch, 'small.onnx');
  writeFileSync(small, fixture);
  const full = join(scratch, 'full.onnx');
  withZeroWeights(fixture, full);
  const huge = join(scratch, 'huge.safetensors');
  sparseSafetensors(huge, 2 ** 31);

  const [load] = loadavg();
  console.log(
    `${availableParallelism()} processors, ${load.toFixed(1)} tasks at work on average: times are those of an idle machine below 1`,
  );
  console.log('\nFrom drop to summary, median of 5:');
  for (const [path, goal] of [
    [small, 500],
    [full, 1000],
    [huge, 1000],
  ]) {
    const runs = [];
    for (let i = 0; i < 5; i++) {
      const page = await open();
      const start = performance.now();
      await drop(page, path);
      await summary(page);
      runs.push(performance.now() - start);
      await page.context().close();
    }
    row(`${(statSync(path).size / 1e6).toFixed(1)} MB`, ms(at(runs, 0.5)), at(runs, 0.5), goal);
  }

  console.log('\nA slider dragged through 150 stops, time to the next frame; processor time of the longest task:');
  const deep = join(scratch, 'chain.onnx');
  writeFileSync(deep, chain(5000));
  for (const [name, path, free] of [
    ['gpt2 with free sizes', join(root, 'test/fixtures/pt2/gpt2.dyn.pt2'), false],
    ['Llama, tiny, with free sizes', join(root, 'test/fixtures/pt2/tiny_llama.dyn.pt2'), false],
    ['5,000 nodes in a chain', deep, true],
  ]) {
    const page = await open();
    await drop(page, path);
    await summary(page);
    if (free) {
      await page.getByRole('button', { name: 'free its size' }).first().click();
      await page.locator('.slider').first().waitFor({ timeout: 60_000 });
    }
    await page.waitForTimeout(1500);
    await page.evaluate(slide, 30); // what is compiled at first is compiled
    const { frames, longest } = await traced(page, () => page.evaluate(slide, 150));
    const p99 = at(frames, 0.99);
    row(name, `p50 ${ms(at(frames, 0.5))}, p99 ${ms(p99)}`, p99, 33);
    row('', `longest task ${ms(longest)}`, longest, 50);
    await page.context().close();
  }

  console.log('\nA table of 20,000 rows scrolled, 200 frames:');
  {
    const page = await open();
    const many = join(scratch, 'many.onnx');
    writeFileSync(many, chain(20_000));
    await drop(page, many);
    await summary(page);
    await page.getByRole('radio', { name: 'operators', exact: true }).check({ force: true });
    await page.waitForTimeout(1500);
    const frames = await page.evaluate(async () => {
      const grid = document.querySelector('.grid');
      const times = [];
      for (let i = 0; i < 200; i++) {
        const start = performance.now();
        grid.scrollTop += 173;
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - start);
      }
      return times;
    });
    row('20,000 operators', `p50 ${ms(at(frames, 0.5))}, p99 ${ms(at(frames, 0.99))}`, at(frames, 0.99), 33);
    await page.context().close();
  }

  console.log('\nFirst load, compressed: the page, its worker and the example:');
  {
    const page = await open();
    await page.locator('.example .strip li').first().waitFor();
    await page.waitForLoadState('networkidle');
    const resources = () => performance.getEntriesByType('resource').map((entry) => entry.name);
    const inWorkers = await Promise.all(page.workers().map((worker) => worker.evaluate(resources)));
    const urls = [
      `${url}index.html`,
      ...(await page.evaluate(resources)),
      ...page.workers().map((worker) => worker.url()),
      ...inWorkers.flat(),
    ];
    const kept = [...new Set(urls.map((u) => new URL(u).pathname))]
      .map((name) => join(root, 'dist/app', name))
      .filter((path) => existsSync(path) && statSync(path).isFile());
    const bytes = kept.reduce((n, path) => n + gzipSync(readFileSync(path)).length, 0);
    row(`${kept.length} files`, `${(bytes / 1000).toFixed(0)} kB`, bytes, 180_000);
    await page.context().close();
  }

  console.log('\nPyTorch source, in a browser that has not run Python before:');
  {
    const source = join(scratch, 'net.py');
    writeFileSync(
      source,
      'import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv2d(3, 16, 3)\n\n    def forward(self, x):\n        return self.conv(x)\n',
    );
    const page = await open();
    let start = performance.now();
    await drop(page, source);
    const question = page.getByRole('region', { name: 'What the model is built from' });
    await question.waitFor({ timeout: 120_000 });
    row('first answer: what is its input?', ms(performance.now() - start), performance.now() - start, 4000);
    await question.getByLabel(/shape of x/).fill('1, 3, 32, 32');
    await page.waitForTimeout(3000); // as long as it takes to type a shape
    start = performance.now();
    await question.getByRole('button', { name: 'Open with these' }).click();
    await summary(page, 120_000);
    row('then its numbers', ms(performance.now() - start), performance.now() - start);
    await page.context().close();
  }
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
  await page.waitForTimeout(1000); // as long as it takes to find a file
  return page;
}

/** The figures of what was dropped, with its name above them. */
async function summary(page, timeout = 60_000) {
  await page.locator('.top h1').waitFor({ timeout });
  await page.locator('main .figures').first().waitFor({ timeout });
}

/** Drags the first slider; runs in the page. Gives the time to the next frame of each stop. */
async function slide(steps) {
  const slider = document.querySelector('.slider input[type=range]');
  const times = [];
  for (let i = 1; i <= steps; i++) {
    slider.value = String(1 + ((i * 3) % Number(slider.max)));
    const start = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  await new Promise((done) => setTimeout(done, 500)); // the card and the drawing follow
  return times;
}

/** Runs something, and gives the processor time of the longest task of the page's thread meanwhile. */
async function traced(page, run) {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  const frames = await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const layout = traceEvents.find(({ name, ph }) => name === 'Layout' && ph === 'X');
  const first = traceEvents.find(({ name, tid }) => name === 'EventDispatch' && tid === layout?.tid);
  const tasks = traceEvents.filter(
    ({ name, ph, tid, pid, ts }) =>
      /RunTask$/.test(name) && ph === 'X' && tid === layout?.tid && pid === layout?.pid && ts > (first?.ts ?? 0),
  );
  return { frames, longest: Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1000)) };
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
