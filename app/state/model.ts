// The state of the page, as signals. In: what people choose, and the worker's answers. Out: values that views draw, worked out
// anew where something they depend on changes. Add: a file for each thing that is asked for or chosen; no markup, no DOM but
// where a file is made or read.
import { computed, signal } from '@preact/signals';
import { keepsAt, runDims } from 'opcount/ledger';
import type { PageModel, Ref } from '../sheet.js';
import type { Failure, GivenText, Origin } from '../worker/protocol.js';
import type { Lists } from './lists.js';

/** A model on the page, and how to open it again. */
export interface Loaded {
  readonly sheet: PageModel;
  readonly origin: Origin;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly given: Readonly<Record<string, GivenText>>;
  readonly refused: Failure | null;
}

/** The lists to choose from; null until the page has begun. */
export const start = signal<Lists | null>(null);
export const model = signal<Loaded | null>(null);
/** The model that it is compared with. */
export const other = signal<Loaded | null>(null);
/** Whether the model on show is only the example of the first page. */
export const example = signal(false);
/** Numbers for the free dimensions, of both models by name. */
export const bindings = signal<Readonly<Record<string, number>>>({});

/** Every count of a model at the sizes that are set, whether it runs at them or not: worked out once for all who ask. */
const tried = computed(() => atBindings(model.value));
const otherTried = computed(() => atBindings(other.value));

function atBindings(loaded: Loaded | null): Float64Array {
  return loaded === null ? new Float64Array(0) : at(loaded, bindings.value);
}

/** Every count of a model at the bindings: read by `Ref`. */
export const values = computed(() => run(model.value, tried.value));
export const otherValues = computed(() => run(other.value, otherTried.value));

/** The last sizes at which both models run: what is refused is said, and nothing is worked out at it. */
let accepted: Readonly<Record<string, number>> = {};

/** Why a model cannot run at the sizes that are set; null where nothing is known to prevent it. */
export const refusal = computed(() => brokenBy(model.value, tried.value) ?? brokenBy(other.value, otherTried.value));

function brokenBy(loaded: Loaded | null, found: Float64Array): string | null {
  if (loaded === null || loaded.sheet.constraints.length === 0) return null;
  const broken = loaded.sheet.constraints.find(
    ({ kind, refs }) =>
      !keepsAt(
        kind,
        refs.map((ref) => found[ref] ?? 0),
      ),
  );
  return broken?.message ?? null;
}

function at({ sheet }: Loaded, sizes: Readonly<Record<string, number>>): Float64Array {
  return runDims(
    sheet.program,
    sheet.program.symbols.map(({ name }) => sizes[name] ?? sheet.sizes[name]?.size ?? 1),
  );
}

function run(loaded: Loaded | null, found: Float64Array): Float64Array {
  if (refusal.value !== null) return loaded === null ? found : at(loaded, accepted);
  accepted = bindings.value;
  return found;
}

export function valueAt(ref: Ref): number {
  return values.value[ref] ?? 0;
}

/** The free dimensions of what is on show, in the order in which the model brings them up. */
export const symbols = computed(() => {
  const own = model.value?.sheet.program.symbols ?? [];
  const others = other.value?.sheet.program.symbols ?? [];
  return [...own, ...others.filter(({ name }) => !own.some((s) => s.name === name))];
});

/** Whether the model on show can be read again: at other sizes of its inputs, with formulas, by other tools. */
export const rereadable = computed(() => model.value !== null && model.value.origin.kind !== 'saved');

export function bind(name: string, value: number): void {
  bindings.value = { ...bindings.value, [name]: value };
}
