import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { FRAME_HASH, FRAME_SCRIPT } from '../../app/python/frame.js';
import { PAGE_POLICY } from '../../src/cli/serve.js';
import { drop, inBrowser, tab } from './browser.js';

test('the policies let the one script of the frame run, and no other', () => {
  const hash = `sha256-${createHash('sha256').update(FRAME_SCRIPT).digest('base64')}`;
  expect(FRAME_HASH).toBe(hash);
  const page = readFileSync(resolve(import.meta.dirname, '../../app/index.html'), 'utf8');
  for (const policy of [PAGE_POLICY, page]) {
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval' '${hash}';`);
    expect(policy.match(/sha256-/g)).toHaveLength(1);
  }
});

/** What a program does that owns the sandboxed worker: each must fail. It tells by the error of its job what did not. */
const ATTACK = (port: number): string => `
const tries = {
  fetch: () => fetch('http://127.0.0.1:${port}/fetch'),
  'fetch without an answer': () => fetch('http://127.0.0.1:${port}/no-cors', { mode: 'no-cors' }),
  'XMLHttpRequest': () => { const x = new XMLHttpRequest(); x.open('GET', 'http://127.0.0.1:${port}/xhr', false); x.send(); },
  WebSocket: () => new Promise((done, fail) => { const s = new WebSocket('ws://127.0.0.1:${port}/socket'); s.onopen = done; s.onerror = fail; }),
  EventSource: () => new Promise((done, fail) => { const s = new EventSource('http://127.0.0.1:${port}/events'); s.onopen = done; s.onerror = fail; }),
  importScripts: () => importScripts('http://127.0.0.1:${port}/script.js'),
  'import()': () => import('http://127.0.0.1:${port}/module.js'),
  'a worker within': () => new Promise((done, fail) => { const w = new Worker('http://127.0.0.1:${port}/worker.js'); w.onmessage = done; w.onerror = fail; }),
  'a font': () => new FontFace('x', 'url(http://127.0.0.1:${port}/font.woff)').load(),
  'code from text': () => (0, eval)('1'),
  'a function from text': () => new Function('return 1')(),
  IndexedDB: () => new Promise((done, fail) => { const r = indexedDB.open('x'); r.onsuccess = done; r.onerror = fail; }),
  caches: () => caches.open('x'),
  'files of the origin': () => navigator.storage.getDirectory(),
  'a cookie': () => cookieStore.getAll(),
  'an origin': () => { if (self.origin === 'null') throw new Error('none'); },
};
onmessage = ({ data: { port } }) => {
  port.onmessage = async () => {
    const held = [];
    for (const [name, attempt] of Object.entries(tries)) {
      try {
        await Promise.race([attempt(), new Promise((_, fail) => setTimeout(fail, 1500))]);
        held.push(name);
      } catch {}
    }
    port.postMessage({ kind: 'requests', requests: ['[', '{}', '["job"]', '["__proto__",[],[]]', '["end",[],[[]]]'] });
    port.postMessage({ kind: 'finish', stopped: 'done', error: 'got through: ' + (held.join(', ') || 'nothing') });
  };
};`;

inBrowser('Python in the page', () => {
  test('whoever owns its worker reaches no server, no storage and no code', async () => {
    const reached: string[] = [];
    const server = createServer((request, response) => {
      reached.push(String(request.url));
      response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' }).end('1');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const scratch = mkdtempSync(join(tmpdir(), 'opcount-sandbox-'));
    try {
      const path = join(scratch, 'net.py');
      writeFileSync(path, 'import torch\n');
      const t = await tab();
      // Two of the three scripts are left out: what the worker runs is the attack alone.
      await t.page.route('**/pyodide/*.js', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }));
      await t.page.route('**/python-worker.js', (route) =>
        route.fulfill({ body: ATTACK((server.address() as AddressInfo).port), contentType: 'text/javascript' }),
      );
      await drop(t.page, path);
      const alert = t.page.getByRole('alert');
      await alert.getByText('got through: nothing').waitFor();
      await t.page.context().close();
      expect(reached).toEqual([]);
    } finally {
      server.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  }, 120_000);

  test('an interpreter that does not start, or ends in the middle, is not waited for', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'opcount-sandbox-'));
    try {
      const path = join(scratch, 'net.py');
      writeFileSync(path, 'import torch\n');
      const t = await tab();
      await t.page.route('**/pyodide/*.js', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }));
      let script = "throw new Error('it has no memory to begin with')";
      await t.page.route('**/python-worker.js', (route) =>
        route.fulfill({ body: script, contentType: 'text/javascript' }),
      );
      await drop(t.page, path);
      await t.page.getByRole('alert').getByText('it has no memory to begin with').waitFor();
      script =
        "onmessage = ({ data: { port } }) => { port.onmessage = ({ data }) => { if (data.job) throw new Error('it has come to an end'); }; }";
      await t.page.reload();
      await drop(t.page, path);
      await t.page.getByRole('alert').getByText('it has come to an end').waitFor();
      await t.page.context().close();
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
