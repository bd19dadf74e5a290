import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONVENTIONS } from '../src/conventions/index.js';
import { BINARY, eachText, PER_ELEMENT, UNARY } from '../src/ops/index.js';
import { blocks, generated, ROOT, runConsole, runTypeScript, settle } from './docs.js';

const pages = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
];

/** Tables that come from the code. */
const TABLES: Readonly<Record<string, () => string>> = {
  elementwise: () =>
    [
      '| operator | FLOPs per element |',
      '|:--|:--|',
      ...Object.entries({ ...UNARY, ...BINARY, ...PER_ELEMENT }).map(
        ([name, { each }]) => `| ${name} | ${eachText(each)} |`,
      ),
    ].join('\n'),
  conventions: () =>
    [
      '| id | tool | counts | where its rule is |',
      '|:--|:--|:--|:--|',
      ...CONVENTIONS.map((c) => `| \`${c.id}\` | ${c.title} ${c.version} | ${c.description} | ${c.source} |`),
    ].join('\n'),
};

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  test('shows what the commands print', () => {
    let should = text;
    for (const block of blocks(text).reverse())
      if (block.language === 'console')
        should = should.slice(0, block.at) + runConsole(block.text) + should.slice(block.at + block.text.length);
    for (const [id, table] of Object.entries(TABLES))
      if (text.includes(`<!-- generated: ${id} -->`)) should = generated(should, id, table());
    const settled = settle(page, should);
    expect(settled.is).toBe(settled.should);
  });

  test('has programs that run', () => {
    for (const [i, block] of blocks(text).entries())
      if (block.language === 'ts') expect(runTypeScript(block.text, `${page.replace(/\W/g, '-')}-${i}`)).toEqual([]);
  });

  test('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((m) => m[1] as string);
    const missing = links.filter((l) => !/^https?:/.test(l) && !exists(resolve(ROOT, dirname(page), l)));
    expect(missing).toEqual([]);
  });
});

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
