import type { ManifestEntry } from './manifest-entry.js';

/** Bytes of a group of weights, which may be in several files; undefined if one of these is not there. */
export type ReadSpan = (group: number, start: number, bytes: number) => Uint8Array | undefined;

/** Bounds on the bytes between constants that are read with them. */
export interface Gaps {
  /** Bytes between two constants up to which both are read at once. */
  readonly longest: number;
  /** Bytes of all gaps together. */
  readonly budget: number;
}

/** Constants that are read at once. */
interface Span {
  readonly start: number;
  readonly entries: readonly ManifestEntry[];
  end: number;
}

/**
 * Small constants in the files of weights. A graph asks for them in the order in which it computes, and they lie between
 * weights: thousands of them would be as many requests to a server. So those that lie near each other are read together.
 * A budget for what lies between keeps the weights out, and is spent on the shortest gaps first.
 */
export class Constants {
  readonly #read: ReadSpan;
  readonly #spans: ReadonlyMap<ManifestEntry, Span>;
  readonly #contents = new Map<ManifestEntry, Uint8Array | undefined>();

  constructor(small: readonly ManifestEntry[], gaps: Gaps, read: ReadSpan) {
    this.#read = read;
    this.#spans = spansOf(small, gaps);
  }

  /** The bytes of a constant; undefined if its file is not there. */
  contents(entry: ManifestEntry): Uint8Array | undefined {
    const span = this.#spans.get(entry);
    if (span === undefined) return undefined;
    if (!this.#contents.has(entry)) {
      const bytes = this.#read(entry.group, span.start, span.end - span.start);
      for (const one of span.entries) {
        const from = one.start - span.start;
        this.#contents.set(one, bytes?.slice(from, from + one.bytes));
      }
    }
    return this.#contents.get(entry);
  }
}

function spansOf(small: readonly ManifestEntry[], { longest, budget }: Gaps): Map<ManifestEntry, Span> {
  const inOrder = [...small].sort((a, b) => a.group - b.group || a.start - b.start);
  const gaps = inOrder.map((entry, i) => gapBefore(entry, inOrder[i - 1]));
  const shut = new Set<number>();
  let left = budget;
  for (const i of [...gaps.keys()].sort((a, b) => (gaps[a] as number) - (gaps[b] as number))) {
    const gap = gaps[i] as number;
    if (gap > Math.min(left, longest)) break;
    left -= gap;
    shut.add(i);
  }
  const spans = new Map<ManifestEntry, Span>();
  let span: { start: number; entries: ManifestEntry[]; end: number } | null = null;
  for (const [i, entry] of inOrder.entries()) {
    if (span === null || !shut.has(i)) span = { start: entry.start, entries: [], end: 0 };
    span.entries.push(entry);
    span.end = entry.start + entry.bytes;
    spans.set(entry, span);
  }
  return spans;
}

/** Bytes between two constants: Infinity where they are not in the same files. */
function gapBefore(entry: ManifestEntry, before: ManifestEntry | undefined): number {
  if (before === undefined || before.group !== entry.group) return Number.POSITIVE_INFINITY;
  return entry.start - (before.start + before.bytes);
}
