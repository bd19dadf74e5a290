// All ways to open a model, and what is asked or said when that fails. In: files, URLs, text, names. Out: `open()` of
// state/model.ts with an origin. Add: a way as a component in opener.tsx.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { entriesOf, type Offered, offeredBy, originOf, twoModels } from '../../state/files.js';
import { example, model, other } from '../../state/model.js';
import { begin, end, fail, nameOf, open, openings } from '../../state/openings.js';
import { filter } from '../../state/table.js';
import { focus, select, view } from '../../state/view.js';
import type { Origin, Slot } from '../../worker/protocol.js';

/** Which slot the opener fills, and whether it is open over a model. */
export const openerFor = signal<Slot | null>(null);
/** Several files that may each be the model. */
export const choice = signal<{ readonly offered: Offered; readonly slot: Slot } | null>(null);

/** Opens a model and shows it from its beginning; whether it came to that. */
export async function show(
  origin: Origin,
  slot: Slot = 'a',
  inputs: Readonly<Record<string, readonly string[]>> = {},
): Promise<boolean> {
  choice.value = null;
  openerFor.value = null;
  if (opens(origin, slot, inputs)) return false;
  const landed = (): void => {
    if (slot !== 'a') return;
    focus.value = 0;
    filter.value = '';
    select(null);
  };
  return open(origin, { slot, inputs, landed });
}

/** Whether this very model is on its way already: buttons are pressed twice. */
function opens(origin: Origin, slot: Slot, inputs: object): boolean {
  const same = JSON.stringify([origin, inputs]);
  return openings.value.some(
    ({ slot: to, wanted }) =>
      to === slot &&
      origin.kind !== 'files' &&
      wanted !== null &&
      JSON.stringify([wanted.origin, wanted.inputs]) === same,
  );
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
  if ((await show(a, 'a')) && (await show(b, 'b')) && model.value?.origin === a) view.value = 'compare';
}

/** Files and folders as they are dropped: large folders take a while to be read, and the model that was dropped last counts. */
async function takeDrop(transfer: DataTransfer, slot: Slot): Promise<void> {
  const entries = entriesOf(transfer);
  const origin = { kind: 'files', files: [], main: transfer.files[0]?.name ?? 'a folder' } as const;
  const name = nameOf(origin);
  const signal = begin(slot, name);
  try {
    const offered = await offeredBy(entries, signal);
    if (signal.aborted) return;
    if (offered.files.length === 0) throw new Error('there are no files in it');
    end(signal);
    take(offered, slot);
  } catch (error) {
    if (!signal.aborted) fail(signal, { name, origin, slot }, error);
  }
}

/** Dropping works anywhere on the page. */
export function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // The part of the page under what is dragged: it is left when the pointer leaves that one, and has entered no other.
    let under: EventTarget | null = null;
    const has = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!has(event)) return;
      event.preventDefault();
      under = event.target;
      setOver(true);
    };
    const overIt = (event: DragEvent): void => {
      if (has(event)) event.preventDefault();
    };
    const leave = (event: DragEvent): void => {
      if (event.target === under) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (event.dataTransfer === null || !has(event)) return;
      event.preventDefault();
      setOver(false);
      const second = view.peek() === 'compare' && model.peek() !== null && !example.peek() && other.peek() === null;
      void takeDrop(event.dataTransfer, openerFor.value ?? (second ? 'b' : 'a'));
    };
    const all: [string, EventListener][] = [
      ['dragenter', enter as EventListener],
      ['dragover', overIt as EventListener],
      ['dragleave', leave as EventListener],
      ['drop', drop as unknown as EventListener],
    ];
    for (const [type, listener] of all) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of all) removeEventListener(type, listener);
    };
  }, []);
  return over;
}
