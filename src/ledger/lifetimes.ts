import { add, type Dim, lessEqual, max, sub, sum } from '../dim/index.js';
import type { Ledger, OpEntry, Storage, Value } from '../trace/index.js';

/** A tensor that occupies memory at the peak; views of it are not listed. */
export interface Alive {
  readonly value: Value;
  readonly bytes: Dim;
}

export interface Peak {
  /** Bytes of inputs and activations alive at once, at the worst moment; null where free dimensions leave it open. */
  readonly bytes: Dim | null;
  /** The operator during which it happens; null for a model without operators, and where `bytes` is a `max`. */
  readonly entry: OpEntry | null;
  readonly alive: readonly Alive[];
}

/** More moments than this that free dimensions leave unordered, and the peak is not a formula that helps anybody. */
const MAX_CANDIDATES = 24;

interface Span {
  readonly storage: Storage;
  /** The value that made the storage. */
  readonly value: Value;
  from: number;
  to: number;
}

/**
 * The most bytes that inputs and activations take at one moment of the schedule, and which ones. A tensor lives from the
 * operator that makes it to the last one that reads it; inputs from the start to their last use, outputs to the end; a
 * view or an in-place result is the storage that it shares. Weights are not in it.
 */
export function peakOf(ledger: Ledger): Peak {
  const spans = spansOf(ledger);
  const begins = new Map<number, Span[]>();
  const ends = new Map<number, Span[]>();
  for (const span of spans) {
    push(begins, span.from, span);
    push(ends, span.to, span);
  }
  let now: Dim = sum((begins.get(-1) ?? []).map((s) => s.storage.bytes));
  let candidates: { bytes: Dim; at: number }[] = [{ bytes: now, at: -1 }];
  let open = false;
  for (let i = 0; i < ledger.entries.length; i++) {
    for (const span of begins.get(i) ?? []) now = add(now, span.storage.bytes);
    if (!open) {
      candidates = better(candidates, { bytes: now, at: i });
      open = candidates.length > MAX_CANDIDATES;
    }
    for (const span of ends.get(i) ?? []) now = sub(now, span.storage.bytes);
  }
  if (open) return { bytes: null, entry: null, alive: [] };
  const [first, second] = candidates;
  if (first === undefined) return { bytes: 0, entry: null, alive: [] };
  if (second !== undefined) return { bytes: max(...candidates.map((c) => c.bytes)), entry: null, alive: [] };
  return {
    bytes: first.bytes,
    entry: ledger.entries[first.at] ?? null,
    alive: spans
      .filter((s) => s.from <= first.at && s.to >= first.at)
      .map((s) => ({ value: s.value, bytes: s.storage.bytes })),
  };
}

/** Bytes of all activations ever made, views and in-place results not counted again; inputs and weights not among them. */
export function activationBytes(ledger: Ledger): Dim {
  return sum(
    spansOf(ledger)
      .filter((s) => s.storage.role === 'activation')
      .map((s) => s.storage.bytes),
  );
}

function spansOf(ledger: Ledger): Span[] {
  const spans = new Map<Storage, Span>();
  for (const { value } of ledger.inputs) spans.set(value.storage, { storage: value.storage, value, from: -1, to: -1 });
  for (const [i, entry] of ledger.entries.entries()) {
    for (const value of entry.inputs) {
      const span = value === null ? undefined : spans.get(value.storage);
      if (span !== undefined) span.to = i;
    }
    for (const value of entry.outputs) {
      if (value.storage.role === 'weight') continue;
      const span = spans.get(value.storage);
      if (span === undefined) spans.set(value.storage, { storage: value.storage, value, from: i, to: i });
      else span.to = Math.max(span.to, i);
    }
  }
  for (const { value } of ledger.outputs) {
    const span = spans.get(value.storage);
    if (span !== undefined) span.to = ledger.entries.length;
  }
  return [...spans.values()];
}

function push(map: Map<number, Span[]>, key: number, span: Span): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [span]);
  else list.push(span);
}

/** Keeps the moments that no other one is proved to exceed; the earliest of equal ones. */
function better<T extends { bytes: Dim }>(candidates: readonly T[], next: T): T[] {
  if (candidates.some((c) => lessEqual(next.bytes, c.bytes) === true)) return candidates as T[];
  return [...candidates.filter((c) => lessEqual(c.bytes, next.bytes) !== true), next];
}
