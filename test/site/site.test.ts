import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSite } from '../../scripts/site.mjs';

const site = mkdtempSync(join(tmpdir(), 'opcount-site-'));
beforeAll(() => buildSite(site), 300_000);
afterAll(() => rmSync(site, { recursive: true }));

const pages = (): string[] =>
  (readdirSync(site, { recursive: true }) as string[]).filter((path) => path.endsWith('.html') && !/^app/.test(path));

test('has every page of docs, the README, and the page for models', () => {
  const docs = readdirSync(join(import.meta.dirname, '../../docs')).filter((name) => name.endsWith('.md'));
  expect(pages().filter((path) => !/docs.api/.test(path))).toHaveLength(docs.length + 4);
  expect(existsSync(join(site, 'app/index.html'))).toBe(true);
});

test('has a page for each entry of the package, with what it exports', () => {
  const page = (name: string): string => readFileSync(join(site, 'docs/api', name), 'utf8');
  for (const [name, exported] of [
    ['opcount', ['profile', 'toJson', 'whoPrints', 'defineConfig', 'runScript']],
    ['opcount/ledger', ['totalsOf', 'applyUserFormulas']],
    ['opcount/nn/index', ['Conv2d', 'MaxUnpool2d', 'readModule']],
    ['opcount/models', ['resnet50']],
    ['opcount/measure', ['measureModel']],
  ] as const)
    for (const of of exported)
      expect(page(`${name}.html`), `${name} ${of}`).toMatch(new RegExp(`<h\\d id="${of}`, 'i'));
  expect(page('index.html')).toContain('href="opcount/nn/index.html"');
});

test('has the runtime that the page measures with, whole and of its own files', () => {
  const names = readdirSync(join(site, 'app/onnxruntime'));
  for (const module of names.filter((name) => /^ort\..*\.mjs$/.test(name))) {
    const asked =
      readFileSync(join(site, 'app/onnxruntime', module), 'utf8').match(/ort-wasm[\w.-]+\.(?:mjs|wasm)/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect(names).toContain(name);
  }
  expect(names.filter((name) => /^ort\./.test(name))).toHaveLength(2);
});

test('links lead to what is there, from wherever it is served', () => {
  const wrong: string[] = [];
  for (const page of pages()) {
    const html = readFileSync(join(site, page), 'utf8');
    for (const [, link = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^(?:https?:|#)/.test(link)) continue;
      const [file = '', hash] = link.split('#');
      const target = join(site, dirname(page), file);
      const there = !link.startsWith('/') && existsSync(target);
      const anchored =
        !there ||
        hash === undefined ||
        statSync(target).isDirectory() ||
        readFileSync(target, 'utf8').includes(`id="${hash}"`);
      if (!there || !anchored) wrong.push(`${page}: ${link}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('console blocks and tables are there as text', () => {
  const html = readFileSync(join(site, 'index.html'), 'utf8');
  expect(html).toContain('4,089,184,256');
  expect(html).toMatch(/<table>/);
  expect(html).not.toMatch(/<script/);
});
