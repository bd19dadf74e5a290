import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Answers, loadAnswers } from '../../src/python/answers.js';
import { frame, frameReader, HEADER, KIND, MAX_FRAME, parseFileCall, parseFinish } from '../../src/python/channel.js';
import { parseRequest } from '../../src/python/requests.js';
import { Session } from '../../src/python/session.js';
import { isModelError } from '../../src/source/errors.js';

const SEED = 20_261_130;

let answers: Answers;
beforeAll(async () => {
  answers = await loadAnswers();
});

function session(): Session {
  const nothing = (): null => null;
  return new Session({ job: nothing, result: nothing, exit: nothing, failed: nothing }, answers, (path) => path);
}

/** Values that a request may hold, well formed and not. */
const names = fc.constantFrom(
  ...['relu', 'conv2d', 'matmul', 'linear', 'cat', 'view', 'einsum', '__getitem__', '__setitem__', 'add', 'mean'],
  ...['opcount.attention', 'opcount.attention_weights', 'constructor', '__proto__', '', 'arange', 'zeros', 'split'],
);
const tensor = fc.record({
  t: fc.integer({ min: -3, max: 3 }),
  s: fc.array(fc.oneof(fc.integer({ min: -1, max: 9 }), fc.constant({ y: 'b' })), { maxLength: 4 }),
  d: fc.constantFrom('float32', 'int64', 'bool', 'nonsense'),
});
const value: fc.Arbitrary<unknown> = fc.oneof(
  { depthSize: 'small' },
  tensor,
  fc.integer(),
  fc.double(),
  fc.string({ maxLength: 8 }),
  names,
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(
    { y: 'a*b' },
    { y: '((' },
    { f: 'nan' },
    { f: 1 },
    { t: 1 },
    { slice: [null, 2, 1] },
    { rest: 1 },
    { new: 1 },
  ),
  fc.array(fc.oneof(tensor, fc.integer({ min: -2, max: 9 }), names), { maxLength: 4 }),
  fc.dictionary(fc.constantFrom('dim', 'stride', 'masked', '__proto__', 'a'), fc.integer({ min: -2, max: 9 }), {
    maxKeys: 3,
  }),
);
const list = fc.array(value, { maxLength: 5 });
const record = fc.dictionary(fc.constantFrom('path', 'type', 'mro', 'weights', 'children', 'attrs', 'builtin'), value);
const whole = fc.integer({ min: -1, max: 4 });
const request = fc.oneof(
  fc.tuple(fc.constant('op'), fc.tuple(names, list, fc.dictionary(names, value, { maxKeys: 3 }), names, whole, whole)),
  fc.tuple(fc.constant('begin'), fc.tuple(fc.array(record, { maxLength: 3 }), list, list)),
  fc.tuple(
    fc.constantFrom('end', 'abandon', 'job', 'result', 'exit', 'failed', 'value', 'knows', 'calls', 'stat', 'yaml'),
    fc.tuple(value),
  ),
  fc.tuple(
    fc.constantFrom('decide', 'size'),
    fc.tuple(fc.constantFrom('<', '==', '!=', 'min', '//', ''), value, value, whole, whole),
  ),
  fc.tuple(fc.constant('cut'), fc.tuple(names, whole, whole)),
  fc.tuple(fc.constantFrom('size', 'measure', 'builtin', 'builtin-forward', 'has-builtin'), list),
  fc.tuple(fc.constant('measure'), fc.tuple(whole, fc.constantFrom('thop', 'fvcore', 'x'), record)),
  fc.tuple(fc.constant('builtin'), fc.tuple(fc.constantFrom('resnet18', 'lstm', '__proto__'), record)),
  fc.tuple(fc.constantFrom('constructor', 'toString', '__proto__', ''), list),
);
const message = fc.oneof(
  fc.tuple(fc.constant('enter'), whole, list),
  fc.tuple(fc.constant('exit'), list),
  fc.tuple(fc.constant('tree'), fc.array(record, { maxLength: 2 }), whole),
  fc.tuple(fc.constant('file'), whole, names),
  list,
);

test('whatever a program sends, a session answers it: a lie is an error in Python, never one here', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(request, fc.array(message, { maxLength: 2 })), { minLength: 1, maxLength: 12 }),
      (sent) => {
        const own = session();
        for (const [[kind, args], messages] of sent) {
          const answer = JSON.parse(String(own.answer(JSON.stringify([kind, messages, args])))) as unknown;
          const error = (answer as { error?: { message: unknown } } | null)?.error;
          if (error !== undefined) expect(typeof error.message).toBe('string');
        }
      },
    ),
    { numRuns: 400, seed: SEED },
  );
});

test('what is not a request is malformed', () => {
  for (const json of [
    '',
    '{',
    'null',
    '7',
    '[]',
    '["op"]',
    '["op",[],[]]',
    '["nobody",[],[]]',
    '["__proto__",[],[]]',
  ]) {
    expect(JSON.parse(String(session().answer(json)))).toMatchObject({
      error: { code: 'malformed', hint: expect.any(String) },
    });
    expect(() => parseRequest(json)).toThrow(expect.objectContaining({ code: 'malformed' }));
  }
});

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }))),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(([kind, payload]) => frame(kind, payload)));
        const read = frameReader();
        const got: { kind: number; payload: Uint8Array }[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const cut = cuts[i % cuts.length] as number;
          got.push(...read(stream.subarray(at, at + cut)));
          at += cut;
        }
        expect(got.map(({ kind, payload }) => [kind, [...payload]])).toEqual(frames.map(([kind, p]) => [kind, [...p]]));
      },
    ),
    { seed: SEED },
  );
});

test('a frame that states more than it may is refused before its bytes are', () => {
  const header = frame(KIND.request, new Uint8Array()).slice(0, HEADER);
  new DataView(header.buffer).setUint32(0, MAX_FRAME + 1, true);
  expect(() => frameReader()(header)).toThrow(expect.objectContaining({ code: 'limit' }));
  try {
    frameReader()(header);
  } catch (error) {
    expect(isModelError(error) && error.hint).toBeTruthy();
  }
});

test.each([
  ['lists within each other', '['.repeat(2 ** 23 + 1)],
  ['lists', `[${'[],'.repeat(2 ** 22 + 1)}1]`],
  ['objects', `[${'{},'.repeat(2 ** 22 + 1)}1]`],
  ['numbers', `[${'1,'.repeat(2 ** 23)}1]`],
  ['members', `{${'"":1,'.repeat(2 ** 22 + 1)}"":1}`],
])('a request of millions of %s is refused before it is read', (_, json) => {
  expect(() => parseRequest(json)).toThrow(expect.objectContaining({ code: 'limit', hint: expect.any(String) }));
});

test('a call of the file system and an end are short', () => {
  const path = 'x'.repeat(2 ** 20);
  expect(() => parseFileCall(JSON.stringify({ call: 'stat', path }))).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
  expect(() => parseFinish(JSON.stringify({ stopped: 'done', error: path }))).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});

test('YAML that holds itself is an answer, not a fault', async () => {
  const session = new Session({} as never, answers, (path) => path);
  const reply = await session.answer(JSON.stringify(['yaml', [], ['&a [*a]']]));
  expect(JSON.parse(reply)).toMatchObject({ error: { code: 'malformed' } });
});

test('the first error of a YAML is told with its place, without an excerpt: of a long line each would be as long as it', async () => {
  const reply = await session().answer(JSON.stringify(['yaml', [], [`\n${'&a '.repeat(1000)}`]]));
  expect(JSON.parse(reply)).toMatchObject({
    error: { code: 'malformed', message: 'A node can have at most one anchor at line 2, column 4' },
  });
});

test('a built-in model is asked for with no more layers than any model has: nothing would end their making', async () => {
  for (const name of ['lstm', 'gru', 'rnn', 'transformer_encoder', 'transformer_decoder'])
    for (const num_layers of [1e9, 1e300, -1, 0.5]) {
      const reply = await session().answer(JSON.stringify(['builtin', [], [name, { num_layers }]]));
      expect(JSON.parse(reply), `${name} ${num_layers}`).toMatchObject({
        error: { code: 'argument', message: expect.stringContaining('number of layers, up to 10000') },
      });
    }
});
