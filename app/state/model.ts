// The state of the page, as signals. In: what people choose, and the worker's answers. Out: values that views draw, worked out
// anew where something they depend on changes. Add: a file for each thing that is asked for or chosen; no markup, no DOM but
// where a file is made or read.
import { batch, computed, signal } from '@preact/signals';
import { keepsAt, runDims } from 'opcount/ledger';
import type { PageModel, Ref } from '../sheet.js';
import type { Failure, GivenText, Origin, Progress, Slot } from '../worker/protocol.js';
import { ask, stop, WorkerFailure } from './client.js';
import type { Lists } from './lists.js';

/** A model on the page, and how to open it again. */
export interface Loaded {
  readonly sheet: PageModel;
  readonly origin: Origin;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly given: Readonly<Record<string, GivenText>>;
  readonly refused: Failure | null;
}

export interface Opening {
  readonly name: string;
  readonly progress: Progress | null;
}

/** The lists to choose from; null until the page has begun. */
export const start = signal<Lists | null>(null);
export const model = signal<Loaded | null>(null);
/** The model that it is compared with. */
export const other = signal<Loaded | null>(null);
/** Whether the model on show is only the example of the first page. */
export const example = signal(false);
export const opening = signal<Opening | null>(null);
export const failure = signal<{
  readonly name: string;
  readonly failure: Failure;
  readonly origin: Origin;
  readonly slot: Slot;
} | null>(null);
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

/** Where a free dimension starts when nothing says what it was. */
function usual(name: string): number {
  if (/^(n|b|bs)$|batch/i.test(name)) return 1;
  return /height|width|^[hw]$|size/i.test(name) ? 224 : 128;
}

export function nameOf(origin: Origin): string {
  if (origin.kind === 'saved') return 'the saved model';
  const path =
    origin.kind === 'builtin' ? origin.name : origin.kind === 'url' ? (origin.name ?? origin.url) : origin.main;
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

export interface OpenAs {
  readonly slot?: Slot;
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly given?: Readonly<Record<string, GivenText>>;
  readonly bind?: Readonly<Record<string, number>>;
}

/** Opens a model into its slot; what was there stays until the new one can be shown. */
export async function open(origin: Origin, as: OpenAs = {}): Promise<boolean> {
  const { slot = 'a', inputs = {}, given = {} } = as;
  if (origin.kind === 'saved') return false;
  const name = nameOf(origin);
  batch(() => {
    opening.value = { name, progress: null };
    failure.value = null;
  });
  try {
    const { sheet, freed, refused } = await ask(
      { kind: 'open', slot, origin, inputs, given, base: document.baseURI.replace(/#.*$/, '') },
      (progress) => {
        opening.value = { name, progress };
      },
    );
    batch(() => {
      const known: Readonly<Record<string, number>> = example.value ? {} : bindings.value; // sizes of the example were nobody's choice
      const numbers: Record<string, number> = { ...known };
      for (const { name: symbol, min, max } of sheet.program.symbols) {
        const wanted =
          as.bind?.[symbol] ?? known[symbol] ?? freed[symbol] ?? sheet.sizes[symbol]?.size ?? usual(symbol);
        numbers[symbol] = Math.min(max ?? Number.MAX_SAFE_INTEGER, Math.max(min ?? 0, wanted));
      }
      bindings.value = numbers;
      const loaded = { sheet, origin, inputs: refused === null ? inputs : {}, given, refused };
      if (slot === 'a') {
        model.value = loaded;
        example.value = false;
      } else other.value = loaded;
      opening.value = null;
    });
    return true;
  } catch (error) {
    if (!(error instanceof WorkerFailure)) throw error;
    batch(() => {
      opening.value = null;
      failure.value = { name, failure: error.failure, origin, slot };
    });
    return false;
  }
}

/** Opens the model on show again, with other input extents or formulas. */
export function reopen(change: Pick<OpenAs, 'inputs' | 'given' | 'bind'>): Promise<boolean> {
  const shown = model.value;
  if (shown === null) return Promise.resolve(false);
  return open(shown.origin, { inputs: shown.inputs, given: shown.given, ...change });
}

/** Gives up an opening that takes too long. The worker goes, and with it the ledgers: what is shown is read again. */
export async function cancelOpening(): Promise<void> {
  const [shown, second] = [model.value, other.value];
  stop('Stopped.');
  opening.value = null;
  failure.value = null;
  if (shown !== null) await open(shown.origin, { inputs: shown.inputs, given: shown.given });
  if (second !== null) await open(second.origin, { slot: 'b', inputs: second.inputs, given: second.given });
}

/** Whether the model on show can be read again: at other sizes of its inputs, with formulas, by other tools. */
export const rereadable = computed(() => model.value !== null && model.value.origin.kind !== 'saved');

export function bind(name: string, value: number): void {
  bindings.value = { ...bindings.value, [name]: value };
}
