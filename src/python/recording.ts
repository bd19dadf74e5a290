import { symbols } from '../dim/index.js';
import { type Ledger, type ModuleInfo, type OpenModule, Trace, type Value, type Weight } from '../ledger/index.js';
import type { Attr } from '../ops/index.js';
import { ModelError, type Place } from '../source/errors.js';
import { parseDType, type TensorType } from '../tensor/index.js';
import { Session as NnSession } from '../torch/nn/session.js';
import type { Builtins } from './builtin.js';
import type { Tensors } from './tensors.js';
import { isObject, listOf, tensorOf, textOf, type Wire, type WireObject, type WireTensor } from './wire.js';

/** A stretch of operators, from one number of an operator to another, or the place of a backward pass. */
export interface Mark {
  readonly kind: 'grad-off' | 'checkpoint' | 'hidden' | 'backward';
  readonly at: number;
  /** Where a stretch ends; it may still be open. */
  to?: number;
  /** The value of which the gradients are requested. */
  readonly value?: number;
}
const STRETCHES = ['grad-off', 'checkpoint', 'hidden'] as const;

/** A run of one model: its modules and weights as Python described them, and the trace of what it does. */
export class Recording {
  readonly trace = new Trace();
  /** Weights by the number of their tensor. */
  readonly weights = new Map<number, Weight>();
  /** The same run for modules that are written in TypeScript. */
  readonly nn = new NnSession(this.trace);
  readonly marks: Mark[] = [];
  readonly #modules: OpenModule[] = [];
  readonly #builtins: Builtins;
  readonly #inputs: { name: string; value: Value }[] = [];
  readonly #tensors: Tensors;

  constructor(
    tensors: Tensors,
    builtins: Builtins,
    tree: readonly Wire[],
    inputs: readonly Wire[],
    names: readonly Wire[],
  ) {
    this.#tensors = tensors;
    this.#builtins = builtins;
    this.#describe(tree);
    const given = inputs.map((pair) => tensorOf(listOf(pair)[0] ?? null, tensors.sizes));
    const named = names.map(textOf);
    const seen = new Set<number>();
    for (const [i, wire] of given.entries()) {
      if (wire === null || seen.has(wire.ref)) continue;
      seen.add(wire.ref);
      const name = named[i] || (given.length === 1 ? 'input' : `input${i}`);
      const value = this.trace.input(name, plain(tensors.handle(wire).type));
      tensors.tie(wire, this.trace, value);
      this.#inputs.push({ name, value });
    }
  }

  value(wire: WireTensor): Value {
    return this.#tensors.valueIn(this.trace, wire, this.weights);
  }

  enter(module: number, inputs: readonly Wire[]): void {
    const info = this.#modules[module];
    if (info === undefined)
      throw new ModelError('malformed', 'a module that is not known was called', { format: 'python' });
    this.trace.enter(info, info.path, this.#types(inputs));
  }

  exit(outputs: readonly Wire[]): void {
    this.trace.exit(this.#types(outputs));
  }

  stretch(name: string, open: boolean): void {
    const kind = STRETCHES.find((k) => k === name);
    if (kind === undefined) return;
    const at = this.trace.entries.length;
    const last = this.marks.findLast((m) => m.kind === kind && m.to === undefined);
    if (open) this.marks.push({ kind, at });
    else if (last !== undefined) last.to = at;
  }

  backward(tensor: Wire): void {
    const wire = tensorOf(tensor, this.#tensors.sizes);
    if (wire === null) return;
    this.marks.push({ kind: 'backward', at: this.trace.entries.length, value: this.value(wire).id });
  }

  /**
   * Ends a run whose layers are through, in code that goes over rows which data picked, one by one: one operator that is not
   * counted. Returns false if no data picks rows.
   */
  cut(why: string, at: Place | null): boolean {
    const { trace } = this;
    const picked = trace.entries.some((entry) =>
      entry.outputs.some((o) => o.type?.shape.some((d) => symbols(d).some((name) => !trace.isFree(name)))),
    );
    if (!picked) return false;
    trace.gap('data-dependent', why, [], [], { type: 'data-dependent code', at });
    const where = at === null ? 'some line' : `${at.file}, line ${at.line}`;
    const message = `counted up to ${where}, where all layers have run and the rows that data picks are gone through: ${why}`;
    trace.note({ code: 'not-counted', message });
    return true;
  }

  /** Modules that are called although the tree did not have them: children of the root from now on. */
  adopt(records: readonly Wire[], root: number): void {
    this.#describe(records);
    const [top, module] = [this.#modules[0], this.#modules[root]];
    if (top !== undefined && module !== undefined)
      (top.children as { name: string; module: ModuleInfo }[]).push({ name: module.path, module });
  }

  /** The facts of the run. */
  finish(outputs: readonly Wire[]): Ledger {
    const root = this.#modules[0] as OpenModule;
    const results = outputs.flatMap((wire) => tensorOf(wire, this.#tensors.sizes) ?? []);
    return this.trace.ledger({
      name: root.type,
      format: 'python',
      producer: null,
      file: null,
      inputs: this.#inputs,
      outputs: results.map((wire, i) => ({
        name: results.length === 1 ? 'output' : `output${i}`,
        value: this.value(wire),
      })),
      // Weights that nothing used are the model's all the same; in the order of the tree, as PyTorch lists them.
      weights: [...new Set(this.weights.values())],
      modules: 'exact',
    });
  }

  #types(tensors: readonly Wire[]): (TensorType | null)[] {
    return tensors.map((t) => {
      const wire = tensorOf(t, this.#tensors.sizes);
      return wire === null ? null : this.#tensors.handle(wire).type;
    });
  }

  #describe(tree: readonly Wire[]): void {
    const records = tree.filter(isObject);
    const first = this.#modules.length;
    const children = records.map((): { name: string; module: ModuleInfo }[] => []);
    for (const [i, record] of records.entries())
      this.#modules.push({
        path: textOf(record['path']),
        type: textOf(record['type']),
        classHierarchy: listOf(record['mro']).map(textOf),
        children: children[i] as { name: string; module: ModuleInfo }[],
        weights: listOf(record['weights']).map((w) => this.#weight(listOf(w), textOf(record['path']))),
        calls: [],
        attrs: attributes(record['attrs']),
      });
    for (const [i, record] of records.entries())
      for (const child of listOf(record['children'])) {
        const [name, number] = listOf(child);
        const module = this.#modules[Number(number)];
        if (module !== undefined) children[i]?.push({ name: textOf(name), module });
      }
    if (records.some((record) => typeof record['builtin'] === 'number'))
      this.#builtins.bind(
        records.map((record, i) => ({
          handle: typeof record['builtin'] === 'number' ? record['builtin'] : null,
          info: this.#modules[first + i] as OpenModule,
          weights: this.#modules[first + i]?.weights ?? [],
          children: listOf(record['children']).map((child): [string, number] => {
            const [name, number] = listOf(child);
            return [textOf(name), Number(number) - first];
          }),
        })),
        this.nn,
      );
  }

  #weight([name, kind, trains, tensor, shape, dtype]: readonly Wire[], path: string): { name: string; weight: Weight } {
    const wire = tensorOf(tensor ?? null, this.#tensors.sizes);
    if (wire === null) throw new ModelError('malformed', 'a weight is not a tensor', { format: 'python' });
    const full = path === '' ? textOf(name) : `${path}.${textOf(name)}`;
    this.#tensors.handle(wire);
    let weight = this.weights.get(wire.ref);
    if (weight === undefined) {
      const parameter = kind === 'parameter';
      weight = {
        name: full,
        aliases: [],
        kind: parameter ? 'parameter' : 'buffer',
        trainable: parameter && trains === true,
        dtype: parseDType(textOf(dtype)),
        shape: listOf(shape).map((d) => this.#tensors.sizes.dim(d)),
      };
      this.weights.set(wire.ref, weight);
    } else (weight.aliases as string[]).push(full);
    return { name: textOf(name), weight };
  }
}

/** Contents that a program gave its input are not the model's to rely on, unless they are integers. */
function plain(type: TensorType): TensorType {
  return type.dtype.startsWith('int') ? type : { dtype: type.dtype, shape: type.shape };
}

function attributes(wire: Wire | undefined): Record<string, Attr> {
  return isObject(wire) ? Object.fromEntries(Object.entries(wire as WireObject).map(([k, v]) => [k, v as Attr])) : {};
}
