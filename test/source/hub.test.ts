import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profile } from '../../src/node.js';
import { isSourceError } from '../../src/source/index.js';
import { hubFile, hubSource } from '../../src/source/node/hub.js';

const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 128,
  vocab_size: 100,
  torch_dtype: 'bfloat16',
};
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'model.embed_tokens.weight': [100, 64],
  'model.layers.0.self_attn.q_proj.weight': [64, 64],
  'model.layers.0.self_attn.k_proj.weight': [32, 64],
  'model.layers.0.self_attn.v_proj.weight': [32, 64],
  'model.layers.0.self_attn.o_proj.weight': [64, 64],
  'model.layers.0.mlp.gate_proj.weight': [128, 64],
  'model.layers.0.mlp.up_proj.weight': [128, 64],
  'model.layers.0.mlp.down_proj.weight': [64, 128],
  'model.layers.0.input_layernorm.weight': [64],
  'model.layers.0.post_attention_layernorm.weight': [64],
  'model.norm.weight': [64],
  'lm_head.weight': [100, 64],
};
const PARAMS = Object.values(SHAPES).reduce((n, s) => n + s.reduce((a, b) => a * b, 1), 0);

/** A header, and as many bytes behind it as it says. */
function safetensors(shapes: Readonly<Record<string, readonly number[]>>, code = 'F32', size = 4): Uint8Array {
  let at = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const bytes = size * shape.reduce((a, b) => a * b, 1);
    at += bytes;
    return [name, { dtype: code, shape, data_offsets: [at - bytes, at] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const out = new Uint8Array(8 + header.length + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(header.length), true);
  out.set(header, 8);
  return out;
}

/** Two servers as the hub and its storage are: large files are elsewhere, and storage takes nobody's token. */
const PROGRAM = `
const { createServer } = require('node:http');
const { workerData: { files, port } } = require('node:worker_threads');
const seen = [];
const send = (request, response, bytes) => {
  const range = /^bytes=(\\d+)-(\\d+)$/.exec(request.headers.range ?? '');
  if (!range) return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const start = Number(range[1]), end = Math.min(bytes.length, Number(range[2]) + 1);
  response.writeHead(206, { 'content-range': 'bytes ' + start + '-' + (end - 1) + '/' + bytes.length }).end(bytes.subarray(start, end));
};
const storage = createServer((request, response) => {
  seen.push({ on: 'storage', authorization: request.headers.authorization ?? null, path: request.url });
  if (request.headers.authorization) return response.writeHead(400).end('a token came along');
  send(request, response, files.get(request.url.slice(1)));
});
const hub = createServer((request, response) => {
  const { authorization } = request.headers;
  seen.push({ on: 'hub', authorization: authorization ?? null, path: request.url });
  if (request.url === '/seen') return response.end(JSON.stringify(seen));
  const [, org, name, , revision, ...rest] = request.url.split('/');
  if (org === 'gated' && !authorization) return response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end();
  if (org === 'gated' && authorization !== 'Bearer right') return response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end();
  const key = [name, revision, ...rest].join('/');
  if (!files.has(key)) return response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  if (rest.at(-1).endsWith('.json')) return send(request, response, files.get(key));
  response.writeHead(302, { location: 'http://127.0.0.1:' + storage.address().port + '/' + key }).end();
});
storage.listen(0, '127.0.0.1', () => hub.listen(0, '127.0.0.1', () => port.postMessage(hub.address().port)));
`;

let endpoint = '';
let worker: Worker;
const saved = { ...process.env };
beforeAll(async () => {
  const text = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  const { port1, port2 } = new MessageChannel();
  const files = new Map<string, Uint8Array>([
    ['small/main/config.json', text(CONFIG)],
    ['small/main/model.safetensors', safetensors(SHAPES)],
    ['small/main/part/config.json', text({ ...CONFIG, vocab_size: 60 })],
    ['small/refs%2Fpr%2F1/config.json', text({ ...CONFIG, vocab_size: 50 })],
  ]);
  worker = new Worker(PROGRAM, { eval: true, workerData: { files, port: port2 }, transferList: [port2] });
  endpoint = await new Promise((resolve) => {
    port1.once('message', (port: number) => {
      port1.close();
      resolve(`http://127.0.0.1:${port}`);
    });
  });
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'])
    delete process.env[name];
  process.env['HF_ENDPOINT'] = `${endpoint}/`;
  process.env['HF_HOME'] = join(tmpdir(), 'opcount-no-such-folder');
});
afterAll(async () => {
  process.env = saved;
  await worker.terminate();
});

const seen = async (): Promise<{ on: string; authorization: string | null; path: string }[]> =>
  (await fetch(`${endpoint}/seen`)).json();
const message = async (body: Promise<unknown>): Promise<string> =>
  body.then(
    () => 'read',
    (error: unknown) => (isSourceError(error) ? `${error.message} | ${error.hint}` : `threw ${String(error)}`),
  );

describe('a model on the hub', () => {
  it('is its configuration, with the sizes of its weights from their headers', async () => {
    const report = await profile('hf:org/small', { context: 16 });
    expect(report.params).toBe(BigInt(PARAMS));
    // The file has 32 bits a weight, whatever the configuration says.
    expect(report.totals.weightBytes).toBe(BigInt(4 * PARAMS));
    expect(report.model.name).toBe('org/small');
  });

  it('has revisions, with slashes in them', async () => {
    const report = await profile('hf:org/small@refs/pr/1', { context: 16 });
    expect(report.params).toBe(BigInt(PARAMS - 2 * 50 * 64));
  });

  it('has folders, each with a configuration of its own', async () => {
    for (const name of ['hf:org/small/part', 'hf:org/small/part/', 'hf:org/small@main:part'])
      expect((await profile(name, { context: 16 })).params, name).toBe(BigInt(PARAMS - 2 * 40 * 64));
  });

  it('is told from what is not there, and from what is not given', async () => {
    expect(await message(profile('hf:org/none'))).toContain('there is no config.json of org/none');
    expect(await message(profile('hf:gated/small'))).toContain('set HF_TOKEN');
    process.env['HF_TOKEN'] = 'wrong';
    expect(await message(profile('hf:gated/small'))).toContain('Accept the conditions');
    delete process.env['HF_TOKEN'];
    expect(await message(profile('hf:../x'))).toContain('is not a name of a model');
    expect(await message(profile('hf:org/small/../../etc/passwd'))).toContain('is not a name of a model');
  });

  it('gets the token, from the environment or its file; storage that it leads to does not', async () => {
    process.env['HF_TOKEN'] = 'right';
    const signed = await profile('hf:gated/small', { context: 16 });
    expect(signed.totals.weightBytes).toBe(BigInt(4 * PARAMS));
    delete process.env['HF_TOKEN'];
    const home = mkdtempSync(join(tmpdir(), 'opcount-hub-'));
    try {
      writeFileSync(join(home, 'token'), 'right\n');
      expect(await message(profile('hf:gated/small', { context: 16 }))).toContain('not give');
      process.env['HF_HOME'] = home;
      expect(await message(profile('hf:gated/small', { context: 16 }))).toBe('read');
    } finally {
      rmSync(home, { recursive: true });
    }
    const requests = await seen();
    const stored = requests.filter((r) => r.on === 'storage');
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.every((r) => r.authorization === null)).toBe(true);
    expect(requests.some((r) => r.authorization === 'Bearer right')).toBe(true);
  });

  it('is left alone where the user stays offline', () => {
    const file = hubFile('hf:org/small');
    expect(() => hubSource(file as NonNullable<typeof file>, { HF_HUB_OFFLINE: '1', HF_ENDPOINT: endpoint })).toThrow(
      'offline',
    );
  });
});

describe('a folder with a configuration and weights', () => {
  const folder = (files: Readonly<Record<string, Uint8Array | object>>): string => {
    const path = mkdtempSync(join(tmpdir(), 'opcount-folder-'));
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(path, name), content instanceof Uint8Array ? content : JSON.stringify(content));
    return path;
  };

  it('is one model; its files may be several', async () => {
    const names = Object.keys(SHAPES);
    const half = (from: number, to: number) =>
      Object.fromEntries(names.slice(from, to).map((n) => [n, SHAPES[n] as number[]]));
    const map = Object.fromEntries(names.map((n, i) => [n, `model-0000${i < 6 ? 1 : 2}-of-00002.safetensors`]));
    const path = folder({
      'config.json': CONFIG,
      'model-00001-of-00002.safetensors': safetensors(half(0, 6), 'F16', 2),
      'model-00002-of-00002.safetensors': safetensors(half(6, 12), 'F16', 2),
      'model.safetensors.index.json': { weight_map: map },
    });
    const report = await profile(path, { context: 16 });
    expect([report.params, report.totals.weightBytes]).toEqual([BigInt(PARAMS), BigInt(2 * PARAMS)]);
    rmSync(path, { recursive: true });
  });

  it('names what differs', async () => {
    const { 'lm_head.weight': _, ...rest } = SHAPES;
    const path = folder({
      'config.json': { ...CONFIG, tie_word_embeddings: true },
      'model.safetensors': safetensors({ ...rest, 'model.layers.0.new.weight': [3, 3] }),
    });
    const report = await profile(path, { context: 16 });
    expect(report.params).toBe(BigInt(PARAMS - 6400));
    expect(report.notes.find((n) => n.code === 'not-counted')?.message).toContain('model.layers.0.new.weight 3×3');
    rmSync(path, { recursive: true });
  });

  it('of another size than its weights is counted as described, and a note says so', async () => {
    const path = folder({ 'config.json': { ...CONFIG, hidden_size: 128 }, 'model.safetensors': safetensors(SHAPES) });
    const report = await profile(path, { context: 16 });
    expect(report.notes.find((n) => n.code === 'missing-parameters')?.message).toContain('counted as described');
    rmSync(path, { recursive: true });
  });

  it('of a type that nobody knows is counted by its weights', async () => {
    const path = folder({
      'config.json': { ...CONFIG, model_type: 'brand_new' },
      'model.safetensors': safetensors(SHAPES),
    });
    const report = await profile(path, { bind: { batch: 1, sequence: 1 } });
    const matrices = PARAMS - 3 * 64 - 6400;
    expect([report.params, report.macs]).toEqual([BigInt(PARAMS), BigInt(matrices)]);
    expect(report.notes.map((n) => n.code)).toContain('assumed');
    rmSync(path, { recursive: true });
  });

  it('packed by a quantiser has its bytes with scales and zero points', async () => {
    type Entry = readonly [name: string, dtype: string, shape: readonly number[]];
    const packed = (name: string, [out = 0, input = 0]: readonly number[]): Entry[] => [
      [`${name}.qweight`, 'I32', [input / 8, out]],
      [`${name}.qzeros`, 'I32', [1, out / 8]],
      [`${name}.scales`, 'F16', [1, out]],
    ];
    let at = 0;
    const entries = Object.entries(SHAPES).flatMap(([name, shape]): Entry[] =>
      /_proj\.weight$/.test(name) ? packed(name.replace(/\.weight$/, ''), shape) : [[name, 'F16', shape]],
    );
    const header = Object.fromEntries(
      entries.map(([name, dtype, shape]) => {
        const bytes = (dtype === 'F16' ? 2 : 4) * shape.reduce((a, b) => a * b, 1);
        at += bytes;
        return [name, { dtype, shape, data_offsets: [at - bytes, at] }];
      }),
    );
    const text = new TextEncoder().encode(JSON.stringify(header));
    const file = new Uint8Array(8 + text.length + at);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    const path = folder({
      'config.json': { ...CONFIG, quantization_config: { quant_method: 'gptq', bits: 4, group_size: -1 } },
      'model.safetensors': file,
    });
    const report = await profile(path, { context: 16 });
    expect([report.params, report.totals.weightBytes]).toEqual([BigInt(PARAMS), BigInt(at)]);
    rmSync(path, { recursive: true });
  });
});
