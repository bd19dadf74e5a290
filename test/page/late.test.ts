import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { modelOf, node } from '../formats/onnx-build.js';
import { close, drop, FIXTURES, figure, inBrowser, picture, shown, type Tab, tab } from './browser.js';
import { endWorker, hold, installGate, kept, letGo } from './gate.js';

const fixture = (name: string): string => join(FIXTURES, name);
const slow = (hash = ''): Promise<Tab> => tab(hash, {}, installGate);

/** Press of a button as early as the page has it, from within the page. */
const press = (t: Tab, text: string): Promise<void> =>
  t.page.evaluate((name) => {
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent?.trim() === name);
    if (button === undefined) throw new Error(`no button ${name}`);
    button.click();
  }, text);

/** Models whose names were headings of the page at any time from now on. */
async function watchHeadings(t: Tab): Promise<() => Promise<string[]>> {
  await t.page.evaluate(() => {
    const seen = new Set<string>();
    const look = (): void => {
      for (const one of document.querySelectorAll('h1')) seen.add(one.textContent ?? '');
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    Object.assign(window, { seen });
    look();
  });
  return () => t.page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
}

inBrowser('what comes late, or is ended', () => {
  test('Stop while a model is read: what was shown stays, nothing has failed, and it still answers', async () => {
    const t = await slow('#m=resnet18');
    await shown(t.page, 'resnet18');
    await hold(t.page, 'open');
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await kept(t.page);
    await press(t, 'Stop');
    await t.page.locator('.opening').waitFor({ state: 'detached' });
    await letGo(t.page);
    await t.page.getByLabel(/^Convention/).selectOption('thop');
    await t.page.locator('.figure').filter({ hasText: 'thop macs' }).waitFor();
    expect(await t.page.getByRole('alert').count()).toBe(0);
    expect(await t.page.locator('h1').innerText()).toBe('resnet18');
    await close(t);
  });

  test('Stop in the wait before the worker has the model; what was asked of the one on show is answered', async () => {
    const t = await slow();
    const example = t.page.getByRole('region', { name: 'An example' });
    await example.locator('.strip li').first().waitFor();
    await hold(t.page, 'open');
    await example.locator('.strip').getByRole('button', { name: 'thop', exact: true }).click();
    await kept(t.page);
    await t.page.getByRole('button', { name: 'for phones mobilenet_v3_large' }).click();
    await t.page.locator('.opening').waitFor();
    await press(t, 'Stop');
    await letGo(t.page);
    await example.locator('.figure').filter({ hasText: 'thop' }).first().waitFor();
    expect(await t.page.locator('.opening').count()).toBe(0);
    expect(await t.page.getByRole('alert').count()).toBe(0);
    await close(t);
  });

  test('of two models that are opened one after the other the last is shown, and the first never', async () => {
    const t = await slow();
    await t.page.getByRole('button', { name: 'convolutions resnet50' }).waitFor();
    await hold(t.page, 'open');
    const headings = await watchHeadings(t);
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await kept(t.page);
    await t.page.getByRole('button', { name: 'window attention swin_t' }).click();
    await t.page.locator('.opening', { hasText: 'swin_t' }).waitFor();
    await letGo(t.page);
    await shown(t.page, 'swin_t');
    expect(await headings()).not.toContain('resnet18.legacy17.onnx');
    await close(t);
  });

  test('a button that is pressed twice opens its model once', async () => {
    const t = await slow();
    const button = t.page.getByRole('button', { name: 'window attention swin_t' });
    await button.waitFor();
    await hold(t.page, 'open');
    await button.evaluate((own: HTMLButtonElement) => {
      own.click();
      own.click();
    });
    await kept(t.page);
    await letGo(t.page);
    await shown(t.page, 'swin_t');
    expect(await t.page.evaluate(() => window.gate.asked.filter((kind) => kind === 'open').length)).toBe(1);
    await close(t);
  });

  test('changes of two inputs, the second while the first is still worked out, both hold', async () => {
    const t = await slow();
    const path = join(await mkdtemp(join(tmpdir(), 'opcount-')), 'two.onnx');
    const nodes = [node('Relu', ['a'], ['c']), node('Relu', ['b'], ['d'])];
    writeFileSync(path, modelOf({ nodes, inputs: { a: [4, 5, 6, 7], b: [8, 9, 6, 7] }, outputs: ['c', 'd'] }));
    await drop(t.page, path);
    await shown(t.page, 'two.onnx');
    await hold(t.page, 'open');
    const free = t.page.getByRole('button', { name: 'free its size' });
    await free.nth(0).click();
    await kept(t.page);
    await free.nth(1).click();
    await kept(t.page, 2);
    await letGo(t.page);
    await free.first().waitFor({ state: 'detached' });
    await shown(t.page, 'two.onnx');
    for (const name of ['a', 'b'])
      expect(await t.page.getByLabel(new RegExp(`^${name}, axis 0`)).inputValue()).toBe('batch');
    await close(t);
  });

  test('numbers of one model are never shown beside the next', async () => {
    const t = await slow('#m=resnet18&as=thop&v=conventions');
    await shown(t.page, 'resnet18');
    await t.page.locator('.figure').filter({ hasText: 'thop macs' }).waitFor();
    await t.page.locator('table.tools').waitFor();
    await hold(t.page, 'convention', 'reconcile');
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await shown(t.page, 'resnet50.legacy17.onnx');
    await t.page.getByText('Working it out …').first().waitFor();
    expect(await t.page.locator('table.tools').count()).toBe(0);
    expect(await t.page.locator('.figure').filter({ hasText: 'thop macs' }).count()).toBe(0);
    await letGo(t.page);
    await t.page.locator('table.tools').waitFor();
    await t.page.locator('.figure').filter({ hasText: 'thop macs' }).waitFor();
    expect((await figure(t.page, 'thop macs')).short).toBe('4.089 G');
    await close(t);
  });

  test('after a file that cannot be read the model on show still answers', async () => {
    const t = await slow('#m=resnet18');
    await shown(t.page, 'resnet18');
    const path = join(await mkdtemp(join(tmpdir(), 'opcount-')), 'cut.onnx');
    writeFileSync(path, readFileSync(fixture('onnx/resnet50.legacy17.onnx')).subarray(0, 9000));
    await drop(t.page, path);
    await t.page.getByRole('alert').filter({ hasText: 'cut.onnx' }).waitFor();
    await t.page.getByLabel(/^Convention/).selectOption('thop');
    await t.page.locator('.figure').filter({ hasText: 'thop macs' }).waitFor();
    await close(t);
  });

  test('a worker that ends is not waited for: what it did not answer is said, and can be asked again', async () => {
    const t = await slow();
    await t.page.getByRole('button', { name: 'window attention swin_t' }).waitFor();
    await hold(t.page, 'tools');
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await shown(t.page, 'resnet18.legacy17.onnx');
    await kept(t.page);
    await endWorker(t.page);
    const strip = t.page.locator('.strip');
    await strip.getByRole('alert').filter({ hasText: 'it ran out of memory' }).waitFor();
    await picture(t.page, 'worker-ended');
    await strip.getByRole('button', { name: 'Try again' }).click();
    await strip.locator('li').first().waitFor();
    await hold(t.page, 'graph');
    await t.page.getByRole('tab', { name: 'Graph', exact: true }).click();
    await kept(t.page);
    await endWorker(t.page);
    await t.page.getByRole('alert').filter({ hasText: 'could not be laid out' }).waitFor();
    await close(t);
  });

  test('all of a graph is in sight where that was asked for before its parts had their places', async () => {
    const t = await slow('#m=resnet50&z=layer1.0');
    await shown(t.page, 'resnet50');
    await hold(t.page, 'graph');
    await t.page.getByRole('tab', { name: 'Graph', exact: true }).click();
    await kept(t.page);
    await t.page.getByRole('button', { name: 'Fit', exact: true }).click();
    await letGo(t.page);
    // What is out of sight is not drawn, and a map shows where it is.
    await t.page.locator('[data-drawing=graph] g.port', { hasText: /^out$/ }).waitFor();
    expect(await t.page.locator('.minimap').count()).toBe(0);
    await close(t);
  });

  test('to the start, or back, while a model is on its way: it does not come after', async () => {
    const t = await slow('#m=resnet18');
    await shown(t.page, 'resnet18');
    await t.page.waitForFunction(() => history.state !== null);
    const headings = await watchHeadings(t);
    await hold(t.page, 'open');
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await kept(t.page);
    await t.page.getByRole('button', { name: 'opcount, to the start' }).click();
    await letGo(t.page);
    // The start is whole: its example is there, and the address is its own.
    await t.page.getByRole('region', { name: 'An example' }).locator('.strip li').first().waitFor();
    await t.page.waitForFunction(() => location.hash === '');
    await hold(t.page, 'open');
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await kept(t.page);
    await t.page.evaluate(() => history.back());
    await kept(t.page, 2);
    await letGo(t.page);
    await shown(t.page, 'resnet18');
    expect(await headings()).not.toContain('resnet50.legacy17.onnx');
    await close(t);
  });

  test('back and back again while the first model is still read: each step keeps its own', async () => {
    const t = await slow('#m=resnet18');
    const at = (name: string): Promise<unknown> =>
      t.page.waitForFunction((m) => location.hash.includes(m), `m=${name}&`);
    await shown(t.page, 'resnet18');
    await at('resnet18');
    for (const name of ['resnet34', 'resnet101']) {
      await t.page.evaluate((m) => {
        location.hash = `#m=${m}`;
      }, name);
      await shown(t.page, name);
      await at(name);
    }
    const headings = await watchHeadings(t);
    await hold(t.page, 'open');
    await t.page.evaluate(() => history.back());
    await kept(t.page);
    await t.page.evaluate(() => history.back());
    await kept(t.page, 2);
    await letGo(t.page);
    await shown(t.page, 'resnet18');
    expect(await headings()).not.toContain('resnet34');
    await t.page.evaluate(() => history.forward());
    await shown(t.page, 'resnet34');
    await at('resnet34');
    await close(t);
  });

  test('of a file that is gone it is said so; of two drops the last one counts', async () => {
    const t = await slow();
    await t.page.getByRole('button', { name: 'window attention swin_t' }).waitFor();
    await t.page.evaluate(() => {
      const get = DataTransferItem.prototype.webkitGetAsEntry;
      const entries = (file: (own: FileSystemFileEntry, ...ends: Parameters<FileSystemFileEntry['file']>) => void) => {
        DataTransferItem.prototype.webkitGetAsEntry = function () {
          const own = get.call(this) as FileSystemFileEntry;
          const read = (...ends: Parameters<FileSystemFileEntry['file']>): void => file(own, ...ends);
          return { name: own.name, isFile: true, file: read } as FileSystemFileEntry;
        };
      };
      entries((_, __, failed) => failed?.(new DOMException('the file was moved', 'NotFoundError')));
      Object.assign(window, {
        later: () =>
          entries((own, ...ends) => {
            if (own.name.startsWith('resnet18')) window.gate.kept.push(() => own.file(...ends));
            else own.file(...ends);
          }),
      });
    });
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await t.page.getByRole('alert').filter({ hasText: 'the file was moved' }).waitFor();
    await t.page.evaluate(() => (window as unknown as { later(): void }).later());
    const headings = await watchHeadings(t);
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await kept(t.page);
    await drop(t.page, fixture('onnx/resnet50.legacy17.onnx'));
    await shown(t.page, 'resnet50.legacy17.onnx');
    await letGo(t.page);
    await t.page.getByRole('button', { name: 'Share', exact: true }).click();
    expect(await headings()).not.toContain('resnet18.legacy17.onnx');
    expect(await t.page.locator('.opening').count()).toBe(0);
    await close(t);
  });

  test('what is dragged over the page and leaves it again leaves no sign, also where the part under it has gone', async () => {
    const t = await slow();
    await t.page.getByRole('button', { name: 'window attention swin_t' }).waitFor();
    const over = await t.page.evaluate(async () => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'x.onnx'));
      const fire = (at: Element, type: string): unknown =>
        at.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
      const drawn = (): Promise<unknown> =>
        new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const gone = document.body.appendChild(document.createElement('p'));
      fire(document.body, 'dragenter');
      fire(gone, 'dragenter');
      fire(document.body, 'dragleave');
      await drawn();
      const during = document.querySelectorAll('.over').length;
      gone.remove(); // no browser tells that it was left
      fire(document.body, 'dragenter');
      fire(document.body, 'dragleave');
      await drawn();
      return [during, document.querySelectorAll('.over').length];
    });
    expect(over).toEqual([1, 0]);
    await close(t);
  });

  test('without the table of devices the views that need it say so, and tell what they can', async () => {
    const t = await slow('#m=gpt2');
    const assets = resolve(import.meta.dirname, '../../dist/app/assets');
    const tables = readdirSync(assets).filter((name) =>
      /id:[`'"]a100-80g-sxm[`'"],name:/.test(readFileSync(join(assets, name), 'utf8')),
    );
    expect(tables.length).toBeGreaterThan(0);
    await t.page.route(
      (url) => tables.includes(basename(url.pathname)),
      (route) => route.abort(),
    );
    await shown(t.page, 'gpt2');
    for (const [view, there] of [
      ['Serving', '.figure'],
      ['Training', '.stack'],
    ] as const) {
      await t.page.getByRole('tab', { name: view, exact: true }).click();
      await t.page.getByRole('alert').filter({ hasText: 'table of devices' }).waitFor();
      await t.page.locator(`.${view.toLowerCase()} ${there}`).first().waitFor();
    }
    await t.page.getByRole('tab', { name: 'Roofline', exact: true }).click();
    await t.page.getByRole('alert').filter({ hasText: 'table of devices' }).waitFor();
    await t.page.context().close();
    // The browser tells of the request that was stopped.
    expect(t.complaints.filter((said) => !said.startsWith('Failed to load resource'))).toEqual([]);
  });

  test('a drawing that is not there yet is not replaced by another; a report is made once', async () => {
    const t = await slow('#m=resnet18');
    await shown(t.page, 'resnet18');
    await hold(t.page, 'graph', 'export');
    await t.page.getByRole('tab', { name: 'Graph', exact: true }).click();
    await kept(t.page);
    await t.page.getByRole('button', { name: 'Share', exact: true }).click();
    const dialog = t.page.getByRole('dialog', { name: 'Share' });
    await dialog.getByRole('button', { name: 'SVG', exact: true }).click();
    await dialog.getByRole('status').getByText('not there yet').waitFor();
    const csv = dialog.getByRole('button', { name: 'CSV', exact: true });
    await csv.click();
    await kept(t.page, 2);
    await dialog.getByRole('status').getByText('CSV …').waitFor();
    expect(await csv.isDisabled()).toBe(true);
    await letGo(t.page);
    await dialog.getByRole('status').getByText('resnet18.csv is saved.').waitFor();
    expect(await csv.isDisabled()).toBe(false);
    await close(t);
  });

  test('a measurement ends with the model that it is of', async () => {
    const t = await slow();
    await drop(t.page, fixture('measured/tiny.onnx'));
    await shown(t.page, 'tiny.onnx');
    await t.page.getByRole('tab', { name: 'Measure', exact: true }).click();
    await hold(t.page, 'measure-job');
    await t.page.getByRole('button', { name: 'Measure here' }).click();
    await kept(t.page);
    await drop(t.page, fixture('onnx/resnet18.legacy17.onnx'));
    await shown(t.page, 'resnet18.legacy17.onnx');
    await t.page.getByRole('button', { name: 'Measure here' }).waitFor();
    await letGo(t.page);
    expect(await t.page.locator('.measure-bar').getByRole('status').innerText()).toBe('');
    expect(await t.page.getByRole('alert').count()).toBe(0);
    await close(t);
  });
});
