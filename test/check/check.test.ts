import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { baselineFrom, baselineText, checkReport, entryOf, renderChecks } from '../../src/check/index.js';
import { type CheckFlags, runCheck } from '../../src/cli/check.js';
import { findPlan } from '../../src/cli/check-config.js';
import { planFrom } from '../../src/cli/check-plan.js';
import { Config } from '../../src/cli/config-schema.js';
import { STREAMS } from '../../src/cli/output.js';
import { profile } from '../../src/node.js';
import { settle } from '../docs.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-check-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const file = (name: string, text: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
};

async function check(models: readonly string[], flags: CheckFlags = {}): Promise<{ code: number; out: string }> {
  const parts: string[] = [];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void parts.push(text));
  vi.spyOn(STREAMS, 'err').mockImplementation(() => {});
  const code = await runCheck(models, flags);
  vi.restoreAllMocks();
  return { code, out: parts.join('') };
}

const project = (name: string, config: unknown): CheckFlags => ({
  config: file(`${name}.json`, JSON.stringify(config)),
});

describe('a project’s configuration', () => {
  test('checks every model at its own sizes against its own budgets', async () => {
    const flags = project('two', {
      models: [
        { name: 'small', model: 'resnet18', budgets: { macs: '2G', params: 12_000_000, peak: '64MiB' } },
        { name: 'large', model: 'resnet18', inputs: { input: [1, 3, 448, 448] }, budgets: { macs: '2G' } },
      ],
    });
    const { code, out } = await check([], flags);
    expect(code).toBe(1);
    expect(out).toContain('ok    MACs 1.814 G (1,814,073,344), at most 2.000 G: 90.7 % of the budget');
    expect(out).toMatch(/large\n {2}FAIL {2}MACs 7\.25\d G/);
    expect(out).toContain('1 of 2 models do not keep to their budgets: large');
  });

  test('a model that cannot be read hides nothing of the others', async () => {
    const flags = project('one-missing', { models: ['resnet18', 'gone.onnx', { model: 'alexnet' }] });
    const { code, out } = await check([], { ...flags, format: 'json' });
    const data = JSON.parse(out);
    expect(code).toBe(4);
    expect(data.models.map((m: { passed: boolean }) => m.passed)).toEqual([true, false, true]);
    expect(data.models[1].error.message).toContain('gone.onnx');
  });

  test('weights, cache and peak of a language model at a context', async () => {
    const flags = project('llm', {
      models: [
        {
          model: 'llama-3.1-8b',
          context: 8192,
          weights: 'bf16',
          budgets: { params: '8.1G', weights: '15GiB', cache: '1GiB' },
        },
      ],
    });
    const { code, out } = await check([], flags);
    expect([code, out.includes('KV cache 1.0 GiB (1,073,741,824), at most 1.0 GiB: 100.0 % of the budget')]).toEqual([
      0,
      true,
    ]);
  });

  test('in TypeScript, in JavaScript, and in package.json', async () => {
    const folder = mkdtempSync(join(scratch, 'kinds-'));
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write('package.json', JSON.stringify({ opcount: { models: ['from-package'] } }));
    expect((await findPlan(folder)).models.map((m) => m.name)).toEqual(['from-package']);
    write('opcount.config.mjs', 'export default { models: ["from-js"] };');
    expect((await findPlan(folder)).models.map((m) => m.name)).toEqual(['from-js']);
    write(
      'opcount.config.ts',
      'interface Size { side: number }\nconst size: Size = { side: 64 };\nexport default { models: [{ model: "at-" + size.side, inputs: [[1, 3, size.side, size.side]] }] };',
    );
    expect((await findPlan(folder)).models).toMatchObject([{ name: 'at-64', options: { inputs: [[1, 3, 64, 64]] } }]);
  });

  test.each([
    [{ models: [{ model: 'a', budget: {} }] }, 'models[0] has no field "budget"', 'did you mean "budgets"?'],
    [{ models: [{ model: 'a', budgets: { mac: 1 } }] }, 'models[0].budgets has no field "mac"', '"macs"'],
    [{ model: ['a'] }, 'has no field "model"', '"models"'],
    [{ models: [] }, 'names no models', 'model.onnx'],
    [{ models: ['a', 'a'] }, 'two models with the name "a"', '"name"'],
    [{ models: [{ name: 'x' }] }, 'models[0].model', 'docs/check.md'],
    [{ models: [{ model: 'a', budgets: { macs: '5Q' } }] }, 'models[0]: "5Q" is not an amount', '5G'],
    [{ models: [{ model: 'a', inputs: ['1x-3'] }] }, 'models[0]: "1x-3" is not a shape', '1x3x224x224'],
    [{ models: [{ model: 'a', tolerance: -1 }] }, 'a tolerance of -1 %', 'percent'],
    [{ models: [{ model: 'a', causal: 'no' }] }, 'models[0].causal', 'docs/check.md'],
    [null, 'c.json', 'docs/check.md'],
    [{ models: 7 }, 'models: expected array', 'docs/check.md'],
  ])('refuses %j and says where', (value, says, helps) => {
    const wrong = (): unknown => planFrom(value, 'c.json');
    expect(wrong).toThrow(expect.objectContaining({ code: 'argument', message: expect.stringContaining(says) }));
    expect(wrong).toThrow(expect.objectContaining({ hint: expect.stringContaining(helps) }));
  });

  test('names that objects lose are kept where names may stand, and refused elsewhere', () => {
    const plan = planFrom(
      JSON.parse('{"models":[{"model":"a","bind":{"__proto__":3},"inputs":{"__proto__":[1,2]}}]}'),
      'c.json',
    );
    const { bind, inputs } = plan.models[0]?.options ?? {};
    expect(Object.entries(bind ?? {})).toEqual([['__proto__', 3]]);
    expect(Object.entries(inputs ?? {})).toEqual([['__proto__', [1, 2]]]);
    for (const where of ['{"__proto__":1,"models":["a"]}', '{"models":[{"model":"a","__proto__":{"bind":{}}}]}'])
      expect(() => planFrom(JSON.parse(where), 'c.json')).toThrow(/no field "__proto__"/);
    const budgets = '{"models":[{"model":"a","budgets":{"__proto__":"5G"}}]}';
    expect(() => planFrom(JSON.parse(budgets), 'c.json')).toThrow(/budgets has no field "__proto__"/);
  });

  test('the published JSON schema is that of the code', () => {
    const schema = z.toJSONSchema(Config, { target: 'draft-7' });
    const settled = settle('schemas/config.json', `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(settled.is)).toEqual(JSON.parse(settled.should));
  });

  test('flags that belong to one model are refused', async () => {
    const flags = project('flags', { models: ['resnet18'] });
    await expect(runCheck([], { ...flags, maxMacs: 1n })).rejects.toThrow(/--max-macs says something of one model/);
    await expect(runCheck(['resnet18'], flags)).rejects.toThrow(/--config is for opcount check without models/);
  });
});

describe('a baseline', () => {
  test('that is not there is told with the command that makes it, at the same sizes', async () => {
    const baseline = join(scratch, 'not there.json');
    await expect(check(['resnet18'], { baseline, input: ['1x3x64x64'] })).rejects.toMatchObject({
      hint: `make it, and commit it: opcount check resnet18 --input 1x3x64x64 --baseline '${baseline}' --update`,
    });
  });

  test('is written by --update, keeps what the run did not look at, and holds what grows', async () => {
    const baseline = join(scratch, 'base.json');
    await check(['alexnet'], { baseline, update: true, quiet: true });
    await check(['resnet18', 'resnet34'], { baseline, update: true, quiet: true });
    expect(Object.keys(JSON.parse(readFileSync(baseline, 'utf8')).models)).toEqual(['alexnet', 'resnet18', 'resnet34']);
    expect((await check(['resnet18', 'alexnet'], { baseline })).code).toBe(0);
    const text = readFileSync(baseline, 'utf8').replace('1814073344', '1800000000');
    const smaller = file('smaller.json', text);
    const grown = await check(['resnet18'], { baseline: smaller });
    expect([
      grown.code,
      grown.out.includes('FAIL  MACs 1.814 G (1,814,073,344), +14.073 M against the baseline'),
    ]).toEqual([1, true]);
    expect((await check(['resnet18'], { baseline: smaller, tolerance: 1 })).code).toBe(0);
  });

  test('says nothing of another model or other sizes', async () => {
    const baseline = join(scratch, 'other.json');
    await check(['resnet18'], { baseline, update: true, quiet: true });
    const model = await check(['resnet34'], { baseline });
    expect([model.code, model.out.includes('does not have this model')]).toEqual([1, true]);
    const size = await check(['resnet18'], { baseline, input: ['1x3x128x128'], format: 'json' });
    const verdict = JSON.parse(size.out).checks.find((v: { what: string }) => v.what === 'baseline');
    expect([size.code, verdict.passed, verdict.text.includes('1x3x224x224 float32')]).toEqual([1, false, true]);
  });

  test('keeps formulas and counts of any size', async () => {
    const report = await profile('resnet18', { inputs: [['batch', 3, 224, 224]] });
    const entry = { ...entryOf(report), counts: { ...entryOf(report).counts, flops: 2n ** 70n + 1n } };
    const back = baselineFrom(baselineText({ models: { m: entry } }), 'b.json').models['m'];
    expect(back).toEqual(entry);
  });

  test.each([
    ['[]', 'it is not an object'],
    ['{', 'is not JSON'],
    ['{"models": {"a": 1}}', '"a" is not an object'],
    ['{"models": {"a": {"macs": -1}}}', '"macs" of "a" is neither'],
    ['{"models": {"__proto__": {"macs": "x", "inputs": 3}}}', '"inputs" of "__proto__"'],
    ['{}', 'neither models nor the totals'],
  ])('refuses %s', (text, says) => {
    expect(() => baselineFrom(text, 'b.json')).toThrow(
      expect.objectContaining({ code: 'argument', message: expect.stringContaining(says) }),
    );
  });
});

describe('what CI reads', () => {
  const flags = (): CheckFlags =>
    project('ci', {
      models: [
        { name: 'a|b <x>', model: 'resnet18', budgets: { macs: '1G', params: '12M' } },
        { name: 'fine', model: 'alexnet', budgets: { macs: '1G' } },
        { name: 'no\nfile, 100%', model: 'gone:1.onnx' },
      ],
    });

  test('numbers with limit, change and tolerance', async () => {
    const data = JSON.parse((await check([], { ...flags(), format: 'json' })).out);
    expect(data.models[0].checks[0]).toEqual({
      what: 'macs',
      passed: false,
      value: 1814073344,
      limit: 1000000000,
      baseline: null,
      delta: null,
      tolerance: null,
      text: 'MACs 1.814 G (1,814,073,344), at most 1.000 G: 814.073 M over the budget',
    });
  });

  test('Markdown, what failed first', async () => {
    const { out } = await check([], { ...flags(), format: 'md' });
    const rows = out.split('\n').filter((line) => line.startsWith('| '));
    expect(rows[1]).toBe('| a\\|b &lt;x&gt; | MACs | 1.814 G |  |  | 1.000 G | ❌ |');
    expect(rows.at(-1)).toBe('| fine | MACs | 714.188 M |  |  | 1.000 G | ✅ |');
  });

  test('GitHub’s commands, one line each', async () => {
    const { out } = await check([], { ...flags(), format: 'github' });
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::error file=resnet18,title=opcount%3A a\|b <x>::MACs 1\.814 G/);
    expect(lines[1]).toMatch(/^::error file=gone%3A1\.onnx,title=opcount%3A no.*file%2C 100%25::/);
  });

  test('JUnit, well formed', async () => {
    const { out } = await check([], { ...flags(), format: 'junit' });
    expect(out).toContain('<testsuite name="a|b &lt;x&gt;" tests="3" failures="1">');
    const opened = [...out.matchAll(/<([a-z]+)[^>]*[^/]>/g)].map((m) => m[1]);
    const closed = [...out.matchAll(/<\/([a-z]+)>/g)].map((m) => m[1]);
    expect(opened.sort()).toEqual(closed.sort());
  });

  test('GitLab’s issues, with the same fingerprint each time', async () => {
    const once = JSON.parse((await check([], { ...flags(), format: 'gitlab' })).out);
    const again = JSON.parse((await check([], { ...flags(), format: 'gitlab' })).out);
    expect(once).toEqual(again);
    expect(once.map((i: { check_name: string }) => i.check_name)).toEqual(['opcount/macs', 'opcount/read']);
    expect(new Set(once.map((i: { fingerprint: string }) => i.fingerprint)).size).toBe(2);
  });

  test('GitLab’s issues, in the shape that it documents: paths from the repository’s root, without ./', () => {
    const verdict = { what: 'macs', passed: false, value: 5n, limit: 4n, baseline: null, delta: null, tolerance: null };
    const models = ['./models/a.onnx', 'models\\b.onnx', '././c.onnx', 'd.onnx'];
    const text = renderChecks(
      models.map((model) => ({
        name: model,
        model,
        passed: false,
        checks: [{ ...verdict, text: 'MACs 5, at most 4' }],
      })),
      'gitlab',
      false,
    );
    const issue = z.strictObject({
      description: z.string().min(1),
      check_name: z.string().min(1),
      fingerprint: z.string().regex(/^[\da-f]{16}$/),
      severity: z.enum(['info', 'minor', 'major', 'critical', 'blocker']),
      location: z.strictObject({
        path: z.string().regex(/^(?![./\\])[^\\]+$/),
        lines: z.strictObject({ begin: z.int().min(1) }),
      }),
    });
    const issues = z.array(issue).parse(JSON.parse(text));
    expect(issues.map(({ location }) => location.path)).toEqual(['models/a.onnx', 'models/b.onnx', 'c.onnx', 'd.onnx']);
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(4);
    expect(text.startsWith('[')).toBe(true); // no byte-order mark, which GitLab does not take
    expect(renderChecks([], 'gitlab', false).trim()).toBe('[]');
  });
});

test('a model of which a part is absent is not whole, and fails', async () => {
  const report = await profile('resnet18');
  const limits = { budgets: {}, tolerance: 0 };
  const whole = checkReport(report, limits);
  expect(whole.find(({ what }) => what === 'coverage')).toMatchObject({ passed: true });
  const notes = [
    { code: 'absent-part' as const, message: 'flash_attn is not installed: FlashAttention has parameters' },
  ];
  expect(checkReport({ ...report, notes }, limits).find(({ what }) => what === 'coverage')).toMatchObject({
    passed: false,
    text: expect.stringContaining('flash_attn is not installed'),
  });
});
