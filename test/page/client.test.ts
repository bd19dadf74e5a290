import { beforeEach, expect, test } from 'vitest';
import { ask, connect, owe } from '../../app/state/client.js';
import type { Request, ToWorker } from '../../app/worker/protocol.js';

/** A worker of which a test says when it answers, and what it was sent. */
class Played extends EventTarget {
  readonly sent: { readonly id: number; readonly request: Request }[] = [];
  over = false;
  postMessage(message: ToWorker): void {
    if ('request' in message) this.sent.push(message);
  }
  terminate(): void {
    this.over = true;
  }
  answer(at: number, value: unknown): void {
    const data = { id: this.sent[at]?.id, ok: true, value };
    if (!this.over) this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

const workers: Played[] = [];
const now = (): Played => workers.at(-1) as Played;
const kinds = (): string[] => now().sent.map(({ request }) => request.kind);
const rest = (): Promise<void> => new Promise((done) => setImmediate(done));

const opens = (slot: 'a' | 'b', name = 'resnet18') =>
  ({ kind: 'open', slot, origin: { kind: 'builtin', name }, inputs: {}, given: {}, base: '' }) as const;
const exact = (slot: 'a' | 'b') => ({ kind: 'exact', slot, bind: {} }) as const;

beforeEach(() => {
  connect(() => {
    workers.push(new Played());
    return now() as unknown as Worker;
  });
});

test('what was asked about a model is not answered with numbers of the next', async () => {
  owe(opens('a'));
  const asked = ask(exact('a'));
  await rest();
  now().answer(0, 'read');
  await rest();
  expect(kinds()).toEqual(['open', 'exact']);
  const opened = ask(opens('a', 'resnet50'));
  await rest();
  now().answer(2, 'sheet');
  now().answer(1, ['1']);
  await expect(asked).rejects.toThrow('another model took its place');
  expect(await opened).toBe('sheet');
});

test('an opening that is ended takes its worker with it; all else is asked again, after its model', async () => {
  owe(opens('a'));
  owe(opens('b'));
  const other = ask(exact('b'));
  await rest();
  now().answer(kinds().length - 1, 'read');
  await rest();
  const stop = new AbortController();
  const opened = ask(opens('a', 'resnet50'), { signal: stop.signal });
  await rest();
  const before = now();
  stop.abort();
  await expect(opened).rejects.toBe(stop.signal.reason);
  expect(before.over).toBe(true);
  await rest();
  expect(now()).not.toBe(before);
  expect(kinds()).toEqual(['open']);
  now().answer(0, 'read');
  await rest();
  expect(kinds()).toEqual(['open', 'exact']);
  now().answer(1, ['2']);
  expect(await other).toEqual(['2']);
});

test('a question that is put at the moment when the worker is ended goes to the next one, after its model', async () => {
  owe(opens('a'));
  const first = ask(exact('a'));
  await rest();
  now().answer(kinds().length - 1, 'read');
  await rest();
  now().answer(kinds().length - 1, ['1']);
  await first;
  const stop = new AbortController();
  const opened = ask(opens('b'), { signal: stop.signal });
  await rest();
  const before = now();
  const asked = ask(exact('a'));
  stop.abort();
  await expect(opened).rejects.toBe(stop.signal.reason);
  await rest();
  expect(before.sent.at(-1)?.request).toEqual(opens('b'));
  expect(kinds()).toEqual(['open']);
  now().answer(0, 'read');
  await rest();
  now().answer(1, ['1']);
  expect(await asked).toEqual(['1']);
});

test('a worker that ends leaves nobody waiting, and its models are read again when they are asked about', async () => {
  owe(opens('a'));
  const asked = ask(exact('a'));
  await rest();
  now().dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  await expect(asked).rejects.toThrow('out of memory');
  const again = ask(exact('a'));
  await rest();
  expect(kinds()).toEqual(['open']);
  now().answer(0, 'read');
  await rest();
  now().answer(1, ['3']);
  expect(await again).toEqual(['3']);
});
