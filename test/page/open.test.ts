import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { model, node, tensorType, valueInfo } from '../formats/onnx-build.js';
import { serve } from '../source/server.js';
import { join as bytes, int, len } from '../wire/encode.js';
import { problems } from './axe.js';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, tab, view } from './browser.js';

const fixture = (name: string): string => join(FIXTURES, name);
const exact = JSON.parse(readFileSync(fixture('onnx/exact.json'), 'utf8')) as Record<string, { macs: number }>;

let scratch = '';

inBrowser('opening a model', () => {
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'opcount-page-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('a dropped ONNX file shows its numbers and where they go', async () => {
    const t = await tab();
    await picture(t.page, 'welcome');
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await shown(t.page, 'resnet50.legacy17.onnx');
    expect(await figure(t.page, 'MACs')).toEqual({ short: '4.089 G', digits: '4,089,184,256' });
    expect((await figure(t.page, 'Counted')).short).toMatch(/^all \d+$/);
    // Where they go: in the card, and layer by layer below.
    expect(await t.page.getByRole('treegrid').locator('.row').count()).toBeGreaterThan(8);
    const labels = await t.page.locator('[data-drawing=card] text').allTextContents();
    for (const name of ['layer1', 'layer2', 'layer3', 'layer4'])
      expect(labels.some((label) => label.startsWith(name))).toBe(true);
    await picture(t.page, 'dropped-onnx');
    await close(t);
  });

  test('every fixture with a known count shows it', async () => {
    const t = await tab();
    for (const [file, name] of [
      ['onnx/resnet18.legacy17.onnx', 'resnet18'],
      ['onnx/mobilenet_v3_large.dynamo.onnx', 'mobilenet_v3_large'],
      ['onnx/vit_b_16.legacy17.onnx', 'vit_b_16'],
    ] as const) {
      await drop(t.page, fixture(file));
      await shown(t.page, file.slice(5));
      const macs = exact[name]?.macs;
      expect(macs).toBeGreaterThan(0);
      expect((await figure(t.page, 'MACs')).digits.replaceAll(',', '')).toBe(String(macs));
    }
    await close(t);
  });

  test('a file is chosen as well as dropped; a file of two gigabytes is not read but for its graph', async () => {
    const t = await tab();
    const path = join(scratch, 'huge.onnx');
    // A graph, then an initializer whose raw data is two gigabytes of nothing, as a sparse file.
    const whole = hugeModel(2 ** 31 - 2 ** 20);
    writeFileSync(path, whole.head);
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, whole.size);
    closeSync(fd);
    await t.page.locator('input[type=file]').first().setInputFiles(path);
    await shown(t.page, 'huge.onnx');
    expect((await figure(t.page, 'Params')).digits).toBe('536,608,768');
    const about = await t.page.locator('.about').innerText();
    const read = /([\d.,]+) (B|KiB|MiB) of 2.0 GiB read/.exec(about);
    expect(read).not.toBeNull();
    expect(read?.[2] === 'MiB' ? Number(read[1]) : 0).toBeLessThan(1);
    await close(t);
  });

  test('a folder of a checkpoint in shards opens as one model', async () => {
    const t = await tab();
    await drop(t.page, fixture('safetensors/tiny_llama'));
    await t.page.getByRole('heading', { level: 1 }).waitFor();
    expect((await figure(t.page, 'Graph')).short).toBe('none');
    expect(Number((await figure(t.page, 'Params')).digits.replaceAll(',', ''))).toBeGreaterThan(1000);
    expect(await t.page.getByRole('tab').allInnerTexts()).toEqual(['Layers', 'Treemap', 'Icicle', 'Compare']);
    await picture(t.page, 'shards');
    await close(t);
  });

  test('a URL is read by ranges', async () => {
    const bytes = new Uint8Array(readFileSync(fixture('onnx/resnet18.legacy17.onnx')));
    const server = await serve(new Map([['resnet18.onnx', bytes]]));
    const t = await tab();
    await t.page.getByLabel('From a URL').fill(server.url('ranges', 'resnet18.onnx'));
    await t.page.locator('.from-url button').click();
    // Another origin that does not allow it: the message says what to do.
    await t.page.getByRole('alert').waitFor();
    expect(await t.page.getByRole('alert').innerText()).toMatch(/CORS/);
    await picture(t.page, 'url-refused');
    t.complaints.length = 0; // the browser itself says so too
    await close(t);
    await server.close();
  });

  test('a local model that the command was given arrives by ranges', async () => {
    const { url } = await view(fixture('onnx/resnet18.legacy17.onnx'));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#m=/);
    const t = await tab(url);
    await shown(t.page, 'resnet18.legacy17.onnx');
    expect((await figure(t.page, 'MACs')).digits).toBe('1,814,073,344');
    await close(t);
  });

  test('a built-in model by its name; a pasted description', async () => {
    const t = await tab();
    await t.page.getByLabel(/that are built in/).fill('mobilenet_v2');
    await t.page.getByRole('button', { name: 'mobilenet_v2', exact: true }).click();
    await shown(t.page, 'mobilenet_v2');
    expect((await figure(t.page, 'MACs')).digits).toBe('300,774,272');
    await t.page.getByRole('banner').getByRole('button', { name: 'Open' }).click();
    await t.page
      .getByLabel(/^Paste PyTorch source/)
      .fill(
        'nc: 80\ndepth_multiple: 1.0\nwidth_multiple: 1.0\nanchors:\n  - [10,13, 16,30, 33,23]\nbackbone:\n  - [-1, 1, Conv, [64, 6, 2, 2]]\n  - [-1, 1, Conv, [128, 3, 2]]\nhead:\n  - [[1], 1, Detect, [nc, anchors]]\n',
      );
    await t.page.locator('.paste button').click();
    await shown(t.page, 'pasted.yaml');
    expect((await figure(t.page, 'Params')).short).not.toBe('–');
    await close(t);
  });

  test('a PyTorch source is read by Python in the browser, once it is told what to build and on what', async () => {
    const t = await tab();
    const path = join(scratch, 'net.py');
    writeFileSync(
      path,
      'import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    def __init__(self, classes=10):\n        super().__init__()\n        self.conv = nn.Conv2d(3, 16, 3, padding=1)\n        self.fc = nn.Linear(16, classes)\n\n    def forward(self, x):\n        return self.fc(torch.relu(self.conv(x)).mean((2, 3)))\n',
    );
    await drop(t.page, path);
    const question = t.page.getByRole('region', { name: 'What the model is built from' });
    await question.waitFor({ timeout: 120_000 }); // Python takes seconds to start
    expect(await problems(t.page)).toEqual([]);
    await picture(t.page, 'question');
    // The argument of forward is the field; a shape is understood as people write it.
    await question.getByLabel(/shape of x/).fill('(batch, 3, 32, 32)');
    await question.getByLabel(/model/).fill('Net(7)');
    // Each job has an interpreter of its own: the next one is ready before it is asked for, and ends with its job.
    const ready = await t.page.waitForSelector('iframe', { state: 'attached', timeout: 120_000 });
    await question.getByRole('button', { name: 'Open with these' }).click();
    await t.page.getByRole('heading', { level: 1, name: 'net.py', exact: true }).waitFor({ timeout: 120_000 });
    await shown(t.page, 'net.py');
    // 16 · 3 · 3 · 3 · 32 · 32 of the convolution, 16 · 7 of the layer behind it.
    expect((await figure(t.page, 'MACs')).digits).toBe('442,480');
    expect(await ready.evaluate((frame) => frame.isConnected)).toBe(false);
    expect(await t.page.locator('.slider label').allInnerTexts()).toEqual(['batch']);
    await picture(t.page, 'python');
    // What is typed while the source is still looked through for its inputs stays.
    await t.page.evaluate(() => {
      const { text } = Blob.prototype;
      Blob.prototype.text = async function () {
        await new Promise<void>((done) => {
          Object.assign(window, { letGo: done });
        });
        return text.call(this);
      };
    });
    await drop(t.page, path);
    await question.waitFor({ timeout: 120_000 });
    const shape = question.getByLabel(/shape/);
    await shape.fill('8, 3, 64, 64');
    await t.page.evaluate(async () => {
      (window as unknown as { letGo(): void }).letGo();
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    });
    expect(await shape.inputValue()).toBe('8, 3, 64, 64');
    await close(t);
  }, 300_000);

  test('what cannot be read says what, where and what to do, and leaves the page as it was', async () => {
    const t = await tab('#m=resnet18');
    await shown(t.page, 'resnet18');
    const broken = join(scratch, 'cut.onnx');
    writeFileSync(broken, readFileSync(fixture('onnx/resnet50.legacy17.onnx')).subarray(0, 9000));
    await drop(t.page, broken);
    const alert = t.page.getByRole('alert');
    await alert.waitFor();
    const text = await alert.innerText();
    expect(text).toContain('cut.onnx could not be opened');
    expect(text).toMatch(/byte \d+/);
    expect(await alert.locator('.remedy').innerText()).toMatch(/\w+.*\.$/);
    expect((await figure(t.page, 'MACs')).digits).toBe('1,814,073,344');
    await picture(t.page, 'failure');
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await alert.waitFor({ state: 'detached' });
    await close(t);
  });

  test('an operator without a formula is named, and counted by one that is given', async () => {
    const t = await tab();
    const path = join(scratch, 'custom.onnx');
    writeFileSync(path, customModel());
    await drop(t.page, path);
    await shown(t.page, 'custom.onnx');
    const box = t.page.locator('.uncounted');
    expect(await box.innerText()).toMatch(/Not counted: 1 operator/);
    expect((await figure(t.page, 'Counted')).short).toBe('1 of 2');
    const before = Number((await figure(t.page, 'FLOPs')).digits.replace(/\D/g, ''));
    await picture(t.page, 'uncounted');
    await box.getByLabel('MACs').fill('in.0*in.1*7');
    await box.getByLabel('other FLOPs').fill('3*in');
    await box.getByRole('button', { name: /^Count / }).click();
    await box.waitFor({ state: 'detached' });
    expect((await figure(t.page, 'MACs')).digits).toBe(String(2 * 5 * 7));
    expect(Number((await figure(t.page, 'FLOPs')).digits.replaceAll(',', ''))).toBe(before + 2 * 70 + 3 * 10);
    await close(t);
  });

  test('formulas come from a file too, the same that the command line takes', async () => {
    const t = await tab();
    const path = join(scratch, 'custom.onnx');
    writeFileSync(path, customModel());
    await drop(t.page, path);
    await shown(t.page, 'custom.onnx');
    const box = t.page.locator('.uncounted');
    const field = box.getByLabel('a file of formulas');
    const type = await box.locator('h3').innerText();
    const give = (formula: unknown) =>
      field.setInputFiles({
        name: 'formulas.json',
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify({ [type]: formula })),
      });
    await give({ mac: 'in' });
    await box.getByText(/formulas\.json: .* has "mac"/).waitFor();
    await give({ macs: 'in.0*in.1*7' });
    await box.waitFor({ state: 'detached' });
    expect((await figure(t.page, 'MACs')).digits).toBe(String(2 * 5 * 7));
    await close(t);
  });
});

/** A matrix product whose weight has that many bytes, which follow as the last of the file. */
function hugeModel(weightBytes: number): { head: Uint8Array; size: number } {
  const rows = weightBytes / 4 / 1024;
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
  const input = valueInfo('x', tensorType(1, [1, rows]));
  const output = valueInfo('y', tensorType(1, [1, 1024]));
  const nodes = len(1, node('MatMul', ['x', 'w'], ['y']));
  const rest = bytes(nodes, len(2, 'g'), len(11, input), len(12, output));
  // The initializer stands last, so that its data may be a hole at the end of the file.
  const weightHead = bytes(int(1, rows), int(1, 1024), int(2, 1), len(8, 'w'), [(9 << 3) | 2, ...varint(weightBytes)]);
  const initializer = bytes([(5 << 3) | 2, ...varint(weightHead.length + weightBytes)], weightHead);
  const graphBytes = rest.length + initializer.length + weightBytes;
  const head = bytes(int(1, 8), len(8, int(2, 17)), [(7 << 3) | 2, ...varint(graphBytes)], rest, initializer);
  return { head, size: head.length + weightBytes };
}

function customModel(): Uint8Array {
  const graph = bytes(
    len(1, node('Relu', ['x'], ['a'])),
    len(1, node('Twist', ['a'], ['y'], len(3, 'twist'), len(7, 'com.example'))),
    len(2, 'g'),
    len(11, valueInfo('x', tensorType(1, [2, 5]))),
    len(12, valueInfo('y', tensorType(1, [2, 5]))),
  );
  return model(graph);
}
