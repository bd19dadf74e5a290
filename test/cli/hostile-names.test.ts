import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { runCheck } from '../../src/cli/check.js';
import { runCompare } from '../../src/cli/compare.js';
import { explainError } from '../../src/cli/errors.js';
import { runExplain } from '../../src/cli/explain.js';
import { STREAMS } from '../../src/cli/output.js';
import { runProfile } from '../../src/cli/profile.js';
import { runReconcile } from '../../src/cli/reconcile.js';
import { runView } from '../../src/cli/view.js';
import { read } from '../../src/node.js';
import { ModelError, SourceError } from '../../src/source/errors.js';
import { MARKUP, NASTY, nastyModel, RAW } from '../report/hostile.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-names-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

// What a file system lets a name have.
const path = join(scratch, `a${NASTY.replaceAll('/', '')}.onnx`);
writeFileSync(path, nastyModel());

/** All that a verb writes, to either stream; the text of its error where it fails. */
async function said(verb: () => Promise<number> | number): Promise<string> {
  const parts: string[] = [];
  for (const stream of ['out', 'err'] as const)
    vi.spyOn(STREAMS, stream).mockImplementation((text) => void parts.push(text));
  try {
    await verb();
  } catch (error) {
    parts.push(explainError(error).text);
  } finally {
    vi.restoreAllMocks();
  }
  return parts.join('\n');
}

const color = 'never' as const;
const VERBS: Readonly<Record<string, () => Promise<number> | number>> = {
  profile: () => runProfile(path, { color }),
  'profile --by node --as all': () => runProfile(path, { color, by: 'node', as: ['all'] }),
  'profile --by op --formula': () => runProfile(path, { color, by: 'op', formula: true }),
  compare: () => runCompare(path, path, { color, depth: 3 }),
  reconcile: () => runReconcile(path, undefined, { color }),
  'reconcile with a number': () => runReconcile(path, '4.1G', { color }),
  check: () => runCheck(path, { maxParams: 1n }),
  'check with a free dimension': () => runCheck(path, { maxMacs: 1n }),
  'check --format json': () => runCheck(path, { maxParams: 1n, format: 'json' }),
  'a dimension that is not there': () => runProfile(path, { color, bind: { [NASTY]: '1' } }),
  'an input that is not there': () => runProfile(path, { color, input: [`${NASTY}=1x2`] }),
  'a column that is not there': () => runProfile(path, { color, columns: [NASTY] }),
  'a file that is not there': () => runProfile(join(scratch, `${NASTY}.onnx`), { color }),
  'a model that is not there': () => runProfile(NASTY, { color }),
  'a page for a file that is not there': () => runView(`./${NASTY}.onnx`, {}),
  explain: () => runExplain(NASTY, {}),
};

test.each(Object.entries(VERBS))('%s', async (_, verb) => {
  const text = await said(verb);
  expect(text.length).toBeGreaterThan(20);
  expect(text).not.toMatch(RAW);
  expect(text).not.toMatch(/^ {0,3}error: forged/m);
});

test('errors: message, place and hint', () => {
  const at = { module: NASTY, node: NASTY, field: NASTY, file: NASTY, line: 3 };
  for (const error of [
    new ModelError('malformed', NASTY, { format: 'onnx', at, hint: NASTY }),
    new SourceError(`${NASTY}${MARKUP}`, { hint: NASTY }),
    new TypeError(NASTY),
  ]) {
    const { text } = explainError(error);
    expect(text).not.toMatch(RAW);
    expect(text.match(/^error: /gm)).toHaveLength(1);
  }
});

test('the ledger keeps the true names', async () => {
  const ledger = await read(path);
  expect(ledger.inputs[0]?.name).toContain(NASTY);
});
