import { type Dim, substitute, sym, symbols } from '../../dim/index.js';
import type { Note, Trace, Value } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { DType, TensorType } from '../../tensor/index.js';
import { entriesOf, is, itemsOf, type Pickled } from '../../wire/pickle/index.js';
import type { TorchArchive } from '../checkpoint/archive.js';
import { TensorReader } from '../checkpoint/tensors.js';
import type { InputOverride, ReadOptions } from '../types.js';
import type { Expression, FunctionCode, Parameter } from './code/ast.js';
import { dict, list, type ScriptValue, tensor, tuple } from './data.js';
import { unwrapped } from './objects.js';

const FORMAT = 'torchscript';

/** An input by its shape, or several in a list, a tuple or a dictionary: what a traced model was traced with. */
type Example =
  | { readonly kind: 'tensor'; readonly type: TensorType }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Example[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [string, Example])[] }
  | { readonly kind: 'value'; readonly value: null | boolean | number | string };

const NESTING = 8;

/** The inputs that the model was traced with, in the order of forward's parameters; null if the archive keeps none. */
export function tracedInputs(archive: TorchArchive): readonly Example[] | null {
  if (archive.get('traced_inputs.pkl') === undefined) return null;
  const { value, source } = archive.pickle('traced_inputs.pkl');
  const reader = new TensorReader(source, FORMAT);
  const forward = (entriesOf(unwrapped(value)) ?? []).find(([key]) => key === 'forward')?.[1];
  const items = itemsOf(unwrapped(forward));
  return items === null ? null : items.map((item) => exampleOf(item, reader, 0));
}

function exampleOf(pickled: Pickled, reader: TensorReader, depth: number): Example {
  const value = unwrapped(pickled);
  const found = reader.read(value);
  if (found !== null) return { kind: 'tensor', type: { dtype: found.dtype, shape: found.shape } };
  if (depth < NESTING) {
    const items = itemsOf(value);
    if (items !== null)
      return {
        kind: is(value, 'list') && value.kind === 'list' ? 'list' : 'tuple',
        items: items.map((item) => exampleOf(item, reader, depth + 1)),
      };
    const entries = entriesOf(value);
    if (entries !== null)
      return { kind: 'dict', entries: entries.map(([key, item]) => [String(key), exampleOf(item, reader, depth + 1)]) };
  }
  const plain = typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string';
  return { kind: 'value', value: plain ? value : null };
}

/** A tensor that the model takes: its name is the parameter's, `images.0` or `batch.mask` within a list or dictionary. */
export interface NamedInput {
  readonly name: string;
  readonly value: Value;
}

export interface Inputs {
  readonly args: readonly ScriptValue[];
  readonly tensors: readonly NamedInput[];
  readonly notes: readonly Note[];
  /** Bindings that inputs have taken up. */
  readonly bound: ReadonlySet<string>;
}

/**
 * The arguments of `forward`: shapes that the caller gives, by name or in order, else those of the trace. Numbers without a
 * default are free dimensions of their parameter's name, which may be bound. Throws ModelError `argument` with what is
 * needed where a shape is missing, for an unknown name, and for too many shapes.
 */
export function settleInputs(
  forward: FunctionCode,
  examples: readonly Example[] | null,
  options: ReadOptions,
  trace: Trace,
): Inputs {
  return new Settling(forward, examples, options, trace).inputs();
}

class Settling {
  readonly #parameters: readonly Parameter[];
  readonly #examples: readonly Example[] | null;
  readonly #trace: Trace;
  readonly #bind: ReadonlyMap<string, Dim>;
  readonly #named = new Map<string, InputOverride>();
  readonly #ordered: InputOverride[] = [];
  readonly #used = new Set<string>();
  readonly #tensors: NamedInput[] = [];
  readonly #notes: Note[] = [];
  readonly #bound = new Set<string>();

  constructor(forward: FunctionCode, examples: readonly Example[] | null, options: ReadOptions, trace: Trace) {
    this.#parameters = forward.parameters.slice(1);
    this.#examples = examples;
    this.#trace = trace;
    this.#bind = options.bind ?? new Map();
    for (const input of options.inputs ?? []) {
      if (input.name === undefined) this.#ordered.push(input);
      else this.#named.set(input.name, input);
    }
  }

  inputs(): Inputs {
    const args: ScriptValue[] = [];
    for (const [i, parameter] of this.#parameters.entries()) {
      const value = this.#argument(parameter, this.#examples?.[i]);
      // From the first one on that has a default and is not given, all keep theirs.
      if (value === undefined) break;
      args.push(value);
    }
    const unknown = [...this.#named.keys()].find((name) => !this.#used.has(name));
    if (unknown !== undefined || this.#ordered.length > 0)
      throw this.#wrong(
        unknown === undefined
          ? 'more shapes are given than the model has inputs'
          : `the model has no input "${unknown}"`,
        `its inputs: ${this.#listed()}`,
      );
    return { args, tensors: this.#tensors, notes: this.#notes, bound: this.#bound };
  }

  #argument(parameter: Parameter, example: Example | undefined): ScriptValue | undefined {
    const { name, type } = parameter;
    if (example !== undefined) return this.#fromExample(name, example);
    return this.#ofType(name, type, parameter.value !== null);
  }

  #fromExample(name: string, example: Example): ScriptValue {
    switch (example.kind) {
      case 'tensor':
        return this.#tensor(name, this.#override(name), example.type);
      case 'list':
        return list(example.items.map((item, i) => this.#fromExample(`${name}.${i}`, item)));
      case 'tuple':
        return tuple(example.items.map((item, i) => this.#fromExample(`${name}.${i}`, item)));
      case 'dict':
        return dict(example.entries.map(([key, item]) => [key, this.#fromExample(`${name}.${key}`, item)]));
      case 'value':
        return example.value;
    }
  }

  /** By the declared type: what a scripted model, or a frozen one, says of its inputs. Undefined for what may be left out. */
  #ofType(name: string, type: Expression | null, optional: boolean): ScriptValue | undefined {
    const [head, args] = partsOf(type);
    switch (head) {
      case 'int':
        if (optional && !this.#bind.has(name)) return undefined;
        return this.#put(sym(name, { min: 0 }));
      case 'bool':
        return optional ? undefined : { kind: 'unknown', of: 'bool' };
      case 'float':
      case 'number':
        return optional ? undefined : { kind: 'float', value: null, quotient: null };
      case 'str':
        return optional ? undefined : { kind: 'unknown', of: 'str' };
      case 'NoneType':
        return null;
      case 'Optional': {
        const given = this.#given(name);
        if (!given) return optional ? undefined : null;
        return this.#ofType(name, args[0] ?? null, false);
      }
      case 'List':
        return this.#list(name, args[0] ?? null, optional);
      case 'Dict':
        return this.#dict(name, args[1] ?? null, optional);
      case 'Tuple':
        return tuple(args.map((arg, i) => this.#ofType(`${name}.${i}`, arg, false) ?? null));
      default: {
        if (optional && !this.#given(name)) return undefined;
        const override = this.#override(name);
        if (override === undefined) throw this.#missing();
        return this.#tensor(name, override, null);
      }
    }
  }

  #put(d: Dim): Dim {
    for (const name of symbols(d)) if (this.#bind.has(name)) this.#bound.add(name);
    return substitute(d, this.#bind);
  }

  /** As many items as shapes are given for: `images.0`, `images.1`, or all that are left. */
  #list(name: string, of: Expression | null, optional: boolean): ScriptValue | undefined {
    const items: ScriptValue[] = [];
    while (this.#named.has(`${name}.${items.length}`))
      items.push(this.#ofType(`${name}.${items.length}`, of, false) ?? null);
    if (items.length === 0 && partsOf(of)[0] !== 'Tensor') return optional ? undefined : list([]);
    if (items.length === 0)
      for (let next = this.#override(name); next !== undefined; next = this.#ordered.shift())
        items.push(this.#tensor(`${name}.${items.length}`, next, null));
    if (items.length > 0) return list(items);
    if (optional) return undefined;
    throw this.#missing();
  }

  #dict(name: string, of: Expression | null, optional: boolean): ScriptValue | undefined {
    const prefix = `${name}.`;
    const keys = [...this.#named.keys()].filter((key) => key.startsWith(prefix));
    if (keys.length > 0)
      return dict(keys.map((key) => [key.slice(prefix.length), this.#ofType(key, of, false) ?? null] as const));
    if (optional) return undefined;
    throw this.#missing();
  }

  /** Whether a shape is given for a parameter, by name or because one is left. */
  #given(name: string): boolean {
    return (
      this.#ordered.length > 0 ||
      [...this.#named.keys()].some((key) => (key === name || key.startsWith(`${name}.`)) && !this.#used.has(key))
    );
  }

  #override(name: string): InputOverride | undefined {
    const named = this.#named.get(name);
    if (named === undefined) return this.#ordered.shift();
    this.#used.add(name);
    return named;
  }

  #tensor(name: string, given: InputOverride | undefined, traced: TensorType | null): ScriptValue {
    const dtype: DType = given?.dtype ?? traced?.dtype ?? 'float32';
    const shape = (given?.shape ?? traced?.shape ?? []).map((d) => this.#put(d));
    if (given !== undefined && traced !== null && given.shape.length !== traced.shape.length)
      throw this.#wrong(
        `input ${name} has ${traced.shape.length} axes, ${given.shape.length} are given`,
        `the model was traced with ${this.#listed()}`,
      );
    const value = this.#trace.input(name, { dtype, shape });
    this.#tensors.push({ name, value });
    return tensor(value);
  }

  #missing(): ModelError {
    const first = this.#parameters.find((p) => p.value === null)?.name ?? 'x';
    return this.#wrong(
      `the file does not say how large its inputs are; forward takes ${this.#listed()}`,
      `give a shape for each tensor: --input ${first}=1x3x224x224`,
    );
  }

  #listed(): string {
    return this.#parameters
      .map((parameter, i) => {
        const example = this.#examples?.[i];
        const known = example === undefined ? typeText(parameter.type) : exampleText(example);
        return `${parameter.name}: ${known}${parameter.value === null ? '' : ' (may be left out)'}`;
      })
      .join(', ');
  }

  #wrong(message: string, hint: string): ModelError {
    return new ModelError('argument', message, { format: FORMAT, hint });
  }
}

/** A type's name and what it is of: `List[Tensor]` → List, [Tensor]. */
function partsOf(type: Expression | null): readonly [string, readonly Expression[]] {
  if (type?.kind === 'name') return [type.name, []];
  if (type?.kind !== 'item' || type.of.kind !== 'name') return ['', []];
  return [type.of.name, type.at.kind === 'tuple' ? type.at.items : [type.at]];
}

function typeText(type: Expression | null): string {
  const [head, args] = partsOf(type);
  if (head === '') return 'Tensor';
  return args.length === 0 ? head : `${head}[${args.map(typeText).join(', ')}]`;
}

function exampleText(example: Example): string {
  switch (example.kind) {
    case 'tensor':
      return `${example.type.shape.map(String).join('x')}:${example.type.dtype}`;
    case 'list':
    case 'tuple':
      return `[${example.items.map(exampleText).join(', ')}]`;
    case 'dict':
      return `{${example.entries.map(([key, item]) => `${key}: ${exampleText(item)}`).join(', ')}}`;
    case 'value':
      return String(example.value);
  }
}
