import { expect, test } from 'vitest';
import { connect, owe } from '../../app/state/client.js';
import { bindings, type Loaded, model } from '../../app/state/model.js';
import { refreshBound, refreshConvention, shownConvention } from '../../app/state/tool-counts.js';
import { convention } from '../../app/state/view.js';
import type { Request, ToWorker } from '../../app/worker/protocol.js';

const sent: { readonly id: number; readonly request: Request }[] = [];
const worker = Object.assign(new EventTarget(), {
  postMessage: (message: ToWorker) => 'request' in message && sent.push(message),
  terminate: () => {},
});
const rest = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Answers the last request: a convention at the sizes that it was asked for, where it holds for those alone. */
async function answer(): Promise<void> {
  await rest();
  const { id, request } = sent.at(-1) as (typeof sent)[number];
  const value = request.kind === 'convention' ? { id: 'x', bound: true, at: request.bind } : null;
  worker.dispatchEvent(Object.assign(new Event('message'), { data: { id, ok: true, value } }));
  await rest();
}
const shownAt = (): unknown => (shownConvention.value as { readonly at?: unknown } | null)?.at;

test('numbers that hold for some sizes alone are not shown for others, however late they come', async () => {
  connect(() => worker as unknown as Worker);
  owe({ kind: 'open', slot: 'a', origin: { kind: 'builtin', name: 'x' }, inputs: {}, given: {}, base: '' });
  model.value = {
    sheet: { graph: true, constraints: [] },
    origin: { kind: 'builtin', name: 'x' },
  } as unknown as Loaded;
  convention.value = 'x';
  bindings.value = { batch: 1 };
  const asked = refreshConvention('a');
  await answer(); // the model is read
  bindings.value = { batch: 2 };
  refreshBound();
  await answer();
  expect(shownAt()).toBeUndefined();
  await answer();
  await asked;
  expect(shownAt()).toEqual({ batch: 2 });
  bindings.value = { batch: 3 };
  refreshBound();
  await answer();
  expect(shownAt()).toEqual({ batch: 3 });
});
