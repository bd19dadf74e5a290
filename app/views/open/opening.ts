// All ways to open a model, and what is asked or said when that fails. In: files, URLs, text, names. Out: `open()` of
// state/model.ts with an origin. Add: a way as a component in opener.tsx.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { fromDrop, type Offered, originOf, twoModels } from '../../state/files.js';
import { example, model, open, other } from '../../state/model.js';
import { filter } from '../../state/table.js';
import { focus, select, view } from '../../state/view.js';
import type { Origin, Slot } from '../../worker/protocol.js';

/** Which slot the opener fills, and whether it is open over a model. */
export const openerFor = signal<Slot | null>(null);
/** Several files that may each be the model. */
export const choice = signal<{ readonly offered: Offered; readonly slot: Slot } | null>(null);

export async function show(
  origin: Origin,
  slot: Slot = 'a',
  inputs: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  choice.value = null;
  openerFor.value = null;
  const done = await open(origin, { slot, inputs });
  if (done && slot === 'a') {
    focus.value = 0;
    filter.value = '';
    select(null);
  }
}

export function take(offered: Offered, slot: Slot): void {
  if (offered.files.length === 0) return;
  const origin = originOf(offered);
  const two = slot === 'a' ? twoModels(offered) : null;
  if (two !== null) void showBoth(two);
  else if (origin === null) choice.value = { offered, slot };
  else void show(origin, slot);
}

/** Two models that came together are compared. */
async function showBoth([a, b]: readonly [Origin, Origin]): Promise<void> {
  await show(a, 'a');
  if (model.value?.origin !== a) return;
  await show(b, 'b');
  view.value = 'compare';
}

/** Dropping works anywhere on the page. */
export function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const has = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!has(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const overIt = (event: DragEvent): void => {
      if (has(event)) event.preventDefault();
    };
    const leave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = async (event: DragEvent): Promise<void> => {
      if (event.dataTransfer === null || !has(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      const second = view.peek() === 'compare' && model.peek() !== null && !example.peek() && other.peek() === null;
      take(await fromDrop(event.dataTransfer), openerFor.value ?? (second ? 'b' : 'a'));
    };
    const all: [string, EventListener][] = [
      ['dragenter', enter as EventListener],
      ['dragover', overIt as EventListener],
      ['dragleave', leave],
      ['drop', drop as unknown as EventListener],
    ];
    for (const [type, listener] of all) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of all) removeEventListener(type, listener);
    };
  }, []);
  return over;
}
