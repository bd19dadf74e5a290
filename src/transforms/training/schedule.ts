import { add, type Dim, max, sub, sum, termwiseLessEqual } from '../../dim/index.js';
import { highestOf, type Moment, Moments } from '../../ledger/index.js';
import { NOTHING, type Tally, TallySum, tally } from '../../ops/index.js';
import { ModelError } from '../../source/errors.js';
import type { Segment } from './checkpoints.js';
import type { AutogradStep, StepOp, Store } from './types.js';

/** Moments that none of the others exceeds term by term; each is compared with all. */
const MAX_CONTENDERS = 1024;

/** Memory that a step holds during a stretch of its schedule, both ends included. */
export interface Span {
  readonly store: Store;
  /** Kept for the backward pass, the gradient of an activation, or simply in use: also what is worked out again. */
  readonly role: 'saved' | 'live' | 'gradient';
  readonly from: number;
  readonly to: number;
}

/** A tensor that is there at the worst moment. */
export interface AliveInStep {
  readonly name: string;
  readonly what: string | null;
  /** Whether it is the gradient of that tensor. */
  readonly gradient: boolean;
  readonly bytes: Dim;
}

export interface StepPeak {
  /** Bytes of inputs, activations and their gradients at the worst moment; null if free dimensions leave it open. */
  readonly bytes: Dim | null;
  /** Null if the highest of several formulas depends on free dimensions. */
  readonly at: { readonly phase: 'forward' | 'backward'; readonly op: StepOp } | null;
  readonly alive: readonly AliveInStep[];
}

export interface StepSchedule {
  /** Memory kept between the forward and the backward pass: each piece once. */
  readonly kept: readonly Store[];
  readonly savedBytes: Dim;
  /** Work that checkpointing does a second time. */
  readonly recomputed: Tally;
  readonly peak: StepPeak;
  /** Bytes of inputs, activations and gradients at every moment that differs from the others. */
  readonly moments: readonly Dim[];
  /** All that is alive at some time of the step, inputs aside. */
  readonly spans: readonly Span[];
}

/**
 * Memory over a step: forward in order, backward in the opposite order. A result lives to its last reader, or until the
 * gradient that it is kept for is done; the gradient of a result from its last reader's backward to its maker's. Stretches that
 * are checkpointed keep what they read from outside; their insides are made again when their backward begins.
 */
export function scheduleOf(step: AutogradStep, segments: readonly Segment[] = []): StepSchedule {
  const n = step.ops.length;
  const inside = new Int32Array(n).fill(-1);
  for (const [k, segment] of segments.entries()) inside.fill(k, segment.first, segment.last + 1);
  const spans: Span[] = [];
  const kept = new Set<Store>();
  const keptTo = new Map<Store, number>();
  const lastRead = new Map<Store, number>();
  const again = new Map<Store, { from: number; to: number }>();
  const isKept = (store: Store): boolean => store.kind === 'activation';
  const keep = (store: Store, until: number): void => {
    kept.add(store);
    keptTo.set(store, Math.max(keptTo.get(store) ?? 0, until));
  };
  const backwardOf = (i: number): number => 2 * n - 1 - i;
  step.ops.forEach((op, i) => {
    const segment = segments[inside[i] ?? -1];
    for (const store of [...op.reads, ...op.writes]) lastRead.set(store, i);
    if (segment !== undefined && needsGradient(step, segment))
      for (const store of op.reads)
        if (isKept(store) && store.from < segment.first) keep(store, backwardOf(segment.first));
    for (const { store } of op.keeps) {
      if (!isKept(store)) continue;
      if (segment === undefined || store.from < segment.first) keep(store, backwardOf(i));
      else again.set(store, { from: backwardOf(segment.last), to: Math.max(again.get(store)?.to ?? 0, backwardOf(i)) });
      if (!lastRead.has(store)) lastRead.set(store, i);
    }
  });
  for (const [store, read] of lastRead)
    if (isKept(store))
      spans.push({
        store,
        role: kept.has(store) ? 'saved' : 'live',
        from: Math.max(store.from, 0),
        to: Math.max(read, keptTo.get(store) ?? 0),
      });
  for (const [store, span] of again) spans.push({ store, role: 'live', ...span });
  for (const span of gradientSpans(step, backwardOf)) spans.push(span);
  // Between the passes.
  for (const store of step.loss) spans.push({ store, role: 'live', from: n - 1, to: n });
  const moments = momentsOf(step, spans);
  return {
    kept: [...kept],
    savedBytes: sum([...kept].map(({ bytes }) => bytes)),
    recomputed: recomputedBy(step, segments),
    peak: peakOf(step, spans, moments),
    moments: moments.map(({ bytes }) => bytes),
    spans,
  };
}

function needsGradient(step: AutogradStep, { first, last }: Segment): boolean {
  return step.ops.slice(first, last + 1).some((op) => op.gradientOf.length > 0);
}

function gradientSpans(step: AutogradStep, backwardOf: (i: number) => number): Span[] {
  const spans = new Map<Store, { from: number; to: number }>();
  const widen = (store: Store, at: number): void => {
    const span = spans.get(store);
    if (span === undefined) spans.set(store, { from: at, to: at });
    else spans.set(store, { from: Math.min(span.from, at), to: Math.max(span.to, at) });
  };
  step.ops.forEach((op, i) => {
    for (const store of [...op.gradientOf, ...op.gradientTo])
      if (store.kind === 'activation') widen(store, backwardOf(i));
  });
  return [...spans].map(([store, span]) => ({ store, role: 'gradient', ...span }));
}

/**
 * A stretch is run again up to the last tensor that its gradients need: the operator after it only if that tensor is its
 * own result (torch.utils.checkpoint, which stops early).
 */
function recomputedBy(step: AutogradStep, segments: readonly Segment[]): Tally {
  if (segments.length === 0) return NOTHING;
  const total = new TallySum();
  for (const { first, last } of segments) {
    const ops = step.ops.slice(first, last + 1);
    const end = ops.findLastIndex((op) => op.keeps.length > 0);
    if (end < 0) continue;
    const own = ops[end]?.keeps.some(({ role }) => role !== 'input') === true;
    for (const op of ops.slice(0, own ? end + 1 : end)) total.add(tally(op.forward));
  }
  return total.total();
}

/** The first moment of each different sum. */
function momentsOf(step: AutogradStep, spans: readonly Span[]): Moment[] {
  const n = step.ops.length;
  const always = sum(step.inputs.map(({ bytes }) => bytes));
  const begins = new Map<number, Span[]>();
  const ends = new Map<number, Span[]>();
  for (const span of spans) {
    push(begins, span.from, span);
    push(ends, span.to, span);
  }
  let now: Dim = always;
  const moments = new Moments();
  moments.note(now, 0);
  for (let t = 0; t < 2 * n; t++) {
    for (const span of begins.get(t) ?? []) now = add(now, span.store.bytes);
    if (begins.has(t)) moments.note(now, t);
    if (moments.tooMany) throw tooManySizes();
    for (const span of ends.get(t) ?? []) now = sub(now, span.store.bytes);
  }
  return moments.list;
}

function tooManySizes(): ModelError {
  return new ModelError('limit', 'the memory of a training step is too many formulas of free dimensions', {
    hint: 'Bind some of the free dimensions to numbers (--bind NAME=…).',
  });
}

/** Without moments that another one exceeds term by term: of thousands few are left, whatever is free. */
function contenders(moments: readonly Moment[]): Moment[] {
  const kept: Moment[] = [];
  // Memory is highest near the turn from forward to backward: from there outwards, most are dominated at once.
  const turn = moments.reduce((most, { at }) => Math.max(most, at), 0) / 2;
  for (const m of [...moments].sort((a, b) => Math.abs(a.at - turn) - Math.abs(b.at - turn))) {
    if (kept.some((k) => termwiseLessEqual(m.bytes, k.bytes))) continue;
    for (let i = kept.length - 1; i >= 0; i--)
      if (termwiseLessEqual((kept[i] as Moment).bytes, m.bytes)) kept.splice(i, 1);
    kept.push(m);
    if (kept.length > MAX_CONTENDERS) throw tooManySizes();
  }
  return kept.sort((a, b) => a.at - b.at);
}

function peakOf(step: AutogradStep, spans: readonly Span[], moments: readonly Moment[]): StepPeak {
  const n = step.ops.length;
  const highest = highestOf(contenders(moments));
  if (highest === null) return { bytes: null, at: null, alive: [] };
  const [first, ...more] = highest;
  if (first === undefined) return { bytes: 0, at: null, alive: [] };
  if (more.length > 0) return { bytes: max(...highest.map(({ bytes }) => bytes)), at: null, alive: [] };
  const forward = first.at < n;
  const op = step.ops[forward ? first.at : 2 * n - 1 - first.at];
  const alive = spans
    .filter((s) => s.from <= first.at && s.to >= first.at)
    .map(({ store, role }) => ({
      name: store.name,
      what: store.what,
      gradient: role === 'gradient',
      bytes: store.bytes,
    }));
  return {
    bytes: first.bytes,
    at: op === undefined ? null : { phase: forward ? 'forward' : 'backward', op },
    alive: [...step.inputs.map(({ name, bytes }) => ({ name, what: null, gradient: false, bytes })), ...alive],
  };
}

function push(map: Map<number, Span[]>, key: number, span: Span): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [span]);
  else list.push(span);
}
