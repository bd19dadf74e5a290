import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commentText, inComment } from '../../action/comment.js';
import { actionText } from '../../scripts/action.mjs';
import { ROOT, settle } from '../docs.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-action-'));
const repo = join(scratch, 'repo');
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', ...args], {
    cwd: repo,
    encoding: 'utf8',
  }).trim();
const write = (name: string, data: unknown): void => {
  mkdirSync(join(repo, name, '..'), { recursive: true });
  writeFileSync(join(repo, name), typeof data === 'string' ? data : JSON.stringify(data));
};

const llama = (hidden: number): unknown => ({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: hidden,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 1000,
  max_position_embeddings: 512,
  torch_dtype: 'bfloat16',
});

/** A code host's API, as far as comments go; it remembers what it was asked. */
const asked: { method: string; path: string; body: string }[] = [];
let comments: { id: number; body: string }[] = [];
let status = 200;
let server: Server;
let api = '';

let base = '';
beforeAll(async () => {
  mkdirSync(repo);
  git('init', '-q', '-b', 'main');
  write('assistant/config.json', llama(64));
  write('opcount.config.json', { models: [{ name: 'assistant', model: 'assistant', context: 128 }, 'resnet18'] });
  git('add', '.');
  git('commit', '-q', '-m', 'before');
  base = git('rev-parse', 'HEAD');
  write('assistant/config.json', llama(128));
  write('opcount.config.json', {
    models: [
      { name: 'assistant', model: 'assistant', context: 128, budgets: { params: '200k', cache: '1MiB' } },
      { name: 'det', model: 'alexnet', budgets: { macs: '1G' } },
      'resnet18',
    ],
  });
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      asked.push({ method, path: url, body });
      response.writeHead(status, { 'content-type': 'application/json' });
      if (method === 'GET') response.end(JSON.stringify(url.includes('page=1') ? comments : []));
      else response.end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  api = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly summary: string;
  readonly outputs: string;
}

async function run(env: Record<string, string> = {}, event: unknown = pullRequest()): Promise<Ran> {
  const at = mkdtempSync(join(scratch, 'run-'));
  for (const name of ['summary', 'outputs']) writeFileSync(join(at, name), '');
  writeFileSync(join(at, 'event.json'), JSON.stringify(event));
  const child = spawn(process.execPath, [join(ROOT, 'action/index.js')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: scratch,
      RUNNER_TEMP: at,
      GITHUB_WORKSPACE: repo,
      GITHUB_REPOSITORY: 'org/models',
      GITHUB_API_URL: api,
      GITHUB_EVENT_PATH: join(at, 'event.json'),
      GITHUB_STEP_SUMMARY: join(at, 'summary'),
      GITHUB_OUTPUT: join(at, 'outputs'),
      'INPUT_WORKING-DIRECTORY': '.',
      INPUT_TOKEN: 'secret',
      INPUT_COMMAND: `${process.execPath} ${join(ROOT, 'dist/opcount.js')}`,
      ...env,
    },
  });
  let out = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (out += data.toString()));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return {
    code,
    out,
    summary: readFileSync(join(at, 'summary'), 'utf8'),
    outputs: readFileSync(join(at, 'outputs'), 'utf8'),
  };
}

const pullRequest = (): unknown => ({ pull_request: { number: 7, base: { sha: base, ref: 'main' } } });

test('what is committed is what the sources make', async () => {
  const settled = settle('action/index.js', await actionText());
  expect(settled.is === settled.should).toBe(true);
});

describe('on a pull request', () => {
  test('one comment with what changes, the summary, annotations, and exit code 1 over budget', async () => {
    comments = [{ id: 1, body: 'a person’s' }];
    asked.length = 0;
    const { code, out, summary, outputs } = await run();
    const golden = settle('test/fixtures/action/comment.md', summary);
    expect(golden.is).toBe(golden.should);
    expect(code).toBe(1);
    expect(out).toMatch(/^::error file=assistant,title=opcount%3A assistant::params /m);
    expect(outputs).toMatch(/^passed=false\nreport=.*report\.md\n$/);
    expect(asked.map((a) => `${a.method} ${a.path}`)).toEqual([
      'GET /repos/org/models/issues/7/comments?per_page=100&page=1',
      'POST /repos/org/models/issues/7/comments',
    ]);
    expect(JSON.parse(asked[1]?.body ?? '').body).toBe(summary);
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  test('writes over its own comment', async () => {
    comments = [
      { id: 1, body: 'a person’s' },
      { id: 42, body: '<!-- opcount -->\nof the run before' },
    ];
    asked.length = 0;
    await run();
    expect(asked.at(-1)).toMatchObject({ method: 'PATCH', path: '/repos/org/models/issues/comments/42' });
  });

  test('a token that may only read is told, and is not a failure of its own', async () => {
    status = 403;
    const { out, code } = await run({ INPUT_COMMENT: 'true' });
    status = 200;
    expect([
      code,
      out.includes('::warning title=opcount::no comment was written: the comments cannot be read: 403'),
    ]).toEqual([1, true]);
  });

  test('a baseline that this branch brings is not missed on the base', async () => {
    write('opcount-baseline.json', { schema: 1, models: {} });
    const before = readFileSync(join(repo, 'opcount.config.json'), 'utf8');
    write('opcount.config.json', { ...JSON.parse(before), baseline: 'opcount-baseline.json' });
    const { summary } = await run({ INPUT_COMMENT: 'false' });
    write('opcount.config.json', before);
    expect(summary).toContain('What changes against `main`');
  });

  test('a base that is not available is said', async () => {
    const event = { pull_request: { number: 7, base: { sha: '0'.repeat(40), ref: 'main' } } };
    expect((await run({ INPUT_COMMENT: 'false' }, event)).summary).toContain('The base branch was not counted.');
  });
});

test('elsewhere it checks, and writes no comment', async () => {
  asked.length = 0;
  const at = join(scratch, 'plain');
  mkdirSync(at);
  cpSync(join(repo, 'assistant'), join(at, 'assistant'), { recursive: true });
  writeFileSync(join(at, 'opcount.config.json'), '{"models": ["assistant"]}');
  const { code, out, outputs } = await run({ GITHUB_WORKSPACE: at }, {});
  expect([code, asked.length]).toEqual([0, 0]);
  expect(out).toContain('::notice title=opcount::assistant: within budget');
  expect(outputs).toMatch(/^passed=true/);
});

test('a comment is no longer than the code host takes, and its fold is closed', () => {
  const text = commentText([], manyCosts(), null, null);
  expect(text.length).toBeGreaterThan(80_000);
  const cut = inComment(text);
  expect(cut.length).toBeLessThanOrEqual(65_536);
  expect(cut).toMatch(/<\/details>\n\nThere is more: see the summary of the job\.\n$/);
  expect(inComment('short')).toBe('short');
});

test('a configuration that is wrong is told as the command tells it', async () => {
  const at = join(scratch, 'wrong');
  mkdirSync(at);
  writeFileSync(join(at, 'opcount.config.json'), '{"model": []}');
  const { code, out } = await run({ GITHUB_WORKSPACE: at }, {});
  expect(code).toBe(1);
  expect(out).toMatch(/^::error title=opcount::error: opcount\.config\.json has no field "model"/);
});

/** So many models that their table is longer than a comment may be. */
const manyCosts = () => ({
  models: Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`model-${i}`, { inputs: null, counts: { macs: 10n ** 9n + BigInt(i) } }]),
  ),
});
