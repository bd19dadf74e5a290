import { add, type Dim, DimSum, equal, max, sub } from '../dim/index.js';
import { copiesIn, times } from './folds.js';
import { highestOf, type Moment, Moments } from './moments.js';
import { perLedger } from './per-ledger.js';
import type { AnyLedger, OpEntry, Storage, Value } from './types.js';

/** A tensor that occupies memory at the peak; views of it are not listed. */
export interface Alive {
  readonly value: Value;
  /** The operator that made it; null for an input. */
  readonly maker: OpEntry | null;
  readonly bytes: Dim;
}

export interface Peak {
  /** Bytes of inputs and activations alive at once, at the worst moment; null if free dimensions leave it open. */
  readonly bytes: Dim | null;
  /** The operator during which it happens; null for a model without operators, and where `bytes` is a `max`. */
  readonly entry: OpEntry | null;
  readonly alive: readonly Alive[];
}

/** Memory that one tensor, and every view of it, takes during a stretch of the schedule. */
export interface Lifetime {
  readonly storage: Storage;
  /** The value that made the storage. */
  readonly value: Value;
  /** Indices of the entries from which and to which it lives, both included: -1 before the first, their number at the end. */
  readonly from: number;
  readonly to: number;
}

export interface PeakOptions {
  /**
   * Whether a function of each element writes over an input that nobody reads afterwards, as runtimes that plan their
   * memory do. The least that such a plan needs without changing the order of operators; off, every result has its own.
   */
  readonly inplace?: boolean;
}

type Span = { -readonly [K in keyof Lifetime]: Lifetime[K] };

/**
 * The most bytes that inputs and activations take at one moment of the schedule, and which ones. A tensor lives from the
 * operator that makes it to the last one that reads it; inputs from the start to their last use, outputs to the end; a
 * view or an in-place result is the storage that it shares. Weights are not in it.
 */
export function peakOf(ledger: AnyLedger, options: PeakOptions = {}): Peak {
  const spans = options.inplace === true ? reused(ledger, spansOf(ledger)) : spansOf(ledger);
  const ended = byEnd(spans, ledger.entries.length);
  // Spans are in the order in which they begin.
  let next = 0;
  let now: Dim = 0;
  let top: (Moment & { readonly bytes: number | bigint }) | null = null;
  const free = new Moments();
  for (let i = -1; i < ledger.entries.length && !free.tooMany; i++) {
    let grown = i === -1;
    for (; spans[next]?.from === i; next++) {
      now = add(now, (spans[next] as Span).storage.bytes);
      grown = true;
    }
    if (grown) {
      if (typeof now !== 'object') {
        if (top === null || now > top.bytes) top = { bytes: now, at: i };
      } else free.note(now, i);
    }
    if (i >= 0)
      for (let s = ended.first[i + 1] as number; s >= 0; s = ended.next[s] as number)
        now = sub(now, (spans[s] as Span).storage.bytes);
  }
  const highest = free.tooMany ? null : highestOf([...(top === null ? [] : [top]), ...free.list]);
  if (highest === null) return { bytes: null, entry: null, alive: [] };
  const [first, second] = highest;
  if (first === undefined) return { bytes: 0, entry: null, alive: [] };
  if (second !== undefined) return { bytes: max(...highest.map((m) => m.bytes)), entry: null, alive: [] };
  return {
    bytes: first.bytes,
    entry: ledger.entries[first.at] ?? null,
    alive: spans
      .filter((s) => s.from <= first.at && s.to >= first.at)
      .map((s) => ({ value: s.value, maker: ledger.entries[s.from] ?? null, bytes: s.storage.bytes })),
  };
}

/** Spans by where they end, in their order: those of moment i − 1 are `first[i]`, `next` of it, and so on to -1. */
function byEnd(spans: readonly Span[], entries: number): { first: number[]; next: number[] } {
  const first = new Array<number>(entries + 2).fill(-1);
  const next = new Array<number>(spans.length).fill(-1);
  for (let s = spans.length - 1; s >= 0; s--) {
    const at = (spans[s] as Span).to + 1;
    next[s] = first[at] as number;
    first[at] = s;
  }
  return { first, next };
}

/** Bytes of all activations ever made, views and in-place results not counted again; inputs and weights not among them. */
export function activationBytes(ledger: AnyLedger): Dim {
  const copies = copiesIn(ledger);
  const bytes = new DimSum();
  const spans = spansOf(ledger);
  for (let i = 0; i < spans.length; i++) {
    const { storage, from } = spans[i] as Lifetime;
    if (storage.role !== 'activation') continue;
    const maker = ledger.folds === undefined ? undefined : ledger.entries[from];
    bytes.add(maker === undefined ? storage.bytes : times(copies(maker.call.path), storage.bytes));
  }
  return bytes.total();
}

/** When each input and activation lives, by the rules of `peakOf`, in the order in which they are made. */
export function lifetimesOf(ledger: AnyLedger): readonly Lifetime[] {
  return spansOf(ledger);
}

const spansOf: (ledger: AnyLedger) => readonly Lifetime[] = perLedger(spansIn);

function spansIn(ledger: AnyLedger): Span[] {
  const spans = new SpanList();
  for (const { value } of ledger.inputs) spans.begin(value, -1);
  for (let i = 0; i < ledger.entries.length; i++) {
    const { inputs, outputs } = ledger.entries[i] as OpEntry;
    for (let k = 0; k < inputs.length; k++) {
      const value = inputs[k] as Value | null;
      const span = value === null ? undefined : spans.of(value.storage);
      if (span !== undefined) span.to = i;
    }
    for (let k = 0; k < outputs.length; k++) {
      const value = outputs[k] as Value;
      if (value.storage.role === 'weight') continue;
      const span = spans.of(value.storage);
      if (span === undefined) spans.begin(value, i);
      else if (span.to < i) span.to = i;
    }
  }
  for (const { value } of ledger.outputs) {
    const span = spans.of(value.storage);
    if (span !== undefined) span.to = ledger.entries.length;
  }
  return spans.all;
}

/** Spans by their storage: by its number, which all but a few have for themselves. */
class SpanList {
  readonly all: Span[] = [];
  readonly #numbered: (Span | null)[] = [];
  readonly #others = new Map<Storage, Span>();

  of(storage: Storage): Span | undefined {
    const span = this.#numbered[storage.id];
    if (span?.storage === storage) return span;
    return this.#others.size === 0 ? undefined : this.#others.get(storage);
  }

  begin(value: Value, at: number): void {
    const { storage } = value;
    if (this.of(storage) !== undefined) return;
    const span: Span = { storage, value, from: at, to: at };
    this.all.push(span);
    const numbered = this.#numbered;
    if (!(storage.id >= 0 && storage.id < numbered.length + MAX_GAP) || numbered[storage.id]) {
      this.#others.set(storage, span);
      return;
    }
    while (numbered.length < storage.id) numbered.push(null);
    numbered[storage.id] = span;
  }
}
/** Numbers that are left out between two storages: those of values without one, and of weights. */
const MAX_GAP = 4096;

/** Spans where results take over the memory of an input that ends with them: only activations, and of the same size. */
function reused(ledger: AnyLedger, given: readonly Lifetime[]): Span[] {
  const spans: Span[] = given.map((span) => ({ ...span }));
  const of = new Map<Storage, Span>(spans.map((s) => [s.storage, s]));
  const gone = new Set<Span>();
  for (const [i, entry] of ledger.entries.entries()) {
    const [output, ...more] = entry.outputs;
    const result = output === undefined ? undefined : of.get(output.storage);
    if (result === undefined || more.length > 0 || result.from !== i || !isElementwise(entry)) continue;
    for (const input of entry.inputs) {
      const source = input === null ? undefined : of.get(input.storage);
      if (source === undefined || source === result || source.to !== i || source.storage.role !== 'activation')
        continue;
      if (!equal(source.storage.bytes, result.storage.bytes)) continue;
      source.to = result.to;
      of.set(result.storage, source);
      gone.add(result);
      break;
    }
  }
  return spans.filter((s) => !gone.has(s));
}

function isElementwise({ result }: OpEntry): boolean {
  return result.kind === 'known' && result.work.length > 0 && result.work.every((w) => w.kind === 'map');
}
