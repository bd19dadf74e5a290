import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { varint } from '../wire/encode.js';

const root = resolve(import.meta.dirname, '../..');
const fixtures = join(root, 'test/fixtures');
const scratch = mkdtempSync(join(tmpdir(), 'opcount-cli-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Run {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}
function opcount(args: readonly string[], options: { input?: Uint8Array; env?: Record<string, string> } = {}): Run {
  const done = spawnSync(process.execPath, [join(root, 'dist/opcount.js'), ...args], {
    cwd: fixtures,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '', ...options.env },
    timeout: 60_000,
    ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
  });
  return { out: done.stdout, err: done.stderr, code: done.status };
}
function file(name: string, bytes: Uint8Array | string): string {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

const onnx = join(fixtures, 'onnx/resnet18.legacy17.onnx');
const bytes = readFileSync(onnx);

describe('profile', () => {
  test('stdout carries the result alone', () => {
    const run = opcount(['resnet50']);
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out).toContain('4,089,184,256');
    expect(run.out).not.toContain('\u001b[');
  });

  test('a file, standard input and a URL of a file are the same model', () => {
    const totals = (run: Run) => JSON.parse(run.out).totals;
    const plain = opcount([onnx, '--format', 'json']);
    expect(totals(plain)).toEqual(totals(opcount(['-', '--format', 'json'], { input: bytes })));
    expect(totals(plain)).toEqual(totals(opcount([`file://${onnx}`, '--format', 'json'])));
    expect(totals(plain).macs).toBe(1814073344);
  });

  test.each([['table'], ['tree'], ['json'], ['csv'], ['md'], ['html']])('--format %s', (format) => {
    const run = opcount(['resnet18', '--format', format]);
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out.replaceAll(/[,\s]/g, '')).toContain(format === 'csv' ? '118013952' : '1814073344');
  });

  test('notes go to stderr, or nowhere; into a file they go along', () => {
    const args = ['onnx/swin_t.dynamo.onnx', '--depth', '0'];
    const plain = opcount(args);
    expect(plain.err).toMatch(/^note /);
    expect(plain.out).not.toContain('note ');
    expect(opcount([...args, '--quiet'])).toEqual({ ...plain, err: '' });
    const path = join(scratch, 'report.txt');
    expect(opcount([...args, '-o', path]).err).toBe('');
    expect(readFileSync(path, 'utf8')).toContain(plain.err.trim());
  });

  test('a folder is the model in it, a set of shards one model', () => {
    const folder = join(fixtures, 'safetensors/bert_base');
    const run = opcount([folder, '--format', 'json']);
    expect(run.err).toBe('');
    expect(JSON.parse(run.out).totals.params).toBe(109482240);
  });

  test('-o writes the file and nothing else', () => {
    const path = join(scratch, 'report.json');
    const run = opcount(['resnet18', '--format', 'json', '-o', path]);
    expect([run.code, run.out, run.err]).toEqual([0, '', '']);
    expect(JSON.parse(readFileSync(path, 'utf8')).totals.params).toBe(11689512);
  });

  test('colours only where asked for, and never against NO_COLOR', () => {
    expect(opcount(['resnet18', '--color', 'always']).out).toContain('\u001b[1m');
    expect(opcount(['resnet18'], { env: { NO_COLOR: '1', FORCE_COLOR: '1' } }).out).not.toContain('\u001b[');
  });

  test('free dimensions stay, and can be bound', () => {
    expect(opcount(['resnet18', '--input', 'nx3x224x224', '--units', 'raw']).out).toContain('1,814,073,344·n');
    expect(opcount(['resnet18', '--input', 'nx3x224x224', '--bind', 'n=2']).out).toContain('3,628,146,688');
  });

  test('a reader that closes early is not an error', () => {
    const done = spawnSync('sh', ['-c', `"${process.execPath}" dist/opcount.js densenet201 --by node | head -1`], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([done.status, done.stderr]).toEqual([0, '']);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is said, for help and version too', () => {
    const done = spawnSync('sh', ['-c', `"${process.execPath}" dist/opcount.js --version > /dev/full`], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([done.status, done.stderr]).toEqual([4, expect.stringMatching(/^error: .*no space is left.*\n {2}try /)]);
  });
});

/** A field of protobuf that states `length` bytes and has `held`. */
function field(number: number, length: number, held: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint((number << 3) | 2), ...varint(length), ...held]);
}

describe('what cannot be done is said: what, where, what to do', () => {
  const cases: Readonly<Record<string, { args: () => readonly string[]; code: number; says: RegExp }>> = {
    'an unknown flag': { args: () => ['resnet50', '--foo'], code: 2, says: /unknown option '--foo'/ },
    'an unknown convention': {
      args: () => ['resnet50', '--as', 'foo'],
      code: 2,
      says: /no convention "foo"[\s\S]*thop/,
    },
    'an unknown format': { args: () => ['resnet50', '--format', 'xml'], code: 2, says: /table, tree, json/ },
    'an unknown column': { args: () => ['resnet50', '--columns', 'x'], code: 2, says: /no column "x"/ },
    'an unknown name': { args: () => ['resnet5'], code: 2, says: /did you mean resnet50/ },
    'one model twice': { args: () => ['resnet50', 'resnet50'], code: 2, says: /named twice/ },
    'an empty value': { args: () => ['resnet18', '--as', ''], code: 2, says: /--as is given nothing/ },
    'an empty value behind =': { args: () => ['resnet18', '--columns='], code: 2, says: /--columns is given nothing/ },
    'an empty name': { args: () => ['compare', 'resnet18', ''], code: 2, says: /a name is empty/ },
    'a list of nothing': { args: () => ['resnet18', '--as', ','], code: 2, says: /names nothing/ },
    'no model': { args: () => ['profile'], code: 2, says: /missing required argument/ },
    'a broken shape': { args: () => ['resnet50', '--input', '1xx3'], code: 2, says: /not a shape|error/ },
    'a shape that does not fit': { args: () => ['resnet50', '--input', '1x3'], code: 2, says: /conv1/ },
    'an input that is not there': {
      args: () => [onnx, '--input', 'foo=1x3x224x224'],
      code: 2,
      says: /no input "foo"[\s\S]*input 1x3x224x224/,
    },
    'a symbol that is not there': {
      args: () => ['resnet50', '--bind', 'foo=1'],
      code: 2,
      says: /no free dimension "foo"/,
    },
    'a free symbol where a number is needed': {
      args: () => ['check', 'resnet50', '--input', 'nx3x224x224', '--max-macs', '5G'],
      code: 2,
      says: /4089184256\*n[\s\S]*--bind/,
    },
    'an amount that is none': { args: () => ['check', 'resnet50', '--max-macs', '5Q'], code: 2, says: /5Q/ },
    'a tree by operator': {
      args: () => ['resnet50', '--by', 'op', '--format', 'tree'],
      code: 2,
      says: /--by has no effect on --format tree: it lists modules/,
    },
    'a file that is not there': {
      args: () => [join(scratch, 'none.onnx')],
      code: 4,
      says: /none\.onnx: there is no such file/,
    },
    'a folder without a model': {
      args: () => [join(root, 'docs')],
      code: 2,
      says: /no model[\s\S]*ONNX/,
    },
    'a folder of several models': {
      args: () => [join(fixtures, 'onnx')],
      code: 2,
      says: /name one of them: \S+\.onnx/,
    },
    'a host that is not there': { args: () => ['http://127.0.0.1:1/m.onnx'], code: 4, says: /cannot reach/ },
    'a file that cannot be written': {
      args: () => ['resnet18', '-o', join(scratch, 'no/where.json')],
      code: 4,
      says: /cannot write/,
    },
    'an empty file': { args: () => [file('empty.onnx', '')], code: 3, says: /empty/ },
    text: { args: () => [file('text.onnx', 'hello, world')], code: 3, says: /no format that opcount knows/ },
    'ONNX’s own text syntax, cut short': {
      args: () => [
        file('model.onnxtxt', '<\n  ir_version: 8,\n  opset_import: ["" : 17]\n>\ng (float[1] x) => (float[1'),
      ],
      code: 3,
      says: /line 5[\s\S]*ONNX’s syntax/,
    },
    'a web page': { args: () => [file('page.onnx', '<!doctype html>')], code: 3, says: /web page/ },
    'a pointer of Git LFS': {
      args: () => [file('lfs.onnx', 'version https://git-lfs.github.com/spec/v1\n')],
      code: 3,
      says: /git lfs pull/,
    },
    'a file cut short': { args: () => [file('cut.onnx', bytes.subarray(0, 9000))], code: 3, says: /byte/ },
    'a length of 10 GB in a file of 1 KB': {
      args: () => [file('long.onnx', Uint8Array.from([8, 8, ...field(7, 1e10, new Uint8Array(1000))]))],
      code: 3,
      says: /10000000000|ends|truncated/,
    },
    'an unknown operator to explain': { args: () => ['explain', 'frobnicate'], code: 2, says: /frobnicate/ },
    'a baseline that is not a report': {
      args: () => ['check', 'resnet18', '--baseline', file('base.json', '[]')],
      code: 2,
      says: /it is not an object/,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { args, code, says }) => {
    const run = opcount(args());
    expect([run.code, run.out]).toEqual([code, '']);
    expect(run.err).toMatch(says);
    expect(run.err).toMatch(/^error: /);
    expect(run.err).not.toMatch(/\n\s+at .*\.js:\d+/);
  });
});

describe('check', () => {
  test('exit 0 within the budget, 1 over it', () => {
    expect(opcount(['check', 'resnet18', '--max-macs', '2G', '--max-params', '12M', '--max-peak', '64MiB']).code).toBe(
      0,
    );
    const over = opcount(['check', 'resnet18', '--max-macs', '1.8G']);
    expect(over.code).toBe(1);
    expect(over.out).toMatch(/FAIL {2}MACs 1\.814 G \(1,814,073,344\), at most 1\.800 G: 14\.073 M over/);
  });

  test('against a baseline, with a tolerance', () => {
    const base = join(scratch, 'resnet18.json');
    opcount(['resnet18', '--format', 'json', '-o', base]);
    expect(opcount(['check', 'resnet18', '--baseline', base]).code).toBe(0);
    expect(opcount(['check', 'resnet34', '--baseline', base]).code).toBe(1);
    expect(opcount(['check', 'resnet18', '--baseline', base, '--input', '1x3x225x225']).code).toBe(1);
    const other = opcount(['check', 'resnet18', '--baseline', base, '--input', '1x3x225x225', '--tolerance', '40%']);
    expect(other.out).toMatch(/the baseline is of input 1x3x224x224 float32, this is input 1x3x225x225 float32/);
  });

  test('as JSON', () => {
    const { passed, checks } = JSON.parse(opcount(['check', 'resnet18', '--max-params', '1M', '--format', 'json']).out);
    expect([passed, checks[0].what, checks[0].passed]).toEqual([false, 'params', false]);
  });
});

test('compare shows what changed, module by module', () => {
  const run = opcount(['compare', 'resnet18', 'resnet34']);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/layer3\s+411\.042 M\s+1\.336 G\s+\+924\.844 M/);
  const data = JSON.parse(opcount(['compare', 'resnet18', 'resnet34', '--format', 'json', '--depth', '2']).out);
  const change = data.modules.filter((m: { path: string }) => !m.path.includes('.'));
  expect(change.reduce((n: number, m: { delta: { macs: number } }) => n + m.delta.macs, 0)).toBe(data.totals[0].delta);
});

test('models lists every built-in model, and each can be profiled', () => {
  const models: { name: string }[] = JSON.parse(opcount(['models', '--format', 'json']).out);
  expect(models.length).toBeGreaterThan(100);
  expect(opcount(['models']).out).toContain('resnet50');
});

test('explain gives formula and source', () => {
  expect(opcount(['explain', 'Conv2d']).out).toContain('C_out');
  expect(opcount(['explain', 'aten::gelu']).out).toContain('5 per element');
  expect(opcount(['explain', 'thop']).out).toContain('thop/profile.py');
});

test('what an unknown operator leaves out is said in the report, and fails a check', () => {
  const node = [
    ...field(1, 1, Uint8Array.of(120)), // input x
    ...field(2, 1, Uint8Array.of(121)), // output y
    ...field(4, 4, new TextEncoder().encode('Frob')),
    ...field(7, 3, new TextEncoder().encode('own')),
  ];
  const dim = field(1, 2, Uint8Array.of(8, 4));
  const shape = field(2, dim.length, dim);
  const tensor = Uint8Array.from([8, 1, ...shape]);
  const type = field(1, tensor.length, tensor);
  const info = (name: number) => Uint8Array.from([...field(1, 1, Uint8Array.of(name)), ...field(2, type.length, type)]);
  const graph = Uint8Array.from([
    ...field(1, node.length, Uint8Array.from(node)),
    ...field(2, 1, Uint8Array.of(103)),
    ...field(11, info(120).length, info(120)),
    ...field(12, info(121).length, info(121)),
  ]);
  const opset = Uint8Array.of(16, 17);
  const path = file(
    'frob.onnx',
    Uint8Array.from([8, 8, ...field(7, graph.length, graph), ...field(8, opset.length, opset)]),
  );
  const run = opcount([path]);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/NOT COUNTED: 1 of 1 operators[\s\S]*1 × own\.Frob/);
  expect(run.out).toContain('≥ 0');
  expect(opcount(['check', path]).code).toBe(1);
});
