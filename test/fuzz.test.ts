import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// The same cases every time; `npm run fuzz` goes on from here with as many others as one likes.
test('two thousand changed files of all formats are read or refused, and nothing else', () => {
  const out = mkdtempSync(join(tmpdir(), 'opcount-fuzz-'));
  try {
    const args = ['scripts/fuzz.mjs', '--seed', '1', '--cases', '2000', '--seconds', '60', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('2000 cases, 0 failed');
    expect(status).toBe(0);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}, 600_000);
