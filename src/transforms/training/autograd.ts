import type { Dim } from '../../dim/index.js';
import { isViewAs, type Ledger, type OpEntry, stridesOf, type Value } from '../../ledger/index.js';
import {
  type Gradient,
  type GradientStatement,
  type GradientView,
  gradientOfOp,
  MOVES_BACK,
  type Work,
} from '../../ops/index.js';
import { bytesOf, isFloating, type TensorType } from '../../tensor/index.js';
import { adapterOf } from './lora.js';
import { resultAs } from './precision.js';
import { isFrozen } from './select.js';
import { type Held, nameOf, type Taken, Tensors } from './tensors.js';
import type { AutogradStep, Lora, Precision, StepOp, Store, Trained, TrainingOptions } from './types.js';

/**
 * What PyTorch's autograd does with a model: walks the ledger forward, notes which tensors need a gradient, and what each
 * operator keeps for its own, by the catalogue. Memory is told apart by storage: views keep their source's, operators in place
 * the storage that they write, a reshape that strides do not allow makes a copy.
 */
export function autograd(ledger: Ledger, options: TrainingOptions): AutogradStep {
  return new Walk(ledger, options).run();
}

/** The same without what is kept: for who wants the work alone. */
export function workOf(ledger: Ledger): AutogradStep {
  return new Walk(ledger, {}, false).run();
}

class Walk {
  readonly #ledger: Ledger;
  readonly #precision: Precision | null;
  readonly #fused: boolean;
  readonly #crossEntropy: boolean;
  readonly #lora: Lora | null;
  readonly #tensors: Tensors;
  readonly #unknown = new Map<string, { op: string; nodes: number; why: string }>();
  readonly #adapters: Trained[] = [];
  readonly #strides: ReturnType<typeof stridesOf>;
  /** Costs of gradients, worked out once for operators that share their work, as those of equal layers do. */
  readonly #worked = new WeakMap<
    OpEntry['result'],
    { readonly view: GradientView; readonly backward: readonly Work[] }
  >();

  readonly #keeps: boolean;

  constructor(ledger: Ledger, options: TrainingOptions, keeps = true) {
    this.#keeps = keeps;
    this.#ledger = ledger;
    this.#precision = options.precision ?? null;
    const half = this.#precision === null ? mainlyHalf(ledger) : this.#precision !== 'fp32';
    this.#fused = options.attention === undefined ? half : options.attention === 'fused';
    this.#crossEntropy =
      (options.loss ?? (ledger.description?.kept == null ? 'none' : 'cross-entropy')) === 'cross-entropy';
    this.#lora = options.lora ?? null;
    const freeze = options.freeze ?? [];
    this.#tensors = new Tensors(
      ledger,
      this.#precision,
      (weight) => weight.trainable !== false && this.#lora === null && !isFrozen(weight, freeze),
    );
    this.#strides = stridesOf(ledger);
  }

  run(): AutogradStep {
    const inputs = this.#ledger.inputs.map(({ name, value }) => this.#tensors.input(name, value));
    const ops = this.#ledger.entries.map((entry, i) => {
      this.#tensors.at = i;
      return this.#step(entry);
    });
    const { weights } = this.#tensors;
    const own = [...weights].flatMap(([weight, { held, dtype }]): Trained[] =>
      held.needs ? [{ name: weight.name, shape: weight.shape, dtype, weight }] : [],
    );
    const trained = [...own, ...this.#adapters];
    return {
      ops,
      unknown: [...this.#unknown.values()].sort((a, b) => b.nodes - a.nodes),
      trained,
      weights: [
        ...[...weights]
          .filter(([weight]) => weight.kind !== 'constant')
          .map(([weight, { dtype, held }]) => ({ weight, dtype, bytes: held.store.bytes })),
        ...this.#adapters.map(({ dtype, shape }) => ({ weight: null, dtype, bytes: bytesOf({ dtype, shape }) })),
      ],
      inputs,
      loss: this.#loss(),
      attention: this.#fused ? 'fused' : 'unfused',
    };
  }

  /** Log-probabilities, their gradient and that of the logits, each in single precision: what is there at once. */
  #loss(): Store[] {
    const value = this.#ledger.outputs[0]?.value;
    const type = value?.type;
    if (!this.#crossEntropy || value === undefined || type == null) return [];
    const wide: TensorType = { dtype: 'float32', shape: type.shape };
    const bytes = bytesOf(wide);
    return ['log probabilities', 'gradient of the log probabilities', 'gradient of the logits'].map((what) => ({
      bytes,
      kind: 'activation',
      name: 'cross-entropy',
      what,
      type: wide,
      from: this.#ledger.entries.length - 1,
    }));
  }

  #step(entry: OpEntry): StepOp {
    const given = entry.inputs.map((value) => (value === null ? null : { ...this.#tensors.of(value), value }));
    const work = entry.result.kind === 'known' ? entry.result.work : [];
    const [first] = work;
    const times: Dim = first?.kind === 'loop' ? first.times : 1;
    const once = first?.kind === 'loop' ? first.body : work;
    const wanted = given.some((held) => held?.needs === true);
    const said = statementOf(entry, work);
    const gradient = said !== null && 'backward' in said ? said : null;
    const taken = given.map((held) => (held === null ? null : this.#tensors.cast(held, gradient?.autocast)));
    const view: GradientView = {
      attrs: entry.attrs,
      inputs: taken.map((held) => held?.type ?? null),
      outputs: entry.outputs.flatMap((value) => {
        const type = value.type;
        if (type === null) return [];
        const types = taken.flatMap((held, i) =>
          held?.type == null || (i > 0 && held.type.shape.length === 0) ? [] : [held.type.dtype],
        );
        return [{ dtype: resultAs(type.dtype, gradient?.autocast, types, this.#precision), shape: type.shape }];
      }),
      needs: taken.map((held) => held?.needs === true),
      work: once,
      attention: this.#fused ? 'fused' : 'unfused',
    };
    if (wanted && gradient === null) this.#missing(entry, said);
    if (wanted && times !== 1 && once.some(({ kind }) => kind === 'contraction')) this.#round(entry);
    const flows = wanted && (said === null || !('none' in said));
    let results = this.#tensors.results(entry, taken, view, gradient, flows, times, this.#strides);
    const adapter = this.#lora === null ? null : adapterOf(entry, view, taken[0]?.needs === true, this.#lora);
    const differentiable = gradient !== null && wanted;
    const keeps = differentiable && this.#keeps ? this.#kept(entry, taken, results, view, gradient, times) : [];
    const backward = differentiable ? this.#backward(entry, gradient, view) : [];
    const extra = adapter === null ? null : this.#adapt(entry, adapter, taken[0] ?? null, times);
    const [made, ...more] = results;
    const [output] = entry.outputs;
    // The layer's result has a gradient now, whatever is upstream.
    if (extra !== null && made !== undefined && output !== undefined)
      results = [this.#tensors.require(made, output), ...more];
    return {
      entry,
      times,
      keeps: [...keeps, ...(extra?.keeps ?? [])],
      reads: taken.flatMap((held) => (held === null ? [] : [held.store])),
      writes: results.map(({ store }) => store),
      gradientOf: flows || extra !== null ? results.filter(({ needs }) => needs).map(({ store }) => store) : [],
      gradientTo:
        differentiable || extra !== null
          ? given.flatMap((held) => (held?.needs === true && held.store.kind === 'activation' ? [held.store] : []))
          : [],
      forward: extra === null ? work : [...work, ...repeated(times, extra.forward)],
      backward: repeated(times, extra === null ? backward : [...backward, ...extra.backward]),
    };
  }

  #backward({ result }: OpEntry, gradient: Gradient, view: GradientView): readonly Work[] {
    const known = this.#worked.get(result);
    if (known !== undefined && isSameView(known.view, view)) return known.backward;
    const backward = gradient.backward(view);
    this.#worked.set(result, { view, backward });
    return backward;
  }

  /** A loop's body is walked once: whether what it hands to its next round needs a gradient is not known. */
  #round({ op }: OpEntry): void {
    this.#without(
      `${op} in a loop`,
      'gradients of what is carried from round to round, and through lists, are not in the numbers',
    );
  }

  #missing(entry: OpEntry, said: GradientStatement | null): void {
    if (said !== null && !('unknown' in said)) return;
    const why =
      entry.result.kind === 'gap'
        ? entry.result.why
        : entry.attrs.given === true
          ? 'its formula is the user’s, and says nothing of its gradient'
          : said !== null && 'unknown' in said
            ? said.unknown
            : 'it is not in the catalogue';
    this.#without(entry.type, why);
  }

  /** One more operator whose gradient is not in the numbers. */
  #without(op: string, why: string): void {
    const key = `${op} ${why}`;
    const known = this.#unknown.get(key);
    if (known === undefined) this.#unknown.set(key, { op, nodes: 1, why });
    else known.nodes++;
  }

  #kept(
    entry: OpEntry,
    taken: readonly (Taken | null)[],
    results: readonly Held[],
    view: GradientView,
    gradient: Gradient,
    times: Dim,
  ): StepOp['keeps'] {
    const overwritten = writesOver(entry);
    const inplace = overwritten === null || gradient.ownResult?.(view) === true ? null : overwritten;
    const list = inplace !== null && gradient.savesInplace ? gradient.savesInplace(view) : gradient.saves(view);
    return list.flatMap((kept): StepOp['keeps'] => {
      if (kept.kind === 'new') return [{ store: this.#tensors.extra(entry, kept, times), role: 'new' }];
      if (kept.kind === 'output') {
        const result = results[kept.at];
        return result === undefined ? [] : [{ store: result.store, role: 'output' }];
      }

      const held = taken[kept.at];
      if (held == null || held.type === null) return [];
      if (kept.at === inplace)
        return [
          { store: this.#tensors.made(held.store.name, 'copy of what is written over', held.type, times), role: 'new' },
        ];
      const dense = kept.folded;
      if (dense !== undefined && !isViewAs(held.type.shape, this.#strides(held.value), { ...kept, folded: dense })) {
        const type = { dtype: held.type.dtype, shape: dense };
        return [{ store: this.#tensors.made(held.store.name, 'copy as a matrix', type, times), role: 'new' }];
      }
      return [{ store: held.store, role: 'input' }];
    });
  }

  /** The two small products beside a frozen layer. */
  #adapt(
    entry: OpEntry,
    adapter: NonNullable<ReturnType<typeof adapterOf>>,
    input: Taken | null,
    times: Dim,
  ): { keeps: StepOp['keeps']; forward: readonly Work[]; backward: readonly Work[] } {
    this.#adapters.push(...adapter.parameters);
    const [output] = entry.outputs;
    const low = this.#tensors.made(nameOf(this.#ledger, entry, output as Value), 'adapter', adapter.low, times);
    return {
      keeps: [...(input === null ? [] : [{ store: input.store, role: 'input' as const }]), { store: low, role: 'new' }],
      forward: adapter.forward,
      backward: adapter.backward,
    };
  }
}

/** What is said of an operator; of one that the catalogue does not have and that computes nothing (control flow), that it moves data. */
function statementOf(entry: OpEntry, work: readonly Work[]): GradientStatement | null {
  if (entry.result.kind === 'gap' || entry.attrs.given === true) return null;
  return gradientOfOp(entry.op) ?? (work.every((w) => w.kind === 'move') ? MOVES_BACK : null);
}

function repeated(times: Dim, work: readonly Work[]): readonly Work[] {
  return work.length === 0 || times === 1 ? work : [{ kind: 'loop', times, body: work }];
}

/** Which input an operator computes over, in its own memory; null for views, which compute nothing. */
export function writesOver(entry: OpEntry): number | null {
  const computes = entry.result.kind === 'known' && entry.result.work.some((w) => w.kind !== 'move');
  if (!computes) return null;
  const at = entry.inputs.findIndex((value) => entry.outputs.some((out) => out.storage === value?.storage));
  return at < 0 ? null : at;
}

function mainlyHalf(ledger: Ledger): boolean {
  const half = ledger.weights.filter((w) => w.dtype === 'bfloat16' || w.dtype === 'float16').length;
  return half * 2 > ledger.weights.filter((w) => isFloating(w.dtype)).length;
}

/** Whether two operators of the same work are the same to a gradient. */
function isSameView(a: GradientView, b: GradientView): boolean {
  return (
    a.attrs === b.attrs &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((type, i) => isSameType(type, b.inputs[i]) && a.needs[i] === b.needs[i]) &&
    a.outputs.length === b.outputs.length &&
    a.outputs.every((type, i) => isSameType(type, b.outputs[i]))
  );
}

/** Types are made anew for a step, over the shapes of the ledger, which equal layers share. */
function isSameType(a: TensorType | null, b: TensorType | null | undefined): boolean {
  return a?.dtype === b?.dtype && a?.shape === b?.shape;
}
