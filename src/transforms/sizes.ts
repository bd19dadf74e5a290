import {
  type Constraint,
  compileDims,
  type Dim,
  dimsOfConstraint,
  holds,
  isStatic,
  keepsAt,
  type ProgramSymbol,
  runDims,
} from '../dim/index.js';
import type { AnyLedger, Value } from '../ledger/index.js';

import { freeSymbols } from './bind.js';

/** Where a shown size comes from: a batch is 1, the file has a hint, the caller or another model has it, or opcount chose. */
export type SizeOrigin = 'batch' | 'file' | 'given' | 'choice';
export interface ShownSize {
  readonly size: number;
  readonly from: SizeOrigin;
}

/**
 * Numbers for free dimensions, for what cannot be shown as a formula: shares, bars, sorting and ≈. They are sizes at which
 * the model runs as far as its constraints and extents tell; null if none was found. `wanted` are sizes to take where the
 * model takes them: those of a model that this one is compared with.
 */
export function shownSizes(
  ledger: AnyLedger,
  wanted: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, ShownSize> | null {
  if (ledger.constraints.length === 0 && freeSymbols(ledger).length === 0) return new Map();
  const model = modelOf(ledger);
  if (model.symbols.length === 0) return new Map();
  const roles = rolesOf(ledger);
  const starts = model.symbols.map((symbol) => startOf(symbol, roles.get(symbol.name), ledger.hints ?? {}, wanted));
  const sizes = settle(
    model,
    starts.map((s) => s.size),
    new Set(starts.flatMap((s, i) => (s.from === 'batch' || s.from === 'given' ? [i] : []))),
  );
  if (sizes === null) return null;
  return new Map(
    model.symbols.map(({ name }, i) => {
      const start = starts[i] as ShownSize;
      const size = sizes[i] as number;
      return [name, size === start.size ? start : { size, from: 'choice' }];
    }),
  );
}

/** The free dimension that is the batch; null if none is, or it is a number. */
export function batchSymbol(ledger: AnyLedger): string | null {
  return [...rolesOf(ledger)].find(([, role]) => role.kind === 'batch')?.[0] ?? null;
}

/** The place in the inputs that a symbol stands for; the extent there is `factor` times the symbol. */
interface Role {
  readonly kind: 'batch' | 'image';
  readonly factor: number;
}

const BATCH = /^(n|b|bs)$|batch/i;
const LENGTH = /seq|len|step|time|token|frame|sample|past|cache|context|width|height|^[tlhw]$/i;
const IMAGE = /height|width|^[hw]$/i;

/**
 * Batches by name, else the first axis of an input of several, if its name is not that of a length; extents of an image
 * by name, or after the channels of an input of four axes.
 */
function rolesOf(ledger: AnyLedger): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const put = (d: Dim | undefined, kind: Role['kind']): void => {
    const multiple = d === undefined ? null : multipleOf(d);
    if (multiple === null || roles.has(multiple.name)) return;
    if (kind === 'batch' && !BATCH.test(multiple.name) && LENGTH.test(multiple.name)) return;
    roles.set(multiple.name, { kind, factor: multiple.factor });
  };
  const shapes = ledger.inputs.flatMap(({ value }) => (value.type === null ? [] : [value.type.shape]));
  for (const shape of shapes) if (shape.length > 1) put(shape[0], 'batch');
  for (const shape of shapes) {
    const image = shape.length === 4 ? (isStatic(shape[3] as Dim) && !isStatic(shape[1] as Dim) ? [1, 2] : [2, 3]) : [];
    for (const axis of image) put(shape[axis], 'image');
  }
  return roles;
}

/** `32*h` as its symbol and factor; null for any other extent. */
export function multipleOf(d: Dim): { readonly name: string; readonly factor: number } | null {
  if (typeof d !== 'object') return null;
  const [term, ...more] = d.terms;
  const [factor, ...others] = term?.monomial.factors ?? [];
  if (term === undefined || more.length > 0 || others.length > 0 || factor?.power !== 1) return null;
  return factor.atom.kind === 'symbol' && term.coefficient > 0n
    ? { name: factor.atom.name, factor: Number(term.coefficient) }
    : null;
}

function startOf(
  { name, min, max }: ProgramSymbol,
  role: Role | undefined,
  hints: Readonly<Record<string, number>>,
  wanted: ReadonlyMap<string, number>,
): ShownSize {
  const inRange = (size: number): number => Math.max(min ?? size, Math.min(max ?? size, size));
  const given = wanted.get(name);
  if (given !== undefined && inRange(given) === given) return { size: given, from: 'given' };
  // Taken or not: the first arm of a branch, a cache that is there.
  if (min !== null && max !== null && max - min <= 1) return { size: max, from: 'choice' };
  if (role?.kind === 'batch' || BATCH.test(name)) return { size: inRange(1), from: 'batch' };
  const hint = Object.hasOwn(hints, name) ? hints[name] : undefined;
  if (hint !== undefined && inRange(hint) === hint) return { size: hint, from: 'file' };
  const image = role?.kind === 'image' || IMAGE.test(name);
  return { size: inRange(image ? Math.max(1, Math.round(224 / (role?.factor ?? 1))) : 128), from: 'choice' };
}

/** The formulas that tell whether a model runs at some sizes: its extents, and what it requires. */
interface Model {
  readonly symbols: readonly ProgramSymbol[];
  /** How much is wrong at these sizes: extents below 0, then constraints, then extents of 0. */
  readonly wrong: (values: readonly number[]) => number;
  /** Symbols by number that take part in what is wrong, and sizes that would mend it. */
  readonly blamed: (values: readonly number[]) => {
    readonly symbols: readonly number[];
    readonly sizes: readonly number[];
  };
}

/** Formulas beyond this many are not looked at one by one: models repeat theirs. */
const MAX_FORMULAS = 20_000;

function modelOf(ledger: AnyLedger): Model {
  const extents = new Map<string, Dim>();
  const others = new Map<string, Dim>();
  const look = (d: Dim, into: Map<string, Dim>): void => {
    if (typeof d === 'object' && into.size < MAX_FORMULAS) into.set(d.key, d);
  };
  const lookAt = (value: Value): void => {
    for (const d of value.type?.shape ?? []) look(d, extents);
  };
  for (const { value } of ledger.inputs) lookAt(value);
  for (const entry of ledger.entries) {
    for (const value of entry.outputs) lookAt(value);
    look(entry.readBytes, others);
    look(entry.writeBytes, others);
  }
  // A condition on a run's values alone has its note already; no size can mend it.
  const constraints = ledger.constraints.filter(
    (c) => dimsOfConstraint(c).some((d) => typeof d === 'object') && !(c.atRunTime === true && holds(c) === false),
  );
  const parts = constraints.map(dimsOfConstraint);
  const shapes = [...extents.values()];
  // Bytes come last: they only bring up symbols, such as the rounds of a loop.
  const program = compileDims([...shapes, ...parts.flat(), ...others.values()]);
  const places = parts.map((dims, i) => ({
    constraint: constraints[i] as Constraint,
    at: shapes.length + parts.slice(0, i).reduce((n, p) => n + p.length, 0),
    count: dims.length,
  }));
  const symbolsOfFormula = (k: number): number[] => symbolsIn(program.formulas[k] ?? 0, program);
  const wrong = (values: readonly number[]): number => {
    const found = runDims(program, values);
    let cost = 0;
    for (let k = 0; k < shapes.length; k++) {
      const extent = found[k] as number;
      if (extent < 0) cost += 1_000_000;
      else if (extent === 0) cost += 1;
    }
    for (const { constraint, at, count } of places) cost += distance(constraint.kind, found.subarray(at, at + count));
    return cost;
  };
  const blamed: Model['blamed'] = (values) => {
    const found = runDims(program, values);
    for (const { constraint, at, count } of places)
      if (!keepsAt(constraint.kind, found.subarray(at, at + count))) {
        const range = Array.from({ length: count }, (_, j) => at + j);
        return {
          symbols: range.flatMap(symbolsOfFormula),
          sizes: mending(constraint.kind, found.subarray(at, at + count)),
        };
      }
    for (const floor of [0, 1])
      for (let k = 0; k < shapes.length; k++)
        if ((found[k] as number) < floor) return { symbols: symbolsOfFormula(k), sizes: [] };
    return { symbols: [], sizes: [] };
  };
  return { symbols: program.symbols, wrong, blamed };
}

/** 0 if numbers keep to a constraint; else more, the further they are from it, so that steps towards it count. */
function distance(kind: Constraint['kind'], numbers: Float64Array): number {
  if (keepsAt(kind, numbers)) return 0;
  const [a = 0, b = 0] = numbers;
  // Of the larger side: else a smaller size that mends nothing would look better.
  const gap = kind === 'multiple-of' ? 1 : Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));
  return 1000 + (999 * gap) / (1 + gap);
}

/** Sizes that another side of a broken constraint has, or multiples of its factor near what is there. */
function mending(kind: Constraint['kind'], numbers: Float64Array): number[] {
  const [value = 0, factor = 0] = numbers;
  if (kind !== 'multiple-of' || factor <= 0) return [...numbers];
  return [Math.ceil(value / factor) * factor, Math.floor(value / factor) * factor, factor];
}

/** Symbols by number that a compiled formula uses, through its floors and extremes. */
function symbolsIn(formula: number | readonly number[], program: ReturnType<typeof compileDims>): number[] {
  const found = new Set<number>();
  const seen = new Set<number>();
  const look = (sum: number | readonly number[]): void => {
    if (typeof sum === 'number') return;
    for (let i = 0; i < sum.length; ) {
      i++;
      for (let n = sum[i++] as number; n > 0; n--) {
        const place = sum[i] as number;
        i += 2;
        if (seen.has(place)) continue;
        seen.add(place);
        const atom = program.atoms[place - program.symbols.length];
        if (atom === undefined) found.add(place);
        else if (atom.kind === 'floor') {
          look(atom.numerator);
          look(atom.denominator);
        } else for (const arg of atom.args) look(arg);
      }
    }
  };
  look(formula);
  return [...found];
}

/** Sizes to try, those of images, audio and text among them. */
const TRIED = [
  224, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096, 8192, 16_000, 16_384, 32_000, 44_100, 48_000, 65_536,
  80_000, 160_000, 192_000, 480_000, 1_048_576, 196, 192, 160, 112, 100, 96, 80, 64, 50, 49, 32, 24, 16, 12, 10, 8, 7,
  6, 5, 4, 3, 2, 1, 0,
];
const MAX_REPAIRS = 60;
/** Sets of sizes tried for one model. */
const MAX_TRIES = 2000;

/**
 * Sizes at which nothing is known to be wrong, from the first ones on: what is broken is mended by its own symbols, each
 * time by the size that leaves least wrong; those that are `kept` only where no other helps. Null if something stays
 * broken.
 */
function settle(model: Model, first: readonly number[], kept: ReadonlySet<number>): readonly number[] | null {
  let values = [...first];
  let cost = model.wrong(values);
  let tries = 0;
  for (let i = 0; i < MAX_REPAIRS && cost > 0; i++) {
    const { symbols, sizes } = model.blamed(values);
    let best = null as Repair | null;
    for (const k of [...symbols].sort((a, b) => Number(kept.has(a)) - Number(kept.has(b)))) {
      if (best !== null && kept.has(k)) break;
      const { min, max } = model.symbols[k] as ProgramSymbol;
      const now = values[k] as number;
      for (const size of [...sizes, ...TRIED, now + 1, now - 1]) {
        if (++tries > MAX_TRIES) break;
        if (!Number.isSafeInteger(size) || size < (min ?? 1) || (max !== null && size > max)) continue;
        const next = values.with(k, size);
        const then = model.wrong(next);
        const found: Repair = { cost: then, size, values: next };
        if (best === null ? then < cost : isBetter(found, best, now)) best = found;
      }
    }
    if (best === null) break;
    ({ cost, values } = best);
  }
  // An extent of nothing may be meant: a cache before the first token.
  return cost >= 1000 ? null : values;
}

/** Sizes with another one for one symbol, and how much is wrong then. */
interface Repair {
  readonly cost: number;
  readonly size: number;
  readonly values: number[];
}

/** Of sizes that mend as much, the one that is nearest to what is there: sides of a product are far from it. */
function isBetter(a: Repair, b: Repair, now: number): boolean {
  return a.cost < b.cost || (a.cost === b.cost && ratio(a.size, now) < ratio(b.size, now));
}

/** How many times as large one size is as another, whichever is larger. */
function ratio(a: number, b: number): number {
  return Math.max(a, b) / Math.max(1, Math.min(a, b));
}
