import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { model, node, tensorType, valueInfo } from '../formats/onnx-build.js';
import { join as bytes, len } from '../wire/encode.js';

const root = resolve(import.meta.dirname, '../..');

test('columns stand under each other in every script', () => {
  const graph = bytes(
    len(1, node('Relu', ['x'], ['y']), len(3, '層の活性化')),
    len(1, node('Relu', ['y'], ['z']), len(3, 'plain')),
    len(1, node('Relu', ['z'], ['w']), len(3, 'e\u0301te\u0301 👩‍🔬')),
    len(11, valueInfo('x', tensorType(1, [2, 5]))),
    len(12, valueInfo('w', tensorType(1, [2, 5]))),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'opcount-wide-'));
  try {
    const path = join(scratch, 'wide.onnx');
    writeFileSync(path, model(graph));
    const run = spawnSync(process.execPath, [join(root, 'dist/opcount.js'), path, '--by', 'node'], {
      encoding: 'utf8',
    });
    const rows = run.stdout.split('\n').filter((line) => / relu +2×5/.test(line));
    expect(rows).toHaveLength(3);
    const columns = rows.map((row) => stringWidth(row.slice(0, row.indexOf(' relu'))));
    expect(new Set(columns).size).toBe(1);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
