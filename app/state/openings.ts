import { batch, signal } from '@preact/signals';
import { shown as safe } from 'opcount';
import type { Failure, GivenText, Opened, Origin, Progress, Slot } from '../worker/protocol.js';
import { ask, WorkerFailure } from './client.js';
import { bindings, example, model, other } from './model.js';

/** A model as it is asked for: where it is, and what is given to it. */
interface Wanted {
  readonly origin: Origin;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly given: Readonly<Record<string, GivenText>>;
  readonly bind: Readonly<Record<string, number>>;
}

/** A model that is on its way. Another one for its slot, or Stop, ends it at whatever step it is. */
export interface Opening {
  readonly slot: Slot;
  readonly name: string;
  readonly progress: Progress | null;
  /** Null as long as its files, or the link to it, are read first. */
  readonly wanted: Wanted | null;
  readonly own: AbortController;
}

/** At most one for each slot. */
export const openings = signal<readonly Opening[]>([]);

export const failure = signal<{
  readonly name: string;
  readonly failure: Failure;
  readonly origin: Origin;
  readonly slot: Slot;
} | null>(null);

/** Something is on its way to a slot: whatever was before it is not any more. What takes it there looks at the signal after each wait. */
export function begin(slot: Slot, name: string, wanted: Wanted | null = null): AbortSignal {
  const own = new AbortController();
  batch(() => {
    stopOpening(slot);
    openings.value = [...openings.value, { slot, name, progress: null, wanted, own }];
    failure.value = null;
  });
  return own.signal;
}

/** It has arrived, or failed. */
export function end(signal: AbortSignal): void {
  openings.value = openings.value.filter(({ own }) => own.signal !== signal);
}

/** Ends what is on its way to a slot, or to any: what is shown stays, and can still be asked about. */
export function stopOpening(slot?: Slot): void {
  const gone = openings.value.filter((one) => slot === undefined || one.slot === slot);
  openings.value = openings.value.filter((one) => !gone.includes(one));
  for (const { own } of gone) own.abort();
}

/** The name of a model that is not read yet, as people may see it. */
export function nameOf(origin: Origin): string {
  if (origin.kind === 'saved') return 'the saved model';
  const path =
    origin.kind === 'builtin' ? origin.name : origin.kind === 'url' ? (origin.name ?? origin.url) : origin.main;
  return safe(path.slice(path.lastIndexOf('/') + 1) || path);
}

export interface OpenAs extends Partial<Omit<Wanted, 'origin'>> {
  readonly slot?: Slot;
  /** Done in the same step as the model is shown. */
  readonly landed?: () => void;
}

/** Opens a model into its slot; what was there stays until the new one can be shown. */
export async function open(origin: Origin, as: OpenAs = {}): Promise<boolean> {
  const { slot = 'a', inputs = {}, given = {}, bind = {} } = as;
  if (origin.kind === 'saved') return false;
  const name = nameOf(origin);
  const wanted = { origin, inputs, given, bind };
  const signal = begin(slot, name, wanted);
  const progress = (now: Progress): void => {
    openings.value = openings.value.map((one) => (one.own.signal === signal ? { ...one, progress: now } : one));
  };
  try {
    const base = document.baseURI.replace(/#.*$/, '');
    const opened = await ask({ kind: 'open', slot, origin, inputs, given, base }, { signal, progress });
    batch(() => {
      end(signal);
      land(wanted, slot, opened);
      as.landed?.();
    });
    return true;
  } catch (error) {
    if (!signal.aborted) fail(signal, { name, origin, slot }, error);
    return false;
  }
}

/** Something on its way did not arrive: why is said. */
export function fail(
  signal: AbortSignal,
  what: { readonly name: string; readonly origin: Origin; readonly slot: Slot },
  error: unknown,
): void {
  const message = error instanceof Error ? error.message : String(error);
  const plain: Failure = { message, format: null, place: [], hint: null, again: true };
  batch(() => {
    end(signal);
    failure.value = { ...what, failure: error instanceof WorkerFailure ? error.failure : plain };
  });
}

/** Shows a model that was read, each free dimension at the size that was asked for, or it had, or the model itself says. */
function land({ origin, inputs, given, bind }: Wanted, slot: Slot, { sheet, freed, refused }: Opened): void {
  const known: Readonly<Record<string, number>> = example.value ? {} : bindings.value; // sizes of the example were nobody's choice
  const numbers: Record<string, number> = { ...known };
  for (const { name, min, max } of sheet.program.symbols) {
    const size = bind[name] ?? known[name] ?? freed[name] ?? sheet.sizes[name]?.size ?? usual(name);
    numbers[name] = Math.min(max ?? Number.MAX_SAFE_INTEGER, Math.max(min ?? 0, size));
  }
  bindings.value = numbers;
  const loaded = { sheet, origin, inputs: refused === null ? inputs : {}, given, refused };
  if (slot === 'a') {
    model.value = loaded;
    example.value = false;
  } else other.value = loaded;
}

/** Where a free dimension starts when nothing says what it was. */
function usual(name: string): number {
  if (/^(n|b|bs)$|batch/i.test(name)) return 1;
  return /height|width|^[hw]$|size/i.test(name) ? 224 : 128;
}

/**
 * Opens the model on show again, with other input extents or formulas. `change` is given those of now: while the model is read
 * again already, with what was asked for then.
 */
export function reopen(
  change: (now: Pick<Wanted, 'inputs' | 'given'>) => Partial<Pick<Wanted, 'inputs' | 'given' | 'bind'>>,
): Promise<boolean> {
  const shown = model.value;
  if (shown === null) return Promise.resolve(false);
  const under = openings.value.find(({ slot, wanted }) => slot === 'a' && wanted?.origin === shown.origin)?.wanted;
  const now = under ?? shown;
  const { inputs = now.inputs, given = now.given, bind = {} } = change(now);
  return open(shown.origin, { inputs, given, bind: { ...under?.bind, ...bind } });
}
