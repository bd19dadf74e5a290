import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONVENTIONS } from '../src/conventions/index.js';
import { FAMILIES } from '../src/models/language/families/index.js';
import { BINARY, eachText, PER_ELEMENT, UNARY } from '../src/ops/index.js';
import * as nn from '../src/torch/nn/index.js';
import { blocks, generated, ROOT, runConsole, runTypeScript, settle } from './docs.js';

const pages = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Why names of PyTorch are absent from opcount/nn; the first rule that fits. */
const ABSENT: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^Lazy/, 'sizes come from the first input: give them'],
  [
    /DataParallel|^Container$|Base$|^NLLLoss2d$|^CrossMapLRN2d$|^upsample_/,
    'outdated, a base class, or about several devices',
  ],
  [/^(has_torch|assert_|scaled_|grouped_mm|native_|conv_tbc)/, 'PyTorch’s own machinery'],
  [/[fF]ractional/, 'depends on random numbers'],
  [/AdaptiveLogSoftmax|multi_?label_?margin|LinearCrossEntropy|linear_cross_entropy/i, 'its work depends on data'],
  [/multi_head_attention_forward/, 'it takes two dozen weights and flags: use `MultiheadAttention`'],
];

/** What there is of PyTorch's names, and what is missing, with the reason where one is known. */
function namesOfPyTorch(): string {
  const names = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/torch/names.json'), 'utf8')) as Readonly<
    Record<'modules' | 'functional' | 'tensor', readonly string[]>
  >;
  const row = (what: string, wanted: readonly string[], has: (name: string) => boolean): string => {
    const missing = wanted.filter((name) => !has(name));
    const why = new Map<string, string[]>();
    for (const name of missing) {
      const reason = ABSENT.find(([pattern]) => pattern.test(name))?.[1] ?? 'not yet';
      why.set(reason, [...(why.get(reason) ?? []), `\`${name}\``]);
    }
    const reasons = [...why].map(([reason, list]) => `${list.join(', ')} (${reason})`).join('; ');
    return `| ${what} | ${wanted.length - missing.length} of ${wanted.length} | ${reasons} |`;
  };
  return [
    '| | there | missing |',
    '|:--|--:|:--|',
    row('layers of `torch.nn`', names.modules, (name) => name in nn),
    row('functions of `torch.nn.functional`', names.functional, (name) => name in nn.functional),
  ].join('\n');
}

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
  'nn-names': namesOfPyTorch,
  'model-types': () =>
    Object.keys(FAMILIES)
      .sort()
      .map((type) => `\`${type}\``)
      .join(', '),
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
