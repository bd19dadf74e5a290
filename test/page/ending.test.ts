import { expect, test } from 'vitest';
import { endingOf } from '../../app/worker/ending.js';

/** How a job ends whose sandbox sends these, and what the page made of them. */
async function heard(...messages: unknown[]) {
  const { port1, port2 } = new MessageChannel();
  const seen: string[] = [];
  const listener = {
    answer: (request: string) => {
      seen.push(request);
      return 'null';
    },
    stdout: (bytes: Uint8Array) => seen.push(`printed ${bytes.length}`),
    stderr: () => {},
  };
  for (const message of messages) port2.postMessage(message);
  try {
    return [await endingOf(port1, 1, listener, () => seen.push('started')), seen];
  } finally {
    port1.close();
  }
}
const finish = { kind: 'finish', stopped: 'done', error: null };

test('what a sound sandbox says is answered in order', async () => {
  const asked = { kind: 'requests', requests: ['a', 'b'] };
  const printed = { kind: 'printed', to: 'stdout', bytes: new Uint8Array(3) };
  expect(await heard({ kind: 'started' }, printed, asked, finish)).toEqual([
    { kind: 'done' },
    ['started', 'printed 3', 'a', 'b'],
  ]);
});

test.each([
  ['nothing', null],
  ['text', 'finish'],
  ['a name of all objects', { kind: 'constructor' }],
  ['a question that is a list of its own, as text without end', { kind: 'requests', requests: [new Array(1e8)] }],
  ['more questions than there is memory', { kind: 'requests', requests: new Array(2 ** 32 - 1) }],
  ['no list of questions', { kind: 'requests', requests: 'x' }],
  ['print of what has no bytes', { kind: 'printed', to: '__proto__', bytes: { length: 1e12 } }],
  ['an error in place of its end', { kind: 'finish', error: 'x' }],
])('a sandbox that sends %s is broken, and no more', async (_, ...messages) => {
  expect(await heard(...messages, finish)).toEqual([{ kind: 'broken', why: expect.any(String) }, []]);
});

test('a sandbox that goes on after its end, or begins again and again, is not heard', async () => {
  const begun = Array(1000).fill({ kind: 'started' });
  expect(await heard(...begun, finish, { kind: 'requests', requests: ['late'] }, finish)).toEqual([
    { kind: 'done' },
    ['started'],
  ]);
  expect(await heard()).toEqual([{ kind: 'time' }, []]);
});
