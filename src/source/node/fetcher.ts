/**
 * The program of the worker that fetches, plain text so that bundling cannot lose it. It answers one request at a time,
 * counts received chunks in `state[1]`, says in `state[2]` how many KiB have come, and wakes the waiting thread by `state[0]`.
 *
 * Node's own `http`, not `fetch`: that one unpacks what was not asked to be packed, follows redirects by itself, and
 * sets no end to either. A body is read no further than asked for; a server that answers with the whole file, no further
 * than a limit, which is smaller where it does not say how long the file is. Besides the silence that `timeout` ends, the
 * whole answer has `grant` milliseconds, and those that `rate` bytes a millisecond earn. A server elsewhere may not lead to
 * one in the networks of `near`: what stands there may act on a request that only this machine can send.
 */
export const FETCHER = `
const http = require('node:http');
const https = require('node:https');
const { lookup } = require('node:dns');
const { BlockList, isIP } = require('node:net');
const { workerData: { port, state } } = require('node:worker_threads');
const MAX_REDIRECTS = 10;
const agents = {
  'http:': new http.Agent({ keepAlive: true, maxSockets: 4 }),
  'https:': new https.Agent({ keepAlive: true, maxSockets: 4 }),
};
const beat = (size) => { Atomics.add(state, 1, 1); Atomics.store(state, 2, size / 1024); };
const fail = (text) => Object.assign(new Error(text), { told: text });

function networks(subnets) {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, 'ipv' + isIP(address));
  return (address) => isIP(address) !== 0 && list.check(address, 'ipv' + isIP(address));
}

/** Looks a name up and refuses an address that \`isNear\`. */
const lookupFar = (isNear) => (name, options, done) => lookup(name, options, (error, found, family) => {
  const all = Array.isArray(found) ? found.map((one) => one.address) : [found];
  if (!error && all.some(isNear)) done(fail('near'));
  else done(error, found, family);
});

function once(url, far, { ask, secret, timeout, grant, rate, wholeLimit, unsizedLimit }, began) {
  // Of an address in numbers nothing is looked up.
  if (far !== null && far(url.hostname.replace(/^\\[|\\]$/g, ''))) throw fail('near');
  return new Promise((resolve, reject) => {
    let size = 0;
    let timer;
    let ended = false;
    let answered = false;
    const done = (error, value) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (error) { request.destroy(); reject(error); } else resolve(value);
    };
    // Whichever comes first: silence, or the end of what the bytes so far have earned.
    const alive = () => {
      beat(size);
      clearTimeout(timer);
      const left = grant + size / rate - (performance.now() - began);
      timer = setTimeout(() => done(fail(answered && left < timeout ? 'slow' : 'timeout ' + Math.min(timeout, grant))), Math.max(0, Math.min(timeout, left)));
    };
    const headers = { 'accept-encoding': 'identity', accept: '*/*', 'user-agent': 'opcount' };
    // To its own server alone: a redirect may lead to any other.
    if (secret && url.origin === secret.origin) headers.authorization = secret.value;
    if (ask.method === 'GET') headers.range = 'bytes=' + ask.start + '-' + (ask.end - 1);
    const request = (url.protocol === 'https:' ? https : http).request(url, { method: ask.method, headers, agent: agents[url.protocol], ...(far !== null && { lookup: lookupFar(far) }) });
    request.on('error', (error) => done(error));
    request.on('response', (response) => {
      const { statusCode: status, headers: h } = response;
      answered = true;
      response.on('error', (error) => done(error));
      response.on('aborted', () => done(fail('aborted')));
      alive();
      if ([301, 302, 303, 307, 308].includes(status) && h.location !== undefined) {
        done(null, { location: h.location, from: request.socket.remoteAddress ?? '' });
        response.destroy();
        return;
      }
      const told = { status, contentRange: h['content-range'] ?? null, contentLength: h['content-length'] ?? null, etag: h.etag ?? null };
      const packing = (h['content-encoding'] ?? 'identity').trim().toLowerCase();
      const wanted = status === 200 || status === 206;
      if (wanted && ask.method === 'GET' && packing !== 'identity' && packing !== '') {
        done(fail('encoded ' + packing.slice(0, 40)));
        return;
      }
      const stated = Number(h['content-length'] ?? NaN);
      const limit = status === 206 ? ask.end - ask.start : Number.isFinite(stated) ? wholeLimit : unsizedLimit;
      if (wanted && ask.method === 'GET' && stated > limit) {
        done(fail('large ' + limit));
        return;
      }
      if (!wanted || ask.method !== 'GET') {
        done(null, { ...told, body: new Uint8Array(0) });
        response.destroy();
        return;
      }
      // Where the length is stated, what has come is not held twice.
      const whole = Number.isSafeInteger(stated) && stated >= 0 ? new Uint8Array(stated) : null;
      const parts = [];
      response.on('data', (chunk) => {
        if (ended) return;
        if (size + chunk.length > (whole === null ? limit : whole.length)) { done(fail('large ' + limit)); return; }
        if (whole === null) parts.push(chunk);
        else whole.set(chunk, size);
        size += chunk.length;
        alive();
      });
      response.on('end', () => {
        if (!response.complete || (whole !== null && size < whole.length)) { done(fail('aborted')); return; }
        const body = whole ?? new Uint8Array(size);
        let at = 0;
        for (const part of parts) { body.set(part, at); at += part.length; }
        done(null, { ...told, body });
      });
    });
    alive();
    request.end();
  });
}

async function answerTo(message) {
  const began = performance.now();
  const isNear = networks(message.near);
  let url = new URL(message.ask.url);
  let far = null;
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const answer = await once(url, far, message, began);
    if (answer.location === undefined) return answer;
    let next;
    try { next = new URL(answer.location, url); } catch { throw fail('redirect nowhere'); }
    if (agents[next.protocol] === undefined) throw fail('redirect ' + next.protocol.slice(0, 40));
    url = next;
    if (!isNear(answer.from)) far = isNear;
  }
  throw fail('redirects');
}

port.on('message', async (message) => {
  let answer;
  try {
    answer = await answerTo(message);
  } catch (error) {
    answer = { failure: String(error?.told ?? error?.code ?? error?.message ?? error) };
  }
  port.postMessage(answer, answer.body ? [answer.body.buffer] : []);
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
});
`;
