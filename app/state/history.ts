import { effect } from '@preact/signals';
import { type Kept, kept, linkOf, restore } from './link.js';
import { example, model, other, start } from './model.js';
import { failure } from './openings.js';
import { focus, view } from './view.js';

/**
 * The address and the browser's history follow what is shown: a new entry for another model, view or zoom, the same entry
 * for sizes and what is selected. Files that were opened are kept for as long as the page lives, so that Back finds them.
 */
const entries = new Map<number, Kept>();
let next = 1;
let now = { key: 0, step: '[]' };
let restoring = false;
/** How often the address was written, and gone back or forward: of several at once the last one counts. */
let [writes, travels] = [0, 0];

/** Numbers for origins, so that steps can be told apart. */
const origins = new WeakMap<object, number>();
let lastOrigin = 0;
function numberOf(origin: object | undefined): number {
  if (origin === undefined) return 0;
  const known = origins.get(origin) ?? ++lastOrigin;
  origins.set(origin, known);
  return known;
}

/** The parts of the state that get a history entry of their own. */
function stepOf(): string {
  const loaded = example.peek() ? null : model.peek();
  if (loaded === null) return '[]';
  return JSON.stringify([numberOf(loaded.origin), numberOf(other.peek()?.origin), view.peek(), focus.peek()]);
}

async function write(): Promise<void> {
  const step = stepOf();
  // A link that could not be opened stays in the address, to be looked at.
  if ((model.peek() === null || example.peek()) && failure.peek() !== null) return;
  const mine = ++writes;
  const link = await linkOf();
  if (mine !== writes || restoring || step !== stepOf()) return;
  // The first state of a visit replaces the entry that is there.
  const push = step !== now.step && now.key !== 0;
  const key = push || now.key === 0 ? next++ : now.key;
  now = { key, step };
  entries.set(key, kept());
  const state = { opcount: key };
  if (push) history.pushState(state, '', link);
  else if (link !== location.href || keyOf(history.state) !== key) history.replaceState(state, '', link);
}

function keyOf(state: unknown): number | null {
  const key = (state as { readonly opcount?: unknown } | null)?.opcount;
  return typeof key === 'number' ? key : null;
}

async function travel(state: unknown, follow: (hash: string) => Promise<void>): Promise<void> {
  const key = keyOf(state);
  const known = key === null ? undefined : entries.get(key);
  const mine = ++travels;
  restoring = true;
  try {
    failure.value = null;
    if (known !== undefined) await restore(known);
    else if (location.hash.length > 1) await follow(location.hash);
    else await restore({ a: null, b: null, look: '' });
  } finally {
    if (mine === travels) arrived(key);
  }
}

function arrived(key: number | null): void {
  restoring = false;
  now = { key: key ?? next++, step: stepOf() };
  if (key === null) history.replaceState({ opcount: now.key }, '');
  entries.set(now.key, kept());
}

/** Begins to follow. `touch` reads every signal that an address depends on; `follow` opens what an address names. */
export function followHistory(touch: () => void, follow: (hash: string) => Promise<void>): void {
  // Keys of a page that was reloaded mean nothing now.
  if (keyOf(history.state) !== null) history.replaceState(null, '');
  let later: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    touch();
    clearTimeout(later);
    if (start.value === null) return;
    // Another model, view or zoom at once, so that Back does not pass over it; sizes once they rest.
    const wait = stepOf() === now.step ? 200 : 0;
    later = setTimeout(() => {
      if (!restoring) void write();
    }, wait);
  });
  addEventListener('popstate', (event) => void travel(event.state, follow));
}
