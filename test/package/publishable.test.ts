import { expect, test } from 'vitest';
import { obstacles } from '../../scripts/publishable.mjs';

const manifest = (url: string): string =>
  JSON.stringify({
    repository: { type: 'git', url },
    homepage: 'https://example.org',
    bugs: { url: 'https://example.org/issues' },
  });
const found = (remote: string, url: string, docs = ''): string[] =>
  obstacles(remote, (path) => (path === 'package.json' ? manifest(url) : docs));

test('a package is published from the repository that it names, and no other', () => {
  const stated = 'git+https://code.example/me/opcount.git';
  for (const remote of [
    'https://code.example/me/opcount',
    'https://code.example/me/opcount.git',
    'git@code.example:me/opcount.git',
    'ssh://git@code.example/me/opcount.git',
    'https://user:token@code.example/Me/opcount/',
  ])
    expect(found(remote, stated), remote).toEqual([]);
  expect(found('https://code.example/you/opcount', stated)).toEqual([
    'package.json says repository code.example/me/opcount, and this is code.example/you/opcount',
  ]);
  expect(found('', stated)).toEqual([expect.stringContaining('cloned from nowhere')]);
  expect(found('https://code.example/me/opcount', stated, 'uses: OWNER/opcount/action@v1')).toEqual([
    'docs/check.md names OWNER: write who it is',
  ]);
});

test('as long as nobody has said where, it is not published', () => {
  expect(obstacles('https://code.example/me/opcount').length).toBeGreaterThan(0);
});
